import { defineRule, type EvidenceRule } from "#base/rule.js";
import type { MonitoringNeeds } from "../needs.js";
import { readDecay, readWatch } from "../views.evidence.js";

/** Days running below the band after which a model counts as stale. */
const days = 3;

/** A model whose quality has fallen below the band of its reference period and stays there. */
export default (needs: MonitoringNeeds): EvidenceRule =>
  defineRule({
    code: "MON003",
    slug: "model-past-its-decay",
    family: "monitoring",
    severity: "SEV2",
    principal: "retrain",
    summary: `A model whose quality lies below its reference band for ${days} days running.`,
    why: "Most models age: the world moves on and quality falls with it. Each day below the band is paid in worse decisions, and the later retraining is no cheaper.",
    remedy:
      "Retrain on data up to now and compare on the same rows before promoting; if age is not the cause, trace the inputs that moved.",
    origin: "Vela et al. 2022; Breck et al. 2017, Monitor 4 and Model 4",
    async check(ctx, project) {
      const { deployments, monitors } = await readWatch(ctx, needs, project);
      const findings = [];
      const unseen = [];
      for (const monitor of monitors) {
        const { row, plan } = monitor;
        const deployment = deployments.find(({ name }) => name === row.deployment);
        if (deployment === undefined) continue;
        if (plan.quality === undefined) {
          unseen.push({
            what: `whether ${deployment.model}/${deployment.version} at ${row.deployment} still performs: monitor ${row.name} has no quality plan`,
            remedy: "Record outcomes and name a quality metric when the monitor is made.",
          });
          continue;
        }
        const found = await readDecay(ctx, monitor, deployment, days);
        if (found === undefined) {
          unseen.push({
            what: `the quality of ${deployment.model}/${deployment.version} at ${row.deployment}: too few labelled days in the reference period or since it went live`,
            remedy: "Record outcomes with `paydown outcomes record`, also for the calibration period.",
          });
          continue;
        }
        const { decay, band, below, incidents } = found;
        if (decay.staleSince === undefined) continue;
        findings.push({
          asset: { kind: "model-version", id: `${deployment.model}/${deployment.version}` },
          key: row.deployment,
          message: `${deployment.model}/${deployment.version} at ${row.deployment} is below its ${plan.quality.metric} band for ${decay.windowsBelow} days, by ${Number(decay.loss.toPrecision(2))} on average.`,
          evidence: {
            metric: plan.quality.metric,
            band: { value: band.value, error: band.error },
            staleSinceWeeks: decay.staleSince,
            daysBelow: decay.windowsBelow,
            meanLoss: decay.loss,
            slopePerWeek: { value: decay.slopePerWeek, error: decay.slopeError, p: decay.p },
            ageFrom: deployment.trainedUntil === undefined ? "went live" : "end of training data",
            degradedPredictions: below.reduce((sum, { rows }) => sum + rows, 0),
            monitor: row.name,
          },
          size: 1,
          events: [
            // Degraded predictions have no price in hours unless the team declares one: the day counts, the ledger bills nothing.
            ...below.map(({ at, rows, value }) => ({
              id: `${row.name}:${at}`,
              channel: "quality-loss" as const,
              at,
              hours: { low: 0, high: 0 },
              explained: true,
              what: `${plan.quality!.metric} ${Number(value.toPrecision(3))} on ${rows} predictions`,
            })),
            ...incidents.map(({ id, at, hours, title }) => ({
              id,
              channel: "incidents" as const,
              at,
              hours: { low: hours, high: hours },
              explained: true,
              what: title,
            })),
          ],
        });
      }
      return { findings, unseen };
    },
  });
