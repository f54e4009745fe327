import { normalQuantileSf } from "../math/distributions.js";
import { mean } from "../math/samples.js";

/** What a normal score may reach at most; beyond it the p-value is numerically nothing. */
const most = 30;

/** Normal score of a p-value: how many standard deviations, larger is stranger. */
function normalScore(p: number): number {
  return Math.max(-most, Math.min(most, normalQuantileSf(p)));
}

/** CUSUM of normal scores: evidence after this window. `k` is half the shift to be found soonest, in standard deviations. */
export function accumulate(evidence: number, p: number, k: number): number {
  return Math.max(0, evidence + normalScore(p) - k);
}

/** Variance of a sum of scores per window in the long run, from their autocorrelation at lag one: (1 + r) / (1 - r), r in [0, 0.9]. */
export function longRunVariance(p: readonly number[]): number {
  if (p.length < 20) return 1;
  const scores = p.map(normalScore);
  const centre = mean(scores);
  let top = 0;
  let bottom = 0;
  for (let i = 0; i < scores.length; i++) {
    bottom += (scores[i]! - centre) ** 2;
    if (i > 0) top += (scores[i]! - centre) * (scores[i - 1]! - centre);
  }
  const r = bottom === 0 ? 0 : Math.max(0, Math.min(0.9, top / bottom));
  return (1 + r) / (1 - r);
}

/**
 * Windows between false alarms of one CUSUM with allowance k and limit h over independent normal scores; `variance` is the
 * long-run variance of dependent ones. Siegmund, Sequential Analysis, 1985, formula 2.56 (corrected diffusion).
 */
export function runLength(h: number, k: number, variance = 1): number {
  const spread = Math.sqrt(variance);
  const drift = k / spread;
  const height = h / spread + 1.166;
  const x = 2 * drift * height;
  return x > 700 ? Number.MAX_VALUE : (Math.expm1(x) - x) / (2 * drift * drift);
}

/** How much evidence gathers while nothing changes. */
export interface EvidenceLaw {
  /** Rate a window at which an excursion rises to `evidence`: the p-value of accumulated evidence. */
  p(evidence: number): number;
  /** Evidence with that rate. */
  limit(rate: number): number;
}

/** Excursions needed before their peaks are fitted. */
const peaksNeeded = 20;

/**
 * Learns from the reference windows' own p-values, in order of time, how high evidence climbs although nothing changed. Two
 * laws, and the stricter one counts: Siegmund's for dependent normal scores, and an exponential through the highest tenth
 * (at least ten) of the peaks really seen, which knows of storms that last a day.
 */
export function learnEvidence(own: readonly number[], k: number): EvidenceLaw {
  const variance = longRunVariance(own);
  const peaks: number[] = [];
  let evidence = 0;
  let peak = 0;
  for (const p of own) {
    evidence = accumulate(evidence, p, k);
    if (evidence === 0 && peak > 0) {
      peaks.push(peak);
      peak = 0;
    } else peak = Math.max(peak, evidence);
  }
  if (peak > 0) peaks.push(peak);
  peaks.sort((a, b) => b - a);
  const top = Math.max(10, Math.floor(peaks.length / 10));
  const knee = peaks[top - 1] ?? 0;
  let excess = 0;
  for (let i = 0; i < top; i++) excess += ((peaks[i] ?? 0) - knee) / top;
  const fitted = peaks.length >= peaksNeeded && excess > 0;

  function p(evidence: number): number {
    const theory = 1 / runLength(Math.max(0, evidence), k, variance);
    const seen = fitted ? (top / own.length) * Math.exp(-Math.max(0, evidence - knee) / excess) : 0;
    return Math.min(1, Math.max(theory, evidence > knee ? seen : 0));
  }

  return {
    p,
    limit(rate) {
      let low = 0;
      let high = 1;
      while (p(high) > rate && high < 1e6) high *= 2;
      for (let i = 0; i < 60; i++) {
        const middle = (low + high) / 2;
        if (p(middle) > rate) low = middle;
        else high = middle;
      }
      return high;
    },
  };
}

/**
 * e-detector step (Shiryaev-Roberts form): M(t) = (M(t-1) + 1) e(t) with the calibrator e(p) = kappa p^(kappa - 1). An alarm
 * at M >= A has an average run length of at least A under any dependence that leaves p valid given the past; no tail fit and
 * no independence are asked for. Shin, Ramdas and Rinaldo, NEJSDS 2024; Vovk and Wang, Ann. Stat. 49, 2021.
 */
export function accumulateE(m: number, p: number, kappa = 0.5): number {
  return (m + 1) * kappa * Math.max(p, 1e-300) ** (kappa - 1);
}
