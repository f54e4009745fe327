import type { TensorSpec } from "@paydown/api/serving";
import { may } from "#base/auth/principal.js";
import { stopwatch } from "#base/clock.js";
import type { Ctx } from "#base/context.js";
import { CodedError } from "#base/errors.js";
import { servingErrors } from "../errors.js";
import { checkFinite, checkInputs, consumerName, defaultLimits, findViolations } from "../model.js";
import type { ServingNeeds } from "../needs.js";
import { columnsOf, guessScore, scoresOf } from "../tensors/columns.js";
import { pack } from "../tensors/pack.js";
import { allocate, type Tensor } from "../tensors/tensor.js";
import { type Live, readLive } from "./live.js";
import { type CheckedFile, checkFile, type LoadedModels, loadedModels } from "./models.js";
import { type PredictionLog, predictionLog } from "./prediction-log.js";

export interface InferRequest {
  readonly project: string;
  readonly deployment: string;
  /** Version as the path spells it; the one being served when absent. */
  readonly version?: string | undefined;
  readonly consumer: string;
  /** Id the client sent. */
  readonly clientId?: string | undefined;
  /** When the prediction belongs to (ms); only for callers who may write in the project. */
  readonly eventTime?: number | undefined;
  readonly inputs: readonly Tensor[];
  /** Names of outputs wanted; all when absent. */
  readonly outputs?: readonly string[] | undefined;
}

export interface InferAnswer {
  /** Identity in the prediction log. */
  readonly requestId: string;
  readonly deployment: string;
  readonly version: string;
  readonly outputs: readonly Tensor[];
  /** Values outside the contract that were let through. */
  readonly violations: number;
}

export interface EndpointMetadata {
  readonly name: string;
  readonly versions: readonly string[];
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
}

/** What doors and flows call. */
export interface Endpoint {
  /** Checks, runs, logs; resolves when the prediction is durable. */
  infer(ctx: Ctx, request: InferRequest): Promise<InferAnswer>;
  /** Counts a request that a door refused before it could be understood. */
  refused(ctx: Ctx, request: Pick<InferRequest, "project" | "deployment" | "version" | "consumer">): Promise<void>;
  metadata(ctx: Ctx, project: string, deployment: string, version?: string): Promise<EndpointMetadata>;
  /** Resolves when the model is loaded; throws when it cannot be. */
  ready(ctx: Ctx, project: string, deployment: string, version?: string): Promise<void>;
  /** Scores of rows under any registered version, without logging: for comparing champion and challenger on the same rows. */
  scoreRows(ctx: Ctx, rows: ScoreRows): Promise<Float64Array>;
  /** All outputs of rows under any registered version, chunk by chunk, without logging: for replaying the same inputs. */
  answerRows(ctx: Ctx, rows: Omit<ScoreRows, "score"> & { readonly timeoutMs?: number }): AsyncGenerator<AnsweredRows>;
  /** Names of the input columns of a version, in order, with the hash of its file. */
  columnsOf(
    ctx: Ctx,
    which: Pick<ScoreRows, "project" | "model" | "version">,
  ): Promise<{ readonly columns: readonly string[]; readonly fileHash: string }>;
  /** Forgets what is cached about a deployment; actions call it after a change. */
  forget(project: string, deployment: string): void;
  close(): void;
}

export interface ScoreRows {
  readonly project: string;
  readonly model: string;
  readonly version: number;
  /** Values by input column, all of the same length. */
  readonly columns: Readonly<Record<string, ArrayLike<number> | readonly string[]>>;
  /** Which output is the score; guessed when absent. */
  readonly score?: { readonly output: string; readonly column: number } | undefined;
}

/** Outputs of rows `[from, to)`. */
export interface AnsweredRows {
  readonly from: number;
  readonly to: number;
  readonly outputs: readonly Tensor[];
}

export interface EndpointOptions {
  /** Most models loaded at the same time; 16 when absent. */
  readonly loadedModels?: number;
}

/** Other servers may have switched a deployment: what is cached is believed for a second. */
const cacheMs = 1000;
const cacheLimit = 1000;
const scoreChunk = 4096;

