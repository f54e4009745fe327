import { defineProjectRule, type ProjectRule } from "#rule.js";

const anyLimit = 10_000_000;
const artefactLimit = 1_000_000;
const artefact =
  /\.(csv|tsv|parquet|feather|pkl|pickle|joblib|pt|pth|ckpt|h5|hdf5|keras|onnx|npy|npz|bin|safetensors|zip|tar|gz|tgz|xlsx|jsonl|db|sqlite|pb|arrow|cbm)$/i;
const text = /\.(py|md|rst|txt|lock|svg|ipynb)$/i;

/** Data and models that are versioned by git itself, by their size at HEAD. LFS pointers are small and pass. */
const rule: ProjectRule = defineProjectRule({
  code: "MLD307",
  slug: "large-binary-in-git",
  family: "data",
  tier: "on",
  origin: "mllint",
  evidence: ["R", "H"],
  confidence: "high",
  principalClass: "config",
  effort: 30,
  fix: "advice",
  summary: "A large data or model file is stored in git.",
  why: "Every clone carries every version for ever, and the file's lineage (from what, by which run) is not recorded.",
  remedy: "Move it to a dataset or model store (DVC remote, registry, LFS) and keep a hash in git.",
  examples: {
    bad: [{ "git:data/train.csv": new Uint8Array(1_200_000) }, { "git:models/net.pt": new Uint8Array(1_500_000) }],
    good: [
      { "git:data/sample.csv": new Uint8Array(2_000) },
      { "data/train.csv": new Uint8Array(1_200_000) },
      { "git:model.pt": "version https://git-lfs.github.com/spec/v1\noid sha256:aa\nsize 99999999\n" },
      { "git:docs/figure.png": new Uint8Array(2_000_000) },
    ],
  },
  check(project, report) {
    for (const [path, bytes] of project.tracked ?? []) {
      const isArtefact = artefact.test(path);
      if (bytes < artefactLimit || (!isArtefact && bytes < anyLimit) || text.test(path)) continue;
      report(path, {
        at: { line: 1 },
        message: `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB are stored in git itself.`,
        evidence: [`${bytes} bytes at HEAD`],
        identity: "tracked",
      });
    }
  },
});

export default rule;
