import { defineRule, type EvidenceRule } from "#base/rule.js";
import type { MonitoringNeeds } from "../needs.js";
import { dayMs } from "../thresholds/season.js";
import { readIncidents, readWatch } from "../views.evidence.js";

/** False alarms below which nothing is said. */
const leastFalse = 3;

/** A monitor people have learned to ignore. */
export default (needs: MonitoringNeeds): EvidenceRule =>
  defineRule({
    code: "MON006",
    slug: "monitor-that-cries-wolf",
    family: "monitoring",
    severity: "SEV3",
    principal: "config",
    summary: "A monitor whose false pages exceed what it promised.",
    why: "Every false page is an hour of somebody's work, and after a few of them the true one is closed unread.",
    remedy:
      "Replay a stricter promise over what was seen (`paydown monitors replay`), or let it learn from a longer calibration period.",
    origin: "own; Google, Site Reliability Engineering, chapter 6",
    async check(ctx, project) {
      const { monitors } = await readWatch(ctx, needs, project);
      const findings = [];
      const unseen = [];
      for (const { row, plan } of monitors) {
        const incidents = await readIncidents(ctx, row);
        const untold = incidents.filter(({ outcome }) => outcome === null || outcome === "went-quiet");
        if (untold.length >= leastFalse && untold.length === incidents.length) {
          unseen.push({
            what: `whether the ${untold.length} pages of ${row.name} were real: nobody has said`,
            remedy: "Close incidents with what they were: `paydown incidents close`.",
          });
        }
        const wrong = incidents.filter(({ outcome }) => outcome === "false-alarm");
        const weeks = Math.max(1, ((row.evaluated_to ?? row.created_at) - plan.calibration.from) / (7 * dayMs));
        const promised = plan.promise.falsePagesPerWeek * weeks;
        // Two standard deviations of a Poisson count: what bad luck alone explains.
        if (wrong.length < leastFalse || wrong.length <= promised + 2 * Math.sqrt(promised)) continue;
        findings.push({
          asset: { kind: "deployment", id: row.deployment },
          key: row.name,
          message: `Monitor ${row.name} raised ${wrong.length} false pages in ${Math.round(weeks)} weeks; it promised at most ${Number(promised.toPrecision(2))}.`,
          evidence: {
            monitor: row.name,
            falsePages: wrong.map(({ id }) => id),
            weeks,
            promised,
            promise: plan.promise,
          },
          size: 1,
          events: wrong
            .filter(({ hours }) => hours !== null && hours > 0)
            .map(({ id, opened_at, hours, title }) => ({
              id,
              channel: "incidents" as const,
              at: opened_at,
              hours: { low: hours!, high: hours! },
              explained: true,
              what: `False page: ${title}`,
            })),
        });
      }
      return { findings, unseen };
    },
  });
