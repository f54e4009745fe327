import { defineRule } from "#base/rule.js";
import { noDeployments, readEvidence } from "../views.evidence.js";

/** Declared base rate: a model, its score or its inputs change about once in a quarter, and whoever was not asked pays an hour to two days. */
const brokenInSilence = { weekly: 1 / 13, hours: { min: 1, mode: 3, max: 16 } };

export default defineRule({
  code: "SRV001",
  slug: "undeclared-consumer",
  family: "serving",
  severity: "SEV2",
  principal: "contract",
  summary: "A caller of a deployment that nobody has declared.",
  why: "Whoever reads predictions without saying so is not asked before the model, its score or its inputs change, and breaks in silence. The longer it calls, the more is built on it.",
  remedy:
    "Find out who it is, then declare it: `paydown consumers declare <deployment> <consumer> --team ... --purpose ...`, or refuse its token.",
  origin: "Sculley et al. 2015, Hidden Technical Debt in Machine Learning Systems, section 3 (undeclared consumers)",
  async check(ctx, project) {
    const evidence = await readEvidence(ctx, project);
    if (evidence.length === 0) return noDeployments;
    const findings = evidence.flatMap(({ deployment, consumers }) =>
      consumers
        .filter((consumer) => consumer.declared_at === null && consumer.first_seen !== null)
        .map((consumer) => ({
          asset: { kind: "deployment", id: deployment.name },
          key: consumer.consumer,
          message: `${consumer.consumer} has sent ${consumer.requests} requests to ${deployment.name} and nobody has declared it.`,
          evidence: {
            consumer: consumer.consumer,
            firstSeen: consumer.first_seen,
            lastSeen: consumer.last_seen,
            requests: consumer.requests,
            rows: consumer.row_count,
          },
          size: 1,
          events: [],
          risk: brokenInSilence,
        })),
    );
    return { findings, unseen: [] };
  },
});
