import { satisfies, valid } from "@renovatebot/pep440";
import { defineProjectRule, type ProjectRule } from "#rule.js";
import type { Manifest, Requirement } from "#sources/manifests.js";

/** Two manifests of the same folder that no environment can satisfy at once. */
const rule: ProjectRule = defineProjectRule({
  code: "MLD705",
  slug: "dep-conflicting-manifests",
  family: "dep",
  tier: "on",
  origin: "PyCD (TSE 2022)",
  evidence: ["C"],
  confidence: "high",
  principalClass: "config",
  effort: 20,
  fix: "suggestion",
  summary: "Two manifests ask for versions of a package that exclude each other.",
  why: "Training, serving and a colleague's laptop run different versions; which one made the model is chance.",
  remedy: "Keep one manifest as the source and generate the others from it.",
  examples: {
    bad: [
      {
        "requirements.txt": "pandas==2.1.0\nnumpy==1.26.4\n",
        "environment.yml": "dependencies:\n  - pandas=1.5.3 # finding\n  - numpy=1.26.4\n",
      },
      {
        "pyproject.toml": '[project]\nname = "a"\ndependencies = ["torch>=2.0"]\n',
        "requirements.txt": "torch==1.13.1  # finding\n",
      },
    ],
    good: [
      { "requirements.txt": "pandas==2.1.0\n", "environment.yml": "dependencies:\n  - pandas=2.1.0\n" },
      { "requirements.txt": "pandas==2.1.0\n", "requirements-dev.txt": "pandas==1.5.3\n" },
      { "a/requirements.txt": "pandas==2.1.0\n", "b/requirements.txt": "pandas==1.5.3\n" },
      {
        "pyproject.toml": '[project]\nname = "a"\ndependencies = ["torch>=1.10"]\n',
        "requirements.txt": "torch==1.13.1\n",
      },
    ],
  },
  check(project, report) {
    const byFolder = Map.groupBy(project.manifests, (manifest) =>
      manifest.path.slice(0, Math.max(0, manifest.path.lastIndexOf("/"))),
    );
    for (const manifests of byFolder.values()) {
      const ordered = [...manifests].sort((a, b) => rank(a) - rank(b));
      for (const [index, manifest] of ordered.entries()) {
        for (const earlier of ordered.slice(0, index)) {
          for (const requirement of main(manifest)) {
            const other = main(earlier).find(
              (candidate) => candidate.name === requirement.name && excludes(candidate, requirement),
            );
            if (!other) continue;
            report(manifest.path, {
              at: { line: requirement.line },
              message: `${requirement.name} is ${requirement.specifier} here and ${other.specifier} in ${earlier.path}.`,
              evidence: [
                `${earlier.path}:${other.line} ${other.raw}`,
                `${manifest.path}:${requirement.line} ${requirement.raw}`,
              ],
              identity: `${requirement.name} ${earlier.path}`,
            });
          }
        }
      }
    }
  },
});

export default rule;

/** The declared one first, so that the finding is at the copy. */
function rank(manifest: Manifest): number {
  return [
    "pyproject",
    "setup.py",
    "setup.cfg",
    "pipfile",
    "requirements",
    "environment",
    "constraints",
    "lock",
  ].indexOf(manifest.kind);
}

function main(manifest: Manifest): readonly Requirement[] {
  return manifest.requirements.filter(
    (requirement) => requirement.group === "main" && requirement.specifier !== "" && requirement.pin !== "direct",
  );
}

/** One is an exact version that the other's range does not hold. Specifiers of other grammars prove nothing. */
function excludes(a: Requirement, b: Requirement): boolean {
  const [exact, range] = a.pin === "exact" ? [a, b] : [b, a];
  if (exact.pin !== "exact") return false;
  const version = exact.specifier.replace(/^===?/, "");
  if (valid(version) === null || !/^([<>=!~]=?=?[\w.*+!-]+,?)+$/.test(range.specifier)) return false;
  return !satisfies(version, range.specifier, { prereleases: true });
}
