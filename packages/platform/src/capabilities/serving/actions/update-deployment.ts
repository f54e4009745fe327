import type { Input, Reply } from "@paydown/api/operation";
import {
  DeploymentRetired,
  type retireDeployment as retireOperation,
  type updateDeployment as updateOperation,
  VersionSwitched,
} from "@paydown/api/serving";
import type { Ctx } from "#base/context.js";
import type { Reader, Tx } from "#base/db/db.js";
import type { Endpoint } from "../endpoint/endpoint.js";
import { servingErrors } from "../errors.js";
import { enqueuePurge } from "../jobs.js";
import type { ServingNeeds } from "../needs.js";
import { endSpan, findDeployment, findServed, insertSpan, updateDeploymentRow } from "../store.js";
import type { DeploymentRow, ServedModelRow } from "../tables.js";
import { guessScore } from "../tensors/columns.js";
import type { TensorSpec } from "../tensors/tensor.js";
import { getDeploymentRecord } from "../views.js";
import { asJson, type Candidate, checkAgainstFile, prepareCandidate, recordServed } from "./deploy.js";

export async function updateDeployment(
  ctx: Ctx,
  needs: ServingNeeds,
  endpoint: Endpoint,
  input: Input<typeof updateOperation>,
): Promise<Reply<typeof updateOperation>> {
  const switches = input.version !== undefined || input.alias !== undefined;
  const before = await ctx.db.read((r) => changeable(r, input.project, input.name, switches));
  const candidate = switches ? await prepareCandidate(ctx, needs, input.project, before.model, input) : undefined;
  if (candidate !== undefined) checkAgainstFile(candidate, input.contract, undefined);
  else if (input.contract !== undefined) await checkContract(ctx, before, input.contract);
  await ctx.db.write(async (tx) => {
    const row = await changeable(tx, input.project, input.name, switches);
    await updateDeploymentRow(tx, row.id, {
      state: "live",
      ...(input.owner === undefined ? {} : { owner: input.owner }),
      ...(input.contract === undefined ? {} : { contract: asJson(input.contract) }),
      ...(input.limits === undefined ? {} : { limits: asJson(input.limits) }),
      ...(input.retentionDays === undefined ? {} : { retention_days: input.retentionDays }),
    });
    if (candidate !== undefined) await switchVersion(ctx, tx, row, candidate, input);
    if (input.retentionDays !== undefined) await enqueuePurge(tx, ctx, input.project, input.name);
  });
  endpoint.forget(input.project, input.name);
  return ctx.db.read((r) => getDeploymentRecord(r, input.project, input.name));
}

async function checkContract(
  ctx: Ctx,
  row: DeploymentRow,
  contract: NonNullable<Input<typeof updateOperation>["contract"]>,
): Promise<void> {
  const served = (await ctx.db.read((r) => findServed(r, row.served_id))) as ServedModelRow;
  const columns = new Set((JSON.parse(served.columns) as { name: string }[]).map((column) => column.name));
  const wrong = contract.columns.find((promise) => !columns.has(promise.column));
  if (wrong === undefined) return;
  throw servingErrors.SERVING_REQUEST_INVALID({
    problem: `the contract names column '${wrong.column}'; the model has ${[...columns].slice(0, 50).join(", ")}`,
  });
}

async function switchVersion(
  ctx: Ctx,
  tx: Tx,
  row: DeploymentRow,
  candidate: Candidate,
  input: Input<typeof updateOperation>,
): Promise<void> {
  const at = ctx.clock.now();
  const servedId = await recordServed(tx, row.project, candidate);
  // Switching to what is served already changes nothing and leaves no trace.
  if (servedId === row.served_id && row.state === "live") return;
  await updateDeploymentRow(tx, row.id, {
    version: candidate.version,
    alias: input.alias ?? null,
    served_id: servedId,
    switched_at: at,
    score: fittingScore(row.score, candidate.file.outputs),
  });
  await insertSpan(tx, {
    deployment_id: row.id,
    model: row.model,
    version: candidate.version,
    previous: row.version,
    served_id: servedId,
    started_at: at,
    started_by: ctx.principal.name,
    reason: input.reason ?? "",
  });
  await tx.emit(VersionSwitched, row.project, {
    deployment: row.name,
    model: row.model,
    previous: row.version,
    version: candidate.version,
    modelHash: candidate.hash,
    reason: input.reason ?? "",
    at,
  });
}

/** The named score while the new version still has that output, else the usual guess. */
function fittingScore(score: string | null, outputs: readonly TensorSpec[]): string | null {
  const named = score === null ? undefined : (JSON.parse(score) as { output: string });
  if (outputs.some((output) => output.name === named?.output)) return score;
  return asJson(guessScore(outputs));
}

export async function retireDeployment(
  ctx: Ctx,
  endpoint: Endpoint,
  input: Input<typeof retireOperation>,
): Promise<Reply<typeof retireOperation>> {
  const at = ctx.clock.now();
  await ctx.db.write(async (tx) => {
    const row = await findDeployment(tx, input.project, input.name);
    if (row === undefined) throw servingErrors.SERVING_DEPLOYMENT_NOT_FOUND({ name: input.name });
    if (row.state === "retired") return;
    await updateDeploymentRow(tx, row.id, { state: "retired" });
    await endSpan(tx, row.id, at);
    await tx.emit(DeploymentRetired, row.project, {
      deployment: row.name,
      model: row.model,
      version: row.version,
      at,
    });
  });
  endpoint.forget(input.project, input.name);
  return ctx.db.read((r) => getDeploymentRecord(r, input.project, input.name));
}

/** Naming a version brings a retired deployment back; nothing else changes one. */
async function changeable(r: Reader, project: string, name: string, switches: boolean): Promise<DeploymentRow> {
  const row = await findDeployment(r, project, name);
  if (row === undefined) throw servingErrors.SERVING_DEPLOYMENT_NOT_FOUND({ name });
  if (row.state === "retired" && !switches) throw servingErrors.SERVING_DEPLOYMENT_RETIRED({ name });
  return row;
}
