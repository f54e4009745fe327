import { type CostEvent, defineRule } from "#base/rule.js";
import { codeOf, experimentFinding, hasSeed, nothingSwept, type SweptRun, sweepRuns } from "../views/sweep.js";

export const runWithoutSeed = defineRule({
  code: "TRK003",
  slug: "run-without-seed",
  family: "tracking",
  severity: "SEV2",
  principal: "config",
  summary: "Training runs do not fix or record their random seed.",
  why: "The same code, data and parameters give another score each time; people run again until they like the number, and nobody can tell a better model from a luckier one.",
  remedy: "Fix the seed in the training script and log it as the parameter `seed`, or as the tag paydown.seed.",
  origin: "Sculley 2015, reproducibility debt; ML Test Score I1",
  async check(ctx, project) {
    const swept = await sweepRuns(ctx, project, ["FINISHED"]);
    const findings = swept.flatMap((one) => {
      const lacking = one.runs.filter((run) => !hasSeed(run));
      if (lacking.length === 0) return [];
      const events = rerunsOf(lacking);
      return [experimentFinding(one, lacking, "log no seed", { events, evidence: { rerun: events.length } })];
    });
    return { findings, unseen: nothingSwept(swept) };
  },
});

/** Runs with the same code, data and parameters whose scores differ: each after the first was run again for chance. */
function rerunsOf(runs: readonly SweptRun[]): CostEvent[] {
  const groups = Map.groupBy(
    runs.filter(
      (one) => one.params.size > 0 && one.metrics.size > 0 && one.inputs.length > 0 && codeOf(one) !== undefined,
    ),
    (one) =>
      JSON.stringify([
        codeOf(one)?.commit,
        one.inputs.map((input) => `${input.name}@${input.digest}`).sort(),
        [...one.params].sort(),
      ]),
  );
  return [...groups.values()].flatMap((group) => {
    const [first, ...others] = group.toSorted((a, b) => a.run.start_time - b.run.start_time);
    return others.flatMap((one) => (first !== undefined && scoresDiffer(first, one) ? [toEvent(first, one)] : []));
  });
}

function scoresDiffer(a: SweptRun, b: SweptRun): boolean {
  return [...a.metrics].some(([name, value]) => {
    const other = b.metrics.get(name);
    return other !== undefined && !Object.is(other, value) && !/time|duration|seconds/i.test(name);
  });
}

function toEvent(first: SweptRun, again: SweptRun): CostEvent {
  const { run } = again;
  const hours = Math.max(0, (run.end_time ?? run.start_time) - run.start_time) / 3_600_000;
  return {
    id: run.run_id,
    channel: "re-runs",
    at: run.end_time ?? run.start_time,
    // Waiting costs up to the run's length; looking at the new score costs a few minutes at least.
    hours: { low: 0.05, high: 0.25 + hours },
    explained: true,
    what: `Run ${run.name} repeats ${first.run.name} with equal code, data and parameters, and scores differently.`,
  };
}
