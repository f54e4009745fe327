import { importModel } from "@paydown/api/registry-import";
import {
  finishImport,
  finishImportedRuns,
  importExperiments,
  importFiles,
  importLoggedModels,
  importPoints,
  importRuns,
  startImport,
} from "@paydown/api/tracking-import";
import { isKey, loggedModelWithin, requestsOf, runWithin, textsWithin } from "./limits.js";
import { schemeAndHost } from "./local-roots.js";
import type { Meter } from "./meter.js";
import type { Problems } from "./problems.js";
import type {
  FileOwner,
  Source,
  SourceExperiment,
  SourceFile,
  SourceLoggedModel,
  SourceModel,
  SourcePoints,
  SourceRun,
} from "./source.js";
import type { Tally } from "./tally.js";
import { type Target, UnreadableFile } from "./target.js";

export interface TransferOptions {
  readonly source: Source;
  /** Absent: nothing is sent, the source is only counted. */
  readonly target: Target | undefined;
  readonly resume: boolean;
  /** Whether files are copied; else every root stays as it is. */
  readonly copyFiles: boolean;
  readonly tally: Tally;
  readonly problems: Problems;
  readonly meter: Meter;
  readonly signal: AbortSignal;
}

export interface Moved {
  readonly sourceId: string;
  readonly name: string;
  readonly experimentId: string;
  readonly outcome: string;
}

export interface TransferResult {
  /** Experiments that are here under another id or had one of their name here. */
  readonly moved: readonly Moved[];
  readonly verified: boolean;
}

/** An experiment with where it is here. */
interface Placed {
  readonly source: SourceExperiment;
  /** Root of copied files here; undefined in a dry run. */
  readonly root: string | undefined;
  /** Some of its files stay where they are: its URIs are not rewritten. */
  kept: boolean;
  references: { count: number; why: string };
}

const requestBytes = 16 * 1024 * 1024;
const pointsMost = 40_000;
const uploads = 8;

/** Moves everything of a source, or counts it; every count of `here` comes from the server's database. */
export async function transfer(options: TransferOptions): Promise<TransferResult> {
  const { source, target, tally, problems } = options;
  const started = await target?.call(startImport, {
    source: source.name,
    kind: source.kind,
    ...(options.resume ? { resume: true } : {}),
  });
  const importId = started?.importId ?? "";
  const moved: Moved[] = [];
  const placed = await placeExperiments(options, importId, moved);
  for (const experiment of placed) {
    await moveLoggedModels(options, importId, experiment);
    await moveRuns(options, importId, experiment);
    const { count, why } = experiment.references;
    if (count === 0) continue;
    const text = `Artifacts of ${count} runs or models are not copied: ${why}.`;
    const remote = isRemote(experiment.source.location);
    if (!options.copyFiles || remote) problems.note(`experiment ${experiment.source.name}`, text);
    else problems.loss(`experiment ${experiment.source.name}`, text);
  }
  for await (const model of source.models()) await moveModel(options, model, placed);
  options.meter.end();
  const verified = problems.losses === 0 && tally.lines().every((line) => line.source === line.here);
  if (target !== undefined) {
    const report = JSON.stringify({
      counts: tally.lines(),
      moved: moved.slice(0, 1000),
      problems: problems.kept.slice(0, 500),
    });
    await target.call(finishImport, { importId, verified, report });
  }
  return { moved, verified };
}

function isRemote(uri: string): boolean {
  return (
    /^[a-z][a-z0-9+.-]+:/i.test(uri) &&
    !/^(file|mlflow-artifacts):/i.test(uri) &&
    !uri.includes("/mlflow-artifacts/artifacts/")
  );
}

