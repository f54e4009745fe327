import { Readable } from "node:stream";
import { errors } from "../errors.js";
import { given, toModelStatus } from "./file-store.js";
import { findLocal, type LocalRoots, proxyPath } from "./local-roots.js";
import { isExact, PointBuffer, Repeats } from "./points.js";
import type { Problems } from "./problems.js";
import type {
  FileOwner,
  FoundFiles,
  RunStatus,
  Source,
  SourceExperiment,
  SourceFile,
  SourceLoggedModel,
  SourceModel,
  SourceRun,
  SourceVersion,
  Text,
} from "./source.js";

const pageSize = 200;
const historyPage = 25_000;
const pieceSize = 20_000;
const answerLimit = 512 * 1024 * 1024;
const attempts = 4;
const silence = 120_000;
const deepest = 64;
/** Most folders of one root that are listed. */
const foldersMost = 100_000;

export interface ServerOptions {
  /** Without a slash at the end, without credentials. */
  readonly url: string;
  /** Value of the Authorization header. */
  readonly authorization: string | undefined;
  readonly workspace: string;
  readonly roots: LocalRoots;
  readonly signal: AbortSignal;
}

interface Ask {
  get(path: string, query?: Readonly<Record<string, string>>): Promise<Json>;
  post(path: string, body: unknown): Promise<Json>;
  bytes(path: string, query?: Readonly<Record<string, string>>): Promise<Readable>;
}

type Json = Readonly<Record<string, unknown>>;

/** Opens a running MLflow server over the REST protocol its own clients speak; it is only read. */
export async function openServer(options: ServerOptions, problems: Problems): Promise<Source> {
  const ask = asking(options);
  await ask.post("/api/2.0/mlflow/experiments/search", { max_results: 1, view_type: "ALL" });
  return {
    kind: "server",
    name: options.workspace === "default" ? options.url : `${options.url}#${options.workspace}`,
    runs: undefined,
    async *experiments() {
      for await (const one of pages(
        ask,
        "/api/2.0/mlflow/experiments/search",
        { max_results: 1000, view_type: "ALL" },
        "experiments",
      )) {
        yield toExperiment(one);
      }
    },
    async *runsOf(experiment) {
      const body = { experiment_ids: [experiment.id], run_view_type: "ALL", max_results: pageSize };
      let some: SourceRun[] = [];
      for await (const one of pages(ask, "/api/2.0/mlflow/runs/search", body, "runs")) {
        const run = toRun(one);
        metricKeys.set(
          run,
          texts(record(one.data).metrics, problems).map((text) => text.key),
        );
        some.push(run);
        if (some.length < pageSize) continue;
        yield some;
        some = [];
      }
      if (some.length > 0) yield some;
    },
    async *pointsOf(_experiment, runs) {
      const buffer = new PointBuffer(pieceSize);
      for (const run of runs) {
        for (const key of metricKeys.get(run) ?? []) {
          const repeats = new Repeats();
          const query = { run_id: run.id, run_uuid: run.id, metric_key: key, max_results: String(historyPage) };
          for await (const one of pagesOf(ask, "/api/2.0/mlflow/metrics/get-history", query, "metrics")) {
            const [step, timestamp, value] = [number(one.step) ?? 0, number(one.timestamp), number(one.value)];
            if (value === undefined) {
              problems.loss(`run ${run.id}`, `A point of metric ${key} has no number: ${String(one.value)}.`);
            } else if (
              isExact(problems, run.id, key, step, timestamp) &&
              repeats.isNew(step, timestamp as number, value)
            ) {
              buffer.add(run.id, key, step, timestamp as number, value);
            }
            if (buffer.full) yield* buffer.take();
          }
        }
      }
      yield* buffer.take();
    },
    async *loggedModelsOf(experiment) {
      const body = { experiment_ids: [experiment.id], max_results: 50 };
      for await (const one of pages(ask, "/api/2.0/mlflow/logged-models/search", body, "models", true)) {
        yield toLoggedModel(one, problems);
      }
    },
    async *models() {
      const seen = new Set<string>();
      // Newer servers leave prompts out unless they are asked for.
      for (const filter of ["", "tags.`mlflow.prompt.is_prompt` = 'true'"]) {
        const query = { max_results: "100", ...(filter === "" ? {} : { filter }) };
        for await (const one of pagesOf(
          ask,
          "/api/2.0/mlflow/registered-models/search",
          query,
          "registered_models",
          filter !== "",
        )) {
          const name = string(one.name);
          if (seen.has(name)) continue;
          seen.add(name);
          yield await readModel(ask, one, name, problems);
        }
      }
    },
    filesAt: (owner) => findFiles(ask, options, owner, problems),
    close: () => undefined,
  };
}

