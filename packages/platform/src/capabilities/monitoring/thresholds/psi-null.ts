import psi from "../detectors/psi.js";
import { shares, total } from "../math/bins.js";
import { chiSquareQuantileSf, chiSquareSf } from "../math/distributions.js";
import { multinomial, parkMiller } from "../math/random.js";

/** What the PSI does when nothing changed: sizes of both sides and the reference's bins. */
export interface PsiNull {
  /** Rows of the reference. */
  readonly m: number;
  /** Rows of the window. */
  readonly n: number;
  /** Bins that hold anything. */
  readonly bins: number;
}

/** Rows below which (a bin, on the smaller side) the chi-square approximation is too low and draws are made instead. */
const rowsPerBin = 20;

/** Expected PSI from sampling alone: (1/n + 1/m)(bins - 1). */
export function expectedPsi({ m, n, bins }: PsiNull): number {
  return (1 / n + 1 / m) * Math.max(1, bins - 1);
}

/** Asymptotic P(PSI > statistic) when nothing changed: PSI / (1/n + 1/m) is chi-square with bins - 1 degrees of freedom. */
export function psiSf(statistic: number, size: PsiNull): number {
  return chiSquareSf(statistic / (1 / size.n + 1 / size.m), Math.max(1, size.bins - 1));
}

/** PSI that an unchanged window exceeds with chance alpha, asymptotically. */
export function psiThreshold(alpha: number, size: PsiNull): number {
  return (1 / size.n + 1 / size.m) * chiSquareQuantileSf(alpha, Math.max(1, size.bins - 1));
}

/**
 * P-value of a PSI by n, m and bins. Where either side has fewer than 20 rows a bin the asymptotic law errs on the low side:
 * there a p of at most 0.1 gives way to the larger of it and of `draws` seeded simulations from the reference's shares.
 */
export function psiPValue(
  reference: ArrayLike<number>,
  window: ArrayLike<number>,
  draws = 199,
  seed = 1,
): { statistic: number; p: number; simulated: boolean } {
  const statistic = psi.compare({ counts: reference }, { counts: window }).statistic;
  const share = shares(reference);
  const size = { m: total(reference), n: total(window), bins: share.filter((each) => each > 0).length };
  const p = psiSf(statistic, size);
  if (p > 0.1 || Math.min(size.m, size.n) >= rowsPerBin * size.bins) return { statistic, p, simulated: false };
  const random = parkMiller(seed);
  // Ten times the window's rows: the reference's own sampling error is lost in the window's, and drawing it would cost most.
  const exactReference = size.m >= 10 * size.n;
  if (size.n > 10 * size.m)
    return { statistic, p: Math.max(p, psiPValue(window, reference, draws, seed).p), simulated: true };
  const weights = Array.from(share);
  let above = 0;
  for (let i = 0; i < draws; i++) {
    const a = exactReference ? reference : multinomial(random, size.m, weights);
    const b = multinomial(random, size.n, weights);
    if (psi.compare({ counts: a }, { counts: b }).statistic >= statistic) above++;
  }
  return { statistic, p: Math.max(p, (1 + above) / (draws + 1)), simulated: true };
}
