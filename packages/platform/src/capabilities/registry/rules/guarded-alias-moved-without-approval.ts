import { defineRule, type EvidenceFinding, type EvidenceRule } from "#base/rule.js";
import { standingsAt } from "../model.js";
import { changesOfProject } from "../store.js";

export function guardedAliasMovedWithoutApprovalRule(): EvidenceRule {
  return defineRule({
    code: "REG010",
    slug: "guarded-alias-moved-without-approval",
    family: "registry",
    severity: "SEV2",
    principal: "document",
    summary: "A guarded alias or stage stands where somebody put it past the promotion policy.",
    why: "The policy asks for evidence and for a second pair of eyes. What stands there now had neither, and an audit will ask who decided.",
    remedy:
      "Ask for it properly, so that the gates are looked at and somebody approves: `paydown promotions request`; or set the policy to refuse direct changes.",
    origin: "Requirement 61; change control, mlflow issue 2169",
    async check(ctx, project) {
      const changes = await ctx.db.read((r) => changesOfProject(r, project));
      const findings: EvidenceFinding[] = [];
      for (const [model, own] of Map.groupBy(
        changes.filter((change) => change.deleted === 0),
        (change) => change.name,
      )) {
        for (const { kind, subject, version, by } of standingsAt(own, ctx.clock.now())) {
          if (by.unapproved !== 1) continue;
          const why = by.reason === "" ? "without a reason" : `because: ${by.reason}`;
          findings.push({
            asset: { kind: "model-version", id: `${model}/${version}` },
            key: `${kind} ${subject}`,
            message: `${by.caused_by} put ${model} version ${version} at the guarded ${kind} ${subject} without a request, ${why}.`,
            evidence: { change: by.id, at: by.at, by: by.caused_by, door: by.door },
            size: 1,
            events: [],
          });
        }
      }
      const nothing = {
        what: "Changes of aliases and stages: none is recorded.",
        remedy: "Point an alias at the version in use: `paydown models alias`.",
      };
      return { findings, unseen: changes.length === 0 ? [nothing] : [] };
    },
  });
}
