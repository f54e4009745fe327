import type { Incident, IncidentMember, TimelineEntry } from "@paydown/api/monitoring";
import type { Static } from "typebox";

type Entry = Static<typeof TimelineEntry>;

/** Steps of an incident in order of time. */
export function timelineOf(incident: Incident, note: string | null): Entry[] {
  const entries: Entry[] = [
    {
      at: incident.firstEffectAt,
      until: incident.openedAt,
      what: "first-effect",
      note: `First window of the change; found ${hours(incident.detectionLagHours)} later.`,
    },
    { at: incident.openedAt, what: "detection", note: incident.title },
    { at: incident.lastAlarmAt, what: "last-alarm", note: `Last window in alarm of ${incident.signals} signals.` },
  ];
  if (incident.acknowledgedAt !== undefined) {
    entries.push({
      at: incident.acknowledgedAt,
      what: "acknowledged",
      note: [`Taken by ${incident.acknowledgedBy}.`, note ?? ""].join(" ").trim(),
    });
    if (incident.snoozedUntil !== undefined) {
      entries.push({
        at: incident.acknowledgedAt,
        until: incident.snoozedUntil,
        what: "snoozed",
        note: "Silenced until a stated end.",
      });
    }
  }
  if (incident.closedAt !== undefined) {
    entries.push({
      at: incident.closedAt,
      what: "closed",
      note: `${incident.outcome ?? "closed"}, by ${incident.closedBy}. ${incident.cause ?? ""}`.trim(),
    });
  }
  return entries.sort((a, b) => a.at - b.at);
}

function hours(count: number): string {
  return count === 1 ? "one hour" : `${Number(count.toPrecision(2))} hours`;
}

/** A post-mortem with what is known filled in and the questions only people can answer left open. */
export function postMortemOf(
  incident: Incident,
  members: readonly IncidentMember[],
  timeline: readonly Entry[],
): string {
  const stamp = (at: number) => new Date(at).toISOString().replace(".000", "");
  return [
    `# ${incident.title}`,
    "",
    `Deployment ${incident.deployment}, monitor ${incident.monitor}, incident ${incident.id}, ${incident.state}.`,
    "",
    "## Timeline (UTC)",
    ...timeline.map(({ at, what, note }) => `- ${stamp(at)} ${what}: ${note}`),
    "",
    "## What moved",
    ...members.map(
      (member) =>
        `- ${member.signal}: largest effect ${Number(member.worstEffect.toPrecision(3))}, ${member.windows} windows from ${stamp(member.firstAlarmAt)}`,
    ),
    "",
    "## Cause",
    incident.cause ??
      "_Which change, upstream or ours, came before the first effect? Follow the lineage of the inputs above._",
    "",
    "## Cost",
    incident.hours === undefined
      ? "_Hours people spent; predictions made meanwhile; who was told._"
      : `${incident.hours.p50} hours of people's work.`,
    "",
    "## What would have found it sooner, and what keeps it from coming back",
    "_Contract, test, canary, owner and due date._",
    "",
  ].join("\n");
}
