import { defineRule } from "#base/rule.js";
import { noDeployments, readEvidence } from "../views.evidence.js";

export default defineRule({
  code: "SRV003",
  slug: "endpoint-without-contract",
  family: "serving",
  severity: "SEV2",
  principal: "contract",
  summary: "A deployment that is called and promises nothing about its inputs.",
  why: "Types and shapes are checked anyway, but a value no training row ever had is answered with a confident number. Callers cannot know what they may send, and drift has no line to cross.",
  remedy:
    'Take the ranges of the training data and put them on the endpoint: `paydown deployments update <name> --contract \'{"columns":[{"column":...,"min":...,"max":...}]}\'`.',
  origin: "Breck et al. 2017, The ML Test Score, Data 1 (feature expectations are captured in a schema)",
  async check(ctx, project) {
    const evidence = await readEvidence(ctx, project);
    if (evidence.length === 0) return noDeployments;
    const findings = evidence
      .filter(({ deployment, requests }) => deployment.contract === null && requests > 0)
      .map(({ deployment, consumers, requests, columns }) => ({
        asset: { kind: "deployment", id: deployment.name },
        key: "",
        message: `${deployment.name} answered ${requests} requests of ${consumers.length} consumers without a contract for its ${columns} input columns.`,
        evidence: { requests, consumers: consumers.map((one) => one.consumer).slice(0, 50), columns },
        size: Math.max(1, columns),
        events: [],
      }));
    return { findings, unseen: [] };
  },
});
