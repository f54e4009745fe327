import { posix } from "node:path";
import type { Ctx } from "#base/context.js";
import { registryErrors } from "../errors.js";
import type { ModelSources } from "../needs.js";
import { findAlias, findModel, findVersion, modelDetails } from "../store.js";
import { promptTag } from "./search.js";

/** Where a version's files are and what made them. */
export interface ResolvedSource {
  readonly location: string;
  readonly runId: string | undefined;
  readonly modelId: string | undefined;
}

function invalid(source: string, problem: string): Error {
  return registryErrors.REGISTRY_INVALID({ problem: `Invalid model version source: '${source}'. ${problem}` });
}

/**
 * Resolves `runs:/<run>/<path>`, `models:/<logged model>`, `models:/<name>/<version>` and `models:/<name>@<alias>` to the
 * location of the files; checks that a path of the local disk or a URI cannot reach outside what made it.
 */
export async function resolveSource(
  ctx: Ctx,
  sources: ModelSources,
  project: string,
  given: { source: string; runId: string | undefined; modelId: string | undefined; within: boolean },
): Promise<ResolvedSource> {
  const { source } = given;
  if (source.startsWith("models:")) return resolveModels(ctx, sources, project, given);
  if (source.startsWith("runs:")) return resolveRuns(ctx, sources, project, given);
  if (isLocal(source)) {
    await checkLocal(ctx, sources, project, given);
    return withRun(ctx, sources, project, { location: source, runId: given.runId, modelId: given.modelId });
  }
  checkRelative(source);
  if (given.within && isProxied(source)) await checkWithin(ctx, sources, project, given);
  return withRun(ctx, sources, project, { location: source, runId: given.runId, modelId: given.modelId });
}

/** Does a URI name files that travel through an artifact proxy? */
function isProxied(source: string): boolean {
  const { scheme, parts } = partsOf(source);
  if (scheme === "mlflow-artifacts") return true;
  return /^https?$/.test(scheme) && `/${parts.join("/")}/`.includes("/api/2.0/mlflow-artifacts/artifacts/");
}

/** What the proxy keeps is registered only as the files of the run or logged model that wrote it. */
async function checkWithin(
  ctx: Ctx,
  sources: ModelSources,
  project: string,
  { source, runId, modelId }: { source: string; runId: string | undefined; modelId: string | undefined },
): Promise<void> {
  const root =
    modelId !== undefined
      ? (await sources.findLoggedModel(ctx, project, modelId))?.artifactUri
      : runId !== undefined
        ? (await sources.findRun(ctx, project, runId))?.artifactUri
        : undefined;
  if (root !== undefined && isWithin(source, root)) return;
  const by = modelId === undefined ? "run_id" : "model_id";
  throw invalid(source, `The ${by} request parameter must identify the resource that contains the source.`);
}

function isWithin(source: string, root: string): boolean {
  const [of, top] = [partsOf(source), partsOf(root)];
  return (
    of.scheme === top.scheme &&
    of.host === top.host &&
    top.parts.length > 0 &&
    top.parts.every((part, i) => of.parts[i] === part)
  );
}

