import type { Input, Reply } from "@paydown/api/operation";
import type * as api from "@paydown/api/registry";
import { readable } from "#base/auth/grants.js";
import type { Ctx } from "#base/context.js";
import type { Reader } from "#base/db/db.js";
import { registryErrors } from "../errors.js";
import { missingOf } from "../model/external.js";
import { toOffset, toToken } from "../model/page-token.js";
import { provenanceOf, toNameRun } from "../model/provenance.js";
import { toCondition } from "../model/search.js";
import { aliasSpans, checkModelName } from "../model.js";
import type { ModelSources } from "../needs.js";
import { findInspection, inspectionsOf, replaysOf } from "../store/inspections.js";
import { promotionsOf } from "../store/promotions.js";
import {
  changesOf,
  countModels,
  countVersions,
  evaluationsOf,
  findModel,
  findVersion,
  latestCard,
  modelDetails,
  searchModels,
  versionsOf,
  versionsWithCard,
  versionTags,
} from "../store.js";
import type { ChangeRow, EvaluationRow, ModelRow, VersionRow } from "../tables.js";
import { asOfNow } from "./inspection-page.js";
import { toPromotions } from "./promotion-page.js";
import { toReplay } from "./replays.js";
import { evidenceOf, externalOf, factsOf, type KnownOfVersion, knownOf } from "./version-evidence.js";

const shownVersions = 200;
const shownChanges = 200;
const shownOthers = 20;

export async function viewModels(ctx: Ctx, input: Input<typeof api.listModels>): Promise<Reply<typeof api.listModels>> {
  const search = { project: input.project, condition: toCondition(input.filter ?? "", "models"), order: [] };
  const offset = toOffset(input.cursor);
  const limit = input.limit ?? 100;
  const sees = await readable(ctx.principal, input.project, "model");
  return ctx.db.read(async (r) => {
    const seen = sees === "all" ? undefined : await seenModels(r, search, sees);
    const rows = seen?.slice(offset, offset + limit + 1) ?? (await searchModels(r, search, limit + 1, offset));
    return {
      items: await toModels(r, rows.slice(0, limit)),
      total: seen?.length ?? (await countModels(r, search)),
      ...(rows.length > limit ? { cursor: toToken(offset + limit) } : {}),
    };
  });
}

const rowsAtOnce = 1000;

/** What may be read is known only row by row. */
async function seenModels(
  r: Reader,
  search: Parameters<typeof searchModels>[1],
  sees: (name: string) => boolean,
): Promise<ModelRow[]> {
  const seen: ModelRow[] = [];
  for (let at = 0; ; at += rowsAtOnce) {
    const page = await searchModels(r, search, rowsAtOnce, at);
    seen.push(...page.filter((row) => sees(row.name)));
    if (page.length < rowsAtOnce) return seen;
  }
}

async function toModels(r: Reader, rows: readonly ModelRow[]): Promise<api.RegisteredModel[]> {
  const details = await modelDetails(
    r,
    rows.map((row) => row.id),
  );
  const models: api.RegisteredModel[] = [];
  for (const row of rows) {
    const [newest] = await versionsOf(r, row.id, 1);
    models.push({
      model: row.name,
      description: row.description ?? "",
      createdAt: row.created_at,
      updatedAt: row.updated_at,
      tags: Object.fromEntries(
        details.tags.filter((tag) => tag.model_id === row.id).map((tag) => [tag.key, tag.value]),
      ),
      versions: await countVersions(r, row.id),
      ...(newest === undefined ? {} : { latest: newest.version }),
      aliases: Object.fromEntries(
        details.aliases.filter((one) => one.model_id === row.id).map((one) => [one.alias, one.version]),
      ),
      ...(row.tier === null ? {} : { tier: row.tier as api.Tier }),
    });
  }
  return models;
}

export async function viewModel(
  ctx: Ctx,
  sources: ModelSources,
  input: { project: string; model: string },
): Promise<Reply<typeof api.getModel>> {
  const read = await ctx.db.read(async (r) => {
    const row = await requireModel(r, input.project, input.model);
    return {
      row,
      model: (await toModels(r, [row]))[0] as api.RegisteredModel,
      versions: await versionsOf(r, row.id, shownVersions),
      tags: await versionTags(r, [row.id]),
      cards: await versionsWithCard(r, row.id),
      evaluations: await evaluationsOf(r, row.id),
      changes: (await changesOf(r, row.id)).map(toChange),
      inspections: await inspectionsOf(r, row.id),
    };
  });
  const items: api.ModelVersion[] = [];
  for (const version of read.versions) {
    const evaluations = read.evaluations.filter((one) => one.version === version.version).length;
    const known = await knownOf(ctx, sources, version, read.cards.has(version.version), evaluations);
    const said = read.inspections.find((one) => one.version === version.version);
    const inspection = said === undefined ? undefined : asOfNow(said, known.files, version.artifact_hash);
    items.push(toVersion(known, read.model, read.tags, inspection));
  }
  return {
    ...read.model,
    items,
    spans: aliasSpans(read.changes),
    history: read.changes.toReversed().slice(0, shownChanges),
  };
}

