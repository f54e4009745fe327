import { currentCaller } from "../caller.js";
import type { Migration, Reader, Statement } from "./db.js";
import { defineMigration } from "./tables.js";

/**
 * The outbox: events are rows written in the transaction of the action that caused them. On PostgreSQL identities are
 * handed out before the commit, so that reading by id alone would pass over a slower transaction for ever; positions
 * are therefore pairs (transaction, id), and rows of transactions that may still be running are not read yet.
 */
export const outboxMigration: Migration = defineMigration(
  "base-0001-outbox",
  `create table outbox (
    id {serial},
    xact {int} not null,
    name text not null,
    project text not null,
    at {int} not null,
    caused_by text not null,
    door text not null,
    payload text not null
  )`,
  "create index outbox_position on outbox (xact, id)",
  `create table outbox_cursors (
    listener text primary key,
    xact {int} not null,
    id {int} not null
  )`,
  `create table outbox_failures (
    listener text not null,
    id {int} not null,
    name text not null,
    attempts {int} not null,
    problem text not null,
    at {int} not null,
    primary key (listener, id)
  )`,
);

export interface OutboxRow {
  readonly id: number;
  readonly xact: number;
  readonly name: string;
  readonly project: string;
  readonly at: number;
  readonly caused_by: string;
  readonly door: string;
  readonly payload: string;
}

/** `xact` is 0 on SQLite, where commits come in the order of ids; PostgreSQL's adapter puts its own expression in. */
export function outboxInsert(name: string, project: string, payload: unknown, at: number, xact = "0"): Statement {
  const caller = currentCaller();
  return {
    sql: `insert into outbox (xact, name, project, at, caused_by, door, payload) values (${xact}, ?, ?, ?, ?, ?, ?)`,
    parameters: [name, project, at, caller.by, caller.door, JSON.stringify(payload)],
  };
}

/** Events after the position that no running transaction can still precede. */
export function outboxAfter(
  reader: Reader,
  position: { xact: number; id: number },
  limit: number,
): Promise<OutboxRow[]> {
  const settled =
    reader.dialect === "postgres" ? "and xact < pg_snapshot_xmin(pg_current_snapshot())::text::bigint" : "";
  return reader.all<OutboxRow>({
    sql: `select id, xact, name, project, at, caused_by, door, payload from outbox
          where (xact > ? or (xact = ? and id > ?)) ${settled}
          order by xact, id limit ?`,
    parameters: [position.xact, position.xact, position.id, limit],
  });
}
