import { createReadStream } from "node:fs";
import { lstat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { parse } from "yaml";
import { entriesOf, filesBelow, readSmall } from "./folder.js";
import { findLocal, type LocalRoots, noFiles } from "./local-roots.js";
import { isExact, PointBuffer, Repeats } from "./points.js";
import type { Problems } from "./problems.js";
import type {
  RunStatus,
  Source,
  SourceDataset,
  SourceExperiment,
  SourceLoggedModel,
  SourceModel,
  SourcePoints,
  SourceRun,
  SourceVersion,
  Text,
} from "./source.js";

const metaName = "meta.yaml";
const trashName = ".trash";
const metaLimit = 32 * 1024 * 1024;
const valueLimit = 4 * 1024 * 1024;
const lineLimit = 1000;
const batch = 50;
const pieceSize = 20_000;
/** A series longer than this is not searched for repeats here; the server drops them all the same. */
const repeatsMost = 2_000_000;
/** Folders of an experiment that are no runs. */
const noRuns = new Set(["tags", "datasets", "traces", "models"]);
const statuses: Readonly<Record<string, RunStatus>> = {
  1: "RUNNING",
  2: "SCHEDULED",
  3: "FINISHED",
  4: "FAILED",
  5: "KILLED",
  RUNNING: "RUNNING",
  SCHEDULED: "SCHEDULED",
  FINISHED: "FINISHED",
  FAILED: "FAILED",
  KILLED: "KILLED",
};

interface ExperimentFolder extends SourceExperiment {
  readonly folder: string;
}

/** Opens an `mlruns` folder as MLflow's file store writes it, from 1.x to 3.x. Nothing outside the folder is read. */
export async function openFileStore(root: string, roots: LocalRoots, problems: Problems): Promise<Source> {
  const folders: ExperimentFolder[] = [];
  let runs = 0;
  for (const parent of [root, join(root, trashName)]) {
    for (const name of (await entriesOf(parent, problems)).folders) {
      if (parent === root && (name === trashName || name === "models")) continue;
      const experiment = await readExperiment(join(parent, name), parent !== root, problems);
      if (experiment === undefined) continue;
      folders.push(experiment);
      runs += (await entriesOf(experiment.folder, problems)).folders.filter((one) => !noRuns.has(one)).length;
    }
  }
  folders.sort((a, b) => a.id.length - b.id.length || (a.id < b.id ? -1 : 1));
  const folderOf = (experiment: SourceExperiment) =>
    (folders.find((one) => one.id === experiment.id) as ExperimentFolder).folder;
  return {
    kind: "file-store",
    name: root,
    runs,
    async *experiments() {
      yield* folders;
    },
    async *runsOf(experiment) {
      const folder = folderOf(experiment);
      const datasets = await readDatasets(join(folder, "datasets"), problems);
      let some: SourceRun[] = [];
      for (const name of (await entriesOf(folder, problems)).folders) {
        if (noRuns.has(name)) continue;
        const run = await readRun(join(folder, name), datasets, problems);
        if (run !== undefined) some.push(run);
        if (some.length < batch) continue;
        yield some;
        some = [];
      }
      if (some.length > 0) yield some;
    },
    async *pointsOf(experiment, some) {
      const buffer = new PointBuffer(pieceSize);
      for (const run of some)
        yield* readMetrics(join(folderOf(experiment), run.id, "metrics"), run.id, buffer, problems);
      yield* buffer.take();
    },
    async *loggedModelsOf(experiment) {
      const parent = join(folderOf(experiment), "models");
      for (const name of (await entriesOf(parent, problems)).folders) {
        const model = await readLoggedModel(join(parent, name), problems);
        if (model !== undefined) yield model;
      }
    },
    async *models() {
      const parent = join(root, "models");
      for (const name of (await entriesOf(parent, problems)).folders) {
        const model = await readModel(join(parent, name), problems);
        if (model !== undefined) yield model;
      }
    },
    async filesAt(owner) {
      // The store's own layout comes first: what meta.yaml says may be from before the folder was moved.
      const folder = folderOf(owner.experiment);
      const own =
        owner.kind === "run" ? join(folder, owner.id, "artifacts") : join(folder, "models", owner.id, "artifacts");
      // Without either there never was one: old runs and hand-made ones say no root.
      if (isOfThisMachine(owner.uri) && (owner.uri === "" || (await isFolder(own)))) {
        return { kind: "files", files: (await isFolder(own)) ? filesBelow(own, problems) : noFiles() };
      }
      return findLocal(roots, owner, problems);
    },
    close: () => undefined,
  };
}

function isOfThisMachine(uri: string): boolean {
  return uri === "" || uri.startsWith("file:") || !/^[a-z][a-z0-9+.-]+:/i.test(uri);
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isDirectory();
  } catch {
    return false;
  }
}

