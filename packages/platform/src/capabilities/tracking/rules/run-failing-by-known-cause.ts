import { type CostEvent, defineRule, type EvidenceFinding } from "#base/rule.js";
import { type ErrorSignature, errorSignatures, signatureOf } from "../model/error-signature.js";
import { experimentFinding, failureOf, nothingSwept, type SweptRun, sweepRuns } from "../views/sweep.js";

/** Hours to notice a failed run, read its log and start again; a prior until the team's own figures are known. */
const triage = { low: 0.25, high: 1.5 };

export const runFailingByKnownCause = defineRule({
  code: "TRK005",
  slug: "run-failing-by-known-cause",
  family: "tracking",
  severity: "SEV2",
  principal: "pin",
  summary: "Training runs fail with errors that name their own cause.",
  why: "A missing package, a renamed column or a path of one machine fails runs again and again; each costs somebody the time to notice, read the log and start over.",
  remedy:
    "Remove the cause the signature names: pin the environment, give the data a schema, take paths from configuration, set memory limits.",
  origin: "Debt model 3.3, failed runs",
  async check(ctx, project) {
    const swept = await sweepRuns(ctx, project, ["FAILED"]);
    const findings: EvidenceFinding[] = swept.flatMap((one) => {
      const bySignature = Map.groupBy(one.runs, (run) => signatureOf(failureOf(run) ?? "")?.slug);
      return errorSignatures.flatMap((signature) => {
        const failed = bySignature.get(signature.slug) ?? [];
        if (failed.length === 0) return [];
        const events = failed.map((run) => toEvent(run, signature));
        const evidence = {
          signature: signature.slug,
          errors: failed.slice(0, 5).map((run) => endOf(failureOf(run) ?? "")),
        };
        return [
          experimentFinding(one, failed, `failed because ${signature.cause}`, {
            key: signature.slug,
            events,
            evidence,
          }),
        ];
      });
    });
    const silent = swept.reduce((n, one) => n + one.runs.filter((run) => failureOf(run) === undefined).length, 0);
    // No failed run is no proof that none fails: only that none that failed was logged.
    const unseen = swept.length > 0 ? [] : nothingSwept(await sweepRuns(ctx, project, ["FINISHED"]));
    if (silent > 0) {
      unseen.push({
        what: `Why ${silent} failed runs failed: they log no error.`,
        remedy: "Set the tag paydown.error to the exception's text when a run fails.",
      });
    }
    return { findings, unseen };
  },
});

function toEvent({ run, tags: _tags }: SweptRun, signature: ErrorSignature): CostEvent {
  return {
    id: run.run_id,
    channel: "failed-runs",
    at: run.end_time ?? run.start_time,
    hours: triage,
    explained: true,
    what: `Run ${run.name} failed because ${signature.cause}.`,
  };
}

function endOf(error: string): string {
  return (error.trim().split("\n").at(-1) ?? "").slice(0, 300);
}
