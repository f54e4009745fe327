import * as api from "@paydown/api/monitoring";
import type { Input } from "@paydown/api/operation";
import type { Ctx } from "#base/context.js";
import type { Reader } from "#base/db/db.js";
import { errors } from "../errors.js";
import { findIncident, updateIncident } from "../store.js";
import type { IncidentRow } from "../tables.js";
import { toIncident } from "../views.incidents.js";

/** Takes an incident; asking again prolongs or replaces note and snooze. */
export async function acknowledgeIncident(
  ctx: Ctx,
  { project, incident: id, note, snoozeUntil }: Input<typeof api.acknowledgeIncident>,
): Promise<api.Incident> {
  const now = ctx.clock.now();
  if (snoozeUntil !== undefined && snoozeUntil <= now) throw errors.MONITORING_SNOOZE_PAST({ until: snoozeUntil });
  return ctx.db.write(async (tx) => {
    const row = await getOpen(tx, project, id);
    await updateIncident(tx, id, {
      state: "acknowledged",
      acknowledged_at: row.acknowledged_at ?? now,
      acknowledged_by: row.acknowledged_by ?? ctx.principal.name,
      note: note ?? row.note,
      snoozed_until: snoozeUntil ?? row.snoozed_until,
    });
    return toIncident(tx, await getOpen(tx, project, id));
  });
}

/** Closes an incident with what it turned out to be. */
export async function closeIncident(
  ctx: Ctx,
  { project, incident: id, outcome, cause, causeNode, hours }: Input<typeof api.closeIncident>,
): Promise<api.Incident> {
  return ctx.db.write(async (tx) => {
    const row = await getOpen(tx, project, id);
    const at = ctx.clock.now();
    const closed: IncidentRow = {
      ...row,
      state: "closed",
      closed_at: at,
      closed_by: ctx.principal.name,
      outcome,
      cause: cause ?? null,
      cause_node: causeNode === undefined ? null : JSON.stringify(causeNode),
      hours: hours ?? null,
    };
    await updateIncident(tx, id, closed);
    await tx.emit(api.IncidentClosed, project, {
      incident: id,
      monitor: row.monitor,
      deployment: row.deployment,
      outcome,
      at,
      ...(hours !== undefined && { hours }),
    });
    return toIncident(tx, closed);
  });
}

async function getOpen(r: Reader, project: string, id: string): Promise<IncidentRow> {
  const row = await findIncident(r, project, id);
  if (row === undefined) throw errors.MONITORING_INCIDENT_NOT_FOUND({ project, incident: id });
  if (row.state === "closed") throw errors.MONITORING_INCIDENT_CLOSED({ incident: id });
  return row;
}