/** A URI part by part, each decoded until nothing is left to decode. */
function partsOf(uri: string): { scheme: string; host: string; parts: string[] } {
  const [, scheme = "", host = "", path = ""] = /^([A-Za-z][A-Za-z0-9+.-]*):(?:\/\/([^/?#]*))?([^?#]*)/.exec(uri) ?? [];
  const parts = path.split("/").filter((part) => part !== "");
  return { scheme: scheme.toLowerCase(), host: host.toLowerCase(), parts: parts.map(decodeFully) };
}

/** A version of a logged model comes from the run that logged it. */
async function withRun(
  ctx: Ctx,
  sources: ModelSources,
  project: string,
  resolved: ResolvedSource,
): Promise<ResolvedSource> {
  if (resolved.runId !== undefined || resolved.modelId === undefined) return resolved;
  const model = await sources.findLoggedModel(ctx, project, resolved.modelId);
  return { ...resolved, runId: model?.sourceRunId };
}

async function resolveModels(
  ctx: Ctx,
  sources: ModelSources,
  project: string,
  { source, runId, modelId }: { source: string; runId: string | undefined; modelId: string | undefined },
): Promise<ResolvedSource> {
  const path = /^models:\/(?!\/)([^?#]+)$/.exec(source)?.[1];
  if (path === undefined) throw invalid(source, "Registered model sources must use the active model registry.");
  if (/^m-[0-9a-f]+$/.test(path)) {
    if (modelId !== undefined && modelId !== path) {
      throw invalid(source, "The model_id request parameter must identify the resource that contains the source.");
    }
    const model = await sources.findLoggedModel(ctx, project, path);
    if (model === undefined) throw invalid(source, `Logged model with ID '${path}' not found.`);
    return { location: model.artifactUri, runId: runId ?? model.sourceRunId, modelId: modelId ?? path };
  }
  const [, name = "", by, which = ""] = /^([^/@]+)([/@])([^/]+)$/.exec(path) ?? [];
  return ctx.db.read(async (r) => {
    const model = await findModel(r, project, name);
    if (model === undefined) throw registryErrors.REGISTRY_MODEL_NOT_FOUND({ name });
    if (by === "@" && (await findAlias(r, model.id, which)) === undefined) {
      throw registryErrors.REGISTRY_ALIAS_NOT_FOUND({ alias: which });
    }
    const number = by === "@" ? await findAlias(r, model.id, which) : Number(which);
    const version =
      number === undefined || !Number.isSafeInteger(number) ? undefined : await findVersion(r, model.id, number);
    if (version === undefined) throw registryErrors.REGISTRY_VERSION_NOT_FOUND({ name, version: which });
    if ((await modelDetails(r, [model.id])).tags.some((tag) => tag.key === promptTag && /^true$/i.test(tag.value))) {
      throw invalid(source, "Prompt versions cannot be used as model version sources.");
    }
    const differs = (given: string | undefined, known: string | null) => given !== undefined && given !== (known ?? "");
    if (differs(runId, version.run_id) || differs(modelId, version.logged_model_id)) {
      throw invalid(source, "The run_id and model_id request parameters must match the referenced model version.");
    }
    return {
      location: version.location,
      runId: runId ?? version.run_id ?? undefined,
      modelId: modelId ?? version.logged_model_id ?? undefined,
    };
  });
}

async function resolveRuns(
  ctx: Ctx,
  sources: ModelSources,
  project: string,
  { source, runId, modelId }: { source: string; runId: string | undefined; modelId: string | undefined },
): Promise<ResolvedSource> {
  checkRelative(source);
  const [, from, path] = /^runs:\/(?!\/)([^/]+)(?:\/(.*))?$/.exec(source) ?? [];
  if (from === undefined || (runId !== undefined && runId !== from)) {
    throw invalid(source, "The run_id request parameter must identify the resource that contains the source.");
  }
  const run = await sources.findRun(ctx, project, from);
  // A run of elsewhere, or one that is gone: the version is kept, its files are unknown.
  if (run === undefined) return { location: source, runId: from, modelId };
  const name = path ?? "";
  const location = name === "" ? run.artifactUri : `${run.artifactUri.replace(/\/+$/, "")}/${name}`;
  // Since MLflow 3 the files of `runs:/<run>/<name>` lie below the logged model of that name, not below the run.
  const files = await sources.findFiles(ctx, project, location);
  const logged = run.models[name];
  return { location: files?.length === 0 && logged !== undefined ? logged : location, runId: from, modelId };
}

function isLocal(source: string): boolean {
  return source.startsWith("file:") || !/^[A-Za-z][A-Za-z0-9+.-]+:/.test(source);
}

async function checkLocal(
  ctx: Ctx,
  sources: ModelSources,
  project: string,
  { source, runId, modelId }: { source: string; runId: string | undefined; modelId: string | undefined },
): Promise<void> {
  const by = modelId === undefined ? "run_id" : "model_id";
  const root =
    modelId !== undefined
      ? (await sources.findLoggedModel(ctx, project, modelId))?.artifactUri
      : runId !== undefined
        ? (await sources.findRun(ctx, project, runId))?.artifactUri
        : undefined;
  const inside = root !== undefined && isLocal(root) && `${toPath(source)}/`.startsWith(`${toPath(root)}/`);
  if (inside) return;
  throw invalid(
    source,
    `To use a local path as a model version source, the ${by} request parameter has to be specified and the local path has to be contained within the artifact directory of the run specified by the ${by}.`,
  );
}

/** A local path with nothing left to decode and no `..`; one that is relative, or of another machine, is within nothing. */
function toPath(uri: string): string {
  const path = decodeFully(uri.replace(/^file:(\/\/(?=\/))?/, ""));
  if (!path.startsWith("/") || path.startsWith("//") || path.includes("\u0000")) return "";
  return posix.normalize(path).replace(/\/+$/, "");
}

function checkRelative(source: string): void {
  const decoded = decodeFully(source);
  if (!decoded.includes("\u0000") && !decoded.split(/[/\\?&=]/).includes("..")) return;
  throw invalid(
    source,
    "If supplying a source as an http, https, local file path, ftp, objectstore, or mlflow-artifacts uri, an absolute path must be provided without relative path references present. Please provide an absolute path.",
  );
}

function decodeFully(text: string): string {
  let at = text;
  for (let round = 0; round < 20; round++) {
    let next: string;
    try {
      next = decodeURIComponent(at);
    } catch {
      return at;
    }
    if (next === at) return at;
    at = next;
  }
  return at;
}
