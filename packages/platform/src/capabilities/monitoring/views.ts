import type * as api from "@paydown/api/monitoring";
import type {
  AlarmCount,
  Incident,
  Monitor,
  NaiveOutcome,
  NaiveRule,
  Series,
  SeriesPoint,
  Verdict,
} from "@paydown/api/monitoring";
import type { Input, Reply } from "@paydown/api/operation";
import type { Ctx } from "#base/context.js";
import type { Reader } from "#base/db/db.js";
import { errors } from "./errors.js";
import { needsLabels, signalsOf, toSignal } from "./model.js";
import {
  findIncident,
  findMonitor,
  findMonitorById,
  listIncidentRows,
  listMembers,
  listMonitorRows,
  listRules,
  listSignalRows,
  listWindowSignals,
  listWindows,
} from "./store.js";
import type { IncidentRow, MonitorRow, SignalRow } from "./tables.js";
import { hourMs, type Season, type Window, windowMs } from "./thresholds/season.js";
import { detectionLag } from "./windows/incidents.js";
import { postMortemOf, timelineOf } from "./windows/post-mortem.js";
import { toPlan } from "./windows/rows.js";

/** Windows a sparkline shows. */
const sparkWindows = 30;
const mostPoints = 20_000;

export async function toMonitor(r: Reader, row: MonitorRow): Promise<Monitor> {
  const plan = toPlan(row);
  const length = windowMs(plan.window);
  const seen = (await listWindows(r, row.id, row.calibration_from, row.calibration_to)).filter(
    ({ rows }) => rows > 0,
  ).length;
  const rules = await listRules(r, row.id);
  return {
    name: row.name,
    deployment: row.deployment,
    window: plan.window,
    features: plan.features.map(({ feature }) => feature),
    watchesPrediction: plan.prediction !== undefined,
    ...(plan.quality && { quality: plan.quality }),
    reference: {
      kind: row.reference_kind as Monitor["reference"]["kind"],
      ...(row.dataset !== null && { dataset: row.dataset }),
      ...(row.version !== null && { version: row.version }),
      rows: Math.max(
        0,
        ...plan.features.map(({ counts, missing }) => counts.reduce((sum, each) => sum + each, missing)),
      ),
    },
    calibration: {
      ...plan.calibration,
      windowsWanted: Math.round((plan.calibration.to - plan.calibration.from) / length),
      windowsSeen: seen,
      complete:
        rules.some(({ between_windows }) => between_windows !== null) && (row.evaluated_to ?? 0) >= plan.calibration.to,
    },
    promise: plan.promise,
    naiveRules: [...plan.naiveRules],
    ...(row.owner !== null && { owner: row.owner }),
    createdAt: row.created_at,
    createdBy: row.created_by,
    ...(row.evaluated_to !== null && { evaluatedTo: row.evaluated_to }),
    ...(row.retired_at !== null && { retiredAt: row.retired_at }),
  };
}

export async function toIncident(r: Reader, row: IncidentRow): Promise<Incident> {
  const members = await listMembers(r, row.id);
  const monitor = await findMonitorById(r, row.monitor_id);
  const worst = [...members].sort((a, b) => Math.abs(b.worst_effect) - Math.abs(a.worst_effect))[0];
  const firstAlarm = Math.min(...members.map((member) => member.first_alarm_at));
  return {
    id: row.id,
    monitor: row.monitor,
    deployment: row.deployment,
    state: row.state as Incident["state"],
    title: row.title,
    openedAt: row.opened_at,
    firstEffectAt: row.first_effect_at,
    lastAlarmAt: row.last_alarm_at,
    ...(row.acknowledged_at !== null && { acknowledgedAt: row.acknowledged_at }),
    ...(row.acknowledged_by !== null && { acknowledgedBy: row.acknowledged_by }),
    ...(row.snoozed_until !== null && { snoozedUntil: row.snoozed_until }),
    ...(row.closed_at !== null && { closedAt: row.closed_at }),
    ...(row.closed_by !== null && { closedBy: row.closed_by }),
    ...(row.outcome !== null && { outcome: row.outcome as NonNullable<Incident["outcome"]> }),
    ...(row.cause !== null && { cause: row.cause }),
    ...(row.cause_node !== null && { causeNode: JSON.parse(row.cause_node) }),
    signals: members.length,
    worstSignal: worst?.signal ?? "volume:rows",
    worstEffect: worst?.worst_effect ?? 0,
    detectionLagHours: Number.isFinite(firstAlarm)
      ? detectionLag(row.first_effect_at, firstAlarm, (monitor?.window ?? "hour") as Window)
      : 0,
    ...(row.hours !== null && { hours: { p10: row.hours, p50: row.hours, p90: row.hours, n: 1 } }),
  };
}