export function openEndpoint(needs: ServingNeeds, options: EndpointOptions = {}): Endpoint {
  const models: LoadedModels = loadedModels(options.loadedModels ?? 16);
  const log: PredictionLog = predictionLog();
  const cache = new Map<string, { live: Live; until: number }>();
  const inFlight = new Map<number, number>();

  async function find(ctx: Ctx, project: string, name: string, version: string | undefined): Promise<Live> {
    const key = `${project} ${name} ${version ?? ""}`;
    const now = ctx.clock.now();
    const hit = cache.get(key);
    if (hit !== undefined && now < hit.until) return hit.live;
    const number = version === undefined ? undefined : /^[0-9]{1,15}$/.test(version) ? Number(version) : Number.NaN;
    if (Number.isNaN(number)) throw servingErrors.SERVING_VERSION_NOT_DEPLOYED({ name, version });
    const live = await ctx.db.read((r) => readLive(r, project, name, number));
    if (live === "no-deployment") throw servingErrors.SERVING_DEPLOYMENT_NOT_FOUND({ name });
    if (live === "no-version") throw servingErrors.SERVING_VERSION_NOT_DEPLOYED({ name, version });
    if (live.retired) throw servingErrors.SERVING_DEPLOYMENT_RETIRED({ name });
    if (cache.size >= cacheLimit) cache.clear();
    cache.set(key, { live, until: now + cacheMs });
    return live;
  }

  async function count(
    ctx: Ctx,
    live: Live,
    request: Pick<InferRequest, "consumer">,
    violations: number,
  ): Promise<void> {
    const at = ctx.clock.now();
    await log.append(ctx, { live, consumer: consumerName(request.consumer), at, eventTime: at, violations });
  }

  function fetchesOf(live: Live, wanted: readonly string[] | undefined): readonly string[] {
    if (wanted === undefined || wanted.length === 0) return live.outputNames;
    for (const name of wanted) {
      if (!live.outputNames.includes(name)) {
        throw servingErrors.SERVING_REQUEST_INVALID({
          problem: `output '${name.slice(0, 100)}' is unknown; the model has ${live.outputNames.join(", ")}`,
        });
      }
    }
    const needed = new Set(live.score === undefined ? wanted : [...wanted, live.score.output]);
    return live.outputNames.filter((name) => needed.has(name));
  }

  async function answer(ctx: Ctx, live: Live, request: InferRequest, elapsed: () => number): Promise<InferAnswer> {
    const consumer = consumerName(request.consumer);
    if (request.eventTime !== undefined && !may(ctx.principal, "write", request.project)) {
      throw servingErrors.SERVING_EVENT_TIME_REFUSED({ consumer, project: request.project });
    }
    const { inputs, rows } = checkInputs(live.inputs, request.inputs, live.limits);
    const fetches = fetchesOf(live, request.outputs);
    for (const input of inputs) if (live.wide.includes(input.name)) checkFinite(input);
    const byName = new Map(inputs.map((input) => [input.name, input]));
    const violations = findViolations(live.check, byName, rows);
    if (violations.first !== undefined && live.check.reject) {
      const { column, row, value, promise } = violations.first;
      throw servingErrors.SERVING_CONTRACT_VIOLATED(
        { count: violations.count, name: live.name, column, row, value, promise },
        { details: { violations: violations.count } },
      );
    }
    const outputs = await models.session(ctx, live.hash, live.batching).run(inputs, fetches, live.limits.timeoutMs);
    const requestId = ctx.ids.ulid();
    const at = ctx.clock.now();
    const score = scoresOf(outputs, live.score, rows)[0] as number;
    await log.append(ctx, {
      live,
      consumer,
      at,
      eventTime: request.eventTime ?? at,
      violations: violations.count,
      prediction: {
        request_id: requestId,
        client_id: request.clientId ?? null,
        row_count: rows,
        latency_us: Math.round(elapsed() * 1000),
        score: Number.isFinite(score) ? score : null,
        inputs: pack(live.inputNames, inputs),
        outputs: pack(live.outputNames, outputs),
      },
    });
    const wanted = request.outputs;
    return {
      requestId,
      deployment: live.name,
      version: String(live.version),
      outputs:
        wanted === undefined || wanted.length === 0 ? outputs : outputs.filter((one) => wanted.includes(one.name)),
      violations: violations.count,
    };
  }

  async function checkVersion(
    ctx: Ctx,
    { project, model, version }: Pick<ScoreRows, "project" | "model" | "version">,
  ): Promise<CheckedFile> {
    const found = await needs.findModelVersion(ctx, project, model, { version });
    if (found === undefined) throw servingErrors.SERVING_VERSION_NOT_FOUND({ model, version });
    return checkFile(ctx, model, found);
  }

  /** Runs rows under a checked file in chunks; throws SERVING_REQUEST_INVALID for a column that is not given. */
  async function* answerAll(
    ctx: Ctx,
    { hash, file, signature }: CheckedFile,
    given: ScoreRows["columns"],
    timeoutMs: number,
  ): AsyncGenerator<AnsweredRows> {
    const session = models.session(ctx, hash, true);
    const columns = columnsOf(file.inputs, signature);
    const fetches = file.outputs.map((output) => output.name);
    const total = Object.values(given)[0]?.length ?? 0;
    for (let from = 0; from < total; from += scoreChunk) {
      const to = Math.min(total, from + scoreChunk);
      const inputs = file.inputs.map((spec) => {
        const own = columns.filter((column) => column.input === spec.name);
        return fill(spec, own, given, from, to);
      });
      checkInputs(file.inputs, inputs, { ...defaultLimits, rowsPerRequest: scoreChunk });
      yield { from, to, outputs: await session.run(inputs, fetches, timeoutMs) };
    }
  }

  return {
    async infer(ctx, request) {
      const elapsed = stopwatch();
      const live = await find(ctx, request.project, request.deployment, request.version);
      const before = inFlight.get(live.id) ?? 0;
      if (before >= live.limits.requestsInFlight) {
        throw servingErrors.SERVING_OVERLOADED({ inFlight: before, name: live.name });
      }
      inFlight.set(live.id, before + 1);
      try {
        return await answer(ctx, live, request, elapsed);
      } catch (error) {
        await count(ctx, live, request, brokenPromises(error));
        throw error;
      } finally {
        inFlight.set(live.id, (inFlight.get(live.id) ?? 1) - 1);
      }
    },
    async refused(ctx, request) {
      const live = await find(ctx, request.project, request.deployment, request.version);
      await count(ctx, live, request, 1);
    },
    async metadata(ctx, project, deployment, version) {
      const live = await find(ctx, project, deployment, version);
      return { name: live.name, versions: [String(live.version)], inputs: live.inputs, outputs: live.outputs };
    },
    async ready(ctx, project, deployment, version) {
      const live = await find(ctx, project, deployment, version);
      await models.session(ctx, live.hash, live.batching).load();
    },
    async scoreRows(ctx, wanted) {
      const total = Object.values(wanted.columns)[0]?.length ?? 0;
      const scores = new Float64Array(total);
      const checked = await checkVersion(ctx, wanted);
      const score = wanted.score ?? guessScore(checked.file.outputs);
      for await (const { from, to, outputs } of answerAll(ctx, checked, wanted.columns, 600_000)) {
        scores.set(scoresOf(outputs, score, to - from), from);
      }
      return scores;
    },
    async *answerRows(ctx, { timeoutMs = 60_000, ...wanted }) {
      yield* answerAll(ctx, await checkVersion(ctx, wanted), wanted.columns, timeoutMs);
    },
    async columnsOf(ctx, which) {
      const { hash, file, signature } = await checkVersion(ctx, which);
      return { columns: columnsOf(file.inputs, signature).map((column) => column.name), fileHash: hash };
    },
    forget(project, deployment) {
      for (const key of cache.keys()) if (key.startsWith(`${project} ${deployment} `)) cache.delete(key);
    },
    close: () => models.close(),
  };
}

