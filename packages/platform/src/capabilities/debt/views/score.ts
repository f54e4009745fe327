import type * as api from "@paydown/api/debt";
import type { Reply } from "@paydown/api/operation";
import type { Ctx } from "#base/context.js";
import { scoreBands, scoreOf, scoreSentence } from "../model/score.js";
import type { DebtNeeds } from "../needs.js";

/** The ML Test Score of a project from what is known of it. */
export async function viewScore(ctx: Ctx, needs: DebtNeeds, project: string): Promise<Reply<typeof api.getScore>> {
  const now = ctx.clock.now();
  const score = scoreOf((await needs.testEvidence?.(ctx, project)) ?? {}, now);
  return {
    low: score.low,
    high: score.high,
    unknown: score.unknown,
    sentence: scoreSentence(score),
    bands: scoreBands.map((band) => ({ ...band })),
    sections: score.sections.map((section) => ({
      ...section,
      tests: section.tests.map(({ settle, evidence, ...test }) => ({
        ...test,
        evidence: evidence.map((one) => ({ ...one })),
        ...(test.verdict === "unknown" ? { settle: { ...settle } } : {}),
      })),
    })),
    cheapest: score.cheapest.map((one) => ({ ...one })),
    at: now,
  };
}
