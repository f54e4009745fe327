import type * as api from "@paydown/api/monitoring";
import type { Monitor, NaiveRule, Verdict } from "@paydown/api/monitoring";
import type { Input, Reply } from "@paydown/api/operation";
import type { Ctx } from "#base/context.js";
import type { Reader } from "#base/db/db.js";
import { needsLabels, pageOf, signalsOf, toSignal } from "./model.js";
import {
  listIncidentRows,
  listMembers,
  listMonitorRows,
  listRules,
  listSignalRows,
  listWindowSignals,
  listWindows,
} from "./store.js";
import type { IncidentRow, MonitorRow, SignalRow } from "./tables.js";
import { hourMs, type Window, windowMs } from "./thresholds/season.js";
import { countAlarms, createAlarmCounter, getRow, rangeOf } from "./views.series.js";
import { toPlan } from "./windows/rows.js";

/** Windows a sparkline shows. */
const sparkWindows = 30;

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
