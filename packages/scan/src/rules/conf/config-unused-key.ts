import type { ProjectFacts } from "#facts/project.js";
import { defineProjectRule, type ProjectRule } from "#rule.js";
import { readYamlKeys } from "#sources/yaml-keys.js";

const configFile =
  /(^|\/)(config|conf|configs|settings|params|parameters|hparams|hyperparameters?|training|model)[\w.-]*\.ya?ml$|(^|\/)(config|conf|configs)\/[\w./-]+\.ya?ml$/i;
/** Files that other programs read: their keys are not this repository's to use. */
const foreign =
  /(^|\/)(\.github|\.gitlab|\.circleci|k8s|kubernetes|helm|charts|deploy|docker|ansible|airflow|prometheus|grafana|superset)\/|(^|\/)(docker-compose|mkdocs|_config|environment|conda|dvc|codecov|\.pre-commit-config|openapi|swagger|prometheus|grafana)[\w.-]*\.ya?ml$|(^|\/)\./i;
const code =
  /\.(py|ipynb|ts|tsx|js|mjs|cjs|sh|bash|r|R|jl|scala|java|go|rs|sql|toml|cfg|ini|j2|tpl)$|(^|\/)(Makefile|Dockerfile[^/]*|Snakefile|dvc\.yaml|MLproject)$/;

const maxBytes = 1_000_000;
const maxTotal = 100_000_000;

/** Keys of the project's own YAML configuration whose word occurs in no code at all. */
const rule: ProjectRule = defineProjectRule({
  code: "MLD604",
  slug: "config-unused-key",
  family: "conf",
  tier: "on",
  origin: "configuration debt (Sculley 2015)",
  evidence: ["X", "C"],
  confidence: "medium",
  principalClass: "lint",
  effort: 5,
  fix: "auto",
  summary: "A key of the configuration is read by no code.",
  why: "People change it and nothing happens; every reader has to find out again that it is dead.",
  remedy: "Delete the key.",
  examples: {
    bad: [
      {
        "config.yaml": "training:\n  trees: 60\n  old_depth: 4 # finding\n",
        "train.py": "import yaml\nconfig = yaml.safe_load(open('config.yaml'))\nprint(config['training']['trees'])\n",
      },
    ],
    good: [
      {
        "config.yaml": "training:\n  trees: 60\n",
        "train.py": "import yaml\nconfig = yaml.safe_load(open('config.yaml'))\nprint(config['training']['trees'])\n",
      },
      {
        "config.yaml": "training:\n  max_depth: 60\n",
        "train.py": "import yaml\nconfig = yaml.safe_load(open('config.yaml'))\nmodel = Model(**config['training'])\n",
      },
      { "config.yaml": "training:\n  trees: 60\n", "train.py": "print(1)\n" },
      {
        "config.yaml": "classes:\n  cat: 1\n  dog: 2\n",
        "train.py":
          "import yaml\nconfig = yaml.safe_load(open('config.yaml'))\nfor name, number in config['classes'].items():\n    print(name)\n",
      },
      { ".github/config.yaml": "trees: 60\n", "train.py": "open('config.yaml')\n" },
    ],
  },
  check(project, report) {
    const configs = project.files.filter(
      (file) => configFile.test(file.path) && !foreign.test(file.path) && file.bytes <= maxBytes,
    );
    if (configs.length === 0) return;
    const words = readWords(project);
    if (!words || words.isDynamic) return;
    for (const { path } of configs) {
      const name = path.slice(path.lastIndexOf("/") + 1);
      // Only a file that the code names is known to be read by it.
      if (!words.text.has(name)) continue;
      const keys = readYamlKeys(project.readText(path, maxBytes) ?? "");
      if (!keys) {
        project.noteUnseen({
          code: "SCAN_CONFIG_FILE_INVALID",
          path,
          message: "The file is not valid YAML.",
          next: "Correct its syntax.",
        });
        continue;
      }
      for (const key of keys) {
        // A section that is walked or passed on as a whole uses its keys without naming them.
        if (words.text.has(key.name) || key.parents.some((parent) => words.walked.has(parent))) continue;
        if (key.parents.some((parent) => !words.text.has(parent))) continue;
        report(path, {
          at: { line: key.line },
          message: `${[...key.parents, key.name].join(".")} is read by no code.`,
          identity: [...key.parents, key.name].join("."),
        });
      }
    }
  },
});

export default rule;

interface Words {
  /** Words and file names that occur in code. */
  readonly text: ReadonlySet<string>;
  /** Keys whose section is iterated, unpacked or handed over. */
  readonly walked: ReadonlySet<string>;
  /** The code turns whole configurations into objects: no key can be called unused. */
  readonly isDynamic: boolean;
}

function readWords(project: ProjectFacts): Words | undefined {
  const text = new Set<string>();
  const walked = new Set<string>();
  let isDynamic = false;
  let total = 0;
  for (const { path, bytes } of project.files) {
    if (!code.test(path) || bytes > maxBytes) continue;
    total += bytes;
    if (total > maxTotal) {
      project.noteUnseen({
        code: "SCAN_CONFIG_USE_CUT",
        message: "There is too much code to look for unused configuration keys.",
        next: "Scan parts of the repository.",
      });
      return undefined;
    }
    const body = project.readText(path, maxBytes);
    if (body === undefined) continue;
    for (const match of body.matchAll(/[A-Za-z_][\w-]*(?:\.ya?ml)?/g)) {
      text.add(match[0]);
      // learning-rate in YAML is learning_rate or learningRate in code.
      text.add(match[0].replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
      text.add(match[0].replaceAll("-", "_")).add(match[0].replaceAll("_", "-"));
    }
    isDynamic ||=
      /\b(hydra|OmegaConf|omegaconf|dynaconf|pydantic|BaseSettings|dacite|munch|EasyDict|SimpleNamespace|DotMap|jsonargparse|getattr\(\s*(config|cfg|args|params|settings)\b|__dict__\.update|locals\(\)|LightningCLI)|\*\*\s*(config|cfg|params|settings|conf|c|hparams|args|options)\b(?!\s*[[.])/.test(
        body,
      );
    for (const match of body.matchAll(
      /[["'.](\w+)["']?\]?\s*(?:\)|,|\.(?:items|keys|values|get)\b|:|$)|\*\*[\w.]*\[\s*["'](\w+)["']|\*\*[\w.]+\.(\w+)/gm,
    )) {
      for (const name of match.slice(1)) if (name !== undefined) walked.add(name);
    }
  }
  return { text, walked, isDynamic };
}
