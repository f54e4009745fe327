import { defineRule } from "#base/rule.js";
import { viewHandOvers } from "../views/owners.js";

export const handOverWithoutTaker = defineRule({
  code: "ACC001",
  slug: "hand-over-without-taker",
  family: "accounts",
  severity: "SEV2",
  principal: "document",
  summary: "An asset was handed over and no team was named that takes it.",
  why: "The giver thinks it is gone, nobody thinks it is theirs: it is neither changed nor watched until it breaks.",
  remedy: "Name the taker and have it accepted: `paydown hand-overs settle <id> accept --team <team>`.",
  origin: "own",
  async check(ctx, project) {
    const findings = [];
    let cursor: string | undefined;
    do {
      const page = await viewHandOvers(ctx, {
        project,
        state: "waiting",
        limit: 1000,
        ...(cursor === undefined ? {} : { cursor }),
      });
      for (const one of page.items) {
        if (one.to !== undefined) continue;
        findings.push({
          asset: one.asset,
          key: one.id,
          message: `${one.from} handed ${one.asset.kind} ${one.asset.id} over to nobody.`,
          evidence: { handOver: one.id, offeredAt: one.offeredAt, waitMs: one.waitMs },
          size: 1,
          events: [],
        });
      }
      cursor = page.cursor;
    } while (cursor !== undefined);
    return { findings, unseen: [] };
  },
});
