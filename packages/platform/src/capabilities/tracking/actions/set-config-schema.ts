import type { Input, Reply } from "@paydown/api/operation";
import type { setConfigSchema as operation } from "@paydown/api/tracking-insight";
import { currentCaller } from "#base/caller.js";
import type { Ctx } from "#base/context.js";
import { trackingErrors } from "../errors.js";
import { hashSchema, schemaProblem } from "../model/config-schema.js";
import { removeConfigSchema, upsertConfigSchema } from "../store/config-schemas.js";
import { viewConfigSchema } from "../views/config-schema.js";
import { getActiveExperiment } from "./change-experiment.js";

/** Says what an experiment's parameters must look like. Runs are never refused for it: they become findings. */
export async function setConfigSchema(ctx: Ctx, input: Input<typeof operation>): Promise<Reply<typeof operation>> {
  const { project, experimentId, schema, reason } = input;
  const problem = schema === null ? undefined : schemaProblem(schema);
  if (problem !== undefined) throw trackingErrors.TRACKING_CONFIG_SCHEMA({ problem });
  const { by } = currentCaller();
  await ctx.db.write(async (tx) => {
    const experiment = await getActiveExperiment(tx, project, Number(experimentId));
    if (schema === null) return removeConfigSchema(tx, experiment.id);
    const text = JSON.stringify(schema);
    await upsertConfigSchema(tx, {
      experiment_id: experiment.id,
      project,
      schema: text,
      hash: hashSchema(text),
      caused_by: by,
      reason,
      at: ctx.clock.now(),
    });
  });
  return viewConfigSchema(ctx, { project, experimentId });
}
