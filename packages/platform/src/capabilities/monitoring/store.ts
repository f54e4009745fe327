import type { Reader, Tx } from "#base/db/db.js";
import { queries } from "#base/db/queries.js";
import type {
  IncidentMemberRow,
  IncidentRow,
  MonitoringTables,
  MonitorRow,
  RuleRow,
  SignalRow,
  WindowRow,
} from "./tables.js";

const q = queries<MonitoringTables>();

export async function insertMonitor(tx: Tx, row: Omit<MonitorRow, "id">): Promise<boolean> {
  const inserted = await tx.run(
    q
      .insertInto("monitors")
      .values(row as MonitorRow)
      .onConflict((c) => c.columns(["project", "name"]).doNothing()),
  );
  return inserted > 0;
}

export function findMonitor(r: Reader, project: string, name: string): Promise<MonitorRow | undefined> {
  return r.get<MonitorRow>(
    q.selectFrom("monitors").selectAll().where("project", "=", project).where("name", "=", name),
  );
}

export function findMonitorById(r: Reader, id: number): Promise<MonitorRow | undefined> {
  return r.get<MonitorRow>(q.selectFrom("monitors").selectAll().where("id", "=", id));
}

export function listMonitorRows(r: Reader, project: string, deployment?: string): Promise<MonitorRow[]> {
  let query = q.selectFrom("monitors").selectAll().where("project", "=", project).where("retired_at", "is", null);
  if (deployment !== undefined) query = query.where("deployment", "=", deployment);
  return r.all<MonitorRow>(query.orderBy("name"));
}

export async function updateMonitor(tx: Tx, id: number, set: Partial<MonitorRow>): Promise<void> {
  await tx.run(q.updateTable("monitors").set(set).where("id", "=", id));
}

export async function upsertWindow(tx: Tx, row: WindowRow): Promise<void> {
  await tx.run({
    sql: `insert into monitor_windows (monitor_id, at, "rows", labels, version, alarms, naive) values (?, ?, ?, ?, ?, ?, ?)
      on conflict (monitor_id, at) do update set "rows" = excluded."rows", labels = excluded.labels,
      version = excluded.version, alarms = excluded.alarms, naive = excluded.naive`,
    parameters: [row.monitor_id, row.at, row.rows, row.labels, row.version, row.alarms, row.naive],
  });
}

/** Rows and labels seen now; alarms stay as they are. */
export async function updateWindowLabels(
  tx: Tx,
  monitor: number,
  at: number,
  rows: number,
  labels: number,
): Promise<void> {
  await tx.run(
    q.updateTable("monitor_windows").set({ rows, labels }).where("monitor_id", "=", monitor).where("at", "=", at),
  );
}

/** Counts the alarms of windows from `from` on again, after signals were judged anew. */
export async function recountAlarms(tx: Tx, monitor: number, from: number): Promise<void> {
  await tx.run({
    sql: `update monitor_windows set alarms = (select count(*) from monitor_signals s
      where s.monitor_id = monitor_windows.monitor_id and s.at = monitor_windows.at and s.calibrated = 1)
      where monitor_id = ? and at >= ?`,
    parameters: [monitor, from],
  });
}

const signalColumns = [
  "monitor_id",
  "signal",
  "at",
  "rows",
  "labels",
  "counts",
  "value",
  "error",
  "low",
  "high",
  "statistic",
  "effect",
  "expected",
  "threshold",
  "lower_threshold",
  "p",
  "up",
  "down",
  "evidence_limit",
  "calibrated",
  "naive",
  "reason",
] as const satisfies readonly (keyof SignalRow)[];
const quoted = signalColumns.map((column) => `"${column}"`);
const upsertTail = `on conflict (monitor_id, signal, at) do update set ${quoted
  .slice(3)
  .map((column) => `${column} = excluded.${column}`)
  .join(", ")}`;
const placeholders = `(${signalColumns.map(() => "?").join(", ")})`;
/** Rows a statement writes; below the 32,766 values SQLite takes. */
const rowsPerStatement = 400;

export async function upsertSignals(tx: Tx, rows: readonly SignalRow[]): Promise<void> {
  for (let from = 0; from < rows.length; from += rowsPerStatement) {
    const part = rows.slice(from, from + rowsPerStatement);
    await tx.run({
      sql: `insert into monitor_signals (${quoted.join(", ")}) values ${part.map(() => placeholders).join(", ")} ${upsertTail}`,
      parameters: part.flatMap((row) => signalColumns.map((column) => row[column])),
    });
  }
}

export async function upsertRules(tx: Tx, rows: readonly RuleRow[]): Promise<void> {
  for (const row of rows) {
    await tx.run(
      q
        .insertInto("monitor_rules")
        .values(row)
        .onConflict((c) =>
          c
            .columns(["monitor_id", "signal"])
            .doUpdateSet({ season: row.season, between_windows: row.between_windows, seen: row.seen, at: row.at }),
        ),
    );
  }
}

export function listRules(r: Reader, monitor: number): Promise<RuleRow[]> {
  return r.all<RuleRow>(q.selectFrom("monitor_rules").selectAll().where("monitor_id", "=", monitor));
}

