import type { Principal } from "#report.js";
import type { PrincipalClass } from "#rule.js";

/** Median hours of a repair by class: the prior of the debt model, before any repayment has been seen. */
export const classHours: Readonly<Record<PrincipalClass, number>> = {
  lint: 5 / 60,
  config: 0.5,
  schema: 2,
  transform: 4,
  pipeline: 24,
};

/** ln P ~ N(ln median, 1.0): an 80 % band of a factor 3.6 to each side. */
const sigma = 1.0;
const z90 = 1.2815515655446004;

export function principalOf(kind: PrincipalClass): Principal {
  const p50 = classHours[kind];
  const factor = Math.exp(sigma * z90);
  return { p10: round(p50 / factor), p50: round(p50), p90: round(p50 * factor) };
}

function round(hours: number): number {
  return Number(hours.toPrecision(3));
}
