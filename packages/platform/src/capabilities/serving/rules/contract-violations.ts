import { defineRule } from "#base/rule.js";
import { noDeployments, readEvidence } from "../views.evidence.js";

/** Below this a violation is a typing error in somebody's test, not a habit. */
const leastViolations = 10;

export default defineRule({
  code: "SRV005",
  slug: "contract-violations",
  family: "serving",
  severity: "SEV2",
  principal: "contract",
  summary: "A consumer that keeps sending what the endpoint's contract excludes.",
  why: "Either the caller computes a feature otherwise than training did, or the contract is out of date. In both cases the answers are guesses and nobody is told.",
  remedy:
    "Compare its feature code with the training code; share one implementation, or agree on a wider contract. Then let the endpoint reject: `onViolation: reject`.",
  origin: "Sculley et al. 2015, section 3 (unstable data dependencies); Breck et al. 2017, Monitor 2",
  async check(ctx, project) {
    const evidence = await readEvidence(ctx, project);
    if (evidence.length === 0) return noDeployments;
    const findings = evidence.flatMap(({ deployment, consumers }) =>
      consumers
        .filter((consumer) => consumer.violations >= leastViolations)
        .map((consumer) => ({
          asset: { kind: "deployment", id: deployment.name },
          key: consumer.consumer,
          message: `${consumer.consumer} broke the contract of ${deployment.name} ${consumer.violations} times in ${consumer.requests} requests.`,
          evidence: {
            consumer: consumer.consumer,
            violations: consumer.violations,
            requests: consumer.requests,
            rows: consumer.row_count,
            refused: consumer.errors,
            lastSeen: consumer.last_seen,
          },
          size: 1,
          events: [],
        })),
    );
    const blind = evidence.filter(({ deployment }) => deployment.contract === null);
    return {
      findings,
      unseen: blind.map(({ deployment }) => ({
        what: `whether callers of ${deployment.name} send values training never saw: it has no contract`,
        remedy: `Give ${deployment.name} a contract with the ranges of its training data.`,
      })),
    };
  },
});