async function placeExperiments(options: TransferOptions, importId: string, moved: Moved[]): Promise<Placed[]> {
  const { source, target, tally, problems } = options;
  const placed: Placed[] = [];
  const all: SourceExperiment[] = [];
  for await (const given of source.experiments()) {
    tally.read("experiments", 1);
    tally.read("experimentTags", given.tags.length);
    if (!/^\d{1,20}$/.test(given.id) || given.name.trim() === "" || given.name.length > 500) {
      problems.loss(
        `experiment ${given.id}`,
        `Its id or name ${JSON.stringify(given.name.slice(0, 300))} is none an experiment may have; its runs are not taken.`,
      );
      continue;
    }
    const tags = textsWithin(given.tags, "Tag", `experiment ${given.id}`, problems);
    all.push({ ...given, tags });
  }
  const bySource = new Map(all.map((one) => [one.id, one]));
  if (target === undefined) {
    return all.map((one) => ({ source: one, root: undefined, kept: false, references: { count: 0, why: "" } }));
  }
  const requests = all.map((one) => ({
    experimentId: one.id,
    name: one.name,
    deleted: one.deleted,
    createdAt: one.createdAt,
    updatedAt: one.updatedAt,
    tags: [...one.tags],
    ...(one.location !== "" && (!options.copyFiles || isRemote(one.location)) ? { keepLocation: one.location } : {}),
  }));
  for (const experiments of requestsOf(requests, 100, requestBytes)) {
    const { items } = await target.call(importExperiments, { importId, experiments });
    for (const item of items) {
      const given = bySource.get(item.sourceId) as SourceExperiment;
      tally.here("experiments", 1);
      tally.here("experimentTags", item.tags);
      if (item.tags < given.tags.length) {
        problems.loss(
          `experiment ${given.name}`,
          `${given.tags.length - item.tags} of its tags have other values here, which stay.`,
        );
      }
      if (item.outcome !== "kept" && item.sourceId !== item.experimentId) {
        moved.push({
          sourceId: item.sourceId,
          name: given.name,
          experimentId: item.experimentId,
          outcome: item.outcome,
        });
      }
      const kept = !options.copyFiles || isRemote(given.location);
      placed.push({ source: given, root: item.artifactRoot, kept, references: { count: 0, why: "" } });
    }
  }
  return placed;
}

/** Files of an owner, or nothing when they stay where they are. */
async function filesOf(
  options: TransferOptions,
  experiment: Placed,
  owner: Omit<FileOwner, "experiment">,
): Promise<AsyncIterable<SourceFile> | undefined> {
  const refer = (why: string): undefined => {
    experiment.kept = true;
    experiment.references = { count: experiment.references.count + 1, why: experiment.references.why || why };
    return undefined;
  };
  if (!options.copyFiles) return refer("--artifacts keep was given");
  if (isRemote(owner.uri))
    return refer(`its files lie in ${schemeAndHost(owner.uri)}, where clients go on reading them`);
  const found = await options.source.filesAt({ ...owner, experiment: experiment.source });
  return found.kind === "files" ? found.files : refer(found.why);
}

/** Copies files below a root here, several at once; counts all of them, and reports those that could not be read. */
async function copyFiles(
  options: TransferOptions,
  importId: string,
  files: AsyncIterable<SourceFile>,
  root: string | undefined,
  subject: string,
  send: boolean,
): Promise<void> {
  const { target, tally, problems, signal } = options;
  const folder = root?.replace(/^mlflow-artifacts:\/+/, "");
  let waiting: { path: string; hash: string; size: number }[] = [];
  const register = async (): Promise<void> => {
    const some = waiting;
    waiting = [];
    if (some.length > 0) await target?.call(importFiles, { importId, files: some });
  };
  const running = new Set<Promise<void>>();
  let failure: unknown;
  for await (const file of files) {
    signal.throwIfAborted();
    if (failure !== undefined) break;
    tally.read("files", 1);
    tally.read("bytes", file.size);
    if (target === undefined || folder === undefined || !send) continue;
    const path = `${folder}/${file.path}`;
    if (!isSafe(file.path) || path.length > 4096) {
      problems.loss(subject, `File ${JSON.stringify(file.path.slice(0, 300))}: its path cannot be kept.`);
      continue;
    }
    const one = target
      .upload(file)
      .then(({ hash, size }) => {
        // A file that changed while it was read is counted as what arrived.
        if (size !== file.size) tally.read("bytes", size - file.size);
        waiting.push({ path, hash, size });
      })
      .catch((error: unknown) => {
        if (error instanceof UnreadableFile) problems.loss(subject, `File ${file.path}: ${error.message}`);
        else failure = error;
      })
      .finally(() => running.delete(one));
    running.add(one);
    if (running.size >= uploads) await Promise.race(running);
    if (waiting.length >= 500) await register();
    options.meter.update("artifacts");
  }
  await Promise.all(running);
  if (failure !== undefined) throw failure;
  await register();
}