type Meta = Readonly<Record<string, unknown>>;

/** YAML as texts only: MLflow's ids may look like numbers. Undefined, and reported, when it is not a map. */
async function readMeta(folder: string, problems: Problems): Promise<Meta | undefined> {
  const path = join(folder, metaName);
  const text = await readSmall(path, metaLimit, problems);
  if (text === undefined) return undefined;
  try {
    const value: unknown = parse(text, { schema: "failsafe", maxAliasCount: 0, logLevel: "silent", uniqueKeys: false });
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Meta;
    problems.loss(path, "It is not a YAML map.");
  } catch (error) {
    problems.loss(path, `It is not YAML: ${(error as Error).message.split("\n")[0]}`);
  }
  return undefined;
}

function text(meta: Meta, key: string): string | undefined {
  const value = meta[key];
  return typeof value !== "string" || value === "null" || value === "~" || value === "" ? undefined : value;
}

function whole(meta: Meta, key: string): number | undefined {
  const value = text(meta, key);
  const number = value === undefined ? Number.NaN : Math.trunc(Number(value));
  return Number.isSafeInteger(number) ? number : undefined;
}

async function readExperiment(
  folder: string,
  trashed: boolean,
  problems: Problems,
): Promise<ExperimentFolder | undefined> {
  const meta = await readMeta(folder, problems);
  if (meta === undefined) return undefined;
  const id = text(meta, "experiment_id") ?? basename(folder);
  const name = text(meta, "name");
  if (!/^\d{1,20}$/.test(id) || id !== basename(folder) || name === undefined || name.length > 500) {
    problems.loss(folder, `Its meta.yaml names no experiment of this folder (id ${id}, name ${String(name)}).`);
    return undefined;
  }
  const createdAt = whole(meta, "creation_time") ?? Math.trunc((await lstat(join(folder, metaName))).mtimeMs);
  return {
    folder,
    id,
    name,
    deleted: trashed || text(meta, "lifecycle_stage") === "deleted",
    createdAt,
    updatedAt: whole(meta, "last_update_time") ?? createdAt,
    location: text(meta, "artifact_location") ?? "",
    tags: await readTexts(join(folder, "tags"), problems),
  };
}

/** Small files as texts by their path, which is the key. */
async function readTexts(folder: string, problems: Problems): Promise<Text[]> {
  if (!(await isFolder(folder))) return [];
  const texts: Text[] = [];
  for await (const file of filesBelow(folder, problems)) {
    const value = await readSmall(join(folder, file.path), valueLimit, problems);
    if (value !== undefined) texts.push({ key: file.path, value });
  }
  return texts;
}

async function readDatasets(folder: string, problems: Problems): Promise<Map<string, SourceDataset>> {
  const datasets = new Map<string, SourceDataset>();
  for (const id of (await entriesOf(folder, problems)).folders) {
    const meta = await readMeta(join(folder, id), problems);
    if (meta === undefined) continue;
    const schema = text(meta, "schema");
    const profile = text(meta, "profile");
    datasets.set(id, {
      name: text(meta, "name") ?? "",
      digest: text(meta, "digest") ?? "",
      sourceType: text(meta, "source_type") ?? "",
      source: text(meta, "source") ?? "",
      ...(schema === undefined ? {} : { schema }),
      ...(profile === undefined ? {} : { profile }),
      tags: [],
    });
  }
  return datasets;
}

async function readRun(
  folder: string,
  datasets: ReadonlyMap<string, SourceDataset>,
  problems: Problems,
): Promise<SourceRun | undefined> {
  const meta = await readMeta(folder, problems);
  if (meta === undefined) return undefined;
  const id = text(meta, "run_id") ?? text(meta, "run_uuid") ?? basename(folder);
  if (id !== basename(folder) || !/^[A-Za-z0-9][A-Za-z0-9_-]{0,255}$/.test(id)) {
    problems.loss(folder, `Its meta.yaml names another run: ${id}.`);
    return undefined;
  }
  const status = statuses[text(meta, "status") ?? ""];
  if (status === undefined)
    problems.loss(`run ${id}`, `Its status ${String(meta.status)} is unknown; it is taken as FAILED.`);
  const tags = await readTexts(join(folder, "tags"), problems);
  const startedAt = whole(meta, "start_time");
  if (startedAt === undefined) problems.note(`run ${id}`, "It says no start time; it is taken as the time 0.");
  const endedAt = whole(meta, "end_time");
  const { inputs, models } = await readLinks(folder, datasets, problems);
  return {
    id,
    name: text(meta, "run_name") ?? text(meta, "name") ?? tags.find((tag) => tag.key === "mlflow.runName")?.value ?? "",
    user: text(meta, "user_id") ?? "",
    status: status ?? "FAILED",
    startedAt: startedAt ?? 0,
    ...(endedAt === undefined ? {} : { endedAt }),
    deleted: text(meta, "lifecycle_stage") === "deleted",
    artifactUri: text(meta, "artifact_uri") ?? "",
    params: await readTexts(join(folder, "params"), problems),
    tags,
    inputs,
    models,
  };
}

