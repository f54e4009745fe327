import psi from "../detectors/psi.js";
import { shares, total } from "../math/bins.js";
import { chiSquareQuantileSf, chiSquareSf } from "../math/distributions.js";
import { median } from "../math/samples.js";
import { expectedPsi } from "./psi-null.js";
import { type Season, slotOf } from "./season.js";
import { learnTail, type Tail } from "./tail.js";

/** One window's exact counts. */
export interface CountedWindow {
  readonly at: number;
  readonly counts: ArrayLike<number>;
}

/** What one window's counts say. */
export interface Judgement {
  /** PSI against the reference windows of the same season. */
  readonly statistic: number;
  /** Its median there, at this window's size. */
  readonly expected: number;
  /** Statistic at which p would be `alpha`. */
  readonly threshold: number;
  readonly p: number;
  /** Counts it was compared with. */
  readonly baseline: ArrayLike<number>;
}

/** A learned rule for windows of counts. */
export interface HistogramRule {
  readonly season: Season;
  /** How far reference windows differ from their season beyond sampling, as a PSI: real days vary far more than a multinomial. */
  readonly betweenWindows: number;
  /** p-values of the reference windows themselves, each left out of its own baseline, in order of time. */
  readonly own: readonly number[];
  /** Rows a window needs to say anything: two a bin. */
  readonly leastRows: number;
  /** Undefined when the window has too few rows. */
  judge(window: CountedWindow, alpha: number): Judgement | undefined;
}

const rowsPerBin = 2;

interface Baseline {
  readonly counts: Float64Array;
  readonly rows: number;
}

/**
 * Learns from reference windows. The statistic is the PSI of a window against the sum of the reference windows of its season
 * slot, to which all windows together add the weight of one window. It is divided by what to expect: sampling error, by
 * n, m and bins, plus the variation between reference windows; the logarithm of that ratio, pooled over slots, is what the
 * tail is learned from, each window left out of its own baseline. Sampling alone (chi-square) is a floor under p, so that a
 * history without any variation does not make every row an alarm.
 */
export function learnHistograms(windows: readonly CountedWindow[], season: Season): HistogramRule {
  const bins = windows[0]?.counts.length ?? 0;
  const pooled = new Float64Array(bins);
  const slots = new Map<number, Float64Array>();
  for (const { at, counts } of windows) {
    const slot = slotOf(at, season);
    const sum = slots.get(slot) ?? new Float64Array(bins);
    slots.set(slot, sum);
    for (let i = 0; i < bins; i++) {
      sum[i] = sum[i]! + counts[i]!;
      pooled[i] = pooled[i]! + counts[i]!;
    }
  }
  const prior = shares(pooled);
  const filled = prior.filter((share) => share > 0).length;
  const typical = total(pooled) / Math.max(1, windows.length);

  function baseline(at: number, without?: ArrayLike<number>): Baseline {
    const slot = slots.get(slotOf(at, season));
    const counts = new Float64Array(bins);
    let rows = 0;
    for (let i = 0; i < bins; i++) {
      counts[i] = Math.max(0, (slot?.[i] ?? 0) - (without?.[i] ?? 0)) + prior[i]! * typical;
      rows += counts[i]!;
    }
    return { counts, rows };
  }

  function measure(window: CountedWindow, base: Baseline): { statistic: number; sampling: number } {
    const statistic = psi.compare({ counts: base.counts }, { counts: window.counts }).statistic;
    const sampling = expectedPsi({ m: base.rows, n: total(window.counts), bins: Math.max(2, filled) });
    return { statistic, sampling };
  }

  const leastRows = rowsPerBin * Math.max(2, filled);
  const seen = windows.filter(({ counts }) => total(counts) >= leastRows);
  const measured = seen.map((window) => measure(window, baseline(window.at, window.counts)));
  const betweenWindows = Math.max(0, median(measured.map(({ statistic, sampling }) => statistic - sampling)));
  const residual = ({ statistic, sampling }: { statistic: number; sampling: number }) =>
    Math.log(Math.max(statistic, 1e-12) / (sampling + betweenWindows));
  const residuals = measured.map(residual);
  const tail: Tail = learnTail(residuals);
  const df = Math.max(1, filled - 1);
  const chance = (each: number) => Math.max(tail.p(each), chiSquareSf(df * Math.exp(each), df));
  const middle = median(residuals);

  return {
    season,
    betweenWindows,
    own: residuals.map(chance),
    leastRows,
    judge(window, alpha) {
      if (total(window.counts) < leastRows) return undefined;
      const base = baseline(window.at);
      const found = measure(window, base);
      const scale = found.sampling + betweenWindows;
      return {
        statistic: found.statistic,
        expected: scale * Math.exp(middle),
        threshold: scale * Math.max(Math.exp(tail.threshold(alpha)), chiSquareQuantileSf(alpha, df) / df),
        p: chance(residual(found)),
        baseline: base.counts,
      };
    },
  };
}
