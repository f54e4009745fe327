import { defineRule, type EvidenceFinding, type EvidenceRule } from "#base/rule.js";
import type { ModelSources } from "../needs.js";
import { waivedPromotions } from "../store/promotions.js";
import { findVersion } from "../store.js";
import { weighVersion } from "../views/weigh-version.js";

export function waiverOverdueRule(sources: ModelSources): EvidenceRule {
  return defineRule({
    code: "REG013",
    slug: "waiver-overdue",
    family: "registry",
    severity: "SEV1",
    principal: "document",
    summary: "A gate was waived for a promotion, the date has passed, and the gap is still open.",
    why: "A waiver is debt taken on purpose, with a date. When the date passes unpaid it is plain debt, on a model in use.",
    remedy: "Close the gap the gate names, or promote a version that has no such gap.",
    origin: "own; prudent debt called early",
    async check(ctx, project) {
      const now = ctx.clock.now();
      const overdue = await ctx.db.read(async (r) => {
        const rows = await waivedPromotions(r, project, now);
        const kept = [];
        for (const row of rows) if ((await findVersion(r, row.model_id, row.version)) !== undefined) kept.push(row);
        return kept;
      });
      const findings: EvidenceFinding[] = [];
      for (const { model_id: model, version, gate, due_at: dueAt, promotion, caused_by: by, reason } of overdue) {
        const weighed = await weighVersion(ctx, sources, { project, model, version });
        const stands = weighed.gates([]).find((one) => one.gate === gate);
        if (stands === undefined || stands.state === "yes") continue;
        const { name } = weighed.model;
        const days = Math.floor((now - dueAt) / 86_400_000);
        findings.push({
          asset: { kind: "model-version", id: `${name}/${version}` },
          key: gate,
          message: `The gate ${gate} of ${name} version ${version} was waived by ${by} until ${days} days ago, and is still open: ${stands.evidence}`,
          evidence: { promotion, gate, dueAt, by, reason },
          size: 1,
          events: [],
        });
      }
      return { findings, unseen: [] };
    },
  });
}
