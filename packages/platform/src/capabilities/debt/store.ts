import type { Reader, Statement, Tx } from "#base/db/db.js";
import { queries } from "#base/db/queries.js";
import { standingStates } from "./model/query.js";
import type { EntryKind } from "./model/statement.js";
import type { CostRow, DebtTables, EntryRow, ItemRow } from "./tables.js";

const q = queries<DebtTables>();

export function findItem(r: Reader, project: string, id: string): Promise<ItemRow | undefined> {
  return r.get<ItemRow>(q.selectFrom("debt_items").selectAll().where("project", "=", project).where("id", "=", id));
}

/** Items whose id begins so; at most `limit`. */
export function findByPrefix(r: Reader, project: string, prefix: string, limit: number): Promise<ItemRow[]> {
  return r.all<ItemRow>(
    q
      .selectFrom("debt_items")
      .selectAll()
      .where("project", "=", project)
      .where("id", ">=", prefix)
      .where("id", "<", `${prefix}g`)
      .orderBy("id")
      .limit(limit),
  );
}

export function allItems(r: Reader, project: string): Promise<ItemRow[]> {
  return r.all<ItemRow>(q.selectFrom("debt_items").selectAll().where("project", "=", project).orderBy("id"));
}

/** Items whose principal stands in the ledger. */
export function standingItems(r: Reader, project: string): Promise<ItemRow[]> {
  return r.all<ItemRow>(
    q
      .selectFrom("debt_items")
      .selectAll()
      .where("project", "=", project)
      .where("state", "in", [...standingStates])
      .orderBy("asset_kind")
      .orderBy("asset_id")
      .orderBy("id"),
  );
}

export function insertItem(tx: Tx, row: ItemRow): Promise<number> {
  return tx.run(insertOf("debt_items", row));
}

const statements = new Map<string, string>();

/** One text per table: the driver keeps it prepared. */
function insertOf<T extends object>(table: string, row: T): Statement {
  const columns = Object.keys(row);
  const key = `${table} ${columns.length}`;
  let sql = statements.get(key);
  if (sql === undefined) {
    sql = `insert into ${table} (${columns.join(", ")}) values (${columns.map(() => "?").join(", ")})`;
    statements.set(key, sql);
  }
  return { sql, parameters: Object.values(row) };
}

/** Changes the given columns of one item. */
export function updateItem(tx: Tx, project: string, id: string, change: Partial<ItemRow>): Promise<number> {
  const columns = Object.keys(change);
  if (columns.length === 0) return Promise.resolve(0);
  return tx.run({
    sql: `update debt_items set ${columns.map((column) => `${column} = ?`).join(", ")} where project = ? and id = ?`,
    parameters: [...Object.values(change), project, id],
  });
}

interface NewEntry {
  readonly item: string;
  readonly at: number;
  readonly kind: EntryKind;
  readonly minutes: number;
  readonly principal: number;
  readonly by: string;
  readonly note: string;
}

/** Adds a line to the ledger; lines are never changed or removed. */
export function appendEntry(tx: Tx, project: string, entry: NewEntry): Promise<number> {
  return tx.run({
    sql: "insert into debt_entries (project, item, at, kind, minutes, principal, by_name, note) values (?, ?, ?, ?, ?, ?, ?, ?)",
    parameters: [project, entry.item, entry.at, entry.kind, entry.minutes, entry.principal, entry.by, entry.note],
  });
}

export function entriesOfItem(r: Reader, project: string, item: string): Promise<EntryRow[]> {
  return r.all<EntryRow>(
    q.selectFrom("debt_entries").selectAll().where("project", "=", project).where("item", "=", item).orderBy("id"),
  );
}

export function entriesBetween(r: Reader, project: string, from: number, to: number): Promise<EntryRow[]> {
  return r.all<EntryRow>(
    q
      .selectFrom("debt_entries")
      .selectAll()
      .where("project", "=", project)
      .where("at", ">=", from)
      .where("at", "<", to)
      .orderBy("id"),
  );
}

/** Minutes of all entries before an instant. */
export async function minutesBefore(r: Reader, project: string, before: number): Promise<number> {
  const row = await r.get<{ minutes: number | null }>({
    sql: "select sum(minutes) as minutes from debt_entries where project = ? and at < ?",
    parameters: [project, before],
  });
  return Number(row?.minutes ?? 0);
}

export async function firstEntryAt(r: Reader, project: string): Promise<number | undefined> {
  const row = await r.get<{ at: number | null }>({
    sql: "select min(at) as at from debt_entries where project = ?",
    parameters: [project],
  });
  return row?.at === null || row?.at === undefined ? undefined : Number(row.at);
}

