import { defineRule } from "#base/rule.js";
import { codeOf, experimentFinding, nothingSwept, sweepRuns } from "../views/sweep.js";

export const runWithoutCommit = defineRule({
  code: "TRK001",
  slug: "run-without-commit",
  family: "tracking",
  severity: "SEV2",
  principal: "config",
  summary: "Training runs do not say which commit they ran.",
  why: "When a result must be explained or repeated, nobody knows which code made it; the search for it is done by hand, every time.",
  remedy: "Train from a git checkout with GitPython installed, or set the tag mlflow.source.git.commit from CI.",
  origin: "Sculley 2015, reproducibility debt; ML Test Score I1",
  async check(ctx, project) {
    const swept = await sweepRuns(ctx, project, ["FINISHED"]);
    const findings = swept.flatMap((one) => {
      const lacking = one.runs.filter((run) => codeOf(run) === undefined);
      return lacking.length === 0 ? [] : [experimentFinding(one, lacking, "name no commit")];
    });
    return { findings, unseen: nothingSwept(swept) };
  },
});
