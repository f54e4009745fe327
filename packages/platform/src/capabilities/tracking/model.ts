import type { MetricValue } from "@paydown/api/tracking";
import { nameProblem } from "#base/path-name.js";
import { cutTo, isLonger } from "#base/text-length.js";
import { trackingErrors } from "./errors.js";

/** Limits as MLflow's server sets them; longer parameter and tag values are cut, longer keys refused. */
export const limits = {
  experimentName: 500,
  experimentTagValue: 20_000,
  key: 250,
  paramValue: 6000,
  tagValue: 8000,
  batchMetrics: 1000,
  batchParams: 100,
  batchTags: 100,
  batchTotal: 1000,
  datasetName: 500,
  datasetDigest: 36,
  datasetSource: 65_535,
  datasetSchema: 1_048_575,
  datasetProfile: 16_777_215,
  inputTagKey: 255,
  inputTagValue: 500,
} as const;

/** Tags that say how a run came about; setting one raises an event. */
export const evidenceTags = {
  commit: "mlflow.source.git.commit",
  dirty: "paydown.source.dirty",
  config: "paydown.config.hash",
  environment: "paydown.environment.hash",
  seed: "paydown.seed",
} as const;
/** Other spellings of the dirty flag; MLflow's git model versioning writes the second. */
export const dirtyTags: readonly string[] = [evidenceTags.dirty, "mlflow.git.dirty", "mlflow.source.git.dirty"];
/** Where the error that ended a run may stand, best first. */
export const errorTags: readonly string[] = ["paydown.error", "error", "exception", "mlflow.error"];
/** The experiment of runs that name none; MLflow clients expect it. */
export const defaultExperiment = "Default";
export const runNameTag = "mlflow.runName";
export const parentRunTag = "mlflow.parentRunId";
export const contextTag = "mlflow.data.context";
export const logModelHistoryTag = "mlflow.log-model.history";

export const runStatuses = ["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"] as const;
export type RunStatus = (typeof runStatuses)[number];
export const endedStatuses: readonly string[] = ["FINISHED", "FAILED", "KILLED"];

/** Kinds of keys, as stored. */
export const keyKinds = { metrics: 0, params: 1, tags: 2 } as const;
export type KeyKind = keyof typeof keyKinds;

export interface MetricPoint {
  readonly key: string;
  readonly value: number;
  readonly timestamp: number;
  readonly step: number;
  readonly modelId?: string | undefined;
  readonly datasetName?: string | undefined;
  readonly datasetDigest?: string | undefined;
}

export interface KeyValue {
  readonly key: string;
  readonly value: string;
}

/** What a metric's number is kept as. */
export function toStored(value: number): { value: number; nan: number } {
  if (Number.isNaN(value)) return { value: 0, nan: 1 };
  if (value === Number.POSITIVE_INFINITY) return { value: Number.MAX_VALUE, nan: 0 };
  if (value === Number.NEGATIVE_INFINITY) return { value: -Number.MAX_VALUE, nan: 0 };
  // -0 and 0 are one value: databases do not agree on telling them apart.
  return { value: value === 0 ? 0 : value, nan: 0 };
}

/** What is answered for a stored number. */
export function fromStored(value: number, nan: number): MetricValue {
  return nan === 1 ? "NaN" : value;
}

/** Order in which points of one metric are "later": step, then time, then value. */
export function isLater(
  a: { step: number; timestamp: number; value: number },
  b: { step: number; timestamp: number; value: number },
): boolean {
  if (a.step !== b.step) return a.step > b.step;
  if (a.timestamp !== b.timestamp) return a.timestamp > b.timestamp;
  return a.value > b.value;
}

/** A text as JSON with nothing but ASCII, as Python writes it; MLflow's messages quote values so. */
function quoteJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u0080-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function invalidValue(path: string, value: unknown, hint?: string): Error {
  const tail = hint === undefined ? "." : `: ${hint}`;
  return trackingErrors.TRACKING_INVALID({
    problem: `Invalid value ${quoteJson(value)} for parameter '${path}' supplied${tail}`,
  });
}

