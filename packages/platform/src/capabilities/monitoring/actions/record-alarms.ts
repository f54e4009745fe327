import type * as api from "@paydown/api/monitoring";
import { AlarmRaised, IncidentClosed, IncidentOpened } from "@paydown/api/monitoring";
import type { Reply } from "@paydown/api/operation";
import type { Ctx } from "#base/context.js";
import type { Tx } from "#base/db/db.js";
import { toSignal } from "../model.js";
import {
  findLastSilence,
  findOpenIncident,
  insertIncident,
  listMembers,
  updateIncident,
  upsertMembers,
} from "../store.js";
import type { IncidentMemberRow, IncidentRow, MonitorRow } from "../tables.js";
import { type Window, windowMs } from "../thresholds/season.js";
import { type Alarm, join, type Member, quietPeriod, titleOf } from "../windows/incidents.js";
import type { Judged } from "../windows/judge.js";

export interface Recorded {
  /** Signals that began to alarm. */
  raised: number;
  opened: string[];
  closed: string[];
}

/** One signal's stand at the end of a window. */
export interface Stand {
  readonly signal: string;
  readonly effect: number | undefined;
  readonly evidence: number;
  readonly limit: number;
  readonly alarmed: boolean;
}

/**
 * Groups the alarms of one window: the first opens an incident, later ones join it while it is open; when every member has
 * been below its limit for the quiet period the incident closes itself. `seenAt` is when the evidence was complete: the
 * window's end, or now when labels came late.
 */
export async function recordAlarms(
  tx: Tx,
  ctx: Pick<Ctx, "ids">,
  monitor: MonitorRow,
  at: number,
  seenAt: number,
  stands: readonly Stand[],
): Promise<Recorded> {
  const window = monitor.window as Window;
  const alarms: Alarm[] = [];
  for (const { signal, effect, alarmed } of stands) {
    if (!alarmed) continue;
    const silence = await findLastSilence(tx, monitor.id, signal, at);
    alarms.push({
      signal,
      effect: effect ?? 0,
      firstEffectAt: silence === undefined ? at : silence + windowMs(window),
    });
  }
  const open = await findOpenIncident(tx, monitor.id);
  if (alarms.length === 0) {
    if (open === undefined) return { raised: 0, opened: [], closed: [] };
    return closeIfQuiet(tx, monitor, open, at, stands);
  }
  const incident = open ?? (await openIncident(tx, ctx, monitor, at, seenAt, alarms));
  const known = (await listMembers(tx, incident.id)).map(toMember);
  const joined = join(known, alarms, at);
  await upsertMembers(
    tx,
    joined.map((member) => toMemberRow(incident.id, member)),
  );
  await updateIncident(tx, incident.id, {
    last_alarm_at: Math.max(incident.last_alarm_at, at),
    first_effect_at: Math.min(incident.first_effect_at, ...alarms.map(({ firstEffectAt }) => firstEffectAt)),
    title: titleOf(
      monitor.deployment,
      joined.map(({ signal, worstEffect, firstEffectAt }) => ({ signal, effect: worstEffect, firstEffectAt })),
    ),
  });
  const fresh = alarms.filter(({ signal }) => !known.some((member) => member.signal === signal));
  for (const { signal, effect } of fresh) {
    const { kind, subject } = toSignal(signal);
    const stand = stands.find((each) => each.signal === signal);
    await tx.emit(AlarmRaised, monitor.project, {
      monitor: monitor.name,
      deployment: monitor.deployment,
      signal,
      kind,
      subject,
      at,
      effect,
      evidence: stand?.evidence ?? 0,
      incident: incident.id,
    });
  }
  return { raised: fresh.length, opened: open ? [] : [incident.id], closed: [] };
}

async function openIncident(
  tx: Tx,
  ctx: Pick<Ctx, "ids">,
  monitor: MonitorRow,
  at: number,
  seenAt: number,
  alarms: readonly Alarm[],
): Promise<IncidentRow> {
  const firstEffectAt = Math.min(...alarms.map((alarm) => alarm.firstEffectAt));
  const title = titleOf(monitor.deployment, alarms);
  const row: IncidentRow = {
    id: ctx.ids.ulid(),
    project: monitor.project,
    monitor_id: monitor.id,
    monitor: monitor.name,
    deployment: monitor.deployment,
    state: "open",
    title,
    opened_at: seenAt,
    first_effect_at: firstEffectAt,
    last_alarm_at: at,
    acknowledged_at: null,
    acknowledged_by: null,
    note: null,
    snoozed_until: null,
    closed_at: null,
    closed_by: null,
    outcome: null,
    cause: null,
    cause_node: null,
    hours: null,
  };
  await insertIncident(tx, row);
  await tx.emit(IncidentOpened, monitor.project, {
    incident: row.id,
    monitor: monitor.name,
    deployment: monitor.deployment,
    title,
    signals: alarms.map(({ signal }) => signal),
    firstEffectAt,
    at: seenAt,
    ...(monitor.owner !== null && { owner: monitor.owner }),
  });
  return row;
}

async function closeIfQuiet(
  tx: Tx,
  monitor: MonitorRow,
  open: IncidentRow,
  at: number,
  stands: readonly Stand[],
): Promise<Recorded> {
  const window = monitor.window as Window;
  const end = at + windowMs(window);
  const since = Math.max(open.last_alarm_at + windowMs(window), open.opened_at);
  const members = await listMembers(tx, open.id);
  const restless = members.some(({ signal }) => {
    const stand = stands.find((each) => each.signal === signal);
    return stand !== undefined && stand.limit > 0 && stand.evidence > stand.limit;
  });
  if (restless || end - since < quietPeriod(window)) return { raised: 0, opened: [], closed: [] };
  await updateIncident(tx, open.id, { state: "closed", closed_at: end, closed_by: "paydown", outcome: "went-quiet" });
  await tx.emit(IncidentClosed, monitor.project, {
    incident: open.id,
    monitor: monitor.name,
    deployment: monitor.deployment,
    outcome: "went-quiet",
    at: end,
  });
  return { raised: 0, opened: [], closed: [open.id] };
}

function toMember(row: IncidentMemberRow): Member {
  return {
    signal: row.signal,
    firstEffectAt: row.first_effect_at,
    firstAlarmAt: row.first_alarm_at,
    lastAlarmAt: row.last_alarm_at,
    windows: row.windows,
    worstEffect: row.worst_effect,
  };
}

function toMemberRow(incident: string, member: Member): IncidentMemberRow {
  return {
    incident_id: incident,
    signal: member.signal,
    first_effect_at: member.firstEffectAt,
    first_alarm_at: member.firstAlarmAt,
    last_alarm_at: member.lastAlarmAt,
    windows: member.windows,
    worst_effect: member.worstEffect,
  };
}

/** How a judged signal stands. */
export function toStand(judged: Judged, alarmed: boolean): Stand {
  return {
    signal: judged.observation.signal.id,
    effect: judged.effect,
    evidence: Math.max(judged.up, judged.down),
    limit: judged.limit,
    alarmed,
  };
}

/** Adds what one window brought to the reply of an evaluation. */
export function addRecorded(
  result: Pick<Reply<typeof api.evaluateMonitor>, "alarms" | "opened" | "closed">,
  recorded: Recorded,
): void {
  result.alarms += recorded.raised;
  result.opened.push(...recorded.opened);
  result.closed.push(...recorded.closed);
}
