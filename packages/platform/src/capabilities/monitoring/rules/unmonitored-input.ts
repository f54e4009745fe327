import { defineRule, type EvidenceRule } from "#base/rule.js";
import type { MonitoringNeeds } from "../needs.js";
import { readWatch } from "../views.evidence.js";

/** An input a watched deployment takes and no monitor follows. */
export default (needs: MonitoringNeeds): EvidenceRule =>
  defineRule({
    code: "MON002",
    slug: "unmonitored-input",
    family: "monitoring",
    severity: "SEV2",
    principal: "monitor",
    summary: "An input of a watched deployment that no monitor follows.",
    why: "A monitor that looks away from one input gives false comfort: the incident comes through the door nobody watches, and the unscheduled retraining after it is this gap's price.",
    remedy: "Add the input to the monitor's reference, or remove it from the model if nothing needs it.",
    origin: "Breck et al. 2017, Monitor 3; debt-model 3.3 (unscheduled retrains)",
    async check(ctx, project) {
      const { deployments, monitors } = await readWatch(ctx, needs, project);
      const findings = [];
      const unseen = [];
      for (const { name, inputs } of deployments) {
        const own = monitors.filter(({ row }) => row.deployment === name);
        if (own.length === 0) continue;
        if (inputs === undefined) {
          unseen.push({
            what: `which inputs ${name} takes`,
            remedy: `Log the model with a signature, so that ${name}'s inputs are known.`,
          });
          continue;
        }
        const followed = new Set(own.flatMap(({ plan }) => plan.features.map(({ feature }) => feature)));
        for (const input of inputs.filter((each) => !followed.has(each))) {
          findings.push({
            asset: { kind: "deployment", id: name },
            key: input,
            message: `Input ${input} of ${name} is in no monitor.`,
            evidence: {
              input,
              monitors: own.map(({ row }) => row.name),
              followed: followed.size,
              inputs: inputs.length,
            },
            size: 1,
            events: [],
          });
        }
      }
      return { findings, unseen };
    },
  });
