import type { Input, Reply } from "@paydown/api/operation";
import type {
  Consumer,
  Deployment,
  EndpointContract,
  EndpointLimits,
  getDeployment as getDeploymentOperation,
  getPrediction as getPredictionOperation,
  listConsumers as listConsumersOperation,
  listDeployments as listDeploymentsOperation,
  listPredictions as listPredictionsOperation,
  PredictionSummary,
  ScoreColumn,
  ServedSpan,
  Traffic,
} from "@paydown/api/serving";
import type { Ctx } from "#base/context.js";
import type { Reader } from "#base/db/db.js";
import { queries } from "#base/db/queries.js";
import { baseErrors } from "#base/errors.js";
import { servingErrors } from "./errors.js";
import { quantileMs, type WindowName, windowFor, windowLengths, windowLimit } from "./model.js";
import { findDeployment, findOutcome, findPrediction, findServed } from "./store.js";
import type { ConsumerRow, DeploymentRow, PredictionRow, ServedModelRow, ServingTables, SpanRow } from "./tables.js";
import { type Column, scoresOf } from "./tensors/columns.js";
import { unpack } from "./tensors/pack.js";
import { countOf, numberAt, rowsOf, type Tensor, type TensorSpec } from "./tensors/tensor.js";

const q = queries<ServingTables>();
const defaultLimit = 100;

function toDeployment(row: DeploymentRow, served: ServedModelRow): Deployment {
  return {
    name: row.name,
    model: row.model,
    version: row.version,
    ...(row.alias === null ? {} : { alias: row.alias }),
    state: row.state as Deployment["state"],
    ...(row.owner === null ? {} : { owner: row.owner }),
    createdAt: row.created_at,
    createdBy: row.created_by,
    switchedAt: row.switched_at,
    modelHash: served.hash,
    modelBytes: served.size,
    inputs: JSON.parse(served.inputs) as TensorSpec[],
    outputs: JSON.parse(served.outputs) as TensorSpec[],
    columns: (JSON.parse(served.columns) as Column[]).map((column) => column.name),
    ...(row.score === null ? {} : { score: JSON.parse(row.score) as ScoreColumn }),
    ...(row.contract === null ? {} : { contract: JSON.parse(row.contract) as EndpointContract }),
    ...(row.limits === null ? {} : { limits: JSON.parse(row.limits) as EndpointLimits }),
    batching: row.batching === 1,
    ...(row.retention_days === null ? {} : { retentionDays: row.retention_days }),
  };
}

export function toConsumer(deployment: string, row: ConsumerRow): Consumer {
  return {
    deployment,
    consumer: row.consumer,
    state: row.declared_at === null ? "undeclared" : "declared",
    ...(row.team === null ? {} : { team: row.team }),
    ...(row.purpose === null ? {} : { purpose: row.purpose }),
    ...(row.declared_at === null ? {} : { declaredAt: row.declared_at }),
    ...(row.declared_by === null ? {} : { declaredBy: row.declared_by }),
    ...(row.first_seen === null ? {} : { firstSeen: row.first_seen }),
    ...(row.last_seen === null ? {} : { lastSeen: row.last_seen }),
    requests: row.requests,
    rows: row.row_count,
    errors: row.errors,
    violations: row.violations,
  };
}

async function getRow(r: Reader, project: string, name: string): Promise<DeploymentRow> {
  const row = await findDeployment(r, project, name);
  if (row === undefined) throw servingErrors.SERVING_DEPLOYMENT_NOT_FOUND({ name });
  return row;
}

export async function getDeploymentRecord(r: Reader, project: string, name: string): Promise<Deployment> {
  const row = await getRow(r, project, name);
  return toDeployment(row, (await findServed(r, row.served_id)) as ServedModelRow);
}

export async function deploymentNames(r: Reader, ids: readonly number[]): Promise<Map<number, string>> {
  if (ids.length === 0) return new Map();
  const rows = await r.all<{ id: number; name: string }>(
    q.selectFrom("deployments").select(["id", "name"]).where("id", "in", ids),
  );
  return new Map(rows.map((row) => [row.id, row.name]));
}

