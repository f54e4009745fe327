import type { Input, Reply } from "@paydown/api/operation";
import type { explainRerun as operation } from "@paydown/api/tracking-insight";
import type { Ctx } from "#base/context.js";
import { trackingErrors } from "../errors.js";
import { explainRerun, type RerunFacts } from "../model/rerun.js";
import { findRun } from "../store/runs.js";
import type { RunRecord } from "../tables.js";
import { environmentsOf, type RunEnvironment } from "./environments.js";
import { type RunContents, runContents, toMap } from "./run-contents.js";

/** A run beside the one it repeats. */
export async function viewRerun(ctx: Ctx, input: Input<typeof operation>): Promise<Reply<typeof operation>> {
  return ctx.db.read(async (r) => {
    const runs: RunRecord[] = [];
    for (const runId of [input.runId, input.against]) {
      const run = await findRun(r, input.project, runId);
      if (run === undefined) throw trackingErrors.TRACKING_RUN_NOT_FOUND({ runId });
      runs.push(run);
    }
    const environments = await environmentsOf(r, runs);
    const facts: RerunFacts[] = [];
    for (const [i, run] of runs.entries()) {
      // A run against itself is two runs that are equal.
      const [contents] = (await runContents(r, [run])) as [RunContents];
      facts.push(toFacts(contents, environments[i] as RunEnvironment));
    }
    return explainRerun(facts[0] as RerunFacts, facts[1] as RerunFacts);
  });
}

function toFacts(contents: RunContents, { versions }: RunEnvironment): RerunFacts {
  const named = [...versions].filter(([what]) => what !== "client" && what !== "environment");
  return {
    params: toMap(contents.params),
    tags: toMap(contents.tags),
    inputs: contents.inputs,
    metrics: new Map(contents.metrics.map((one) => [one.key, one.nan === 1 ? Number.NaN : one.value])),
    versions: new Map(named.map(([what, { version }]) => [what, version])),
  };
}
