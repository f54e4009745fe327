import { defineRule, type EvidenceRule } from "#base/rule.js";
import type { MonitoringNeeds } from "../needs.js";
import { readRules, readWatch } from "../views.evidence.js";

/** A monitor whose learning period is over without having taught it anything. */
export default (needs: MonitoringNeeds): EvidenceRule =>
  defineRule({
    code: "MON004",
    slug: "uncalibrated-monitor",
    family: "monitoring",
    severity: "SEV2",
    principal: "monitor",
    summary: "A monitor that cannot alarm because its reference windows were too few.",
    why: "Without the variation of ordinary windows only fixed rules of thumb are left, and these alarm every day or never. It looks watched and is not.",
    remedy:
      "Make the monitor again with a calibration period that holds traffic: at least eight windows, better four weeks.",
    origin: "own; monitoring reference 1.6",
    async check(ctx, project) {
      const { monitors } = await readWatch(ctx, needs, project);
      const findings = [];
      for (const { row, plan } of monitors) {
        if ((row.evaluated_to ?? 0) <= plan.calibration.to) continue;
        const blind = (await readRules(ctx, row.id)).filter(
          ({ signal, between_windows }) => between_windows === null && /^(drift|prediction|volume):/.test(signal),
        );
        if (blind.length === 0) continue;
        findings.push({
          asset: { kind: "deployment", id: row.deployment },
          key: row.name,
          message: `Monitor ${row.name} has learned too little on ${blind.length} signals and will never alarm on them.`,
          evidence: {
            monitor: row.name,
            signals: blind.slice(0, 50).map(({ signal, seen }) => ({ signal, referenceWindows: seen })),
            count: blind.length,
            calibration: plan.calibration,
          },
          size: blind.length,
          events: [],
        });
      }
      return { findings, unseen: [] };
    },
  });