export async function listDeployments(
  ctx: Ctx,
  input: Input<typeof listDeploymentsOperation>,
): Promise<Reply<typeof listDeploymentsOperation>> {
  const limit = input.limit ?? defaultLimit;
  return ctx.db.read(async (r) => {
    let query = q.selectFrom("deployments").selectAll().where("project", "=", input.project);
    if (input.model !== undefined) query = query.where("model", "=", input.model);
    if (input.cursor !== undefined) query = query.where("name", ">", textCursor(input.cursor));
    const rows = await r.all<DeploymentRow>(query.orderBy("name").limit(limit + 1));
    const shown = rows.slice(0, limit);
    const items = [];
    for (const row of shown) {
      const totals = await r.get<TotalsRow>({ sql: totalsSql, parameters: [row.id] });
      const { last_seen, ...counts } = totals as TotalsRow;
      items.push({
        ...toDeployment(row, (await findServed(r, row.served_id)) as ServedModelRow),
        ...counts,
        ...(last_seen === null ? {} : { lastSeen: last_seen }),
      });
    }
    return { items, ...(rows.length > limit ? { cursor: toCursor([shown.at(-1)?.name as string]) } : {}) };
  });
}

interface TotalsRow {
  consumers: number;
  undeclared: number;
  requests: number;
  violations: number;
  last_seen: number | null;
}

const totalsSql = `select count(*) as consumers, cast(coalesce(sum(requests), 0) as bigint) as requests,
  cast(coalesce(sum(case when declared_at is null then 1 else 0 end), 0) as bigint) as undeclared,
  cast(coalesce(sum(violations), 0) as bigint) as violations, max(last_seen) as last_seen
  from deployment_consumers where deployment_id = ?`;

export async function getDeployment(
  ctx: Ctx,
  input: Input<typeof getDeploymentOperation>,
): Promise<Reply<typeof getDeploymentOperation>> {
  return ctx.db.read(async (r) => {
    const row = await getRow(r, input.project, input.name);
    const served = (await findServed(r, row.served_id)) as ServedModelRow;
    const consumers = await r.all<ConsumerRow>({
      sql: `select * from deployment_consumers where deployment_id = ?
        order by case when declared_at is null then 0 else 1 end, last_seen desc, consumer limit 1000`,
      parameters: [row.id],
    });
    const spans = await r.all<SpanRow>(
      q.selectFrom("deployment_spans").selectAll().where("deployment_id", "=", row.id).orderBy("id", "desc"),
    );
    return {
      ...toDeployment(row, served),
      history: spans.map(toSpan),
      consumers: consumers.map((one) => toConsumer(row.name, one)),
      traffic: await readTraffic(r, row.id, input, ctx.clock.now()),
    };
  });
}

function toSpan(row: SpanRow): ServedSpan {
  return {
    model: row.model,
    version: row.version,
    ...(row.previous === null ? {} : { previous: row.previous }),
    from: row.started_at,
    ...(row.ended_at === null ? {} : { to: row.ended_at }),
    by: row.started_by,
    reason: row.reason,
  };
}

interface TrafficSum {
  at: number;
  consumer: string;
  requests: number;
  rows: number;
  errors: number;
  violations: number;
}

async function readTraffic(
  r: Reader,
  deploymentId: number,
  asked: { from?: number; to?: number; window?: WindowName },
  now: number,
): Promise<Traffic> {
  const last = await r.get<{ minute: number | null }>({
    sql: "select max(minute) as minute from deployment_traffic where deployment_id = ?",
    parameters: [deploymentId],
  });
  const latest = last?.minute === null || last?.minute === undefined ? now : last.minute + windowLengths.minute;
  const to = asked.to ?? (asked.from === undefined ? latest : Math.max(now, latest));
  const from = asked.from ?? to - windowLengths.day;
  const window = asked.window ?? windowFor(from, to);
  const length = windowLengths[window];
  const windows = Math.ceil((to - from) / length);
  if (windows > windowLimit) throw servingErrors.SERVING_TOO_MANY_WINDOWS({ windows, window, limit: windowLimit });
  // The length is one of three numbers of ours; databases do not agree on the type of a bound divisor.
  const start = `t.minute - t.minute % ${length}`;
  const points = await r.all<TrafficSum>({
    sql: `select ${start} as at, c.consumer as consumer, cast(sum(t.requests) as bigint) as requests,
      cast(sum(t.row_count) as bigint) as rows, cast(sum(t.errors) as bigint) as errors,
      cast(sum(t.violations) as bigint) as violations
      from deployment_traffic t join deployment_consumers c on c.id = t.consumer_id
      where t.deployment_id = ? and t.minute >= ? and t.minute < ? group by ${start}, c.consumer order by 1, 2`,
    parameters: [deploymentId, from, to],
  });
  const buckets = await r.all<{ at: number; bucket: number; requests: number }>({
    sql: `select ${start} as at, t.bucket as bucket, cast(sum(t.requests) as bigint) as requests from deployment_latency t
      where t.deployment_id = ? and t.minute >= ? and t.minute < ? group by ${start}, t.bucket order by 1, 2`,
    parameters: [deploymentId, from, to],
  });
  const byWindow = Map.groupBy(buckets, (one) => one.at);
  const total = (pick: (point: TrafficSum) => number): number => points.reduce((sum, point) => sum + pick(point), 0);
  const p50Ms = quantileMs(buckets, 0.5);
  const p99Ms = quantileMs(buckets, 0.99);
  return {
    from,
    to,
    window,
    requests: total((point) => point.requests),
    rows: total((point) => point.rows),
    errors: total((point) => point.errors),
    violations: total((point) => point.violations),
    ...(p50Ms === undefined ? {} : { p50Ms }),
    ...(p99Ms === undefined ? {} : { p99Ms }),
    points,
    latency: [...byWindow].map(([at, counts]) => ({
      at,
      requests: counts.reduce((sum, one) => sum + one.requests, 0),
      p50Ms: quantileMs(counts, 0.5) ?? 0,
      p99Ms: quantileMs(counts, 0.99) ?? 0,
    })),
  };
}

