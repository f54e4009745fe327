import type { Covenants } from "@paydown/api/debt";

/** 90 days: shortcuts nobody is reminded of live about 200 days in the median (debt model, section 3.4). */
export const defaultTerm = 90 * 86_400_000;

export const defaultCovenants: Covenants = { promotion: true, rightsChange: true, interestTimes: 2 };

/** What is known of a loan when its covenants are checked; undefined is unknown and breaks nothing. */
export interface LoanFacts {
  readonly now: number;
  readonly dueAt: number;
  readonly signedInterest: number | undefined;
  readonly interest: number | undefined;
  readonly predictionsPerWeek: number | undefined;
  readonly consumers: number | undefined;
  readonly promoted: boolean;
  readonly rightsChanged: boolean;
}

/** Why the debt is called now; undefined while it is not. */
export function calledBecause(covenants: Covenants, facts: LoanFacts): string | undefined {
  if (covenants.promotion && facts.promoted) return "an affected model was promoted to production";
  if (covenants.rightsChange && facts.rightsChanged) return "the rights on the asset changed";
  const { signedInterest, interest } = facts;
  // Debt signed at no measured interest has nothing to be a multiple of: any measured interest of weight calls it.
  const limit = signedInterest === undefined ? undefined : Math.max(signedInterest * covenants.interestTimes, 0.05);
  if (limit !== undefined && interest !== undefined && interest > limit) {
    return `interest grew beyond ${covenants.interestTimes} times what was signed`;
  }
  if (covenants.exposureOver !== undefined && (facts.predictionsPerWeek ?? 0) > covenants.exposureOver) {
    return `more than ${covenants.exposureOver} predictions a week pass it`;
  }
  if (covenants.consumersOver !== undefined && (facts.consumers ?? 0) > covenants.consumersOver) {
    return `more than ${covenants.consumersOver} consumers depend on it`;
  }
  if (facts.now >= facts.dueAt) return "its due date passed";
  return undefined;
}
