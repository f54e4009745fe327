import type { Reader, Statement, Tx } from "#base/db/db.js";
import { queries } from "#base/db/queries.js";
import type {
  ConsumerRow,
  DeploymentRow,
  OutcomeRow,
  PredictionRow,
  ServedModelRow,
  ServingTables,
  SpanRow,
} from "./tables.js";

const q = queries<ServingTables>();

export function findDeployment(r: Reader, project: string, name: string): Promise<DeploymentRow | undefined> {
  return r.get<DeploymentRow>(
    q.selectFrom("deployments").selectAll().where("project", "=", project).where("name", "=", name),
  );
}

export function findServed(r: Reader, id: number): Promise<ServedModelRow | undefined> {
  return r.get<ServedModelRow>(q.selectFrom("served_models").selectAll().where("id", "=", id));
}

/** The record of a file's schema; made once. */
export async function ensureServed(tx: Tx, row: Omit<ServedModelRow, "id">): Promise<number> {
  const key = [row.project, row.model, row.version, row.hash];
  await tx.run({
    sql: `insert into served_models (project, model, version, hash, size, inputs, outputs, columns)
      values (?, ?, ?, ?, ?, ?, ?, ?) on conflict (project, model, version, hash) do nothing`,
    parameters: [...key, row.size, row.inputs, row.outputs, row.columns],
  });
  const found = await tx.get<{ id: number }>({
    sql: "select id from served_models where project = ? and model = ? and version = ? and hash = ?",
    parameters: key,
  });
  return (found as { id: number }).id;
}

/** Answers the new deployment's id, or undefined when the name is taken. */
export async function insertDeployment(tx: Tx, row: Omit<DeploymentRow, "id">): Promise<number | undefined> {
  const made = await tx.get<{ id: number }>(
    q
      .insertInto("deployments")
      .values(row as DeploymentRow)
      .onConflict((on) => on.columns(["project", "name"]).doNothing())
      .returning("id"),
  );
  return made?.id;
}

export async function updateDeploymentRow(tx: Tx, id: number, changes: Partial<DeploymentRow>): Promise<void> {
  await tx.run(q.updateTable("deployments").set(changes).where("id", "=", id));
}

/** Ends the open span and opens the next. */
export async function insertSpan(tx: Tx, span: Omit<SpanRow, "id" | "ended_at">): Promise<void> {
  await endSpan(tx, span.deployment_id, span.started_at);
  await tx.run(q.insertInto("deployment_spans").values({ ...span, ended_at: null } as SpanRow));
}

export async function endSpan(tx: Tx, deploymentId: number, at: number): Promise<void> {
  await tx.run(
    q
      .updateTable("deployment_spans")
      .set({ ended_at: at })
      .where("deployment_id", "=", deploymentId)
      .where("ended_at", "is", null),
  );
}

export function findSpanOfVersion(r: Reader, deploymentId: number, version: number): Promise<SpanRow | undefined> {
  return r.get<SpanRow>(
    q
      .selectFrom("deployment_spans")
      .selectAll()
      .where("deployment_id", "=", deploymentId)
      .where("version", "=", version)
      .orderBy("id", "desc")
      .limit(1),
  );
}

export function findConsumer(r: Reader, deploymentId: number, consumer: string): Promise<ConsumerRow | undefined> {
  return r.get<ConsumerRow>({
    sql: "select * from deployment_consumers where deployment_id = ? and consumer = ?",
    parameters: [deploymentId, consumer],
  });
}

export async function countConsumers(r: Reader, deploymentId: number): Promise<number> {
  const row = await r.get<{ n: number }>({
    sql: "select count(*) as n from deployment_consumers where deployment_id = ?",
    parameters: [deploymentId],
  });
  return row?.n ?? 0;
}

/** Makes sure the consumer has a row; answers its id. */
export async function ensureConsumer(tx: Tx, deploymentId: number, project: string, consumer: string): Promise<number> {
  await tx.run({
    sql: `insert into deployment_consumers
      (deployment_id, project, consumer, requests, row_count, errors, violations) values (?, ?, ?, 0, 0, 0, 0)
      on conflict (deployment_id, consumer) do nothing`,
    parameters: [deploymentId, project, consumer],
  });
  return ((await findConsumer(tx, deploymentId, consumer)) as ConsumerRow).id;
}

export async function updateConsumer(tx: Tx, id: number, changes: Partial<ConsumerRow>): Promise<void> {
  await tx.run(q.updateTable("deployment_consumers").set(changes).where("id", "=", id));
}

/** True for the write that first saw this consumer call. */
export async function markFirstSeen(tx: Tx, consumerId: number, at: number): Promise<boolean> {
  const changed = await tx.run({
    sql: "update deployment_consumers set first_seen = ?, last_seen = ? where id = ? and first_seen is null",
    parameters: [at, at, consumerId],
  });
  return changed > 0;
}

