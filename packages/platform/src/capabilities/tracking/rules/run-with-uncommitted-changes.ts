import { defineRule } from "#base/rule.js";
import { codeOf, experimentFinding, nothingSwept, sweepRuns } from "../views/sweep.js";

export const runWithUncommittedChanges = defineRule({
  code: "TRK002",
  slug: "run-with-uncommitted-changes",
  family: "tracking",
  severity: "SEV2",
  principal: "config",
  summary: "Training runs used code that was never committed.",
  why: "The commit in the record is not the code that ran, so repeating the run from it gives something else.",
  remedy: "Refuse to train from a dirty tree in the training script, or commit before training.",
  origin: "Sculley 2015, reproducibility debt; own",
  async check(ctx, project) {
    const swept = await sweepRuns(ctx, project, ["FINISHED"]);
    const findings = swept.flatMap((one) => {
      const lacking = one.runs.filter((run) => codeOf(run)?.dirty === "yes");
      return lacking.length === 0 ? [] : [experimentFinding(one, lacking, "ran with uncommitted changes")];
    });
    const silent = swept.reduce((n, one) => n + one.runs.filter((run) => codeOf(run)?.dirty === "unknown").length, 0);
    const unseen = nothingSwept(swept);
    if (silent > 0) {
      unseen.push({
        what: `Whether the working tree was clean in ${silent} runs that name a commit.`,
        remedy: "Set the tag paydown.source.dirty to true or false; stock MLflow clients do not.",
      });
    }
    return { findings, unseen };
  },
});