export async function listConsumers(
  ctx: Ctx,
  input: Input<typeof listConsumersOperation>,
): Promise<Reply<typeof listConsumersOperation>> {
  const limit = input.limit ?? defaultLimit;
  return ctx.db.read(async (r) => {
    let query = q
      .selectFrom("deployment_consumers")
      .innerJoin("deployments", "deployments.id", "deployment_consumers.deployment_id")
      .selectAll("deployment_consumers")
      .select("deployments.name as deployment_name")
      .where("deployment_consumers.project", "=", input.project);
    if (input.deployment !== undefined) query = query.where("deployments.name", "=", input.deployment);
    if (input.state === "declared") query = query.where("declared_at", "is not", null);
    if (input.state === "undeclared") query = query.where("declared_at", "is", null);
    if (input.cursor !== undefined) {
      const [consumer, id] = fromCursor(input.cursor) as [string, number];
      query = query.where((where) =>
        where.or([
          where("deployment_consumers.consumer", ">", consumer),
          where.and([where("deployment_consumers.consumer", "=", consumer), where("deployment_consumers.id", ">", id)]),
        ]),
      );
    }
    const rows = await r.all<ConsumerRow & { deployment_name: string }>(
      query
        .orderBy("deployment_consumers.consumer")
        .orderBy("deployment_consumers.id")
        .limit(limit + 1),
    );
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    return {
      items: shown.map((row) => toConsumer(row.deployment_name, row)),
      ...(rows.length > limit && last !== undefined ? { cursor: toCursor([last.consumer, last.id]) } : {}),
    };
  });
}

type SummaryRow = Omit<PredictionRow, "inputs" | "outputs"> & { consumer: string; model: string; version: number };

const summaryColumns = `p.id, p.project, p.request_id, p.client_id, p.deployment_id, p.served_id, p.consumer_id, p.at,
  p.event_time, p.row_count, p.violations, p.latency_us, p.score, c.consumer, m.model, m.version`;
const summaryTables = `predictions p join deployment_consumers c on c.id = p.consumer_id
  join served_models m on m.id = p.served_id`;

function toSummary(deployment: string, row: SummaryRow): PredictionSummary {
  return {
    requestId: row.request_id,
    ...(row.client_id === null ? {} : { clientId: row.client_id }),
    deployment,
    model: row.model,
    version: row.version,
    consumer: row.consumer,
    at: row.at,
    eventTime: row.event_time,
    rows: row.row_count,
    violations: row.violations,
    latencyMs: row.latency_us / 1000,
    ...(row.score === null ? {} : { score: row.score }),
  };
}

export async function listPredictions(
  ctx: Ctx,
  input: Input<typeof listPredictionsOperation>,
): Promise<Reply<typeof listPredictionsOperation>> {
  const limit = input.limit ?? defaultLimit;
  return ctx.db.read(async (r) => {
    const deployment = await getRow(r, input.project, input.name);
    const conditions = ["p.deployment_id = ?"];
    const parameters: unknown[] = [deployment.id];
    const add = (condition: string, ...values: unknown[]): void => {
      conditions.push(condition);
      parameters.push(...values);
    };
    if (input.from !== undefined) add("p.event_time >= ?", input.from);
    if (input.to !== undefined) add("p.event_time < ?", input.to);
    if (input.consumer !== undefined) add("c.consumer = ?", input.consumer);
    if (input.cursor !== undefined) {
      const [time, id] = fromCursor(input.cursor) as [number, number];
      add("(p.event_time < ? or (p.event_time = ? and p.id < ?))", time, time, id);
    }
    const rows = await r.all<SummaryRow>({
      sql: `select ${summaryColumns} from ${summaryTables} where ${conditions.join(" and ")}
        order by p.event_time desc, p.id desc limit ?`,
      parameters: [...parameters, limit + 1],
    });
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    return {
      items: shown.map((row) => toSummary(deployment.name, row)),
      ...(rows.length > limit && last !== undefined ? { cursor: toCursor([last.event_time, last.id]) } : {}),
    };
  });
}