async function readLinks(
  folder: string,
  datasets: ReadonlyMap<string, SourceDataset>,
  problems: Problems,
): Promise<{ inputs: SourceDataset[]; models: SourceRun["models"][number][] }> {
  const inputs: SourceDataset[] = [];
  const models: SourceRun["models"][number][] = [];
  for (const direction of ["input", "output"] as const) {
    const parent = join(folder, `${direction}s`);
    for (const name of (await entriesOf(parent, problems)).folders) {
      const meta = await readMeta(join(parent, name), problems);
      const id = meta === undefined ? undefined : text(meta, "source_id");
      if (meta === undefined || id === undefined) continue;
      if (direction === "output" || text(meta, "source_type") !== "DATASET") {
        models.push({ direction, modelId: id, step: whole(meta, "step") ?? 0 });
        continue;
      }
      const dataset = datasets.get(id);
      if (dataset === undefined) problems.loss(join(parent, name), `It names a dataset ${id} that is not there.`);
      else inputs.push({ ...dataset, tags: toTexts(meta.tags) });
    }
  }
  return { inputs, models };
}

function toTexts(value: unknown): Text[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([key, one]) => (typeof one === "string" ? [{ key, value: one }] : []));
}

/** `time value [step]` a line; a file is read line by line, whatever its length. */
async function* readMetrics(
  folder: string,
  runId: string,
  buffer: PointBuffer,
  problems: Problems,
): AsyncGenerator<SourcePoints> {
  if (!(await isFolder(folder))) return;
  for await (const file of filesBelow(folder, problems)) {
    const repeats = file.size / 20 < repeatsMost ? new Repeats() : undefined;
    for await (const parts of linesOf(join(folder, file.path), problems)) {
      const [time = "", number = "", count = "0", ...more] = parts;
      const [timestamp, value, step] = [toWhole(time), toNumber(number), toWhole(count)];
      if (more.length > 0 || number === "" || value === undefined) {
        problems.loss(`run ${runId}`, `A line of metric ${file.path} is no point: ${parts.join(" ")}`);
        continue;
      }
      if (!isExact(problems, runId, file.path, step, timestamp)) continue;
      if (repeats !== undefined && !repeats.isNew(step as number, timestamp as number, value)) continue;
      buffer.add(runId, file.path, step as number, timestamp as number, value);
      if (buffer.full) yield* buffer.take();
    }
    if (repeats !== undefined && repeats.repeated > 0) {
      problems.note(`run ${runId}`, `Metric ${file.path} has ${repeats.repeated} exact repeats, which are kept once.`);
    }
  }
}

/** Lines of a file, split at spaces; a line that is too long is reported, cut, and no point. */
async function* linesOf(path: string, problems: Problems): AsyncGenerator<string[]> {
  const stream = createReadStream(path, { encoding: "utf8" });
  let left = "";
  for await (const chunk of stream) {
    left += chunk as string;
    let from = 0;
    for (let end = left.indexOf("\n"); end >= 0; end = left.indexOf("\n", from)) {
      const line = left.slice(from, end).trim();
      from = end + 1;
      if (line !== "") yield line.split(" ");
    }
    left = left.slice(from);
    if (left.length > lineLimit) {
      problems.loss(path, `It has a line longer than ${lineLimit} characters; the rest of it is not read.`);
      stream.destroy();
      return;
    }
  }
  if (left.trim() !== "") yield left.trim().split(" ");
}

function toWhole(text: string): number | undefined {
  return /^-?\d+$/.test(text) ? Number(text) : undefined;
}

/** A number as Python writes it. */
export function toNumber(text: string): number | undefined {
  const word = text.toLowerCase();
  if (word === "nan") return Number.NaN;
  if (/^\+?inf(inity)?$/.test(word)) return Number.POSITIVE_INFINITY;
  if (/^-inf(inity)?$/.test(word)) return Number.NEGATIVE_INFINITY;
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/.test(word) ? Number(word) : undefined;
}