/** Keys of a run's metrics, which only its search answer tells. */
const metricKeys = new WeakMap<SourceRun, string[]>();

function asking(options: ServerOptions): Ask {
  const headers: Record<string, string> = { "user-agent": "paydown-import" };
  if (options.authorization !== undefined) headers.authorization = options.authorization;
  if (options.workspace !== "default") headers["x-mlflow-workspace"] = options.workspace;

  async function send(path: string, init: RequestInit): Promise<Response> {
    for (let attempt = 1; ; attempt++) {
      let problem: string;
      try {
        const signal = AbortSignal.any([options.signal, AbortSignal.timeout(silence)]);
        // A redirect could lead credentials to another host.
        const response = await fetch(`${options.url}${path}`, {
          ...init,
          headers: { ...headers, ...init.headers },
          redirect: "manual",
          signal,
        });
        if (response.ok) return response;
        const text = (await response.text()).slice(0, 500);
        problem = `${response.status} ${text}`;
        if (response.status < 500 && response.status !== 429) {
          throw errors.CLI_IMPORT_SOURCE_REFUSED({
            url: options.url,
            path: path.split("?")[0],
            status: response.status,
            problem: text,
          });
        }
      } catch (error) {
        if (options.signal.aborted || (error as { code?: string }).code === "CLI_IMPORT_SOURCE_REFUSED") throw error;
        const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
        problem = cause instanceof Error ? cause.message : String(cause);
      }
      if (attempt >= attempts)
        throw errors.CLI_IMPORT_SOURCE_UNREACHABLE({ url: options.url, path: path.split("?")[0], problem });
      await new Promise((resolve) => setTimeout(resolve, 250 * 2 ** attempt));
    }
  }

  async function json(response: Response): Promise<Json> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of response.body ?? []) {
      size += chunk.length;
      if (size > answerLimit) {
        throw errors.CLI_IMPORT_SOURCE_UNREACHABLE({
          url: options.url,
          path: "",
          problem: `it answered more than ${answerLimit} bytes`,
        });
      }
      chunks.push(chunk);
    }
    try {
      return record(JSON.parse(Buffer.concat(chunks).toString("utf8")));
    } catch (cause) {
      throw errors.CLI_IMPORT_SOURCE_UNREACHABLE(
        { url: options.url, path: "", problem: `it answered no JSON: ${(cause as Error).message}` },
        { cause },
      );
    }
  }

  const withQuery = (path: string, query: Readonly<Record<string, string>> = {}) => {
    const text = new URLSearchParams(query).toString();
    return text === "" ? path : `${path}?${text}`;
  };
  return {
    get: async (path, query) => json(await send(withQuery(path, query), {})),
    post: async (path, body) =>
      json(
        await send(path, {
          method: "POST",
          body: JSON.stringify(body),
          headers: { "content-type": "application/json" },
        }),
      ),
    async bytes(path, query) {
      const response = await send(withQuery(path, query), {});
      return response.body === null ? Readable.from([]) : Readable.fromWeb(response.body as never);
    },
  };
}

/** The next page's token; a server that gives the same one again would be asked for ever. */
function nextToken(answer: Json, before: string, path: string): string {
  const token = string(answer.next_page_token);
  if (token === "" || token !== before) return token;
  throw errors.CLI_IMPORT_SOURCE_UNREACHABLE({ url: "the source", path, problem: "it gave the same page token twice" });
}

/** Records of a POST search, page after page. With `optional`, a server that does not know the path has none. */
async function* pages(ask: Ask, path: string, body: object, field: string, optional = false): AsyncGenerator<Json> {
  for (let token = ""; ; ) {
    const answer = await ask
      .post(path, token === "" ? body : { ...body, page_token: token })
      .catch((error: unknown) => absent(error, optional));
    for (const one of list(answer[field])) yield one;
    token = nextToken(answer, token, path);
    if (token === "") return;
  }
}

/** Records of a GET search, page after page. */
async function* pagesOf(
  ask: Ask,
  path: string,
  query: Readonly<Record<string, string>>,
  field: string,
  optional = false,
): AsyncGenerator<Json> {
  for (let token = ""; ; ) {
    const answer = await ask
      .get(path, token === "" ? query : { ...query, page_token: token })
      .catch((error: unknown) => absent(error, optional));
    for (const one of list(answer[field])) yield one;
    token = nextToken(answer, token, path);
    if (token === "") return;
  }
}

function absent(error: unknown, optional: boolean): Json {
  const message = error instanceof Error ? error.message : "";
  if (optional && (error as { code?: string }).code === "CLI_IMPORT_SOURCE_REFUSED" && / 40[0-5]\b/.test(message))
    return {};
  throw error;
}

