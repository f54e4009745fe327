import { defineRule } from "#base/rule.js";
import { nothingKnown, sweepCopies, sweepDatasets } from "../views/sweep.js";

/** Below this share of the smaller dataset a common file is chance (a lookup table, an empty partition). */
const shareAlike = 0.5;

export const copiedDataset = defineRule({
  code: "DAT007",
  slug: "copied-dataset",
  family: "data",
  severity: "SEV3",
  principal: "pipeline-split",
  summary: "Two datasets hold the same files.",
  why: "One will be corrected and the other will not; both are stored, owned and checked twice, and a test set may be somebody's training set.",
  remedy: "Keep one of them and let the other name it as its parent, or delete it.",
  origin: "Data sprawl; own",
  async check(ctx, project) {
    const datasets = await sweepDatasets(ctx, project);
    const latest = new Map(datasets.map(({ row, latest: version }) => [row.name, version]));
    const findings = (await sweepCopies(ctx, project)).flatMap(({ one, other, bytes }) => {
      const smaller = Math.min(latest.get(one)?.bytes ?? 0, latest.get(other)?.bytes ?? 0);
      if (smaller === 0 || Number(bytes) / smaller < shareAlike) return [];
      const share = Math.round((100 * Number(bytes)) / smaller);
      return [
        {
          asset: { kind: "dataset", id: other },
          key: one,
          message: `${other} shares ${share} % of its bytes with ${one}, file by file.`,
          evidence: {
            with: one,
            bytes: Number(bytes),
            versions: [latest.get(one)?.version, latest.get(other)?.version],
          },
          size: 1,
          events: [],
        },
      ];
    });
    return { findings, unseen: nothingKnown("dataset", datasets.length) };
  },
});