/** A request that breaks schema or contract counts as violations of whoever sent it; the engine's failures do not. */
function brokenPromises(error: unknown): number {
  if (!(error instanceof CodedError)) return 0;
  if (error.code === "SERVING_CONTRACT_VIOLATED") return (error.details as { violations: number }).violations;
  return error.code === "SERVING_REQUEST_INVALID" ? 1 : 0;
}

/** Rows `[from, to)` of named columns as one input tensor. Throws SERVING_REQUEST_INVALID for a column that is not given. */
function fill(
  spec: TensorSpec,
  columns: readonly { name: string; offset: number; width: number }[],
  given: ScoreRows["columns"],
  from: number,
  to: number,
): Tensor {
  const width = columns[0]?.width ?? 0;
  const rows = to - from;
  const datatype = spec.datatype as Tensor["datatype"];
  if (datatype === "FP16") {
    throw servingErrors.SERVING_REQUEST_INVALID({ problem: `input '${spec.name}' is FP16, which columns cannot fill` });
  }
  const data = allocate(datatype, rows * width);
  for (const column of columns) {
    const values = given[column.name];
    if (values === undefined) {
      throw servingErrors.SERVING_REQUEST_INVALID({ problem: `column '${column.name}' is missing` });
    }
    for (let row = 0; row < rows; row++) {
      const value = values[from + row] as number;
      const place = row * width + column.offset;
      (data as unknown[])[place] = typeof data[place] === "bigint" ? BigInt(value) : value;
    }
  }
  return { name: spec.name, datatype, shape: [rows, ...spec.shape.slice(1)], data };
}