function record(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

function list(value: unknown): Json[] {
  return Array.isArray(value) ? value.map(record) : [];
}

function string(value: unknown): string {
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : "";
}

/** A JSON number, or one of protobuf's texts. */
function number(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  if (value === "NaN") return Number.NaN;
  if (value === "Infinity") return Number.POSITIVE_INFINITY;
  if (value === "-Infinity") return Number.NEGATIVE_INFINITY;
  return typeof value === "string" && value.trim() !== "" && !Number.isNaN(Number(value)) ? Number(value) : undefined;
}

function texts(value: unknown, problems?: Problems): Text[] {
  return list(value).flatMap((one) => {
    const key = string(one.key);
    if (key === "")
      problems?.loss("server", `An entry without a key was answered: ${JSON.stringify(one).slice(0, 100)}`);
    return key === "" ? [] : [{ key, value: string(one.value) }];
  });
}

function optional(value: unknown): string | undefined {
  const text = string(value);
  return text === "" ? undefined : text;
}

function toExperiment(one: Json): SourceExperiment {
  const createdAt = number(one.creation_time) ?? 0;
  return {
    id: string(one.experiment_id),
    name: string(one.name),
    deleted: one.lifecycle_stage === "deleted",
    createdAt,
    updatedAt: number(one.last_update_time) ?? createdAt,
    location: string(one.artifact_location),
    tags: texts(one.tags),
  };
}

function toRun(one: Json): SourceRun {
  const info = record(one.info);
  const data = record(one.data);
  const inputs = record(one.inputs);
  const endedAt = number(info.end_time);
  return {
    id: string(info.run_id) || string(info.run_uuid),
    name: string(info.run_name),
    user: string(info.user_id),
    status: string(info.status) as RunStatus,
    startedAt: number(info.start_time) ?? 0,
    ...(endedAt === undefined || endedAt === 0 ? {} : { endedAt }),
    deleted: info.lifecycle_stage === "deleted",
    artifactUri: string(info.artifact_uri),
    params: texts(data.params),
    tags: texts(data.tags),
    inputs: list(inputs.dataset_inputs).map((input) => {
      const dataset = record(input.dataset);
      return {
        name: string(dataset.name),
        digest: string(dataset.digest),
        sourceType: string(dataset.source_type),
        source: string(dataset.source),
        ...given({ schema: optional(dataset.schema), profile: optional(dataset.profile) }),
        tags: texts(input.tags),
      };
    }),
    models: [
      ...list(inputs.model_inputs).map((link) => ({
        direction: "input" as const,
        modelId: string(link.model_id),
        step: 0,
      })),
      ...list(record(one.outputs).model_outputs).map((link) => ({
        direction: "output" as const,
        modelId: string(link.model_id),
        step: number(link.step) ?? 0,
      })),
    ],
  };
}

function toLoggedModel(one: Json, problems: Problems): SourceLoggedModel {
  const info = record(one.info);
  const data = record(one.data);
  const id = string(info.model_id);
  return {
    id,
    name: string(info.name),
    createdAt: number(info.creation_timestamp_ms) ?? 0,
    updatedAt: number(info.last_updated_timestamp_ms) ?? 0,
    status: toModelStatus(string(info.status)),
    ...given({ modelType: optional(info.model_type), sourceRunId: optional(info.source_run_id) }),
    deleted: false,
    artifactUri: string(info.artifact_uri),
    params: texts(data.params),
    tags: texts(info.tags),
    metrics: list(data.metrics).flatMap((metric) => {
      const [step, timestamp, value] = [number(metric.step) ?? 0, number(metric.timestamp), number(metric.value)];
      if (value === undefined || !isExact(problems, string(metric.run_id), string(metric.key), step, timestamp))
        return [];
      return [
        {
          key: string(metric.key),
          step,
          timestamp: timestamp as number,
          value,
          runId: string(metric.run_id),
          datasetName: string(metric.dataset_name),
          datasetDigest: string(metric.dataset_digest),
        },
      ];
    }),
  };
}

async function readModel(ask: Ask, one: Json, name: string, problems: Problems): Promise<SourceModel> {
  const versions: SourceVersion[] = [];
  const quote = name.includes("'") ? '"' : "'";
  const query = { filter: `name=${quote}${name}${quote}`, max_results: "1000" };
  for await (const version of pagesOf(ask, "/api/2.0/mlflow/model-versions/search", query, "model_versions")) {
    if (string(version.name) !== name) continue;
    versions.push(toVersion(version));
  }
  versions.sort((a, b) => a.version - b.version);
  const lastVersion = Math.max(0, ...versions.map((version) => version.version));
  if (versions.length < lastVersion) {
    problems.note(
      `model ${name}`,
      `${lastVersion - versions.length} numbers up to ${lastVersion} are of deleted versions; they are not given again.`,
    );
  }
  const createdAt = number(one.creation_timestamp) ?? 0;
  return {
    name,
    ...given({ description: optional(one.description) }),
    createdAt,
    updatedAt: number(one.last_updated_timestamp) ?? createdAt,
    tags: texts(one.tags),
    lastVersion,
    versions,
    aliases: list(one.aliases).map((alias) => ({ alias: string(alias.alias), version: number(alias.version) ?? 0 })),
  };
}

function toVersion(one: Json): SourceVersion {
  const createdAt = number(one.creation_timestamp) ?? 0;
  return {
    version: number(one.version) ?? 0,
    source: string(one.source),
    ...given({
      runId: optional(one.run_id),
      modelId: optional(one.model_id) ?? /^models:\/(m-[0-9a-f]{32})$/.exec(string(one.source))?.[1],
      runLink: optional(one.run_link),
      description: optional(one.description),
    }),
    stage: string(one.current_stage) || "None",
    status: string(one.status) || "READY",
    by: string(one.user_id),
    createdAt,
    updatedAt: number(one.last_updated_timestamp) ?? createdAt,
    tags: texts(one.tags),
  };
}

const proxy = "/api/2.0/mlflow-artifacts/artifacts";

/** Files the server hands out itself; those of a bucket stay where they are, as clients read them there. */
async function findFiles(ask: Ask, options: ServerOptions, owner: FileOwner, problems: Problems): Promise<FoundFiles> {
  const path = proxyPath(owner.uri);
  if (path !== undefined) {
    if (path.split("/").includes("..")) return { kind: "reference", why: `its root ${owner.uri} leads upwards` };
    return { kind: "files", files: proxied(ask, path, "", problems, { folders: foldersMost }) };
  }
  const local = await findLocal(options.roots, owner, problems);
  const elsewhere = /^[a-z][a-z0-9+.-]+:/i.test(owner.uri) && !owner.uri.startsWith("file:");
  if (local.kind === "files" || owner.kind === "model" || elsewhere) return local;
  // A folder of the server's own disk, which it reads for us.
  return { kind: "files", files: ofRun(ask, owner.id, "", problems, { folders: foldersMost }) };
}

async function* proxied(
  ask: Ask,
  root: string,
  inside: string,
  problems: Problems,
  left: { folders: number },
): AsyncGenerator<SourceFile> {
  const at = [root.replace(/\/+$/, ""), inside].filter((part) => part !== "").join("/");
  if (!mayList(left, inside, at, problems)) return;
  for (const one of list((await ask.get(proxy, { path: at })).files)) {
    const name = string(one.path);
    if (!isName(name)) {
      problems.loss(at, `The server lists a file ${JSON.stringify(name)}, which is no name.`);
      continue;
    }
    const path = inside === "" ? name : `${inside}/${name}`;
    if (one.is_dir === true) yield* proxied(ask, root, path, problems, left);
    else {
      const full = `${root.replace(/\/+$/, "")}/${path}`;
      yield {
        path,
        size: number(one.file_size) ?? 0,
        open: () => ask.bytes(`${proxy}/${full.split("/").map(encodeURIComponent).join("/")}`),
      };
    }
  }
}

async function* ofRun(
  ask: Ask,
  runId: string,
  inside: string,
  problems: Problems,
  left: { folders: number },
): AsyncGenerator<SourceFile> {
  if (!mayList(left, inside, `run ${runId}`, problems)) return;
  const query: Record<string, string> = { run_id: runId, ...(inside === "" ? {} : { path: inside }) };
  for await (const one of pagesOf(ask, "/api/2.0/mlflow/artifacts/list", query, "files")) {
    const path = string(one.path);
    const parent = path.split("/").slice(0, -1).join("/");
    if (parent !== inside || !isName(path.split("/").at(-1) ?? "")) {
      problems.loss(`run ${runId}`, `The server lists a file ${JSON.stringify(path)} in ${JSON.stringify(inside)}.`);
      continue;
    }
    if (one.is_dir === true) yield* ofRun(ask, runId, path, problems, left);
    else
      yield {
        path,
        size: number(one.file_size) ?? 0,
        open: () => ask.bytes("/get-artifact", { run_id: runId, run_uuid: runId, path }),
      };
  }
}

function mayList(left: { folders: number }, inside: string, subject: string, problems: Problems): boolean {
  left.folders--;
  if (left.folders === -1) problems.loss(subject, `More than ${foldersMost} folders are not listed.`);
  if (left.folders < 0) return false;
  if (inside.split("/").length <= deepest) return true;
  problems.loss(subject, `${inside.slice(0, 200)} lies deeper than ${deepest} folders.`);
  return false;
}

function isName(name: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return name !== "" && name !== "." && name !== ".." && !/[/\\\u0000-\u001f]/.test(name);
}
