import type { Gate, Waiver } from "@paydown/api/registry";
import type { Ctx } from "#base/context.js";
import type { Reader } from "#base/db/db.js";
import { registryErrors } from "../errors.js";
import { gatesOf } from "../model/gates.js";
import { type EffectivePolicy, isGuarded, type Target, withoutRefusals } from "../model/policy.js";
import { provenanceOf, toNameRun } from "../model/provenance.js";
import type { ModelSources } from "../needs.js";
import { findInspection } from "../store/inspections.js";
import { policyOf } from "../store/promotions.js";
import { evaluationsOf, findModel, findModelById, findVersion, latestCard, versionTags } from "../store.js";
import type { ModelRow, VersionRow } from "../tables.js";
import { asOfNow } from "./inspection-page.js";
import { evidenceOf, externalOf, knownOf, licenceOf } from "./version-evidence.js";

/** A version with everything a promotion of it is judged by. */
export interface Weighed {
  readonly model: ModelRow;
  readonly row: VersionRow;
  readonly policy: EffectivePolicy;
  gates(waivers: readonly Waiver[]): Gate[];
}

/** Throws REGISTRY_VERSION_NOT_FOUND, REGISTRY_MODEL_NOT_FOUND. */
export async function weighVersion(
  ctx: Ctx,
  sources: ModelSources,
  asked: {
    readonly project: string;
    readonly model: string | number;
    readonly version: number;
    /** Where it is to stand; what is not guarded waits for nobody. */
    readonly target?: Target;
  },
): Promise<Weighed> {
  const read = await ctx.db.read(async (r) => {
    const { model, row } = await findBoth(r, asked);
    return {
      model,
      row,
      policy: await policyOf(r, model),
      tags: (await versionTags(r, [model.id])).filter((tag) => tag.version === row.version),
      card: await latestCard(r, model.id, row.version),
      evaluations: await evaluationsOf(r, model.id, row.version),
      inspection: await findInspection(r, model.id, row.version),
    };
  });
  const { model, row } = read;
  const isOpen = asked.target !== undefined && !isGuarded(read.policy, asked.target);
  const policy = isOpen ? withoutRefusals(read.policy) : read.policy;
  const known = await knownOf(ctx, sources, row, read.card !== undefined, read.evaluations.length);
  const evidence = evidenceOf(known);
  const inspection =
    read.inspection === undefined ? undefined : asOfNow(read.inspection, known.files, row.artifact_hash);
  const external = externalOf(row);
  const facts = {
    external,
    provenance: provenanceOf({
      runId: row.run_id ?? undefined,
      external,
      run: known.run,
      environment: inspection?.environment,
      toNameRun: toNameRun.version,
    }),
    signature: evidence.signature,
    card: evidence.card,
    inputExample: known.facts?.inputExample,
    inspection,
    licence: licenceOf(read.tags),
    filesStored: known.files !== undefined && known.files.length > 0,
    evaluations: read.evaluations,
  };
  return { model, row, policy, gates: (waivers) => gatesOf(facts, policy, waivers, ctx.clock.now()) };
}

async function findBoth(
  r: Reader,
  { project, model: which, version }: { project: string; model: string | number; version: number },
): Promise<{ model: ModelRow; row: VersionRow }> {
  const model = typeof which === "string" ? await findModel(r, project, which) : await findModelById(r, which);
  if (model === undefined) throw registryErrors.REGISTRY_MODEL_NOT_FOUND({ name: String(which) });
  const row = await findVersion(r, model.id, version);
  if (row === undefined) throw registryErrors.REGISTRY_VERSION_NOT_FOUND({ name: model.name, version });
  return { model, row };
}
