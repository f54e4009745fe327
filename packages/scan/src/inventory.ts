import type { FileSummary, Profile } from "#facts/project.js";
import type { Inventory } from "#report.js";
import type { Manifest } from "#sources/manifests.js";
import type { SourceFile } from "#sources/source-tree.js";

const model =
  /\.(pkl|pickle|joblib|pt|pth|ckpt|h5|keras|onnx|pb|safetensors|bin|cbm|ubj|mlmodel|tflite|gguf|dill|skops)$/i;
const dataset =
  /\.(csv|tsv|parquet|feather|arrow|jsonl|ndjson|npy|npz|avro|orc|xlsx?|hdf5?|tfrecord|sqlite3?|csv\.gz|tsv\.gz|json\.gz)$/i;
const config = /\.(ya?ml|toml|ini|cfg|json|env|properties)$/i;
const pipeline =
  /(^|\/)(dvc\.yaml|MLproject|Snakefile|dodo\.py|.*_dag\.py|kedro.*\.ya?ml|catalog\.ya?ml|pipeline[^/]*\.(py|ya?ml)|dags\/.*\.py|.*_pipeline\.(py|ya?ml))$/i;
const ci =
  /(^|\/)(\.github\/workflows\/[^/]+\.ya?ml|\.gitlab-ci\.yml|Jenkinsfile|azure-pipelines\.ya?ml|\.circleci\/config\.yml|\.travis\.yml|bitbucket-pipelines\.yml|\.drone\.yml)$/i;

/** What the repository holds, by file names and counted lines. */
export function createInventory(files: readonly SourceFile[], summaries: readonly FileSummary[]): Inventory {
  const python = summaries.filter((file) => file.kind === "python");
  const notebooks = summaries.filter((file) => file.kind === "notebook");
  const sized = (pattern: RegExp) =>
    files.filter((file) => pattern.test(file.path)).map((file) => ({ path: file.path, bytes: file.bytes }));
  const named = (pattern: RegExp) => files.filter((file) => pattern.test(file.path)).map((file) => file.path);
  return {
    files: files.length,
    pythonFiles: python.length,
    pythonLines: python.reduce((sum, file) => sum + file.codeLines, 0),
    notebooks: notebooks.length,
    notebookCodeLines: notebooks.reduce((sum, file) => sum + file.codeLines, 0),
    configs: named(config).length,
    manifests: [],
    models: sized(model),
    datasets: sized(dataset),
    pipelines: named(pipeline),
    ci: named(ci),
    tests: summaries.filter((file) => file.isTest).length,
  };
}

/** A repository that builds a distribution and has no programs or notebooks of its own weight is a library. */
export function inferProfile(
  files: readonly SourceFile[],
  summaries: readonly FileSummary[],
  manifests: readonly Manifest[],
): Profile {
  const builds = manifests.some(
    (manifest) =>
      manifest.project !== undefined &&
      (manifest.kind === "pyproject" || manifest.kind === "setup.py" || manifest.kind === "setup.cfg"),
  );
  const packages = files.filter(
    (file) => file.path.endsWith("__init__.py") && !/(^|\/)tests?\//.test(file.path),
  ).length;
  const programs = summaries.filter(
    (file) =>
      file.isEntryPoint &&
      !file.isTest &&
      !/(^|\/)(docs?|examples?|setup\.py|conftest\.py|noxfile\.py)/.test(file.path),
  ).length;
  if (builds && packages > 0 && programs <= packages) return "library";
  return "app";
}
