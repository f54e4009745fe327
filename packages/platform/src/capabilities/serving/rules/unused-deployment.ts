import { defineRule } from "#base/rule.js";
import { windowLengths } from "../model.js";
import { noDeployments, readEvidence } from "../views.evidence.js";

const quietDays = 30;

export default defineRule({
  code: "SRV004",
  slug: "unused-deployment",
  family: "serving",
  severity: "SEV3",
  principal: "config",
  summary: `A deployment that nobody has called for ${quietDays} days.`,
  why: "It is patched, watched, retrained and paid for, and it may be the door somebody forgets to lock.",
  remedy: "Ask its consumers, then `paydown deployments retire <name>`; its predictions and history are kept.",
  origin: "own",
  async check(ctx, project) {
    const evidence = await readEvidence(ctx, project);
    if (evidence.length === 0) return noDeployments;
    const now = ctx.clock.now();
    const findings = evidence
      .map((one) => ({ ...one, quietSince: one.lastSeen ?? one.deployment.created_at }))
      .filter((one) => now - one.quietSince >= quietDays * windowLengths.day)
      .map(({ deployment, lastSeen, quietSince, requests }) => {
        const days = Math.floor((now - quietSince) / windowLengths.day);
        return {
          asset: { kind: "deployment", id: deployment.name },
          key: "",
          message:
            lastSeen === undefined
              ? `${deployment.name} was deployed ${days} days ago and has never been called.`
              : `${deployment.name} was last called ${days} days ago.`,
          evidence: { lastSeen: lastSeen ?? null, createdAt: deployment.created_at, requests, days },
          size: 1,
          events: [],
        };
      });
    return { findings, unseen: [] };
  },
});
