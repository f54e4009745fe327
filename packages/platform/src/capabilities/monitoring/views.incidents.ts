import type * as api from "@paydown/api/monitoring";
import type { Incident } from "@paydown/api/monitoring";
import type { Input, Reply } from "@paydown/api/operation";
import type { Ctx } from "#base/context.js";
import type { Reader } from "#base/db/db.js";
import { errors } from "./errors.js";
import { pageOf, toSignal } from "./model.js";
import { findIncident, findMonitorById, listIncidentRows, listMembers } from "./store.js";
import type { IncidentRow } from "./tables.js";
import type { Window } from "./thresholds/season.js";
import { detectionLag } from "./windows/incidents.js";
import { postMortemOf, timelineOf } from "./windows/post-mortem.js";

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
