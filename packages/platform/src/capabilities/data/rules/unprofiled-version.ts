import { defineRule, type EvidenceFinding } from "#base/rule.js";
import { nothingKnown, type SweptDataset, sweepDatasets } from "../views/sweep.js";

/** A profile that has been waiting for longer than this is not coming. */
const patience = 24 * 3_600_000;

export const unprofiledVersion = defineRule({
  code: "DAT002",
  slug: "unprofiled-version",
  family: "data",
  severity: "SEV2",
  principal: "test",
  summary: "The latest version of a dataset was never profiled.",
  why: "Without a profile nobody sees that a column went empty, changed its meaning or drifted, before a model trained on it shows.",
  remedy:
    "`paydown datasets compute-profile <dataset> latest`; if it failed, mend what the error names and add the version again.",
  origin: "Breck et al. 2017, ML Test Score, data tests",
  async check(ctx, project) {
    const datasets = await sweepDatasets(ctx, project);
    const now = ctx.clock.now();
    const findings = datasets.flatMap((dataset) => finding(dataset, now));
    return { findings, unseen: nothingKnown("dataset", datasets.length) };
  },
});

function finding({ row, latest }: SweptDataset, now: number): EvidenceFinding[] {
  if (latest === undefined || latest.format === "files" || latest.profile === "done") return [];
  if (latest.profile === "waiting" && now - latest.created_at < patience) return [];
  const why = { none: "was not asked for", failed: `failed: ${latest.profile_problem}`, waiting: "never came" }[
    latest.profile
  ];
  return [
    {
      asset: { kind: "dataset", id: row.name },
      key: "",
      message: `The profile of ${row.name}@${latest.version} (${latest.rows} rows) ${why}.`,
      evidence: {
        version: latest.version,
        state: latest.profile,
        problem: latest.profile_problem,
        addedAt: latest.created_at,
      },
      size: 1,
      events: [],
    },
  ];
}
