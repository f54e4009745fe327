import { defineRule } from "#base/rule.js";
import { noDeployments, readEvidence } from "../views.evidence.js";

export default defineRule({
  code: "SRV002",
  slug: "deployment-without-limits",
  family: "serving",
  severity: "SEV3",
  principal: "config",
  summary: "A deployment for which nobody has said what load it takes on.",
  why: "Without limits one caller's batch job slows down everybody, and nobody can say whether an outage was load or a defect.",
  remedy:
    'Load-test it, then write the limits down: `paydown deployments update <name> --limits \'{"rowsPerRequest":...,"requestsInFlight":...,"timeoutMs":...}\'`.',
  origin: "own",
  async check(ctx, project) {
    const evidence = await readEvidence(ctx, project);
    if (evidence.length === 0) return noDeployments;
    const findings = evidence
      .filter(({ deployment }) => deployment.limits === null || deployment.limits === "{}")
      .map(({ deployment, consumers }) => ({
        asset: { kind: "deployment", id: deployment.name },
        key: "",
        message: `${deployment.name} runs on the built-in limits; nobody has declared what load it takes on.`,
        evidence: { version: deployment.version, consumers: consumers.length, createdAt: deployment.created_at },
        size: 1,
        events: [],
      }));
    return { findings, unseen: [] };
  },
});
