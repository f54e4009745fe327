import type * as api from "@paydown/api/monitoring";
import type { AlarmCount, NaiveOutcome, NaiveRule, Series, SeriesPoint } from "@paydown/api/monitoring";
import type { Input, Reply } from "@paydown/api/operation";
import type { Ctx } from "#base/context.js";
import type { Reader } from "#base/db/db.js";
import { errors } from "./errors.js";
import { signalsOf } from "./model.js";
import { findMonitor, listIncidentRows, listRules, listSignalRows } from "./store.js";
import type { MonitorRow, SignalRow } from "./tables.js";
import { type Season, windowMs } from "./thresholds/season.js";
import { toIncident } from "./views.incidents.js";
import { toPlan } from "./windows/rows.js";

/** Points a reply holds unless it is asked for more. */
const mostPoints = 20_000;

export async function getRow(r: Reader, project: string, name: string): Promise<MonitorRow> {
  const row = await findMonitor(r, project, name);
  if (row === undefined) throw errors.MONITORING_MONITOR_NOT_FOUND({ project, name });
  return row;
}

export async function viewSeries(
  ctx: Ctx,
  { project, name, signal, kind, from, to, limit = mostPoints }: Input<typeof api.getSeries>,
): Promise<Reply<typeof api.getSeries>> {
  return ctx.db.read(async (r) => {
    const row = await getRow(r, project, name);
    const plan = toPlan(row);
    const length = windowMs(plan.window);
    const range = rangeOf(row, from, to);
    const wanted = signalsOf(plan).filter(
      (each) => (signal === undefined || each.id === signal) && (kind === undefined || each.kind === kind),
    );
    const windows = Math.max(1, Math.floor(limit / Math.max(1, wanted.length)));
    const earliest = Math.max(range.from, range.to - windows * length);
    const shown = { from: Math.ceil(earliest / length) * length, to: range.to };
    const rules = new Map((await listRules(r, row.id)).map((rule) => [rule.signal, rule]));
    const counter = createAlarmCounter(plan.naiveRules);
    const series: Series[] = [];
    for (const each of wanted) {
      const rows = await listSignalRows(r, row.id, each.id, Math.min(shown.from, range.to), range.to);
      for (const one of rows) counter.add(one);
      const rule = rules.get(each.id);
      series.push({
        signal: each.id,
        kind: each.kind,
        subject: each.subject,
        season: (rule?.season ?? "none") as Season,
        betweenWindows: rule?.between_windows ?? null,
        points: rows.map(toPoint),
      });
    }
    const incidents = [];
    for (const incident of await listIncidentRows(r, { project, monitor: name, ...shown })) {
      incidents.push(await toIncident(r, incident));
    }
    return {
      monitor: name,
      window: plan.window,
      ...shown,
      truncated: shown.from > Math.ceil(range.from / length) * length,
      series,
      incidents,
      alarms: await countAlarms(r, row, shown, counter),
    };
  });
}

function toPoint(row: SignalRow): SeriesPoint {
  return {
    at: row.at,
    rows: row.rows,
    labels: row.labels,
    statistic: row.statistic,
    ...(row.low !== null && { low: row.low }),
    ...(row.high !== null && { high: row.high }),
    effect: row.effect,
    expected: row.expected,
    threshold: row.threshold,
    ...(row.lower_threshold !== null && { lowerThreshold: row.lower_threshold }),
    p: row.p,
    evidence: Math.max(row.up, row.down),
    evidenceLimit: row.evidence_limit,
    calibrated: row.calibrated === 1,
    naive: JSON.parse(row.naive) as NaiveOutcome[],
    ...(row.reason !== null && { reason: row.reason }),
  };
}

export function rangeOf(
  row: MonitorRow,
  from: number | undefined,
  to: number | undefined,
): { from: number; to: number } {
  const range = {
    from: from ?? Math.min(row.calibration_from, row.created_at),
    to: to ?? Math.max(row.evaluated_to ?? row.created_at, row.created_at),
  };
  if (from !== undefined && to !== undefined && from >= to) throw errors.MONITORING_RANGE_INVALID(range);
  return range;
}

interface AlarmCounter {
  add(row: SignalRow): void;
  readonly windows: Set<number>;
  readonly calibrated: Set<number>;
  readonly naive: Map<NaiveRule, Set<number>>;
}

/** Windows in which any signal alarmed, by rule. */
export function createAlarmCounter(rules: readonly NaiveRule[]): AlarmCounter {
  const windows = new Set<number>();
  const calibrated = new Set<number>();
  const naive = new Map(rules.map((rule) => [rule, new Set<number>()]));
  return {
    windows,
    calibrated,
    naive,
    add(row) {
      windows.add(row.at);
      if (row.calibrated === 1) calibrated.add(row.at);
      for (const { rule, alarm } of JSON.parse(row.naive) as NaiveOutcome[]) if (alarm) naive.get(rule)?.add(row.at);
    },
  };
}

export async function countAlarms(
  r: Reader,
  row: MonitorRow,
  range: { from: number; to: number },
  counter: AlarmCounter,
): Promise<AlarmCount> {
  const plan = toPlan(row);
  const incidents = await listIncidentRows(r, { project: row.project, monitor: row.name, ...range });
  const real = incidents.filter(({ outcome }) => outcome === "real").length;
  const naive = [...counter.naive].map(([rule, windows]) => ({ rule, windows: windows.size }));
  const words = naive.map(({ rule, windows }) => `${rule} ${windows}`).join(", ") || "none";
  const { falsePagesPerWeek } = plan.promise;
  return {
    windows: counter.windows.size,
    calibrated: counter.calibrated.size,
    naive,
    incidents: incidents.length,
    real,
    promised: plan.promise,
    sentence: `Rules of thumb: ${words}; calibrated ${counter.calibrated.size} of ${counter.windows.size} windows, ${incidents.length} pages, ${real} confirmed real; promised at most ${falsePagesPerWeek} false pages a week on ${signalsOf(plan).length} signals.`,
  };
}