export async function viewVersion(
  ctx: Ctx,
  sources: ModelSources,
  input: { project: string; model: string; version: number },
): Promise<Reply<typeof api.getVersion>> {
  const read = await ctx.db.read(async (r) => {
    const model = await requireModel(r, input.project, input.model);
    const row = (await versionRow(r, input)) as VersionRow;
    return {
      row,
      model: (await toModels(r, [model]))[0] as api.RegisteredModel,
      tags: await versionTags(r, [model.id]),
      card: await latestCard(r, model.id, input.version),
      evaluations: await evaluationsOf(r, model.id, input.version),
      inspection: await findInspection(r, model.id, input.version),
      promotions: await promotionsOf(
        r,
        { project: input.project, model: model.id, version: input.version },
        shownOthers,
      ),
      replays: await replaysOf(r, { model: model.id, version: input.version }, shownOthers),
    };
  });
  const known = await knownOf(ctx, sources, read.row, read.card !== undefined, read.evaluations.length);
  const facts = factsOf(read.row);
  const inspection =
    read.inspection === undefined ? undefined : asOfNow(read.inspection, known.files, read.row.artifact_hash);
  const external = externalOf(read.row);
  const provenance = provenanceOf({
    runId: read.row.run_id ?? undefined,
    external,
    run: known.run,
    environment: inspection?.environment,
    toNameRun: toNameRun.version,
  });
  return {
    ...toVersion(known, read.model, read.tags, inspection),
    ...(facts?.signature === undefined ? {} : { signature: facts.signature }),
    ...(facts === undefined ? {} : { inputExample: facts.inputExample }),
    ...(facts?.mlflowVersion === undefined ? {} : { mlflowVersion: facts.mlflowVersion }),
    ...(facts?.pythonVersion === undefined ? {} : { pythonVersion: facts.pythonVersion }),
    files: (known.files ?? []).map(({ path, size, hash }) => ({ path, size, hash })),
    evaluations: read.evaluations.map((one) => toEvaluation(one, input.model)),
    ...(read.card === undefined
      ? {}
      : { card: { at: read.card.at, by: read.card.caused_by, hash: read.card.hash, text: read.card.text } }),
    provenance,
    ...(inspection === undefined ? {} : { inspection }),
    missing: external === undefined ? [] : missingOf(external),
    promotions: await toPromotions(ctx, sources, read.promotions),
    replays: read.replays.map((one) => toReplay(one, input.model)),
  };
}

async function versionRow(r: Reader, input: { project: string; model: string; version: number }): Promise<VersionRow> {
  checkModelName(input.model);
  const model = await findModel(r, input.project, input.model);
  const row = model && (await findVersion(r, model.id, input.version));
  if (row === undefined) {
    throw registryErrors.REGISTRY_VERSION_NOT_FOUND({ name: input.model, version: input.version });
  }
  return row;
}

async function requireModel(r: Reader, project: string, name: string): Promise<ModelRow> {
  const model = await findModel(r, project, name);
  if (model === undefined) throw registryErrors.REGISTRY_MODEL_NOT_FOUND({ name });
  return model;
}

function toVersion(
  known: KnownOfVersion,
  model: api.RegisteredModel,
  tags: readonly { version: number; key: string; value: string }[],
  inspection: api.Inspection | undefined,
): api.ModelVersion {
  const { row, facts } = known;
  const external = externalOf(row);
  return {
    model: row.name,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    createdBy: row.created_by,
    description: row.description ?? "",
    source: row.source,
    location: row.location,
    ...(row.run_id === null ? {} : { runId: row.run_id }),
    ...(row.logged_model_id === null ? {} : { modelId: row.logged_model_id }),
    ...(row.artifact_hash === null ? {} : { artifactHash: row.artifact_hash }),
    stage: row.stage,
    aliases: Object.entries(model.aliases)
      .filter(([, version]) => version === row.version)
      .map(([alias]) => alias),
    tags: Object.fromEntries(tags.filter((tag) => tag.version === row.version).map((tag) => [tag.key, tag.value])),
    flavors: [...(facts?.flavors ?? [])],
    ...(facts?.pickled === undefined ? {} : { pickled: facts.pickled }),
    evidence: evidenceOf(known),
    ...(inspection === undefined ? {} : { verdict: inspection.verdict }),
    ...(external === undefined ? {} : { external }),
  };
}

function toChange(row: ChangeRow): Reply<typeof api.getModel>["history"][number] {
  return {
    id: String(row.id),
    at: row.at,
    kind: row.kind as Reply<typeof api.getModel>["history"][number]["kind"],
    subject: row.subject,
    ...(row.version === null ? {} : { version: row.version }),
    ...(row.previous === null ? {} : { previous: row.previous }),
    by: row.caused_by,
    door: row.door,
    reason: row.reason,
    ...(row.promotion === null ? {} : { promotion: row.promotion }),
    ...(row.approvers === null ? {} : { approvers: JSON.parse(row.approvers) as string[] }),
    ...(row.unapproved === 1 ? { unapproved: true } : {}),
  };
}

export function toEvaluation(row: EvaluationRow, model: string): api.Evaluation {
  return {
    id: row.id,
    model,
    version: row.version,
    at: row.at,
    by: row.caused_by,
    ...(row.dataset === null ? {} : { dataset: row.dataset }),
    ...(row.dataset_version === null ? {} : { datasetVersion: row.dataset_version }),
    ...(row.against === null ? {} : { against: row.against }),
    ...(row.slice === null ? {} : { slice: row.slice }),
    metrics: JSON.parse(row.metrics) as api.Evaluation["metrics"],
    verdict: row.verdict as api.Evaluation["verdict"],
    reason: row.reason,
  };
}
