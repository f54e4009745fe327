import { type ExternalModel, VersionCreated } from "@paydown/api/registry";
import type { Evidence } from "@paydown/api/tracking";
import { forbidden, hasGrants, mayOn, ownNew, type Resource } from "#base/auth/grants.js";
import type { Ctx } from "#base/context.js";
import { registryErrors } from "../errors.js";
import { parseExternal } from "../model/external.js";
import { resolveSource } from "../model/source.js";
import { checkModelName, checkTag, hashOfFiles, type KeyValue } from "../model.js";
import type { ModelSources } from "../needs.js";
import { policyOf } from "../store/promotions.js";
import {
  insertChange,
  insertModel,
  insertVersion,
  lockModel,
  nextVersion,
  updateModel,
  upsertVersionTag,
} from "../store.js";
import { readFacts } from "../views/model-facts.js";
import { announceModel, announceVersion, isPrompt } from "./announce-change.js";
import { getModelRow } from "./create-model.js";
import { askInspection } from "./inspect-version.js";

export interface NewVersion {
  readonly project: string;
  readonly name: string;
  readonly source: string;
  readonly runId?: string | undefined;
  readonly modelId?: string | undefined;
  readonly runLink?: string | undefined;
  readonly description?: string | undefined;
  readonly tags?: readonly KeyValue[];
  /** A source in an artifact proxy must lie below the run or logged model named with it, as MLflow asks of its clients. */
  readonly sourceWithin?: boolean;
  /** Make the model when there is none of that name. */
  readonly makeModel?: boolean;
  /** A model that somebody else hosts; then there are no files to resolve. */
  readonly external?: ExternalModel;
}

/** A prompt has no files; clients name one of these as its source. */
const promptSources: ReadonlySet<string> = new Set(["dummy-source", "prompt-template"]);

/** A version shows the files it was made of: who may not read them must not get at them by way of a version. */
async function demandReadable(
  ctx: Ctx,
  sources: ModelSources,
  project: string,
  source: string,
  location: string,
): Promise<void> {
  if (!hasGrants(ctx.principal, project)) return;
  const model = /^models:\/(?!m-[0-9a-f]+$)([^/@]+)/.exec(source)?.[1];
  const resources: Resource[] = (await sources.experimentsAt(ctx, project, location)).map((id) => ({
    kind: "experiment",
    id,
  }));
  if (model !== undefined) resources.push({ kind: "model", id: model });
  if (resources.length > 0 && !(await mayOn(ctx.principal, "read", project, resources))) {
    throw forbidden(ctx.principal, "read", project);
  }
}

/** Adds a version: resolves its source, hashes its files, reads its MLmodel. Answers its number. */
export async function createVersion(ctx: Ctx, sources: ModelSources, input: NewVersion): Promise<number> {
  const { project, name, source, tags = [] } = input;
  checkModelName(name);
  for (const tag of tags) checkTag(tag);
  const prompt = isPrompt(tags);
  if (prompt && !promptSources.has(source)) {
    throw registryErrors.REGISTRY_INVALID({
      problem: `Invalid prompt source: '${source}'. Prompt sources must use an MLflow placeholder.`,
    });
  }
  const given = {
    source,
    runId: input.runId || undefined,
    modelId: input.modelId || undefined,
    within: input.sourceWithin ?? false,
  };
  const external = input.external ?? parseExternal(source);
  const bare = prompt || external !== undefined;
  const resolved = bare
    ? { location: source, runId: given.runId, modelId: given.modelId }
    : await resolveSource(ctx, sources, project, given);
  if (external === undefined) await demandReadable(ctx, sources, project, source, resolved.location);
  const files = bare ? undefined : await sources.findFiles(ctx, project, resolved.location);
  const facts = files === undefined ? undefined : await readFacts(ctx, files);
  const artifactHash = files === undefined || files.length === 0 ? undefined : hashOfFiles(files);
  const data = bare ? undefined : await dataOf(ctx, sources, project, resolved.runId);
  const now = ctx.clock.now();

  return ctx.db.write(async (tx) => {
    const known = await lockModel(tx, project, name);
    const { unversionedData } = await policyOf(tx, known ?? { id: -1, project, tier: null });
    const unapproved = data?.state === "no" && unversionedData !== "allow";
    if (unapproved && unversionedData === "refuse") {
      throw registryErrors.REGISTRY_DATA_VERSION_MISSING({ model: name, source, evidence: data.evidence });
    }
    const model =
      known ??
      (input.makeModel
        ? await insertModel(tx, { project, name, description: null, created_at: now, updated_at: now })
        : await getModelRow(tx, project, name));
    if (known === undefined) {
      await ownNew(tx, ctx.principal, project, { kind: "model", id: name });
      await announceModel(tx, model, []);
    }
    const version = await nextVersion(tx, project, name);
    await insertVersion(tx, {
      model_id: model.id,
      version,
      project,
      source,
      location: resolved.location,
      run_id: resolved.runId ?? null,
      logged_model_id: resolved.modelId ?? null,
      run_link: input.runLink || null,
      description: input.description ?? "",
      stage: "None",
      created_by: ctx.principal.name,
      created_at: now,
      updated_at: now,
      artifact_hash: artifactHash ?? null,
      facts: facts === undefined ? null : JSON.stringify(facts),
      deleted: 0,
      external: external === undefined ? null : JSON.stringify(external),
    });
    for (const tag of tags) await upsertVersionTag(tx, model.id, version, tag);
    await updateModel(tx, model.id, {}, now);
    await insertChange(tx, {
      project,
      model_id: model.id,
      kind: "version-created",
      subject: "",
      version,
      previous: null,
      caused_by: ctx.principal.name,
      door: ctx.door,
      reason: input.description ?? "",
      at: now,
      promotion: null,
      approvers: null,
      unapproved: unapproved ? 1 : null,
    });
    await announceVersion(tx, model, {
      number: version,
      source,
      runId: resolved.runId,
      description: input.description,
      tags,
    });
    if (files !== undefined && files.length > 0) await askInspection(tx, ctx, model, version);
    if (!prompt) {
      await tx.emit(VersionCreated, project, {
        model: name,
        version,
        ...(resolved.runId === undefined ? {} : { runId: resolved.runId }),
        ...(resolved.modelId === undefined ? {} : { modelId: resolved.modelId }),
        source,
        location: resolved.location,
        ...(artifactHash === undefined ? {} : { artifactHash }),
      });
    }
    return version;
  });
}

/** Whether the run names its training data, as far as can be told at the door. */
async function dataOf(ctx: Ctx, sources: ModelSources, project: string, runId: string | undefined): Promise<Evidence> {
  if (runId === undefined) return { state: "no", evidence: "no run is named." };
  const run = await sources.findRun(ctx, project, runId);
  return run?.reproducibility.data ?? { state: "unknown", evidence: `run ${runId} is not in this project's records.` };
}