async function readLoggedModel(folder: string, problems: Problems): Promise<SourceLoggedModel | undefined> {
  const meta = await readMeta(folder, problems);
  if (meta === undefined) return undefined;
  const id = text(meta, "model_id") ?? "";
  if (id !== basename(folder)) {
    problems.loss(folder, `Its meta.yaml names another model: ${id}.`);
    return undefined;
  }
  const metrics: SourceLoggedModel["metrics"][number][] = [];
  if (await isFolder(join(folder, "metrics"))) {
    for await (const file of filesBelow(join(folder, "metrics"), problems)) {
      for await (const parts of linesOf(join(folder, "metrics", file.path), problems)) {
        const [timestamp, value, step] = [toWhole(parts[0] ?? ""), toNumber(parts[1] ?? ""), toWhole(parts[2] ?? "")];
        if (value === undefined || (parts.length !== 4 && parts.length !== 6)) {
          problems.loss(`model ${id}`, `A line of metric ${file.path} is no point: ${parts.join(" ")}`);
        } else if (isExact(problems, parts[3] as string, file.path, step, timestamp)) {
          metrics.push({
            key: file.path,
            step: step as number,
            timestamp: timestamp as number,
            value,
            runId: parts[3] as string,
            datasetName: parts[4] ?? "",
            datasetDigest: parts[5] ?? "",
          });
        }
      }
    }
  }
  const modelType = text(meta, "model_type");
  const sourceRunId = text(meta, "source_run_id");
  const createdAt = whole(meta, "creation_timestamp") ?? 0;
  return {
    id,
    name: text(meta, "name") ?? "",
    createdAt,
    updatedAt: whole(meta, "last_updated_timestamp") ?? createdAt,
    status: toModelStatus(text(meta, "status")),
    ...(modelType === undefined ? {} : { modelType }),
    ...(sourceRunId === undefined ? {} : { sourceRunId }),
    deleted: text(meta, "lifecycle_stage") === "deleted",
    artifactUri: text(meta, "artifact_location") ?? "",
    params: await readTexts(join(folder, "params"), problems),
    tags: await readTexts(join(folder, "tags"), problems),
    metrics,
  };
}

/** MLflow's number or name of a logged model's status. */
export function toModelStatus(status: string | undefined): SourceLoggedModel["status"] {
  if (status === "2" || status?.endsWith("READY")) return "READY";
  if (status === "3" || status?.endsWith("UPLOAD_FAILED")) return "UPLOAD_FAILED";
  return "PENDING";
}

async function readModel(folder: string, problems: Problems): Promise<SourceModel | undefined> {
  const meta = await readMeta(folder, problems);
  if (meta === undefined) return undefined;
  const name = text(meta, "name") ?? basename(folder);
  const versions: SourceVersion[] = [];
  let lastVersion = 0;
  for (const one of (await entriesOf(folder, problems)).folders) {
    const number = Number(/^version-(\d{1,9})$/.exec(one)?.[1] ?? 0);
    if (number === 0) continue;
    lastVersion = Math.max(lastVersion, number);
    const version = await readVersion(join(folder, one), number, problems);
    if (version !== undefined) versions.push(version);
  }
  versions.sort((a, b) => a.version - b.version);
  const description = text(meta, "description");
  const createdAt = whole(meta, "creation_timestamp") ?? 0;
  const aliases = (await readTexts(join(folder, "aliases"), problems)).flatMap(({ key, value }) => {
    const version = Number(value.trim());
    if (Number.isSafeInteger(version) && version > 0) return [{ alias: key, version }];
    problems.loss(`model ${name}`, `Alias ${key} points at ${JSON.stringify(value)}, which is no version.`);
    return [];
  });
  return {
    name,
    ...(description === undefined ? {} : { description }),
    createdAt,
    updatedAt: whole(meta, "last_updated_timestamp") ?? createdAt,
    tags: await readTexts(join(folder, "tags"), problems),
    lastVersion,
    versions,
    aliases,
  };
}

async function readVersion(folder: string, version: number, problems: Problems): Promise<SourceVersion | undefined> {
  const meta = await readMeta(folder, problems);
  if (meta === undefined) return undefined;
  const stage = text(meta, "current_stage") ?? "None";
  // A deleted version keeps its folder so that its number is not given again.
  if (stage === "Deleted_Internal") return undefined;
  const optional = {
    storage: text(meta, "storage_location"),
    runId: text(meta, "run_id"),
    modelId: text(meta, "model_id"),
    runLink: text(meta, "run_link"),
    description: text(meta, "description"),
  };
  const createdAt = whole(meta, "creation_timestamp") ?? 0;
  return {
    version,
    source: text(meta, "source") ?? "",
    ...given(optional),
    stage,
    status: text(meta, "status") ?? "READY",
    by: text(meta, "user_id") ?? "",
    createdAt,
    updatedAt: whole(meta, "last_updated_timestamp") ?? createdAt,
    tags: await readTexts(join(folder, "tags"), problems),
  };
}

/** The fields that have a value. */
export function given<T extends Record<string, unknown>>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}

/** Where artifacts of a file store may lie: in the folder, beside it, and where --artifacts says. */
export function fileStoreRoots(root: string, artifacts: readonly string[]): LocalRoots {
  return { home: dirname(root), allowed: [root, ...artifacts], stores: artifacts };
}
