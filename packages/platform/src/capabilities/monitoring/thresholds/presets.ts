import type { NaiveOutcome, NaiveRule } from "@paydown/api/monitoring";
import chiSquare from "../detectors/chi-square.js";
import { jsDistance, jsDivergence } from "../detectors/js-distance.js";
import ksOnBins from "../detectors/ks-on-bins.js";
import lInfinity from "../detectors/l-infinity.js";
import wassersteinOnBins from "../detectors/wasserstein-on-bins.js";
import { binMoments, shares, total } from "../math/bins.js";
import { mean, variance } from "../math/samples.js";

/** Both sides of one signal over the same bins. `positions` are absent for categories. */
export interface Compared {
  readonly reference: ArrayLike<number>;
  readonly window: ArrayLike<number>;
  readonly positions?: ArrayLike<number>;
  /** The same rule's statistic in the reference windows; NannyML and three-sigma take their threshold from them. */
  readonly history?: readonly number[];
}

/**
 * What the peers' default rules would have done, from the same exact counts. They see the reference's bins, so numbers agree
 * with the peers' own on rows to what the bins keep; with unit bins on integers they are equal.
 */
export function naiveOutcome(rule: NaiveRule, compared: Compared): NaiveOutcome | undefined {
  const statistic = naiveStatistic(rule, compared);
  switch (rule) {
    case "evidently":
      return { rule, statistic, threshold: 0.1, alarm: statistic >= 0.1 };
    case "tfdv":
      return { rule, statistic, threshold: 0.3, alarm: statistic >= 0.3 };
    case "psi-01":
      return { rule, statistic, threshold: 0.1, alarm: statistic >= 0.1 };
    case "ks-005":
      return { rule, statistic, threshold: 0.05, alarm: statistic < 0.05 };
    case "nannyml":
    case "three-sigma": {
      const band = historyBand(compared.history ?? [], rule);
      return (
        band && { rule, statistic, threshold: band.upper, alarm: statistic > band.upper || statistic < band.lower }
      );
    }
  }
}

/** The statistic alone, e.g. to collect the history NannyML's threshold needs. */
export function naiveStatistic(rule: NaiveRule, { reference, window, positions }: Compared): number {
  const left = { counts: reference, ...(positions && { positions }) };
  const right = { counts: window, ...(positions && { positions }) };
  switch (rule) {
    case "evidently":
      return positions
        ? wassersteinOnBins.compare(left, right).statistic / Math.max(binMoments(reference, positions).std, 0.001)
        : jsDistance(left, right, Math.E).statistic;
    case "nannyml":
      return jsDistance(left, right, 2).statistic;
    case "tfdv":
      return positions ? jsDivergence(left, right, 2).statistic : lInfinity.compare(left, right).statistic;
    case "ks-005":
      return (positions ? ksOnBins.compare(left, right) : chiSquare.compare(left, right)).p ?? 1;
    case "psi-01":
      return evidentlyPsi(reference, window);
    case "three-sigma":
      return positions ? binMoments(window, positions).mean : lInfinity.compare(left, right).statistic;
  }
}

/** Mean +- 3 population standard deviations over reference windows; NannyML's univariate drift looks upward only. */
function historyBand(history: readonly number[], rule: NaiveRule): { lower: number; upper: number } | undefined {
  if (history.length < 2) return undefined;
  const centre = mean(history);
  const reach = 3 * Math.sqrt(variance(history, 0));
  return { lower: rule === "nannyml" ? Number.NEGATIVE_INFINITY : centre - reach, upper: centre + reach };
}

/** Empty bins become 0.0001, or a millionth of the smallest share if that is below it, as in Evidently; not rescaled. */
function evidentlyShares(counts: ArrayLike<number>): Float64Array {
  const share = shares(counts);
  let smallest = 1;
  for (const each of share) if (each > 0) smallest = Math.min(smallest, each);
  const fill = smallest <= 0.0001 ? smallest / 1e6 : 0.0001;
  return share.map((each) => (each === 0 ? fill : each));
}

function evidentlyPsi(reference: ArrayLike<number>, window: ArrayLike<number>): number {
  if (total(reference) === 0 || total(window) === 0) return 0;
  const p = evidentlyShares(reference);
  const q = evidentlyShares(window);
  let sum = 0;
  for (let i = 0; i < p.length; i++) sum += (q[i]! - p[i]!) * Math.log(q[i]! / p[i]!);
  return sum;
}