export function checkLength(what: string, limit: number, value: string): void {
  if (isLonger(value, limit)) {
    throw trackingErrors.TRACKING_INVALID({ problem: `'${what}' exceeds the maximum length of ${limit} characters` });
  }
}

/** Names of metrics, parameters and tags. */
export function checkKey(key: string, path: string): void {
  const problem = nameProblem(key);
  if (problem !== undefined) throw invalidValue(path, key, problem);
}

export function checkMetric(point: MetricPoint, prefix: string): void {
  checkKey(point.key, join(prefix, "name"));
  if (point.timestamp < 0) {
    throw invalidValue(
      join(prefix, "timestamp"),
      point.timestamp,
      `metric '${point.key}' (value=${asFloat(point.value)}). Timestamp must be a nonnegative long (64-bit integer) `,
    );
  }
  checkLength("Metric name", limits.key, point.key);
}

/** A number as Python prints a float. */
function asFloat(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e16 ? `${value}.0` : String(value);
}

/** Checks a parameter and cuts a value that is too long, as MLflow does. */
export function checkedParam(param: KeyValue, prefix: string): KeyValue {
  checkKey(param.key, join(prefix, "key"));
  checkLength("Param key", limits.key, param.key);
  return { key: param.key, value: cutTo(param.value, limits.paramValue) };
}

/** Checks a tag and cuts a value that is too long, as MLflow does. */
export function checkedTag(tag: KeyValue, prefix: string): KeyValue {
  checkKey(tag.key, join(prefix, "key"));
  checkLength(join(prefix, "key"), limits.key, tag.key);
  return { key: tag.key, value: cutTo(tag.value, limits.tagValue) };
}

function join(prefix: string, field: string): string {
  return prefix === "" ? field : `${prefix}.${field}`;
}

export function checkBatchSizes(metrics: number, params: number, tags: number): void {
  const check = (what: string, limit: number, length: number) => {
    if (length <= limit) return;
    throw trackingErrors.TRACKING_INVALID({
      problem: `A batch logging request can contain at most ${limit} ${what}. Got ${length} ${what}. Please split up ${what} across multiple requests and try again.`,
    });
  };
  check("metrics", limits.batchMetrics, metrics);
  check("params", limits.batchParams, params);
  check("tags", limits.batchTags, tags);
  check("metrics, params, and tags", limits.batchTotal, metrics + params + tags);
}

export function checkParamKeysUnique(params: readonly KeyValue[]): void {
  const seen = new Set<string>();
  const twice: string[] = [];
  for (const { key } of params) {
    if (seen.has(key)) twice.push(key);
    seen.add(key);
  }
  if (twice.length > 0) {
    throw trackingErrors.TRACKING_INVALID({
      problem: `Duplicate parameter keys have been submitted: [${twice.map((key) => `'${key}'`).join(", ")}]. Please ensure the request contains only one param value per param key.`,
    });
  }
}

/** How surely a dataset's digest names its content: MLflow's own is 32 bits over at most 10,000 rows. */
export function digestStrength(digest: string, sourceType: string): "content" | "weak" | "none" {
  if (/^[0-9a-f]{16}$|^[0-9a-f]{32}$|^[0-9a-f]{40}$|^[0-9a-f]{64}$/.test(digest)) return "content";
  return sourceType === "code" ? "none" : "weak";
}

/** Whether there were uncommitted changes, by the best spelling that says something; undefined when none does. */
export function dirtyOf(tags: ReadonlyMap<string, string>): boolean | undefined {
  const text = dirtyTags.map((key) => tags.get(key)).find((value) => value !== undefined && value !== "");
  return text === undefined ? undefined : /^(true|1|yes)$/i.test(text);
}