/** Whether the server's store takes the path: what it refuses is refused here, by name. */
function isSafe(path: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return !/[#\\\u0000-\u001f\u007f]|%[0-9a-f]{2}|^\/|^[A-Za-z]:|^file:/i.test(path) && !path.split("/").includes("..");
}

async function moveLoggedModels(options: TransferOptions, importId: string, experiment: Placed): Promise<void> {
  const { source, target, tally, problems } = options;
  for await (const given of source.loggedModelsOf(experiment.source)) {
    options.signal.throwIfAborted();
    options.meter.update("logged models");
    tally.read("loggedModels", 1);
    tally.read("loggedModelTexts", given.params.length + given.tags.length);
    tally.read("loggedModelMetrics", given.metrics.length);
    const files = await filesOf(options, experiment, { uri: given.artifactUri, kind: "model", id: given.id });
    const root = experiment.root === undefined ? undefined : `${experiment.root}/models/${given.id}/artifacts`;
    if (files !== undefined) await copyFiles(options, importId, files, root, `logged model ${given.id}`, true);
    if (target === undefined) continue;
    const model = toModelRequest(loggedModelWithin(given, problems), experiment, files === undefined);
    for (const models of requestsOf([model], 1, requestBytes)) {
      const { items } = await target.call(importLoggedModels, { importId, models });
      for (const item of items) {
        if (item.outcome === "conflict")
          problems.loss(`logged model ${item.modelId}`, item.problem ?? "It is here with other content.");
        else tally.here("loggedModels", 1);
        tally.here("loggedModelTexts", item.params + item.tags);
        tally.here("loggedModelMetrics", item.metrics);
        if (files === undefined) continue;
        tally.here("files", item.files);
        tally.here("bytes", item.bytes);
      }
    }
  }
}

function toModelRequest(model: SourceLoggedModel, experiment: Placed, kept: boolean) {
  return {
    modelId: model.id,
    experimentId: experiment.source.id,
    name: model.name,
    createdAt: model.createdAt,
    updatedAt: model.updatedAt,
    status: model.status,
    ...(model.modelType === undefined ? {} : { modelType: model.modelType }),
    ...(model.sourceRunId === undefined ? {} : { sourceRunId: model.sourceRunId }),
    deleted: model.deleted,
    ...(kept ? { keepLocation: model.artifactUri } : {}),
    params: [...model.params],
    tags: [...model.tags],
    metrics: model.metrics.map((one) => ({ ...one, value: toWire(one.value) })),
  };
}

/** JSON has no NaN and no infinities. */
function toWire(value: number): number | "NaN" {
  if (Number.isNaN(value)) return "NaN";
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value));
}

