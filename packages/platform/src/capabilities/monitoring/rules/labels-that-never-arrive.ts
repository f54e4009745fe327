import { defineRule, type EvidenceRule } from "#base/rule.js";
import type { MonitoringNeeds } from "../needs.js";
import { readLabels, readWatch } from "../views.evidence.js";

/** Share of rows past their label delay that must be labelled, else quality is a guess about the rest. */
const leastShare = 0.01;

/** A quality plan without labels. */
export default (needs: MonitoringNeeds): EvidenceRule =>
  defineRule({
    code: "MON005",
    slug: "labels-that-never-arrive",
    family: "monitoring",
    severity: "SEV2",
    principal: "monitor",
    summary: "A quality monitor whose labels do not arrive within the time planned for them.",
    why: "Quality that is planned and never measured reads as fine. Decay, bias and broken links between inputs and outcomes stay unseen for as long.",
    remedy:
      "Connect the system that knows the outcome to `paydown outcomes record`, or plan the delay labels really have; a random labelled sample is enough.",
    origin: "Sculley et al. 2015, section 7; Breck et al. 2017, Monitor 7",
    async check(ctx, project) {
      const { monitors } = await readWatch(ctx, needs, project);
      const findings = [];
      for (const { row, plan } of monitors) {
        if (plan.quality === undefined) continue;
        const { windows, rows, labels, until } = await readLabels(ctx, row, plan);
        if (rows === 0 || labels / rows >= leastShare) continue;
        findings.push({
          asset: { kind: "deployment", id: row.deployment },
          key: row.name,
          message: `${labels} of ${rows} predictions of ${row.deployment} that should be labelled by now are.`,
          evidence: {
            monitor: row.name,
            windows,
            rows,
            labels,
            labelDelayHours: plan.quality.labelDelayHours ?? 168,
            until,
          },
          size: 1,
          events: [],
        });
      }
      return { findings, unseen: [] };
    },
  });
