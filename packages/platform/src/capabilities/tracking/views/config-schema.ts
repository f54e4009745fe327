import type { Input, Reply } from "@paydown/api/operation";
import type { ConfigViolation, getConfigSchema as operation } from "@paydown/api/tracking-insight";
import type { Ctx } from "#base/context.js";
import { trackingErrors } from "../errors.js";
import { compileSchema, configHashOf } from "../model/config-schema.js";
import { endedStatuses, evidenceTags } from "../model.js";
import { findConfigSchema } from "../store/config-schemas.js";
import { findExperiment } from "../store/experiments.js";
import { recentRuns } from "../store/rule-evidence.js";
import { runParams, runTags } from "../store/runs.js";

const mostRuns = 2000;
const shown = 100;

/** The schema of an experiment's parameters, and the newest ended runs that do not fit it. */
export async function viewConfigSchema(ctx: Ctx, input: Input<typeof operation>): Promise<Reply<typeof operation>> {
  const experimentId = Number(input.experimentId);
  return ctx.db.read(async (r) => {
    if ((await findExperiment(r, input.project, experimentId)) === undefined) {
      throw trackingErrors.TRACKING_EXPERIMENT_NOT_FOUND({ experimentId });
    }
    const row = await findConfigSchema(r, experimentId);
    const runs = await recentRuns(r, experimentId, endedStatuses, 0, mostRuns);
    const ids = runs.map((run) => run.id);
    const params = Map.groupBy(await runParams(r, ids), (one) => one.run_id);
    const tags = new Map((await runTags(r, ids, [evidenceTags.config])).map((one) => [one.run_id, one.value]));
    const schema = row === undefined ? undefined : (JSON.parse(row.schema) as Record<string, unknown>);
    const check = schema === undefined ? undefined : compileSchema(schema);
    const hashed = { logged: 0, derived: 0, none: 0 };
    const violations: ConfigViolation[] = [];
    for (const run of runs) {
      const texts = new Map(params.get(run.id)?.map((one) => [one.key, one.value]));
      const logged = tags.get(run.id);
      const hash = configHashOf(new Map(logged === undefined ? [] : [[evidenceTags.config, logged]]), texts);
      hashed[hash === undefined ? "none" : hash.from === "logged" ? "logged" : "derived"]++;
      const problems = check?.(texts) ?? [];
      if (problems.length > 0) violations.push({ runId: run.run_id, name: run.name, problems });
    }
    return {
      experimentId: input.experimentId,
      schema: schema ?? null,
      ...(row === undefined ? {} : { hash: row.hash, by: row.caused_by, at: row.at, reason: row.reason }),
      looked: runs.length,
      violating: violations.length,
      violations: violations.slice(0, shown),
      hashed,
    };
  });
}
