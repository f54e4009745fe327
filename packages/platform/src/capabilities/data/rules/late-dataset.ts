import { defineRule } from "#base/rule.js";
import { freshnessOf } from "../views/catalogue.js";
import { nothingKnown, sweepDatasets } from "../views/sweep.js";

export const lateDataset = defineRule({
  code: "DAT005",
  slug: "late-dataset",
  family: "data",
  severity: "SEV1",
  principal: "monitor",
  summary: "The latest version of a dataset is older than its freshness objective.",
  why: "Whoever retrains or answers from it works with a world that is gone, and its own checks all pass.",
  remedy: "Ask the owner of the source what stopped, deliver a version, or change the objective if it is wrong.",
  origin: "own",
  async check(ctx, project) {
    const datasets = await sweepDatasets(ctx, project);
    const findings = datasets.flatMap(({ row, latest }) => {
      const {
        state,
        ageHours = 0,
        objectiveHours = 0,
      } = freshnessOf(row.freshness_hours, latest?.created_at, ctx.clock.now());
      if (state !== "late") return [];
      const age = Math.floor(ageHours);
      return [
        {
          asset: { kind: "dataset", id: row.name },
          key: "",
          message: `The latest version of ${row.name} is ${age} hours old; the objective is ${objectiveHours}.`,
          evidence: { latest: latest?.version, latestAt: latest?.created_at, objectiveHours },
          size: 1,
          events: [],
        },
      ];
    });
    const judged = datasets.filter(({ row }) => row.freshness_hours !== null).length;
    const unseen = nothingKnown("dataset", datasets.length);
    if (datasets.length > 0 && judged === 0) {
      unseen.push({
        what: "No dataset has a freshness objective",
        remedy: "`paydown datasets update <dataset> --freshness-hours <hours>`.",
      });
    }
    return { findings, unseen };
  },
});
