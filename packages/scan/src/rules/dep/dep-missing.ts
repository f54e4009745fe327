import { bringsAlong, distributionOf, hostModules, sameDistribution, standardModules } from "#facts/distributions.js";
import type { PlacedImport, ProjectFacts } from "#facts/project.js";
import { defineProjectRule, type ProjectRule } from "#rule.js";
import { normaliseName } from "#sources/requirements.js";

/** Imports that no manifest of the repository names; one finding per distribution. */
const rule: ProjectRule = defineProjectRule({
  code: "MLD703",
  slug: "dep-missing",
  family: "dep",
  tier: "on",
  origin: "PyCD (TSE 2022); DEP001",
  evidence: ["X", "C"],
  confidence: "medium",
  principalClass: "lint",
  effort: 5,
  fix: "auto",
  summary: "The code imports a package that no manifest names.",
  why: "A fresh environment fails, or gets whatever version happens to be there.",
  remedy: "Add the package to the manifest.",
  examples: {
    bad: [
      {
        "requirements.txt": "pandas==2.2.0\n",
        "train.py": "import pandas\nimport sklearn  # finding\nfrom xgboost import XGBClassifier  # finding\n",
      },
      { "train.py": "import torch  # finding\nimport pandas\n" },
      {
        "a.ipynb": { cells: [{ source: "import lightgbm  # finding", count: 1 }] },
        "pyproject.toml": '[project]\nname = "a"\ndependencies = ["pandas"]\n',
      },
    ],
    good: [
      {
        "requirements.txt": "scikit-learn\nPyYAML\nopencv-python-headless\n",
        "train.py": "import sklearn, yaml, cv2, os, numpy\nfrom . import near\n",
      },
      {
        "requirements.txt": "pandas\n",
        "src/helper/__init__.py": "",
        "train.py":
          "import helper\nfrom helper.data import x\ntry:\n    import cupy\nexcept ImportError:\n    cupy = None\n",
      },
      {
        "setup.py": "from setuptools import setup\nsetup(name='a', install_requires=open('r.txt').read().split())\n",
        "a.py": "import torch\n",
      },
      {
        "environment.yml": "dependencies:\n  - pytorch=2.1\n  - pip:\n      - mlflow==2.1\n",
        "a.py": "import torch, mlflow\n",
      },
      { "script.py": "import os\n" },
    ],
  },
  check(project, report) {
    if (project.manifests.some((manifest) => manifest.isOpen)) return;
    const known = declared(project);
    const local = localModules(project);
    const missing = new Map<string, { path: string; fact: PlacedImport; module: string; files: Set<string> }>();
    for (const file of project.summaries) {
      if (
        /(^|\/)(setup|conftest|noxfile|fabfile)\.py$/.test(file.path) ||
        (file.isTest && project.manifests.length === 0)
      )
        continue;
      for (const fact of file.imports) {
        const module = fact.module.split(".")[0] ?? "";
        if (
          fact.relative ||
          fact.optional ||
          module === "" ||
          module.startsWith("_") ||
          /_pb2(_grpc)?$/.test(fact.module) ||
          standardModules.has(module) ||
          local.has(module) ||
          hostModules.has(module) ||
          fact.module.startsWith("google.colab")
        )
          continue;
        const name = distributionOf.get(module) ?? normaliseName(module);
        if (isDeclared(name, module, known, fact.module)) continue;
        const entry = missing.get(name) ?? { path: file.path, fact, module, files: new Set() };
        entry.files.add(file.path);
        missing.set(name, entry);
      }
    }
    const hasManifest = project.manifests.some(
      (manifest) => manifest.kind !== "lock" && manifest.kind !== "constraints",
    );
    if (hasManifest) {
      for (const [name, { path, fact, module, files }] of missing) {
        report(path, {
          at: { place: fact.place },
          message: `${module} is imported in ${files.size} ${files.size === 1 ? "file" : "files"}, but no manifest names ${name}.`,
          evidence: [...files].slice(0, 10),
          identity: name,
        });
      }
      return;
    }
    const first = [...missing.values()][0];
    if (!first) return;
    report(first.path, {
      at: { place: first.fact.place },
      message: `The repository has no dependency manifest; it imports ${[...missing.keys()].slice(0, 6).join(", ")}${missing.size > 6 ? ", …" : ""}.`,
      evidence: [...missing.keys()].slice(0, 30),
      confidence: "high",
      identity: "no manifest",
    });
  },
});

export default rule;

function declared(project: ProjectFacts): Set<string> {
  const known = new Set<string>();
  const add = (name: string) => {
    for (const alias of sameDistribution(name)) known.add(alias);
  };
  for (const manifest of project.manifests) {
    if (manifest.project !== undefined) add(manifest.project);
    for (const requirement of manifest.requirements) add(requirement.name);
  }
  for (const file of project.summaries)
    for (const name of file.installs) add(normaliseName(name.split(/[=<>!~[]/)[0] ?? ""));
  // Twice: seaborn brings matplotlib, which brings numpy.
  for (let pass = 0; pass < 2; pass++)
    for (const name of [...known]) for (const brought of bringsAlong.get(name) ?? []) add(brought);
  return known;
}

function isDeclared(name: string, module: string, known: ReadonlySet<string>, full: string): boolean {
  if (sameDistribution(name).some((alias) => known.has(alias)) || known.has(normaliseName(module))) return true;
  // Namespace packages: google.cloud.storage comes from google-cloud-storage, azure.ai.ml from azure-ai-ml.
  const root = normaliseName(module);
  if (
    /^(google|azure|zope|sphinxcontrib|paste|ruamel|jaraco|backports|opentelemetry|langchain|llama-index)$/.test(root)
  ) {
    const dotted = normaliseName(full);
    for (const candidate of known)
      if (
        candidate === root ||
        (candidate.startsWith(`${root}-`) && (dotted.startsWith(candidate) || candidate.startsWith(dotted)))
      )
        return true;
    return root === "google" || root === "azure";
  }
  // python-foo, py-foo and foo-python are common spellings of foo.
  return [`python-${root}`, `py${root}`, `py-${root}`, `${root}-python`, `${root}-py`, `${root}2`, `${root}3`].some(
    (candidate) => known.has(candidate),
  );
}

/** Every module or package name that occurs in the repository, wherever it lies. */
function localModules(project: ProjectFacts): Set<string> {
  const found = new Set<string>();
  for (const { path } of project.files) {
    if (!/\.(py|pyx|so|pyd|ipynb)$/.test(path)) continue;
    const parts = path.split("/");
    const stem = parts.pop()?.replace(/\..*$/, "");
    for (const part of parts) found.add(part);
    if (stem !== undefined) found.add(stem);
  }
  return found;
}
