import type { Capability, Delivered, Listener } from "../capability.js";
import type { Clock } from "../clock.js";
import type { Db, Tx } from "../db/db.js";
import { type OutboxRow, outboxAfter } from "../db/outbox.js";
import type { Log } from "../log.js";

export interface Dispatcher {
  /** Delivers everything there is and resolves when every listener has caught up. */
  drain(): Promise<void>;
  /** Delivers whenever events are written, and every few seconds for what another server wrote. */
  start(): void;
  stop(): Promise<void>;
}

const batch = 200;
const attemptsBeforeSkipping = 5;

/**
 * Delivers the outbox to each capability's listeners in order. The effect of an event and the listener's new position
 * commit together, so an effect happens exactly once whatever is killed when. An event whose handler keeps failing is
 * recorded in `outbox_failures` and passed over, so that one bad event never stops the others.
 */
export function createDispatcher(
  base: { db: Db; log: Log; clock: Clock },
  capabilities: readonly Capability[],
): Dispatcher {
  const groups = capabilities
    .filter((capability) => capability.listeners.length > 0)
    .map((capability) => ({ name: capability.name, byEvent: groupByEvent(capability.listeners) }));
  let running: Promise<void> | undefined;
  let again = false;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const failures = new Map<string, number>();

  async function deliverAll(): Promise<void> {
    let moved = true;
    while (moved && !stopped) {
      moved = false;
      for (const group of groups) if (await deliverBatch(group.name, group.byEvent)) moved = true;
    }
  }

  /** Whether the listener made progress and may have more to read. */
  async function deliverBatch(listener: string, byEvent: Map<string, Listener[]>): Promise<boolean> {
    let failedAt: OutboxRow | undefined;
    try {
      return await base.db.write(async (tx) => {
        const position = await lockCursor(tx, listener, base.db.dialect);
        if (position === undefined) return false;
        const rows = await outboxAfter(tx, base.db.dialect, position, batch);
        const last = rows.at(-1);
        if (last === undefined) return false;
        for (const row of rows) {
          for (const one of byEvent.get(row.name) ?? []) {
            failedAt = row;
            await one.handle(tx, toDelivered(row) as Delivered<never>);
            failedAt = undefined;
          }
        }
        await moveCursor(tx, listener, last);
        return true;
      });
    } catch (error) {
      if (failedAt === undefined) throw error;
      return retryOneByOne(listener, byEvent, failedAt, error);
    }
  }

  /** The batch was undone: deliver up to the failing event again, then count its failures and skip it when hopeless. */
  async function retryOneByOne(
    listener: string,
    byEvent: Map<string, Listener[]>,
    failing: OutboxRow,
    error: unknown,
  ): Promise<boolean> {
    const key = `${listener} ${failing.id}`;
    const attempts = (failures.get(key) ?? 0) + 1;
    failures.set(key, attempts);
    const problem = error instanceof Error ? (error.stack ?? error.message) : String(error);
    base.log.error({ listener, event: failing.name, id: failing.id, attempts, problem }, "an event handler failed");
    return base.db.write(async (tx) => {
      const position = await lockCursor(tx, listener, base.db.dialect);
      if (position === undefined) return false;
      const rows = await outboxAfter(tx, base.db.dialect, position, batch);
      let last: OutboxRow | undefined;
      for (const row of rows) {
        if (row.id === failing.id) break;
        for (const one of byEvent.get(row.name) ?? []) await one.handle(tx, toDelivered(row) as Delivered<never>);
        last = row;
      }
      if (attempts >= attemptsBeforeSkipping) {
        failures.delete(key);
        last = failing;
        await tx.run({
          sql: "insert into outbox_failures (listener, id, name, attempts, problem, at) values (?, ?, ?, ?, ?, ?)",
          parameters: [listener, failing.id, failing.name, attempts, problem.slice(0, 4000), base.clock.now()],
        });
      }
      if (last !== undefined) await moveCursor(tx, listener, last);
      return true;
    });
  }

  function kick(): void {
    if (stopped) return;
    if (running !== undefined) {
      again = true;
      return;
    }
    running = deliverAll()
      .catch((error: unknown) => {
        base.log.error({ problem: error instanceof Error ? error.stack : String(error) }, "event delivery failed");
      })
      .finally(() => {
        running = undefined;
        if (again) {
          again = false;
          kick();
        }
      });
  }

  return {
    async drain() {
      while (running !== undefined) await running;
      await deliverAll();
    },
    start() {
      base.db.onEmit(kick);
      timer = setInterval(kick, 5000);
      timer.unref();
      kick();
    },
    async stop() {
      stopped = true;
      clearInterval(timer);
      while (running !== undefined) await running;
    },
  };
}

function groupByEvent(listeners: readonly Listener[]): Map<string, Listener[]> {
  return Map.groupBy(listeners, (listener) => listener.event.name);
}

/** The listener's position; undefined when another server is delivering to it at this moment. */
async function lockCursor(
  tx: Tx,
  listener: string,
  dialect: "sqlite" | "postgres",
): Promise<{ xact: number; id: number } | undefined> {
  await tx.run({
    sql: "insert into outbox_cursors (listener, xact, id) values (?, 0, 0) on conflict (listener) do nothing",
    parameters: [listener],
  });
  const lock = dialect === "postgres" ? " for update skip locked" : "";
  return tx.get({ sql: `select xact, id from outbox_cursors where listener = ?${lock}`, parameters: [listener] });
}

async function moveCursor(tx: Tx, listener: string, to: { xact: number; id: number }): Promise<void> {
  await tx.run({
    sql: "update outbox_cursors set xact = ?, id = ? where listener = ?",
    parameters: [to.xact, to.id, listener],
  });
}

function toDelivered(row: OutboxRow): Delivered<unknown> {
  return {
    position: `${row.xact}.${row.id}`,
    name: row.name,
    project: row.project,
    at: row.at,
    by: row.caused_by,
    door: row.door,
    payload: JSON.parse(row.payload),
  };
}