export interface Counted {
  readonly requests: number;
  readonly rows: number;
  readonly errors: number;
  readonly violations: number;
}

export async function addToConsumer(tx: Tx, consumerId: number, at: number, counted: Counted): Promise<void> {
  await tx.run({
    sql: `update deployment_consumers set requests = requests + ?, row_count = row_count + ?, errors = errors + ?,
      violations = violations + ?, last_seen = case when last_seen > ? then last_seen else ? end where id = ?`,
    parameters: [counted.requests, counted.rows, counted.errors, counted.violations, at, at, consumerId],
  });
}

export async function addTraffic(
  tx: Tx,
  deploymentId: number,
  minute: number,
  consumerId: number,
  counted: Counted,
): Promise<void> {
  await tx.run({
    sql: `insert into deployment_traffic
      (deployment_id, minute, consumer_id, requests, row_count, errors, violations) values (?, ?, ?, ?, ?, ?, ?)
      on conflict (deployment_id, minute, consumer_id) do update set
      requests = deployment_traffic.requests + excluded.requests, row_count = deployment_traffic.row_count + excluded.row_count,
      errors = deployment_traffic.errors + excluded.errors, violations = deployment_traffic.violations + excluded.violations`,
    parameters: [deploymentId, minute, consumerId, counted.requests, counted.rows, counted.errors, counted.violations],
  });
}

export async function addLatency(
  tx: Tx,
  deploymentId: number,
  minute: number,
  bucket: number,
  requests: number,
): Promise<void> {
  await tx.run({
    sql: `insert into deployment_latency (deployment_id, minute, bucket, requests) values (?, ?, ?, ?)
      on conflict (deployment_id, minute, bucket) do update set requests = deployment_latency.requests + excluded.requests`,
    parameters: [deploymentId, minute, bucket, requests],
  });
}

const insertPredictionSql = `insert into predictions
  (project, request_id, client_id, deployment_id, served_id, consumer_id, at, event_time, row_count, violations, latency_us,
  score, inputs, outputs) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

export async function insertPrediction(tx: Tx, row: Omit<PredictionRow, "id">): Promise<void> {
  const statement: Statement = {
    sql: insertPredictionSql,
    parameters: [
      row.project,
      row.request_id,
      row.client_id,
      row.deployment_id,
      row.served_id,
      row.consumer_id,
      row.at,
      row.event_time,
      row.row_count,
      row.violations,
      row.latency_us,
      row.score,
      row.inputs,
      row.outputs,
    ],
  };
  await tx.run(statement);
}

export function findPrediction(r: Reader, project: string, requestId: string): Promise<PredictionRow | undefined> {
  return r.get<PredictionRow>({
    sql: "select * from predictions where request_id = ? and project = ?",
    parameters: [requestId, project],
  });
}

export type PredictionKey = Pick<PredictionRow, "id" | "request_id" | "row_count" | "deployment_id" | "event_time">;

/** Without its tensors. */
export function findPredictionKey(r: Reader, project: string, requestId: string): Promise<PredictionKey | undefined> {
  return r.get<PredictionKey>({
    sql: "select id, request_id, row_count, deployment_id, event_time from predictions where request_id = ? and project = ?",
    parameters: [requestId, project],
  });
}

export function findOutcome(r: Reader, predictionId: number, row: number): Promise<OutcomeRow | undefined> {
  return r.get<OutcomeRow>({
    sql: "select * from prediction_outcomes where prediction_id = ? and row_index = ?",
    parameters: [predictionId, row],
  });
}

/** Records an outcome unless a later or equal one is known; answers whether it was. */
export async function putOutcome(tx: Tx, outcome: OutcomeRow): Promise<boolean> {
  const changed = await tx.run({
    sql: `insert into prediction_outcomes (prediction_id, row_index, value, at, recorded_at) values (?, ?, ?, ?, ?)
      on conflict (prediction_id, row_index) do update set value = excluded.value, at = excluded.at,
      recorded_at = excluded.recorded_at where excluded.at > prediction_outcomes.at`,
    parameters: [outcome.prediction_id, outcome.row_index, outcome.value, outcome.at, outcome.recorded_at],
  });
  return changed > 0;
}

/** Deletes at most `limit` predictions logged before the instant, with their outcomes; answers how many. */
export async function deletePredictions(tx: Tx, deploymentId: number, before: number, limit: number): Promise<number> {
  const rows = await tx.all<{ id: number }>({
    sql: "select id from predictions where deployment_id = ? and at < ? order by event_time, id limit ?",
    parameters: [deploymentId, before, limit],
  });
  if (rows.length === 0) return 0;
  const ids = rows.map((row) => row.id);
  await tx.run(q.deleteFrom("prediction_outcomes").where("prediction_id", "in", ids));
  return tx.run(q.deleteFrom("predictions").where("id", "in", ids));
}
