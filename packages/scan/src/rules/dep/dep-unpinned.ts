import { defineProjectRule, type ProjectRule } from "#rule.js";
import type { Manifest } from "#sources/manifests.js";

/** Applications without a lock: one finding per manifest. Libraries should be loose, there it counts only. */
const rule: ProjectRule = defineProjectRule({
  code: "MLD702",
  slug: "dep-unpinned",
  family: "dep",
  tier: "on",
  origin: "Pimentel 2019; mllint",
  evidence: ["C"],
  confidence: "high",
  principalClass: "config",
  effort: 30,
  fix: "generate",
  summary: "A manifest leaves versions open and there is no lock file.",
  why: "Tomorrow's install is another program: results change and builds break without a change of the code.",
  remedy: "Write a lock file (uv lock, pip-compile, poetry lock, conda-lock) and install from it.",
  examples: {
    bad: [
      { "requirements.txt": "# tools\npandas  # finding\nnumpy==1.26.4\nscikit-learn>=1.0\n" },
      { "environment.yml": "dependencies:\n  - python=3.11\n  - pandas # finding\n  - pip:\n      - mlflow\n" },
      { "pyproject.toml": '[project]\nname = "a"\ndependencies = [\n  "torch", # finding\n]\n' },
    ],
    good: [
      { "requirements.txt": "pandas==2.2.0\nnumpy~=1.26.0\n-r other.txt\n" },
      { "requirements.txt": "pandas\n", "uv.lock": "version = 1\n" },
      { "requirements.in": "pandas\n", "requirements.txt": "pandas==2.2.0\n" },
      { "requirements.txt": "pandas\n", "constraints.txt": "pandas==2.2.0\n" },
      { "pyproject.toml": "[tool.black]\nline-length = 100\n" },
    ],
  },
  check(project, report) {
    for (const manifest of project.manifests) {
      if (
        !/^(requirements|pyproject|environment|pipfile|setup.py|setup.cfg)$/.test(manifest.kind) ||
        isLocked(manifest, project.manifests)
      )
        continue;
      const open = manifest.requirements.filter(
        (requirement) => requirement.group === "main" && (requirement.pin === "none" || requirement.pin === "lower"),
      );
      const first = open[0];
      if (!first) continue;
      const names = open.slice(0, 5).map((requirement) => requirement.name);
      report(manifest.path, {
        at: { line: first.line },
        message: `${open.length} of ${manifest.requirements.length} requirements have no upper bound and no lock file: ${names.join(", ")}${open.length > 5 ? ", …" : ""}.`,
        evidence: open.slice(0, 20).map((requirement) => `line ${requirement.line}: ${requirement.raw}`),
        identity: "unpinned",
        // A library's declared ranges are its contract; what it runs its own CI with is another matter.
        counted: project.profile === "library" && /^(pyproject|setup.py|setup.cfg)$/.test(manifest.kind),
      });
    }
  },
});

export default rule;

/** A lock or constraints file in the same folder or above, or the compiled twin of a .in file. */
function isLocked(manifest: Manifest, all: readonly Manifest[]): boolean {
  const folder = folderOf(manifest.path);
  return all.some((other) => {
    if (other.path === manifest.path) return false;
    const isAbove =
      folder === folderOf(other.path) || folderOf(other.path) === "" || folder.startsWith(`${folderOf(other.path)}/`);
    if ((other.kind === "lock" || other.kind === "constraints") && isAbove) return true;
    return manifest.path.endsWith(".in") && other.path === manifest.path.replace(/\.in$/, ".txt");
  });
}

function folderOf(path: string): string {
  return path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
}
