import type { Input, Reply } from "@paydown/api/operation";
import { AliasSet, VersionCreated } from "@paydown/api/registry";
import type { importModel as operation } from "@paydown/api/registry-import";
import type { Ctx } from "#base/context.js";
import type { Tx } from "#base/db/db.js";
import { CodedError } from "#base/errors.js";
import { promptTag } from "../model/search.js";
import { resolveSource } from "../model/source.js";
import { checkAlias, checkModelName, checkTag, hashOfFiles, toStage } from "../model.js";
import type { ModelSources } from "../needs.js";
import {
  findAlias,
  findModel,
  findVersion,
  insertChange,
  insertModel,
  insertVersion,
  modelDetails,
  raiseCounter,
  upsertAlias,
  upsertModelTag,
  upsertVersionTag,
  versionTags,
  versionTaken,
} from "../store.js";
import type { ModelRow, VersionRow } from "../tables.js";
import { readFacts } from "../views/model-facts.js";
import { askInspection } from "./inspect-version.js";

type Given = Input<typeof operation>;
type GivenVersion = Given["versions"][number];
type Answer = Reply<typeof operation>;

/** Through which door imported history came. */
const door = "import";

/**
 * Takes a model of another registry: numbers, times, stages, tags and aliases as they are there. What is here is never
 * changed: equal content is `same`, other content a `conflict` that leaves what is here.
 */
export async function importModel(ctx: Ctx, sources: ModelSources, input: Given): Promise<Answer> {
  const taken = await ctx.db.write((tx) => takeModel(tx, input)).catch(asConflict);
  if ("problem" in taken) {
    const { problem } = taken;
    return {
      outcome: "conflict",
      problem,
      tags: 0,
      versions: input.versions.map(({ version }) => ({ version, outcome: "conflict", problem, tags: 0 })),
      aliases: input.aliases.map(({ alias }) => ({ alias, outcome: "conflict", problem })),
    };
  }
  const { model, prompt } = taken;
  const versions: Answer["versions"] = [];
  for (const one of input.versions) {
    const given = prompt ? one : await locate(ctx, sources, input.project, one);
    // Files are read before the transaction, which waits for nothing but itself.
    const files = prompt ? undefined : await sources.findFiles(ctx, input.project, given.location);
    const facts = files === undefined ? undefined : await readFacts(ctx, files);
    const read = {
      artifact_hash: files === undefined || files.length === 0 ? null : hashOfFiles(files),
      facts: facts === undefined ? null : JSON.stringify(facts),
    };
    const done = await ctx.db
      .write((tx) => takeVersion(ctx, tx, model, prompt, given, read))
      .catch((error: unknown) => ({ outcome: "conflict" as const, tags: 0, ...asConflict(error) }));
    versions.push({ version: given.version, ...done });
  }
  const aliases: Answer["aliases"] = [];
  for (const given of input.aliases) {
    const done = await ctx.db
      .write((tx) => takeAlias(ctx, tx, model, given))
      .catch((error: unknown) => ({ outcome: "conflict" as const, ...asConflict(error) }));
    aliases.push({ alias: given.alias, ...done });
  }
  return { outcome: taken.outcome, tags: taken.tags, versions, aliases };
}

/** `models:` and `runs:` locations name records here by now; one that names nothing stays as it is. */
async function locate(ctx: Ctx, sources: ModelSources, project: string, given: GivenVersion): Promise<GivenVersion> {
  if (!/^(models|runs):/.test(given.location)) return given;
  try {
    const asked = { source: given.location, runId: given.runId, modelId: given.modelId, within: false };
    return { ...given, location: (await resolveSource(ctx, sources, project, asked)).location };
  } catch (error) {
    if (error instanceof CodedError && error.status < 500) return given;
    throw error;
  }
}

/** A refusal of one item is its problem, not the import's; anything else goes on up. */
function asConflict(error: unknown): { problem: string } {
  if (error instanceof CodedError && error.status < 500) return { problem: error.message };
  throw error;
}

interface TakenModel {
  readonly model: ModelRow;
  readonly outcome: "new" | "same";
  readonly prompt: boolean;
  readonly tags: number;
}

async function takeModel(tx: Tx, input: Given): Promise<TakenModel> {
  const { project } = input;
  checkModelName(input.model);
  for (const tag of input.tags) checkTag(tag);
  const found = await findModel(tx, project, input.model);
  const model =
    found ??
    (await insertModel(tx, {
      project,
      name: input.model,
      description: input.description ?? null,
      created_at: input.createdAt,
      updated_at: input.updatedAt,
    }));
  await raiseCounter(tx, project, input.model, input.lastVersion);
  const here = new Map((await modelDetails(tx, [model.id])).tags.map((tag) => [tag.key, tag.value]));
  let same = 0;
  for (const tag of input.tags) {
    if (!here.has(tag.key)) await upsertModelTag(tx, model.id, tag);
    if ((here.get(tag.key) ?? tag.value) === tag.value) same++;
  }
  const prompt = input.tags.some((tag) => tag.key === promptTag && tag.value.toLowerCase() === "true");
  return { model, outcome: found === undefined ? "new" : "same", prompt, tags: same };
}