async function moveRuns(options: TransferOptions, importId: string, experiment: Placed): Promise<void> {
  const { source, target, tally, problems } = options;
  for await (const given of source.runsOf(experiment.source)) {
    options.signal.throwIfAborted();
    for (const run of given) {
      tally.read("params", run.params.length);
      tally.read("tags", run.tags.length);
      tally.read("inputs", new Set(run.inputs.map((one) => JSON.stringify([one.name, one.digest]))).size);
      tally.read("modelLinks", new Set(run.models.map((one) => `${one.direction} ${one.modelId}`)).size);
    }
    const files = new Map<string, AsyncIterable<SourceFile> | undefined>();
    for (const run of given) {
      files.set(run.id, await filesOf(options, experiment, { uri: run.artifactUri, kind: "run", id: run.id }));
    }
    const open = new Set<string>();
    const here = new Map<string, number>();
    if (target !== undefined) {
      const requests = given.map((run) =>
        toRunRequest(runWithin(run, problems), experiment, files.get(run.id) === undefined),
      );
      for (const runs of requestsOf(requests, 100, requestBytes)) {
        const { items } = await target.call(importRuns, { importId, runs });
        for (const item of items) {
          if (item.outcome === "conflict")
            problems.loss(`run ${item.runId}`, item.problem ?? "It is here with other content.");
          else here.set(item.runId, item.points);
          if (item.outcome === "open") open.add(item.runId);
        }
      }
    }
    await movePoints(options, importId, experiment, given, open, here);
    for (const run of given) {
      const own = files.get(run.id);
      if (own === undefined) continue;
      const root = `${experiment.root}/${run.id}/artifacts`;
      const send = open.has(run.id);
      await copyFiles(options, importId, own, root, `run ${run.id}`, send);
    }
    if (target !== undefined && here.size > 0) {
      const { items } = await target.call(finishImportedRuns, { importId, runIds: [...here.keys()] });
      for (const item of items) {
        tally.here("runs", 1);
        tally.here("points", item.points);
        tally.here("params", item.params);
        tally.here("tags", item.tags);
        tally.here("inputs", item.inputs);
        tally.here("modelLinks", item.models);
        if (files.get(item.runId) === undefined) continue;
        tally.here("files", item.files);
        tally.here("bytes", item.bytes);
      }
    }
    tally.read("runs", given.length);
    options.meter.update("runs");
  }
}

function toRunRequest(run: SourceRun, experiment: Placed, kept: boolean) {
  return {
    runId: run.id,
    experimentId: experiment.source.id,
    name: run.name,
    user: run.user,
    status: run.status,
    startedAt: run.startedAt,
    ...(run.endedAt === undefined ? {} : { endedAt: run.endedAt }),
    deleted: run.deleted,
    ...(kept ? { keepLocation: run.artifactUri } : {}),
    params: [...run.params],
    tags: [...run.tags],
    inputs: run.inputs.map((one) => ({ ...one, tags: [...one.tags] })),
    models: run.models.map((one) => ({ ...one })),
  };
}

/** Sends the points of open runs; those of runs that are here whole are only counted. */
async function movePoints(
  options: TransferOptions,
  importId: string,
  experiment: Placed,
  runs: readonly SourceRun[],
  open: ReadonlySet<string>,
  here: ReadonlyMap<string, number>,
): Promise<void> {
  const { source, target, tally, problems } = options;
  let waiting: SourcePoints[] = [];
  let held = 0;
  const send = async (): Promise<void> => {
    const some = waiting;
    waiting = [];
    held = 0;
    if (some.length === 0) return;
    await target?.call(importPoints, {
      importId,
      series: some.map((piece) => ({ ...piece, values: piece.values.map(toWire) })),
    });
  };
  const pass = async (
    of: readonly SourceRun[],
    sent: boolean,
    counted: Map<string, number> | undefined,
  ): Promise<void> => {
    for await (const piece of source.pointsOf(experiment.source, of)) {
      options.signal.throwIfAborted();
      const count = piece.steps.length;
      if (counted !== undefined) {
        tally.read("points", count);
        counted.set(piece.runId, (counted.get(piece.runId) ?? 0) + count);
      }
      options.meter.update("metric points");
      if (!sent) continue;
      if (!isKey(piece.key)) {
        if (counted !== undefined)
          problems.loss(
            `run ${piece.runId}`,
            `Metric ${JSON.stringify(piece.key.slice(0, 300))}: its name cannot be kept.`,
          );
        continue;
      }
      if (held + count > pointsMost) await send();
      waiting.push(piece);
      held += count;
    }
    await send();
  };
  const fresh = runs.filter((run) => open.has(run.id));
  const known = runs.filter((run) => !open.has(run.id));
  if (fresh.length > 0) await pass(fresh, target !== undefined, new Map());
  if (known.length === 0) return;
  const counted = new Map<string, number>();
  await pass(known, false, counted);
  // The source may have gone on since an earlier import: what is missing is added, what is here stays.
  const grown = known.filter((run) => (counted.get(run.id) ?? 0) > (here.get(run.id) ?? Number.POSITIVE_INFINITY));
  if (grown.length > 0 && target !== undefined) await pass(grown, true, undefined);
}