/** Rows of one signal in `[from, to)`, oldest first. */
export function listSignalRows(
  r: Reader,
  monitor: number,
  signal: string,
  from: number,
  to: number,
): Promise<SignalRow[]> {
  return r.all<SignalRow>(
    q
      .selectFrom("monitor_signals")
      .selectAll()
      .where("monitor_id", "=", monitor)
      .where("signal", "=", signal)
      .where("at", ">=", from)
      .where("at", "<", to)
      .orderBy("at"),
  );
}

/** All signals of one window. */
export function listWindowSignals(r: Reader, monitor: number, at: number): Promise<SignalRow[]> {
  return r.all<SignalRow>(
    q.selectFrom("monitor_signals").selectAll().where("monitor_id", "=", monitor).where("at", "=", at),
  );
}

export function listWindows(r: Reader, monitor: number, from: number, to: number): Promise<WindowRow[]> {
  return r.all<WindowRow>(
    q
      .selectFrom("monitor_windows")
      .selectAll()
      .where("monitor_id", "=", monitor)
      .where("at", ">=", from)
      .where("at", "<", to)
      .orderBy("at"),
  );
}

/** The last window at or before `at` in which the signal had gathered no evidence at all; undefined when there is none. */
export async function findLastSilence(
  r: Reader,
  monitor: number,
  signal: string,
  at: number,
): Promise<number | undefined> {
  const row = await r.get<{ at: number | null }>({
    sql: "select max(at) as at from monitor_signals where monitor_id = ? and signal = ? and at <= ? and up = 0 and down = 0",
    parameters: [monitor, signal, at],
  });
  return row?.at ?? undefined;
}

export async function markRelabelled(tx: Tx, monitor: number, from: number, to: number): Promise<number> {
  return tx.run({
    sql: `insert into monitor_relabels (monitor_id, at) select monitor_id, at from monitor_windows
      where monitor_id = ? and at >= ? and at <= ? on conflict (monitor_id, at) do nothing`,
    parameters: [monitor, from, to],
  });
}

export async function listRelabelled(r: Reader, monitor: number): Promise<number[]> {
  const rows = await r.all<{ at: number }>(
    q.selectFrom("monitor_relabels").select("at").where("monitor_id", "=", monitor).orderBy("at"),
  );
  return rows.map(({ at }) => at);
}

export async function clearRelabelled(tx: Tx, monitor: number, at: number): Promise<void> {
  await tx.run(q.deleteFrom("monitor_relabels").where("monitor_id", "=", monitor).where("at", "=", at));
}

export async function insertIncident(tx: Tx, row: IncidentRow): Promise<void> {
  await tx.run(q.insertInto("incidents").values(row));
}

export async function updateIncident(tx: Tx, id: string, set: Partial<IncidentRow>): Promise<void> {
  await tx.run(q.updateTable("incidents").set(set).where("id", "=", id));
}

export function findIncident(r: Reader, project: string, id: string): Promise<IncidentRow | undefined> {
  return r.get<IncidentRow>(q.selectFrom("incidents").selectAll().where("project", "=", project).where("id", "=", id));
}

/** The incident of a monitor that is not closed; there is at most one. */
export function findOpenIncident(r: Reader, monitor: number): Promise<IncidentRow | undefined> {
  return r.get<IncidentRow>(
    q
      .selectFrom("incidents")
      .selectAll()
      .where("monitor_id", "=", monitor)
      .where("state", "!=", "closed")
      .orderBy("opened_at", "desc")
      .limit(1),
  );
}

export function listIncidentRows(
  r: Reader,
  where: { project: string; monitor?: string | undefined; deployment?: string | undefined; from?: number; to?: number },
): Promise<IncidentRow[]> {
  let query = q.selectFrom("incidents").selectAll().where("project", "=", where.project);
  if (where.monitor !== undefined) query = query.where("monitor", "=", where.monitor);
  if (where.deployment !== undefined) query = query.where("deployment", "=", where.deployment);
  if (where.from !== undefined) query = query.where("last_alarm_at", ">=", where.from);
  if (where.to !== undefined) query = query.where("first_effect_at", "<", where.to);
  return r.all<IncidentRow>(query.orderBy("opened_at", "desc").orderBy("id", "desc"));
}

export function listMembers(r: Reader, incident: string): Promise<IncidentMemberRow[]> {
  return r.all<IncidentMemberRow>(
    q
      .selectFrom("incident_members")
      .selectAll()
      .where("incident_id", "=", incident)
      .orderBy("first_alarm_at")
      .orderBy("signal"),
  );
}

export async function upsertMembers(tx: Tx, rows: readonly IncidentMemberRow[]): Promise<void> {
  for (const row of rows) {
    await tx.run(
      q
        .insertInto("incident_members")
        .values(row)
        .onConflict((c) =>
          c.columns(["incident_id", "signal"]).doUpdateSet({
            first_effect_at: row.first_effect_at,
            last_alarm_at: row.last_alarm_at,
            windows: row.windows,
            worst_effect: row.worst_effect,
          }),
        ),
    );
  }
}