/** What stood at the source was decided there. */
const ungated = { promotion: null, approvers: null, unapproved: null } as const;

async function takeVersion(
  ctx: Ctx,
  tx: Tx,
  model: ModelRow,
  prompt: boolean,
  given: GivenVersion,
  read: { artifact_hash: string | null; facts: string | null },
): Promise<Omit<Answer["versions"][number], "version">> {
  const { project } = model;
  const { version } = given;
  for (const tag of given.tags) checkTag(tag);
  const stage = toStage(given.stage);
  const found = await findVersion(tx, model.id, version);
  if (found !== undefined || (await versionTaken(tx, model.id, version))) {
    const differences = found === undefined ? ["it was deleted here"] : differencesOf(found, given);
    const tags = (await versionTags(tx, [model.id])).filter((tag) => tag.version === version).length;
    if (differences.length === 0) return { outcome: "same", tags };
    return { outcome: "conflict", problem: `The number is taken: ${differences.join(", ")}.`, tags };
  }
  await insertVersion(tx, {
    model_id: model.id,
    version,
    project,
    source: given.source,
    location: given.location,
    run_id: given.runId ?? null,
    logged_model_id: given.modelId ?? null,
    run_link: given.runLink ?? null,
    description: given.description ?? null,
    stage,
    created_by: given.by,
    created_at: given.createdAt,
    updated_at: given.updatedAt,
    ...read,
    deleted: 0,
    external: null,
  });
  // The files came before the model: what they hold is read like that of a version registered here.
  if (read.artifact_hash !== null) await askInspection(tx, ctx, model, version);
  for (const tag of given.tags) await upsertVersionTag(tx, model.id, version, tag);
  const change = { project, model_id: model.id, previous: null, door, version, ...ungated } as const;
  await insertChange(tx, {
    ...change,
    kind: "version-created",
    subject: "",
    caused_by: given.by || "(not known)",
    reason: given.note ?? "imported",
    at: given.createdAt,
  });
  if (stage !== "None") {
    await insertChange(tx, {
      ...change,
      kind: "stage-changed",
      subject: stage,
      caused_by: ctx.principal.name,
      reason: `imported; it stood in ${stage} at the source, which does not say since when (last changed ${new Date(given.updatedAt).toISOString()})`,
      at: ctx.clock.now(),
    });
  }
  if (!prompt) {
    await tx.emit(VersionCreated, project, {
      model: model.name,
      version,
      ...(given.runId === undefined ? {} : { runId: given.runId }),
      ...(given.modelId === undefined ? {} : { modelId: given.modelId }),
      source: given.source,
      location: given.location,
      ...(read.artifact_hash === null ? {} : { artifactHash: read.artifact_hash }),
    });
  }
  return { outcome: "new", tags: given.tags.length };
}

function differencesOf(row: VersionRow, given: GivenVersion): string[] {
  const pairs = {
    created: [row.created_at, given.createdAt],
    run: [row.run_id, given.runId ?? null],
    source: [row.source, given.source],
    stage: [row.stage.toLowerCase(), given.stage.toLowerCase()],
    description: [row.description ?? "", given.description ?? ""],
  };
  return Object.entries(pairs)
    .filter(([, [here, source]]) => here !== source)
    .map(([what, [here, source]]) => `${what} ${JSON.stringify(here)} here, ${JSON.stringify(source)} at the source`);
}

async function takeAlias(
  ctx: Ctx,
  tx: Tx,
  model: ModelRow,
  { alias, version }: Given["aliases"][number],
): Promise<{ outcome: "new" | "same" | "conflict"; problem?: string }> {
  checkAlias(alias);
  const before = await findAlias(tx, model.id, alias);
  if (before === version) return { outcome: "same" };
  if (before !== undefined) {
    return { outcome: "conflict", problem: `It points at version ${before} here, at ${version} at the source.` };
  }
  if ((await findVersion(tx, model.id, version)) === undefined) {
    return { outcome: "conflict", problem: `Version ${version} is not here.` };
  }
  await upsertAlias(tx, model.id, alias, version);
  const reason = "imported; the source does not say since when it pointed there";
  await insertChange(tx, {
    project: model.project,
    model_id: model.id,
    kind: "alias-set",
    subject: alias,
    version,
    previous: null,
    caused_by: ctx.principal.name,
    door,
    reason,
    at: ctx.clock.now(),
    ...ungated,
  });
  await tx.emit(AliasSet, model.project, { model: model.name, alias, version, reason });
  return { outcome: "new" };
}