async function moveModel(options: TransferOptions, model: SourceModel, placed: readonly Placed[]): Promise<void> {
  const { target, tally, problems } = options;
  const subject = `model ${model.name}`;
  options.signal.throwIfAborted();
  options.meter.update("models");
  tally.read("models", 1);
  tally.read("modelTags", model.tags.length);
  tally.read("versions", model.versions.length);
  for (const version of model.versions) tally.read("versionTags", version.tags.length);
  tally.read("aliases", model.aliases.length);
  if (target === undefined) return;
  const base = {
    model: model.name,
    ...(model.description === undefined ? {} : { description: model.description }),
    createdAt: model.createdAt,
    updatedAt: model.updatedAt,
    tags: textsWithin(model.tags, "Tag", subject, problems),
    lastVersion: model.lastVersion,
  };
  const versions = model.versions.map((version) => {
    if (version.status !== "READY")
      problems.note(`${subject}/${version.version}`, `It was ${version.status} at the source; here it is READY.`);
    const source = relocate(version.source, placed);
    const storage = version.storage === undefined ? undefined : relocate(version.storage, placed);
    return {
      version: version.version,
      source,
      location: storage ?? source,
      ...(version.runId === undefined ? {} : { runId: version.runId }),
      ...(version.modelId === undefined ? {} : { modelId: version.modelId }),
      ...(version.runLink === undefined ? {} : { runLink: version.runLink }),
      ...(version.description === undefined ? {} : { description: version.description }),
      stage: version.stage,
      by: version.by,
      createdAt: version.createdAt,
      updatedAt: version.updatedAt,
      tags: textsWithin(version.tags, "Tag", `${subject}/${version.version}`, problems),
      ...(source === version.source ? {} : { note: `imported; its source was ${version.source.slice(0, 1000)}` }),
    };
  });
  const requests = [...requestsOf(versions, 50, requestBytes)];
  if (requests.length === 0) requests.push([]);
  for (const [i, some] of requests.entries()) {
    const aliases = i === requests.length - 1 ? model.aliases.map((one) => ({ ...one })) : [];
    const reply = await target.call(importModel, { ...base, versions: some, aliases });
    if (i === 0) {
      if (reply.outcome === "conflict") problems.loss(subject, reply.problem ?? "It is here with other content.");
      else tally.here("models", 1);
      tally.here("modelTags", reply.tags);
      if (reply.outcome !== "conflict" && reply.tags < base.tags.length) {
        problems.loss(subject, `${base.tags.length - reply.tags} of its tags have other values here, which stay.`);
      }
    }
    for (const one of reply.versions) {
      if (one.outcome === "conflict")
        problems.loss(`${subject}/${one.version}`, one.problem ?? "It is here with other content.");
      else tally.here("versions", 1);
      tally.here("versionTags", one.tags);
    }
    for (const one of reply.aliases) {
      if (one.outcome === "conflict")
        problems.loss(`${subject}@${one.alias}`, one.problem ?? "It points elsewhere here.");
      else tally.here("aliases", 1);
    }
  }
}

/** A URI below an experiment's root, seen from here; any other stays as it is. */
export function relocate(
  uri: string,
  placed: readonly { source: { location: string }; root: string | undefined; kept: boolean }[],
): string {
  const plain = plainOf(uri);
  let best: { length: number; uri: string } | undefined;
  for (const { source, root, kept } of placed) {
    if (kept || root === undefined || source.location === "") continue;
    const prefix = plainOf(source.location).replace(/\/+$/, "");
    if (!plain.startsWith(`${prefix}/`) || prefix.length <= (best?.length ?? 0)) continue;
    best = { length: prefix.length, uri: root + plain.slice(prefix.length) };
  }
  return best?.uri ?? uri;
}

/** File URLs and paths of one folder in one spelling. */
function plainOf(uri: string): string {
  const path = /^file:(?:\/\/[^/]*)?(\/.*)$/.exec(uri)?.[1];
  if (path === undefined) return uri.replace(/^\.\//, "");
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