export function upsertCost(tx: Tx, row: CostRow): Promise<number> {
  return tx.run({
    sql: `insert into debt_costs (project, event, channel, asset_kind, asset_id, at, low, high, what) values (?, ?, ?, ?, ?, ?, ?, ?, ?)
      on conflict (project, event, channel, asset_kind, asset_id) do update set at = excluded.at, low = excluded.low, high = excluded.high, what = excluded.what`,
    parameters: [
      row.project,
      row.event,
      row.channel,
      row.asset_kind,
      row.asset_id,
      row.at,
      row.low,
      row.high,
      row.what,
    ],
  });
}

export function upsertClaim(tx: Tx, claim: DebtTables["debt_claims"]): Promise<number> {
  return tx.run({
    sql: `insert into debt_claims (project, item, event, channel, explained) values (?, ?, ?, ?, ?)
      on conflict (project, item, event, channel) do update set explained = excluded.explained`,
    parameters: [claim.project, claim.item, claim.event, claim.channel, claim.explained],
  });
}

export function allCosts(r: Reader, project: string, since = 0): Promise<CostRow[]> {
  return r.all<CostRow>(
    q.selectFrom("debt_costs").selectAll().where("project", "=", project).where("at", ">=", since).orderBy("at"),
  );
}

export function costsOfAsset(r: Reader, project: string, kind: string, id: string): Promise<CostRow[]> {
  return r.all<CostRow>(
    q
      .selectFrom("debt_costs")
      .selectAll()
      .where("project", "=", project)
      .where("asset_kind", "=", kind)
      .where("asset_id", "=", id)
      .orderBy("at", "desc"),
  );
}

export function allClaims(r: Reader, project: string): Promise<DebtTables["debt_claims"][]> {
  return r.all(q.selectFrom("debt_claims").selectAll().where("project", "=", project));
}

/** Claims of all items on the events of one asset. */
export function claimsOfAsset(
  r: Reader,
  project: string,
  kind: string,
  id: string,
): Promise<DebtTables["debt_claims"][]> {
  return r.all({
    sql: `select c.project, c.item, c.event, c.channel, c.explained from debt_claims c
      join debt_items i on i.project = c.project and i.id = c.item
      where c.project = ? and i.asset_kind = ? and i.asset_id = ?`,
    parameters: [project, kind, id],
  });
}

/** On how many assets and channels each event was seen: its hours are split among them. */
export async function spreadOfEvents(r: Reader, project: string): Promise<Map<string, number>> {
  const rows = await r.all<{ event: string; n: number }>({
    sql: "select event, count(*) as n from debt_costs where project = ? group by event having count(*) > 1",
    parameters: [project],
  });
  return new Map(rows.map((row) => [row.event, Number(row.n)]));
}

export function upsertStanding(tx: Tx, row: DebtTables["debt_standing"]): Promise<number> {
  return tx.run({
    sql: `insert into debt_standing (project, asset_kind, asset_id, channel, month, weekly, forecast, events) values (?, ?, ?, ?, ?, ?, ?, ?)
      on conflict (project, asset_kind, asset_id, channel, month) do update set
      weekly = excluded.weekly, forecast = excluded.forecast, events = excluded.events`,
    parameters: [
      row.project,
      row.asset_kind,
      row.asset_id,
      row.channel,
      row.month,
      row.weekly,
      row.forecast,
      row.events,
    ],
  });
}

/** The newest standing measurement of every asset and channel up to a month. */
export async function standingAt(r: Reader, project: string, month: string): Promise<DebtTables["debt_standing"][]> {
  return r.all({
    sql: `select s.* from debt_standing s join (
        select asset_kind, asset_id, channel, max(month) as month from debt_standing where project = ? and month <= ?
        group by asset_kind, asset_id, channel
      ) m on m.asset_kind = s.asset_kind and m.asset_id = s.asset_id and m.channel = s.channel and m.month = s.month
      where s.project = ?`,
    parameters: [project, month, project],
  });
}

export type PaymentRow = DebtTables["debt_payments"];

export function insertPayment(tx: Tx, row: PaymentRow): Promise<number> {
  return tx.run(insertOf("debt_payments", row));
}

export function updatePayment(tx: Tx, project: string, id: string, change: Partial<PaymentRow>): Promise<number> {
  const columns = Object.keys(change);
  return tx.run({
    sql: `update debt_payments set ${columns.map((column) => `${column} = ?`).join(", ")} where project = ? and id = ?`,
    parameters: [...Object.values(change), project, id],
  });
}

export function findPayment(r: Reader, project: string, id: string): Promise<PaymentRow | undefined> {
  return r.get<PaymentRow>(
    q.selectFrom("debt_payments").selectAll().where("project", "=", project).where("id", "=", id),
  );
}

