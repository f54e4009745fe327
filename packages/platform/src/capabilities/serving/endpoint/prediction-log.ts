import { ConsumerSeen } from "@paydown/api/serving";
import type { Ctx } from "#base/context.js";
import type { Tx } from "#base/db/db.js";
import { consumerLimit, latencyBucket, minute, otherConsumers } from "../model.js";
import {
  addLatency,
  addToConsumer,
  addTraffic,
  type Counted,
  countConsumers,
  ensureConsumer,
  findConsumer,
  insertPrediction,
  markFirstSeen,
} from "../store.js";
import type { PredictionRow } from "../tables.js";
import type { Live } from "./live.js";

/** One request to be counted, and logged when it was answered. */
export interface LogEntry {
  readonly live: Live;
  readonly consumer: string;
  readonly at: number;
  readonly eventTime: number;
  readonly violations: number;
  /** Absent for refused and failed requests: they are counted only. */
  readonly prediction?: Omit<
    PredictionRow,
    "id" | "project" | "deployment_id" | "served_id" | "consumer_id" | "at" | "event_time" | "violations"
  >;
}

export interface PredictionLog {
  /** Resolves when the entry is durable. Entries of one turn share a transaction. */
  append(ctx: Ctx, entry: LogEntry): Promise<void>;
}

export function predictionLog(): PredictionLog {
  /** Consumers whose first call is recorded: `<deployment> <name>` -> row id. */
  const known = new Map<string, number>();
  let waiting: LogEntry[] | undefined;
  let writing: Promise<void> | undefined;

  async function idOf(tx: Tx, entry: LogEntry): Promise<number> {
    const key = `${entry.live.id} ${entry.consumer}`;
    const id = known.get(key);
    if (id !== undefined) return id;
    let name = entry.consumer;
    if ((await findConsumer(tx, entry.live.id, name)) === undefined) {
      if ((await countConsumers(tx, entry.live.id)) >= consumerLimit) name = otherConsumers;
    }
    return ensureConsumer(tx, entry.live.id, entry.live.project, name);
  }

  async function write(tx: Tx, entries: readonly LogEntry[]): Promise<Map<string, number>> {
    const ids = new Map<string, number>();
    const consumers = new Map<string, Totals>();
    const latencies = new Map<string, { live: Live; minute: number; bucket: number; requests: number }>();
    for (const entry of entries) {
      const { live, prediction } = entry;
      const consumerId = await idOf(tx, entry);
      ids.set(`${live.id} ${entry.consumer}`, consumerId);
      const at = entry.eventTime - (entry.eventTime % minute);
      addUp(consumers, `${consumerId} ${at}`, { live, consumerId, minute: at, at: entry.at }, entry);
      if (prediction === undefined) continue;
      const bucket = latencyBucket(prediction.latency_us);
      const key = `${live.id} ${at} ${bucket}`;
      const latency = latencies.get(key) ?? { live, minute: at, bucket, requests: 0 };
      latency.requests++;
      latencies.set(key, latency);
      await insertPrediction(tx, {
        ...prediction,
        project: live.project,
        deployment_id: live.id,
        served_id: live.servedId,
        consumer_id: consumerId,
        at: entry.at,
        event_time: entry.eventTime,
        violations: entry.violations,
      });
    }
    // In one order everywhere: two servers that count for the same consumers must not wait for each other.
    for (const [, total] of [...consumers].sort(([a], [b]) => (a < b ? -1 : 1))) {
      await addToConsumer(tx, total.consumerId, total.at, total.counted);
      await addTraffic(tx, total.live.id, total.minute, total.consumerId, total.counted);
    }
    for (const [, one] of [...latencies].sort(([a], [b]) => (a < b ? -1 : 1))) {
      await addLatency(tx, one.live.id, one.minute, one.bucket, one.requests);
    }
    return ids;
  }

  /** A first call is its own write, in the caller's own name, because it raises an event. */
  async function first(ctx: Ctx, entry: LogEntry): Promise<void> {
    const ids = await ctx.db.write(async (tx) => {
      const written = await write(tx, [entry]);
      const id = [...written.values()][0] as number;
      if (await markFirstSeen(tx, id, entry.at)) {
        const row = await findConsumer(tx, entry.live.id, entry.consumer);
        await tx.emit(ConsumerSeen, entry.live.project, {
          deployment: entry.live.name,
          consumer: row === undefined ? otherConsumers : entry.consumer,
          declared: row?.declared_at !== undefined && row.declared_at !== null,
          model: entry.live.model,
          version: entry.live.version,
          ...(entry.prediction === undefined ? {} : { requestId: entry.prediction.request_id }),
          at: entry.at,
        });
      }
      return written;
    });
    for (const [key, id] of ids) if (known.size < 10 * consumerLimit) known.set(key, id);
  }

  return {
    append(ctx, entry) {
      if (!known.has(`${entry.live.id} ${entry.consumer}`)) return first(ctx, entry);
      if (waiting !== undefined && writing !== undefined) {
        waiting.push(entry);
        return writing;
      }
      const entries = [entry];
      waiting = entries;
      const closeGroup = (): void => {
        if (waiting === entries) waiting = undefined;
      };
      writing = ctx.db
        .write(async (tx) => {
          // From here on entries go into the next write; a database that retries gets the same ones again.
          closeGroup();
          await write(tx, entries);
        })
        // A write that never began must not collect entries for ever.
        .finally(closeGroup);
      return writing;
    },
  };
}

interface Totals {
  readonly live: Live;
  readonly consumerId: number;
  readonly minute: number;
  at: number;
  counted: Counted;
}

function addUp(
  totals: Map<string, Totals>,
  key: string,
  place: Pick<Totals, "live" | "consumerId" | "minute" | "at">,
  entry: LogEntry,
): void {
  const before = totals.get(key) ?? { ...place, counted: { requests: 0, rows: 0, errors: 0, violations: 0 } };
  before.at = Math.max(before.at, entry.at);
  before.counted = {
    requests: before.counted.requests + 1,
    rows: before.counted.rows + (entry.prediction?.row_count ?? 0),
    errors: before.counted.errors + (entry.prediction === undefined ? 1 : 0),
    violations: before.counted.violations + entry.violations,
  };
  totals.set(key, before);
}
