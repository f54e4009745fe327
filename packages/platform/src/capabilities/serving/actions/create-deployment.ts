import type { Input, Reply } from "@paydown/api/operation";
import { DeploymentCreated, type createDeployment as operation } from "@paydown/api/serving";
import type { Ctx } from "#base/context.js";
import type { Endpoint } from "../endpoint/endpoint.js";
import { servingErrors } from "../errors.js";
import { enqueuePurge } from "../jobs.js";
import type { ServingNeeds } from "../needs.js";
import { insertDeployment, insertSpan } from "../store.js";
import { guessScore } from "../tensors/columns.js";
import { getDeploymentRecord } from "../views.js";
import { asJson, checkAgainstFile, prepareCandidate, recordServed } from "./deploy.js";

export async function createDeployment(
  ctx: Ctx,
  needs: ServingNeeds,
  endpoint: Endpoint,
  input: Input<typeof operation>,
): Promise<Reply<typeof operation>> {
  const candidate = await prepareCandidate(ctx, needs, input.project, input.model, input);
  checkAgainstFile(candidate, input.contract, input.score);
  const at = ctx.clock.now();
  await ctx.db.write(async (tx) => {
    const servedId = await recordServed(tx, input.project, candidate);
    const id = await insertDeployment(tx, {
      project: input.project,
      name: input.name,
      model: input.model,
      version: candidate.version,
      alias: input.alias ?? null,
      served_id: servedId,
      state: "live",
      owner: input.owner ?? null,
      contract: asJson(input.contract),
      limits: asJson(input.limits),
      score: asJson(input.score ?? guessScore(candidate.file.outputs)),
      batching: input.batching === false ? 0 : 1,
      retention_days: input.retentionDays ?? null,
      created_at: at,
      created_by: ctx.principal.name,
      switched_at: at,
    });
    if (id === undefined) throw servingErrors.SERVING_DEPLOYMENT_EXISTS({ name: input.name });
    await insertSpan(tx, {
      deployment_id: id,
      model: input.model,
      version: candidate.version,
      previous: null,
      served_id: servedId,
      started_at: at,
      started_by: ctx.principal.name,
      reason: input.reason ?? "",
    });
    if (input.retentionDays !== undefined) await enqueuePurge(tx, ctx, input.project, input.name);
    await tx.emit(DeploymentCreated, input.project, {
      deployment: input.name,
      model: input.model,
      version: candidate.version,
      ...(input.alias === undefined ? {} : { alias: input.alias }),
      modelHash: candidate.hash,
      ...(input.owner === undefined ? {} : { owner: input.owner }),
      at,
    });
  });
  endpoint.forget(input.project, input.name);
  return ctx.db.read((r) => getDeploymentRecord(r, input.project, input.name));
}