async function getRow(r: Reader, project: string, name: string): Promise<MonitorRow> {
  const row = await findMonitor(r, project, name);
  if (row === undefined) throw errors.MONITORING_MONITOR_NOT_FOUND({ project, name });
  return row;
}

interface State {
  readonly verdict: Verdict;
  readonly reason: string;
}

/** What a signal's latest window says. */
function signalState(row: SignalRow | undefined, open: ReadonlySet<string>, signal: string): State {
  if (open.has(signal)) return { verdict: "alarm", reason: "in an open incident" };
  if (row === undefined) return { verdict: "unknown", reason: "no window was evaluated yet" };
  if (row.calibrated === 1) return { verdict: "alarm", reason: "in alarm" };
  if (row.reason === "learning")
    return { verdict: "learning", reason: "too few reference windows to keep the promise" };
  if (row.statistic === null) return { verdict: "unknown", reason: row.reason ?? "no value" };
  return { verdict: "quiet", reason: "within the promise" };
}

interface Overview {
  readonly state: State;
  readonly open: IncidentRow[];
  /** Worst first. */
  readonly signals: { readonly signal: string; readonly state: State; readonly row: SignalRow | undefined }[];
}

const order: Record<Verdict, number> = { alarm: 0, unknown: 1, learning: 2, quiet: 3 };

async function overview(r: Reader, row: MonitorRow): Promise<Overview> {
  const plan = toPlan(row);
  const length = windowMs(plan.window);
  const last = row.evaluated_to === null ? undefined : row.evaluated_to - length;
  const rows = last === undefined ? [] : await listWindowSignals(r, row.id, last);
  const open = (await listIncidentRows(r, { project: row.project, monitor: row.name })).filter(
    ({ state }) => state !== "closed",
  );
  const inIncident = new Set<string>();
  for (const { id } of open) for (const { signal } of await listMembers(r, id)) inIncident.add(signal);
  const bySignal = new Map(rows.map((each) => [each.signal, each]));
  const signals = [];
  for (const { id, kind } of signalsOf(plan)) {
    let latest = bySignal.get(id);
    if (latest !== undefined && latest.statistic === null && needsLabels(kind)) {
      // Labels run behind: the newest window with labels inside the promised delay speaks for the signal.
      const since = last! - (plan.quality?.labelDelayHours ?? 168) * hourMs;
      latest =
        (await listSignalRows(r, row.id, id, since, last! + length)).findLast(({ statistic }) => statistic !== null) ??
        latest;
    }
    signals.push({ signal: id, state: signalState(latest, inIncident, id), row: latest });
  }
  signals.sort(
    (a, b) =>
      order[a.state.verdict] - order[b.state.verdict] || Math.abs(b.row?.effect ?? 0) - Math.abs(a.row?.effect ?? 0),
  );
  return { state: monitorState(row, open, signals), open, signals };
}

function monitorState(row: MonitorRow, open: readonly IncidentRow[], signals: Overview["signals"]): State {
  if (open.length > 0) return { verdict: "alarm", reason: open.map(({ title }) => title).join("; ") };
  if (row.evaluated_to === null) return { verdict: "unknown", reason: "No window was evaluated yet." };
  const blind = signals.filter(({ state }) => state.verdict === "unknown");
  const volume = signals.find(({ signal }) => signal === "volume:rows");
  if ((volume?.row?.rows ?? 0) === 0) return { verdict: "unknown", reason: "The latest window has no rows." };
  const quality = blind.find(({ signal }) => signal.startsWith("quality:"));
  if (quality !== undefined) return { verdict: "unknown", reason: `Quality cannot be seen: ${quality.state.reason}.` };
  const learning = signals.filter(({ state }) => state.verdict === "learning").length;
  if (learning > 0)
    return {
      verdict: "learning",
      reason: `${learning} of ${signals.length} signals still learn how much windows vary.`,
    };
  return {
    verdict: "quiet",
    reason: `${signals.length - blind.length} of ${signals.length} signals are within the promise.`,
  };
}

async function sparkline(r: Reader, row: MonitorRow, signal: string): Promise<(number | null)[]> {
  if (row.evaluated_to === null) return [];
  const from = row.evaluated_to - sparkWindows * windowMs(row.window as Window);
  return (await listSignalRows(r, row.id, signal, from, row.evaluated_to)).map(({ effect }) => effect);
}