export async function getPrediction(
  ctx: Ctx,
  input: Input<typeof getPredictionOperation>,
): Promise<Reply<typeof getPredictionOperation>> {
  const { project, requestId, row } = input;
  return ctx.db.read(async (r) => {
    const found = await findPrediction(r, project, requestId);
    if (found === undefined || row >= found.row_count) {
      throw servingErrors.SERVING_PREDICTION_NOT_FOUND({ requestId, row });
    }
    const served = (await findServed(r, found.served_id)) as ServedModelRow;
    const summary = (await r.get<SummaryRow>({
      sql: `select ${summaryColumns} from ${summaryTables} where p.id = ?`,
      parameters: [found.id],
    })) as SummaryRow;
    const deployment = (await r.get<DeploymentRow>(
      q.selectFrom("deployments").selectAll().where("id", "=", found.deployment_id),
    )) as DeploymentRow;
    const inputs = unpack(namesOf(served.inputs), found.inputs);
    const outputs = unpack(namesOf(served.outputs), found.outputs);
    const columns = JSON.parse(served.columns) as Column[];
    const score = deployment.score === null ? undefined : (JSON.parse(deployment.score) as ScoreColumn);
    const own = scoresOf(outputs, score, found.row_count)[row] as number;
    const outcome = await findOutcome(r, found.id, row);
    const { score: _first, ...rest } = toSummary(deployment.name, summary);
    return {
      ...rest,
      row,
      inputs: inputsOfRow(inputs, columns, row),
      outputs: Object.fromEntries(outputs.map((output) => [output.name, valueOfRow(output, row)])),
      ...(Number.isFinite(own) ? { score: own } : {}),
      ...(outcome === undefined
        ? {}
        : { outcome: { value: outcome.value, at: outcome.at, recordedAt: outcome.recorded_at } }),
      violated: violatedColumns(inputs, columns, row, deployment.contract),
    };
  });
}

function namesOf(specs: string): string[] {
  return (JSON.parse(specs) as TensorSpec[]).map((spec) => spec.name);
}

function inputsOfRow(inputs: readonly Tensor[], columns: readonly Column[], row: number): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const input of inputs) {
    const own = columns.filter((column) => column.input === input.name);
    if (own.length === 0) values[input.name] = valueOfRow(input, row);
    for (const column of own) values[column.name] = valueAt(input, row * column.width + column.offset);
  }
  return values;
}

/** All values of a row: one, or a list. */
function valueOfRow(tensor: Tensor, row: number): unknown {
  const width = countOf(tensor.shape.slice(1));
  if (rowsOf(tensor.shape) <= row) return null;
  if (width === 1) return valueAt(tensor, row);
  return Array.from({ length: Math.min(width, 10_000) }, (_, i) => valueAt(tensor, row * width + i));
}

function valueAt(tensor: Tensor, index: number): unknown {
  const value = tensor.data[index];
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (tensor.datatype === "BOOL") return value === 1;
  if (typeof value !== "number") return value;
  const number = numberAt(tensor, index);
  return Number.isFinite(number) ? number : String(number);
}

function violatedColumns(
  inputs: readonly Tensor[],
  columns: readonly Column[],
  row: number,
  contractText: string | null,
): string[] {
  if (contractText === null) return [];
  const contract = JSON.parse(contractText) as EndpointContract;
  return contract.columns
    .filter((promise) => {
      const column = columns.find((one) => one.name === promise.column);
      const input = inputs.find((one) => one.name === column?.input);
      if (column === undefined || input === undefined || column.text) return false;
      const value = numberAt(input, row * column.width + column.offset);
      if (Number.isNaN(value)) return promise.missing !== true;
      return value < (promise.min ?? Number.NEGATIVE_INFINITY) || value > (promise.max ?? Number.POSITIVE_INFINITY);
    })
    .map((promise) => promise.column);
}

function toCursor(place: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(place)).toString("base64url");
}

function fromCursor(cursor: string): unknown[] {
  try {
    const place = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8")) as unknown;
    if (Array.isArray(place) && place.every((part) => typeof part === "string" || typeof part === "number"))
      return place;
  } catch {
    // Not one of ours; said below.
  }
  throw baseErrors.INPUT_INVALID({ field: "input.cursor", problem: "it is not a cursor of this list" });
}

function textCursor(cursor: string): string {
  return String(fromCursor(cursor)[0]);
}
