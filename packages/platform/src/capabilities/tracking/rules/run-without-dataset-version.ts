import { defineRule } from "#base/rule.js";
import { digestStrength } from "../model.js";
import { experimentFinding, nothingSwept, sweepRuns } from "../views/sweep.js";

export const runWithoutDatasetVersion = defineRule({
  code: "TRK004",
  slug: "run-without-dataset-version",
  family: "tracking",
  severity: "SEV2",
  principal: "config",
  summary: "Training runs do not say which data they used, or not surely.",
  why: "A fault found in the data cannot be followed to the models trained on it, and a result cannot be repeated on the data that made it.",
  remedy: "Freeze the data with `paydown datasets add` and log it as input with its version as digest.",
  origin: "Sculley 2015, data dependencies; ML Test Score D, I1",
  async check(ctx, project) {
    const swept = await sweepRuns(ctx, project, ["FINISHED"]);
    const findings = swept.flatMap((one) => {
      const none = one.runs.filter((run) => run.inputs.length === 0);
      const weak = one.runs.filter(
        (run) =>
          run.inputs.length > 0 &&
          run.inputs.some((input) => digestStrength(input.digest, input.source_type) !== "content"),
      );
      return [
        ...(none.length === 0 ? [] : [experimentFinding(one, none, "name no dataset", { key: "none" })]),
        ...(weak.length === 0
          ? []
          : [
              experimentFinding(one, weak, "name data only by a digest over at most 10,000 rows, or by no source", {
                key: "weak",
              }),
            ]),
      ];
    });
    return { findings, unseen: nothingSwept(swept) };
  },
});
