import { ancestorOf, kindOf, nodesOf, parentOf, textOf } from "#facts/tree.js";
import { defineRule, type FileRule } from "#rule.js";

const personal =
  /^(file:\/\/)?(\/(home|Users)\/[\w.-]+(\/|$)|~\/(?!\.)[\w./-]+$|[A-Z]:(?:\\\\\w|\\[^nrt\\"']|\/(?!\/))|[a-z]:\\\\\w|\/(mnt|media|scratch|nfs|gpfs|lustre|dbfs|Volumes)\/[\w.-]+|\/content\/drive\/|\\\\[\w.-]+\\\\[\w.-]+)/;
/** Homes of container images, the same on every machine. */
const container = /^\/home\/(jovyan|app|user|appuser|airflow|ray|ubuntu|vscode|site|docker|nonroot)\//;

/** Paths that exist on one machine only. */
const rule: FileRule = defineRule({
  code: "MLD408",
  slug: "absolute-path",
  family: "repro",
  tier: "on",
  origin: "Julynter p1",
  evidence: ["T", "A"],
  confidence: "high",
  principalClass: "lint",
  effort: 10,
  fix: "suggestion",
  summary: "A path of one person's machine is written into the code.",
  why: "The code runs nowhere else; colleagues and jobs patch it by hand, and the patches are committed over each other.",
  remedy: "Take the root from the configuration or the environment, and join relative paths to it.",
  examples: {
    bad: [
      "import pandas as pd\nframe = pd.read_csv('/home/anna/data/a.csv')  # finding\nout = r'C:\\Users\\anna\\out'  # finding\n",
      "root = f'/Users/anna/{name}'  # finding\n",
      "path = '/mnt/disk1/images'  # finding\n",
    ],
    good: [
      "import pandas as pd\nframe = pd.read_csv('data/a.csv')\ntmp = '/tmp/a'\nnull = '/dev/null'\nurl = 'https://host/home/anna/x'\n",
      'def read():\n    """/home/anna/data is an example."""\n    return 1\n',
      "route = '/data/items'\nhome = '/home/jovyan/work'\n",
      "pattern = 'a:/b'\n",
    ],
  },
  check(facts, report) {
    if (facts.isTest) return;
    const { tree } = facts;
    for (const node of nodesOf(tree, "string_content")) {
      const string = parentOf(tree, node);
      if (tree.starts[node] !== firstContent(string)) continue;
      const value = textOf(tree, node).slice(0, 300);
      if (!personal.test(value) || container.test(value) || value.includes("\n")) continue;
      const parent = kindOf(tree, parentOf(tree, string));
      if (parent === "expression_statement" || isHelpText(string)) continue;
      report({ at: { node: string }, message: `${value.slice(0, 80)} exists on one machine only.` });
    }

    function firstContent(string: number): number {
      const first = string + 1;
      return first < (tree.lasts[string] ?? 0) ? (tree.starts[first] ?? -1) : -1;
    }

    function isHelpText(string: number): boolean {
      const keyword = ancestorOf(tree, string, "keyword_argument");
      return keyword >= 0 && /^(help|description|epilog|message|pattern)\b/.test(textOf(tree, keyword));
    }
  },
});

export default rule;
