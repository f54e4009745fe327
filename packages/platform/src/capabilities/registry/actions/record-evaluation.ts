import { createHash } from "node:crypto";
import type { Input } from "@paydown/api/operation";
import { CardAttached, EvaluationRecorded, type recordEvaluation as operation } from "@paydown/api/registry";
import type { Ctx } from "#base/context.js";
import { insertCard, insertEvaluation } from "../store.js";
import type { EvaluationRow } from "../tables.js";
import { getVersionRow } from "./change-version.js";

/** Keeps what was measured of a version; a version it is compared with must exist. */
export async function recordEvaluation(ctx: Ctx, input: Input<typeof operation>): Promise<EvaluationRow> {
  const { project, model: name } = input;
  return ctx.db.write(async (tx) => {
    const { model } = await getVersionRow(tx, project, name, input.version);
    if (input.against !== undefined) await getVersionRow(tx, project, name, input.against);
    const row: EvaluationRow = {
      id: ctx.ids.ulid(),
      project,
      model_id: model.id,
      version: input.version,
      at: ctx.clock.now(),
      caused_by: ctx.principal.name,
      dataset: input.dataset ?? null,
      dataset_version: input.datasetVersion ?? null,
      against: input.against ?? null,
      slice: input.slice ?? null,
      metrics: JSON.stringify(input.metrics),
      verdict: input.verdict ?? "none",
      reason: input.reason ?? "",
    };
    await insertEvaluation(tx, row);
    await tx.emit(EvaluationRecorded, project, {
      id: row.id,
      model: name,
      version: row.version,
      ...(input.dataset === undefined ? {} : { dataset: input.dataset }),
      ...(input.datasetVersion === undefined ? {} : { datasetVersion: input.datasetVersion }),
      ...(input.against === undefined ? {} : { against: input.against }),
      verdict: row.verdict,
      reason: row.reason,
    });
    return row;
  });
}

/** Attaches a card; the same text again is no new card. */
export async function attachCard(
  ctx: Ctx,
  input: { project: string; model: string; version: number; text: string },
): Promise<string> {
  const hash = createHash("sha256").update(input.text).digest("hex");
  await ctx.db.write(async (tx) => {
    const { model } = await getVersionRow(tx, input.project, input.model, input.version);
    await insertCard(tx, {
      project: input.project,
      model_id: model.id,
      version: input.version,
      hash,
      text: input.text,
      caused_by: ctx.principal.name,
      at: ctx.clock.now(),
    });
    await tx.emit(CardAttached, input.project, { model: input.model, version: input.version, hash });
  });
  return hash;
}
