import type { LineageLoop } from "@paydown/api/lineage";
import type { Ctx } from "#base/context.js";
import { defineRule, type EvidenceFinding, type RuleAnswer } from "#base/rule.js";
import { nodeName } from "../model.js";
import { viewLoops } from "../views/loops.js";

export const feedbackLoop = defineRule({
  code: "LIN001",
  slug: "feedback-loop",
  family: "lineage",
  severity: "SEV1",
  principal: "untested-transform",
  summary: "A model's predictions come back as its own training data.",
  why: "What the model says shapes what it learns next. Errors confirm themselves, drift looks like agreement, and no offline test shows it, because test data went the same way.",
  remedy:
    "Keep a share of traffic that the model does not influence and train or at least evaluate on it; mark rows that a prediction touched; or cut the loop.",
  origin: "Sculley et al. 2015, hidden feedback loops",
  check: (ctx, project) => loopFindings(ctx, project, "feedback-loop"),
});

/** Loops of one kind as findings on the model version that gets its input from them. */
export async function loopFindings(ctx: Ctx, project: string, kind: LineageLoop["kind"]): Promise<RuleAnswer> {
  const { items, truncated } = await viewLoops(ctx, { project });
  const findings = items
    .filter((loop) => loop.kind === kind)
    .map((loop): EvidenceFinding => {
      const way = loop.nodes.map(nodeName);
      const first = loop.nodes[0];
      const last = loop.nodes.at(-1);
      const sure = loop.evidence === "observed" ? "" : ` (${loop.evidence}, not seen to happen)`;
      return {
        asset: { kind: last?.kind ?? "", id: last?.id ?? "" },
        key: first === undefined ? "" : modelName(first.id),
        message: `Output of ${first?.name} reaches the training of ${last?.name} by ${way.length - 1} edges${sure}: ${way.join(" -> ")}.`,
        evidence: { way, evidence: loop.evidence },
        size: 1,
        events: [],
      };
    });
  const unseen = truncated
    ? [{ what: "More loops than could be listed", remedy: "Cut the ones listed, then look again." }]
    : [];
  return { findings, unseen };
}

function modelName(id: string): string {
  const at = id.lastIndexOf("/");
  return at < 0 ? id : id.slice(0, at);
}
