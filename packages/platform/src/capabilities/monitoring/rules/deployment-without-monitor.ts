import { defineRule, type EvidenceRule } from "#base/rule.js";
import type { MonitoringNeeds } from "../needs.js";
import { readWatch } from "../views.evidence.js";

/** A live deployment nothing watches. */
export default (needs: MonitoringNeeds): EvidenceRule =>
  defineRule({
    code: "MON001",
    slug: "deployment-without-monitor",
    family: "monitoring",
    severity: "SEV1",
    principal: "monitor",
    summary: "A live deployment that no monitor watches.",
    why: "Models fail in silence: the service answers, latency is fine, and the answers are wrong because the world or an upstream table changed.",
    remedy:
      "Create a monitor against the training data: `paydown monitors create`. Reference and thresholds come from the profile and from traffic.",
    origin: "Breck et al. 2017, Monitor 2-7; Sculley et al. 2015, section 7",
    async check(ctx, project) {
      const { deployments, monitors } = await readWatch(ctx, needs, project);
      const watched = new Set(monitors.map(({ row }) => row.deployment));
      return {
        findings: deployments
          .filter(({ name }) => !watched.has(name))
          .map(({ name, model, version, since, predictionsPerWeek }) => ({
            asset: { kind: "deployment", id: name },
            key: "",
            message: `${name} serves ${model}/${version} and no monitor watches it.`,
            evidence: { model, version, since, predictionsPerWeek: predictionsPerWeek ?? "unknown" },
            size: 1,
            events: [],
          })),
        unseen: [],
      };
    },
  });
