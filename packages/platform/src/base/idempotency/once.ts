import { createHash, createHmac, randomUUID } from "node:crypto";
import type { Operation } from "@paydown/api/operation";
import type { Principal } from "../auth/principal.js";
import type { Ctx } from "../context.js";
import type { Db, Dialect, Tx } from "../db/db.js";
import { baseErrors, CodedError } from "../errors.js";
import { dropKeys, findKey, type KeyRow, keepAnswer, takeKey } from "./store.js";

/** How long an answer is given again. */
export const keptFor = 24 * 3_600_000;
/** Longest answer that is kept, in characters of JSON. */
const bodyLimit = 256 * 1024;
/** After this an attempt of another server counts as dead. */
const attemptLimit = 10 * 60_000;
const sweepEvery = 10 * 60_000;

export interface Attempt {
  readonly key: string;
  readonly operation: Operation;
  readonly input: Readonly<Record<string, unknown>>;
  /** Called when the answer is an earlier one's. */
  readonly onReplay?: (() => void) | undefined;
}

export type Once = <R>(ctx: Ctx, attempt: Attempt, work: (ctx: Ctx) => Promise<R>) => Promise<R>;

/**
 * Performs what a key stands for at most once; retries get the first answer. The key is taken in the transaction of the
 * operation's first change, so change and key are there together or not at all, whatever is killed when. The answer is
 * kept in a transaction after the last change: who dies between leaves a key without answer, and a retry is told so
 * (IDEMPOTENCY_ANSWER_LOST) instead of doing it again. An operation that is refused before it changed anything takes no
 * key. The whole story is in base/README.md.
 */
export function createOnce(): Once {
  const server = randomUUID();
  const running = new Set<string>();
  let sweptAt = 0;

  return async (ctx, attempt, work) => {
    const key = toKey(attempt.key);
    const now = ctx.clock.now();
    const expired = now - keptFor;
    const row: KeyRow = {
      id: createHash("sha256")
        .update(`${scopeOf(ctx.principal)}\n${key}`)
        .digest("hex"),
      operation: attempt.operation.name,
      fingerprint: fingerprintOf(key, attempt),
      attempt: randomUUID(),
      server,
      state: "claimed",
      at: now,
      status: null,
      body: null,
      problem: null,
    };
    if (running.has(row.id)) throw stillRunning(key);
    running.add(row.id);
    try {
      const before = await ctx.db.read((r) => findKey(r, row.id));
      if (before !== undefined && before.at > expired) {
        const body = answerOf(before, row, key, ctx.db.dialect, now);
        attempt.onReplay?.();
        return JSON.parse(body);
      }
      return await perform(ctx, row, key, attempt, work);
    } finally {
      running.delete(row.id);
    }
  };

  async function perform<R>(
    ctx: Ctx,
    row: KeyRow,
    key: string,
    attempt: Attempt,
    work: (ctx: Ctx) => Promise<R>,
  ): Promise<R> {
    let taken = false;
    const db: Db = {
      ...ctx.db,
      async write<T>(change: (tx: Tx) => Promise<T>): Promise<T> {
        if (taken) return ctx.db.write(change);
        const value = await ctx.db.write(async (tx) => {
          if (!(await takeKey(tx, row, row.at - keptFor))) throw stillRunning(key);
          return change(tx);
        });
        taken = true;
        return value;
      },
      writeOne: (query) => db.write((tx) => tx.all(query)),
    };
    try {
      const reply = await work({ ...ctx, db });
      await keep(ctx, { ...row, ...toAnswer(attempt.operation, reply) });
      return reply;
    } catch (error) {
      if (taken) await keep(ctx, { ...row, ...toRefusal(error) });
      throw error;
    }
  }

  /** What was done is done: an answer that cannot be kept is given all the same, and a retry will be told that it is lost. */
  async function keep(ctx: Ctx, row: KeyRow): Promise<void> {
    const now = ctx.clock.now();
    const sweep = now - sweptAt >= sweepEvery;
    try {
      await ctx.db.write(async (tx) => {
        await keepAnswer(tx, row);
        if (sweep) await dropKeys(tx, now - keptFor);
      });
      if (sweep) sweptAt = now;
    } catch (error) {
      ctx.log.warn(
        { operation: row.operation, problem: String(error) },
        "the answer to an Idempotency-Key was not kept",
      );
    }
  }
}

type Answer = Pick<KeyRow, "state" | "status" | "body" | "problem">;

function toAnswer(operation: Operation, reply: unknown): Answer {
  if (operation.secret === true) return lost("it holds a secret that is shown once");
  const body = JSON.stringify(reply) ?? "{}";
  if (body.length > bodyLimit) return lost(`it is longer than ${bodyLimit} characters`);
  return { state: "done", status: 200, body, problem: null };
}

function toRefusal(error: unknown): Answer {
  if (!(error instanceof CodedError)) return lost("it failed on the way; look the incident up in the server's log");
  const { code, status, exit, message, next, details } = error;
  const body = JSON.stringify({ code, status, exit, message, next, details });
  return body.length > bodyLimit ? lost("it is too long to keep") : { state: "done", status, body, problem: null };
}

function lost(problem: string): Answer {
  return { state: "lost", status: null, body: null, problem };
}

/** The kept answer as JSON; throws the kept refusal, or why there is none. */
function answerOf(before: KeyRow, row: KeyRow, key: string, dialect: Dialect, now: number): string {
  if (before.fingerprint !== row.fingerprint) {
    throw baseErrors.IDEMPOTENCY_KEY_REUSED({ key, operation: before.operation });
  }
  if (before.state === "done" && before.body !== null) {
    if (before.status === 200) return before.body;
    const { code, details, ...spec } = JSON.parse(before.body);
    throw new CodedError(code, spec, {}, details);
  }
  // A SQLite file has one server: an attempt of another one ended with it.
  const dead = before.server !== row.server && (dialect === "sqlite" || now - before.at > attemptLimit);
  if (before.state === "claimed" && !dead) throw stillRunning(key);
  throw baseErrors.IDEMPOTENCY_ANSWER_LOST({
    key,
    operation: before.operation,
    at: new Date(before.at).toISOString(),
    why: before.problem ?? "the server ended before the answer was kept",
  });
}

function stillRunning(key: string): CodedError {
  return baseErrors.IDEMPOTENCY_RUNNING({ key }, { details: { retryAfter: 1 } });
}

/** The draft writes it as a quoted string; clients send it bare as well. */
function toKey(header: string): string {
  const text = header.trim();
  const key = /^".*"$/.test(text) ? text.slice(1, -1).replace(/\\(["\\])/g, "$1") : text;
  if (/^[\x21-\x7e]{1,255}$/.test(key)) return key;
  throw baseErrors.INPUT_INVALID({
    field: "Idempotency-Key",
    problem: "it must have 1 to 255 visible ASCII characters, such as a UUID",
  });
}

/** Keys are the caller's own: two callers may use the same one. */
function scopeOf(principal: Principal): string {
  return principal.token ?? `${principal.kind}:${principal.name}`;
}

/** Under the key, which is kept only as a hash: inputs may hold passwords, and those must not be guessed from a copy of the table. */
function fingerprintOf(key: string, attempt: Attempt): string {
  return createHmac("sha256", key)
    .update(`${attempt.operation.name}\n${JSON.stringify(sorted(attempt.input))}`)
    .digest("hex");
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, one]) => [name, sorted(one)]));
}
