import { defineRule } from "#base/rule.js";
import { viewNodes } from "../views/nodes.js";

/**
 * Kinds that somebody must answer for; versions, runs and hashes belong to what they are versions of. Datasets have a rule
 * of their own (DAT001), which knows their records: one debt is one item.
 */
const owned = ["source", "feature-view", "deployment", "consumer"] as const;

export const unownedAsset = defineRule({
  code: "LIN004",
  slug: "unowned-asset",
  family: "lineage",
  severity: "SEV2",
  principal: "document",
  summary: "A source, feature view, deployment or consumer has no team that answers for it.",
  why: "A change or fault that reaches it cannot be announced to anybody, and its debt is nobody's to pay.",
  remedy: "Record the team: `paydown owners assign <asset> <team>`.",
  origin: "own",
  async check(ctx, project) {
    const findings = [];
    for (const kind of owned) {
      let cursor: string | undefined;
      do {
        const page = await viewNodes(ctx, {
          project,
          kind,
          team: "",
          limit: 1000,
          ...(cursor === undefined ? {} : { cursor }),
        });
        for (const node of page.items) {
          if (node.facts.retired === true) continue;
          findings.push({
            asset: { kind: node.kind, id: node.id },
            key: "",
            message: `Nobody answers for ${node.kind} ${node.name}.`,
            evidence: { firstSeen: node.firstSeen, lastSeen: node.lastSeen },
            size: 1,
            events: [],
          });
        }
        cursor = page.cursor;
      } while (cursor !== undefined);
    }
    return { findings, unseen: [] };
  },
});