export function paymentsOfItem(r: Reader, project: string, item: string): Promise<PaymentRow[]> {
  return r.all<PaymentRow>(
    q
      .selectFrom("debt_payments")
      .selectAll()
      .where("project", "=", project)
      .where("item", "=", item)
      .orderBy("started_at", "desc")
      .orderBy("id", "desc"),
  );
}

/** Payments whose work is done or under way and whose proof is open. */
export function pendingPayments(r: Reader, project: string): Promise<PaymentRow[]> {
  return r.all<PaymentRow>(
    q
      .selectFrom("debt_payments")
      .selectAll()
      .where("project", "=", project)
      .where("state", "in", ["running", "awaiting-proof"]),
  );
}

export function provedPayments(r: Reader, project: string): Promise<PaymentRow[]> {
  return r.all<PaymentRow>(
    q.selectFrom("debt_payments").selectAll().where("project", "=", project).where("state", "=", "proved"),
  );
}

export async function replaceUnseen(
  tx: Tx,
  project: string,
  rows: readonly DebtTables["debt_unseen"][],
): Promise<void> {
  await tx.run({ sql: "delete from debt_unseen where project = ?", parameters: [project] });
  for (const row of rows) {
    await tx.run({
      sql: "insert into debt_unseen (project, source, what, remedy) values (?, ?, ?, ?) on conflict (project, source, what) do update set remedy = excluded.remedy",
      parameters: [project, row.source, row.what, row.remedy],
    });
  }
}

export function allUnseen(r: Reader, project: string): Promise<DebtTables["debt_unseen"][]> {
  return r.all(
    q.selectFrom("debt_unseen").selectAll().where("project", "=", project).orderBy("source").orderBy("what"),
  );
}

type LedgerRow = DebtTables["debt_ledgers"];

export function findLedger(r: Reader, project: string): Promise<LedgerRow | undefined> {
  return r.get<LedgerRow>(q.selectFrom("debt_ledgers").selectAll().where("project", "=", project));
}

export function upsertLedger(tx: Tx, row: LedgerRow): Promise<number> {
  return tx.run({
    sql: `insert into debt_ledgers (project, baseline_at, refreshed_at, correction, totals, frontier) values (?, ?, ?, ?, ?, ?)
      on conflict (project) do update set refreshed_at = excluded.refreshed_at, correction = excluded.correction,
      totals = excluded.totals, frontier = excluded.frontier`,
    parameters: [row.project, row.baseline_at, row.refreshed_at, row.correction, row.totals, row.frontier],
  });
}

export function upsertDerivation(tx: Tx, project: string, item: string, derivation: string): Promise<number> {
  return tx.run({
    sql: `insert into debt_derivations (project, item, derivation) values (?, ?, ?)
      on conflict (project, item) do update set derivation = excluded.derivation`,
    parameters: [project, item, derivation],
  });
}

export async function findDerivation(r: Reader, project: string, item: string): Promise<string | undefined> {
  const row = await r.get<{ derivation: string }>({
    sql: "select derivation from debt_derivations where project = ? and item = ?",
    parameters: [project, item],
  });
  return row?.derivation;
}

type StatementRow = DebtTables["debt_statements"];

export function findStatement(r: Reader, project: string, month: string): Promise<StatementRow | undefined> {
  return r.get<StatementRow>(
    q.selectFrom("debt_statements").selectAll().where("project", "=", project).where("month", "=", month),
  );
}

export function upsertStatement(tx: Tx, row: StatementRow): Promise<number> {
  return tx.run({
    sql: `insert into debt_statements (project, month, forecast, closed_at, principal, hash) values (?, ?, ?, ?, ?, ?)
      on conflict (project, month) do update set forecast = coalesce(debt_statements.forecast, excluded.forecast),
      closed_at = excluded.closed_at, principal = excluded.principal, hash = excluded.hash`,
    parameters: [row.project, row.month, row.forecast, row.closed_at, row.principal, row.hash],
  });
}

type PlanRow = DebtTables["debt_plans"];

/** The plan that was in force at an instant. */
export function planAt(r: Reader, project: string, at: number): Promise<PlanRow | undefined> {
  return r.get<PlanRow>(
    q
      .selectFrom("debt_plans")
      .selectAll()
      .where("project", "=", project)
      .where("adopted_at", "<", at)
      .orderBy("adopted_at", "desc")
      .limit(1),
  );
}

export async function replacePlan(tx: Tx, row: PlanRow): Promise<void> {
  await tx.run({
    sql: "update debt_plans set replaced_at = ? where project = ? and replaced_at is null",
    parameters: [row.adopted_at, row.project],
  });
  await tx.run(insertOf("debt_plans", row));
}