export async function viewMonitors(
  ctx: Ctx,
  { project, deployment, verdict, cursor, limit = 100 }: Input<typeof api.listMonitors>,
): Promise<Reply<typeof api.listMonitors>> {
  return ctx.db.read(async (r) => {
    const items = [];
    for (const row of await listMonitorRows(r, project, deployment)) {
      const { state, open, signals } = await overview(r, row);
      if (verdict !== undefined && verdict !== state.verdict) continue;
      const worst = signals[0];
      items.push({
        name: row.name,
        deployment: row.deployment,
        ...state,
        window: row.window as Window,
        signals: signals.length,
        ...(worst && { worstSignal: worst.signal }),
        ...(worst?.row?.effect != null && { worstEffect: worst.row.effect }),
        sparkline: worst ? await sparkline(r, row, worst.signal) : [],
        openIncidents: open.length,
        ...(row.evaluated_to !== null && { evaluatedTo: row.evaluated_to }),
      });
    }
    items.sort(
      (a, b) =>
        order[a.verdict] - order[b.verdict] ||
        Math.abs(b.worstEffect ?? 0) - Math.abs(a.worstEffect ?? 0) ||
        a.name.localeCompare(b.name),
    );
    return pageOf(items, cursor, limit);
  });
}

/** Pages of a list that is ordered by what changes; the cursor is the place in it. */
function pageOf<T>(
  items: readonly T[],
  cursor: string | undefined,
  limit: number,
): { items: T[]; cursor?: string; total: number } {
  const start = Math.max(0, Number.parseInt(cursor ?? "0", 10) || 0);
  const next = start + limit;
  return {
    items: items.slice(start, next),
    ...(next < items.length && { cursor: String(next) }),
    total: items.length,
  };
}

export async function viewMonitor(
  ctx: Ctx,
  { project, name, from, to }: Input<typeof api.getMonitor>,
): Promise<Reply<typeof api.getMonitor>> {
  return ctx.db.read(async (r) => {
    const row = await getRow(r, project, name);
    const { state, signals } = await overview(r, row);
    const shown = [];
    for (const { signal, state: own, row: latest } of signals) {
      const { kind, subject } = toSignal(signal);
      shown.push({
        signal,
        kind,
        subject,
        verdict: own.verdict,
        effect: latest?.effect ?? null,
        p: latest?.p ?? null,
        evidence: Math.max(latest?.up ?? 0, latest?.down ?? 0),
        evidenceLimit: latest?.evidence_limit ?? 0,
        sparkline: await sparkline(r, row, signal),
      });
    }
    const range = rangeOf(row, from, to);
    const counter = createAlarmCounter(toPlan(row).naiveRules);
    for (const window of await listWindows(r, row.id, range.from, range.to)) {
      counter.windows.add(window.at);
      if (window.alarms > 0) counter.calibrated.add(window.at);
      for (const rule of JSON.parse(window.naive) as NaiveRule[]) counter.naive.get(rule)?.add(window.at);
    }
    return {
      monitor: await toMonitor(r, row),
      ...state,
      signals: shown,
      alarms: await countAlarms(r, row, range, counter),
    };
  });
}

function rangeOf(row: MonitorRow, from: number | undefined, to: number | undefined): { from: number; to: number } {
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
function createAlarmCounter(rules: readonly NaiveRule[]): AlarmCounter {
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

async function countAlarms(
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

export async function viewIncidents(
  ctx: Ctx,
  { project, state, monitor, deployment, cursor, limit = 100 }: Input<typeof api.listIncidents>,
): Promise<Reply<typeof api.listIncidents>> {
  return ctx.db.read(async (r) => {
    const rows = (await listIncidentRows(r, { project, monitor, deployment })).filter(
      (row) => state === undefined || row.state === state,
    );
    rows.sort((a, b) => Number(a.state === "closed") - Number(b.state === "closed") || b.opened_at - a.opened_at);
    const { items, ...rest } = pageOf(rows, cursor, limit);
    return { items: await Promise.all(items.map((row) => toIncident(r, row))), ...rest };
  });
}

export async function viewIncident(
  ctx: Ctx,
  { project, incident: id }: Input<typeof api.getIncident>,
): Promise<Reply<typeof api.getIncident>> {
  return ctx.db.read(async (r) => {
    const row = await findIncident(r, project, id);
    if (row === undefined) throw errors.MONITORING_INCIDENT_NOT_FOUND({ project, incident: id });
    const incident = await toIncident(r, row);
    const members = (await listMembers(r, id))
      .map((member) => ({
        ...toSignal(member.signal),
        signal: member.signal,
        firstEffectAt: member.first_effect_at,
        firstAlarmAt: member.first_alarm_at,
        lastAlarmAt: member.last_alarm_at,
        windows: member.windows,
        worstEffect: member.worst_effect,
      }))
      .map(({ id: _id, ...member }) => member);
    const timeline = timelineOf(incident, row.note);
    return {
      incident,
      members,
      timeline,
      asset: { kind: "deployment", id: row.deployment },
      postMortem: postMortemOf(incident, members, timeline),
    };
  });
}
