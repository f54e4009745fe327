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
/** Milliseconds between two rounds: under load one round then takes many events instead of a transaction a listener for each. */
const rest = 100;

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
    .map(({ name, listeners, settle = nothingLeft }) => ({ name, byEvent: groupByEvent(listeners), settle }));
  let running: Promise<void> | undefined;
  let again = false;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let hurried = 0;
  let wake: (() => void) | undefined;
  const failures = new Map<string, number>();
  let made = false;

  /** A round gives each listener a batch. Rounds go on while one had a full batch or, when asked to, while any moved. */
  async function deliverAll(untilNothingMoves: boolean): Promise<void> {
    await makeCursors();
    let more = true;
    while (more && !stopped) {
      more = false;
      for (const group of groups) {
        const events = await deliverBatch(group);
        if (events >= (untilNothingMoves ? 1 : batch)) more = true;
      }
    }
  }

  /** How many events the listener moved on by. `each`: nothing of one event is left to be written with the next. */
  async function deliverBatch(group: Group, each = false): Promise<number> {
    const { name: listener, byEvent, settle } = group;
    let failedAt: OutboxRow | undefined;
    let isSettling = false;
    try {
      return await base.db.write(async (tx) => {
        const position = await lockCursor(tx, listener);
        if (position === undefined) return 0;
        const rows = await outboxAfter(tx, position, batch);
        const last = rows.at(-1);
        if (last === undefined) return 0;
        for (const row of rows) {
          for (const one of byEvent.get(row.name) ?? []) {
            failedAt = row;
            await one.handle(tx, toDelivered(row) as Delivered<never>);
            if (each) await settle(tx);
            failedAt = undefined;
          }
        }
        isSettling = true;
        await settle(tx);
        isSettling = false;
        await moveCursor(tx, listener, last);
        return rows.length;
      });
    } catch (error) {
      if (failedAt !== undefined) return retryOneByOne(group, failedAt, error);
      // One of the events left what cannot be written: settled one by one, it shows which.
      if (isSettling && !each) return deliverBatch(group, true);
      throw error;
    }
  }

  /** The batch was undone: deliver up to the failing event again, then count its failures and skip it when hopeless. */
  async function retryOneByOne(group: Group, failing: OutboxRow, error: unknown): Promise<number> {
    const { name: listener, byEvent, settle } = group;
    const key = `${listener} ${failing.id}`;
    const attempts = (failures.get(key) ?? 0) + 1;
    failures.set(key, attempts);
    const problem = error instanceof Error ? (error.stack ?? error.message) : String(error);
    base.log.error({ listener, event: failing.name, id: failing.id, attempts, problem }, "an event handler failed");
    return base.db.write(async (tx) => {
      const position = await lockCursor(tx, listener);
      if (position === undefined) return 0;
      const rows = await outboxAfter(tx, position, batch);
      let last: OutboxRow | undefined;
      for (const row of rows) {
        if (row.id === failing.id) break;
        for (const one of byEvent.get(row.name) ?? []) await one.handle(tx, toDelivered(row) as Delivered<never>);
        await settle(tx);
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
      // There is more to read however few these were.
      return batch;
    });
  }

  /** The listener's position; undefined when another server is delivering to it at this moment. */
  async function lockCursor(tx: Tx, listener: string): Promise<{ xact: number; id: number } | undefined> {
    const lock = base.db.dialect === "postgres" ? " for update skip locked" : "";
    return tx.get({ sql: `select xact, id from outbox_cursors where listener = ?${lock}`, parameters: [listener] });
  }

  /** Positions are made once, in a transaction of their own: made in one that fails, they would be gone again. */
  async function makeCursors(): Promise<void> {
    if (made) return;
    await base.db.write(async (tx) => {
      for (const { name } of groups) {
        await tx.run({
          sql: "insert into outbox_cursors (listener, xact, id) values (?, 0, 0) on conflict (listener) do nothing",
          parameters: [name],
        });
      }
    });
    made = true;
  }

  function kick(): void {
    if (stopped) return;
    if (running !== undefined) {
      again = true;
      return;
    }
    running = deliverAll(false)
      .catch((error: unknown) => {
        base.log.error({ problem: error instanceof Error ? error.stack : String(error) }, "event delivery failed");
      })
      .then(() => pause())
      .finally(() => {
        running = undefined;
        if (again) {
          again = false;
          kick();
        }
      });
  }

  /** Ends early when somebody waits for the events. */
  function pause(): Promise<void> {
    if (stopped || hurried > 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, rest);
      timer.unref();
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  return {
    async drain() {
      hurried += 1;
      wake?.();
      try {
        while (running !== undefined) await running;
        await deliverAll(true);
      } finally {
        hurried -= 1;
      }
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
      wake?.();
      while (running !== undefined) await running;
    },
  };
}

interface Group {
  readonly name: string;
  readonly byEvent: Map<string, Listener[]>;
  readonly settle: (tx: Tx) => Promise<void>;
}

const nothingLeft = (): Promise<void> => Promise.resolve();

function groupByEvent(listeners: readonly Listener[]): Map<string, Listener[]> {
  return Map.groupBy(listeners, (listener) => listener.event.name);
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
