import { defineRule } from "#base/rule.js";
import { nothingKnown, sweepDatasets } from "../views/sweep.js";

export const unboundedFreshness = defineRule({
  code: "DAT004",
  slug: "unbounded-freshness",
  family: "data",
  severity: "SEV3",
  principal: "config",
  summary: "A dataset has no freshness objective.",
  why: "Nobody has said how old it may be, so a delivery that stopped looks like one that had nothing to say, and models go stale in silence.",
  remedy: "Say how often a version must arrive: `paydown datasets update <dataset> --freshness-hours <hours>`.",
  origin: "own",
  async check(ctx, project) {
    const datasets = await sweepDatasets(ctx, project);
    const findings = datasets
      .filter(({ row, latest }) => row.freshness_hours === null && latest !== undefined)
      .map(({ row, latest, versions }) => ({
        asset: { kind: "dataset", id: row.name },
        key: "",
        message: `Dataset ${row.name} has ${versions} ${versions === 1 ? "version" : "versions"} and no objective for how fresh it must be.`,
        evidence: { versions, latest: latest?.version, latestAt: latest?.created_at },
        size: 1,
        events: [],
      }));
    return { findings, unseen: nothingKnown("dataset", datasets.length) };
  },
});
