import { sorted } from "../math/samples.js";
import { checkSamples, type SampleDetector } from "./detector.js";

/**
 * Anderson-Darling for k = 2 samples with mid-ranks, standardised; heavier on the tails than KS. The p-value interpolates
 * published percentiles and is therefore cut to 0.001 and 0.25, as everywhere.
 */
export default {
  name: "anderson-darling",
  kind: "samples",
  states: "standardised A2 (mean 0, variance 1 without change)",
  range: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  symmetric: true,
  least: 2,
  reference: "Scholz and Stephens, J. Am. Stat. Assoc. 82, 1987",
  example: { statistic: 1.7487576036821362, p: 0.06171294341187214 },
  compare(reference, current) {
    checkSamples("anderson-darling", 2, reference, current);
    const statistic = standardised([sorted(reference), sorted(current)]);
    return { statistic, p: interpolated(statistic, 1) };
  },
} satisfies SampleDetector;

function standardised(samples: readonly Float64Array[]): number {
  const k = samples.length;
  const all = sorted(samples.flatMap((sample) => Array.from(sample)));
  const n = all.length;
  let a2 = 0;
  const at = samples.map(() => 0);
  for (let start = 0; start < n; ) {
    let end = start + 1;
    while (end < n && all[end] === all[start]) end++;
    const ties = end - start;
    const below = start + ties / 2;
    const denominator = below * (n - below) - (n * ties) / 4;
    for (const [i, sample] of samples.entries()) {
      const before = at[i]!;
      let after = before;
      while (after < sample.length && sample[after] === all[start]) after++;
      at[i] = after;
      const middle = (before + after) / 2;
      if (denominator > 0) {
        a2 += ((ties / n) * (n * middle - below * sample.length) ** 2) / denominator / sample.length;
      }
    }
    start = end;
  }
  a2 *= (n - 1) / n;
  let H = 0;
  for (const sample of samples) H += 1 / sample.length;
  let harmonic = 0;
  let g = 0;
  for (let i = n - 1; i > 1; i--) {
    harmonic += 1 / i;
    g += harmonic / (n + 1 - i);
  }
  const h = harmonic + 1;
  const a = (4 * g - 6) * (k - 1) + (10 - 6 * g) * H;
  const b = (2 * g - 4) * k * k + 8 * h * k + (2 * g - 14 * h - 4) * H - 8 * h + 4 * g - 6;
  const c = (6 * h + 2 * g - 2) * k * k + (4 * h - 4 * g + 6) * k + (2 * h - 6) * H + 4 * h;
  const d = (2 * h + 6) * k * k - 4 * h * k;
  const spread = (a * n ** 3 + b * n * n + c * n + d) / ((n - 1) * (n - 2) * (n - 3));
  return (a2 - (k - 1)) / Math.sqrt(spread);
}

const levels = [0.25, 0.1, 0.05, 0.025, 0.01, 0.005, 0.001];
const b0 = [0.675, 1.281, 1.645, 1.96, 2.326, 2.573, 3.085];
const b1 = [-0.245, 0.25, 0.678, 1.149, 1.822, 2.364, 3.615];
const b2 = [-0.105, -0.305, -0.362, -0.391, -0.396, -0.345, -0.154];

/** Least-squares parabola of ln p over the percentiles of the paper's table 2. */
function interpolated(statistic: number, m: number): number {
  const critical = b0.map((value, i) => value + b1[i]! / Math.sqrt(m) + b2[i]! / m);
  if (statistic < Math.min(...critical)) return 0.25;
  if (statistic > Math.max(...critical)) return 0.001;
  const logs = levels.map(Math.log);
  const centre = critical.reduce((sum, x) => sum + x, 0) / critical.length;
  const linear = critical.map((x) => x - centre);
  const squareMean = linear.reduce((sum, x) => sum + x * x, 0) / linear.length;
  const slope = linear.reduce((sum, x) => sum + x ** 3, 0) / linear.reduce((sum, x) => sum + x * x, 0);
  const bend = (x: number) => (x - centre) ** 2 - slope * (x - centre) - squareMean;
  const value =
    logs.reduce((sum, y) => sum + y, 0) / logs.length +
    project(logs, linear) * (statistic - centre) +
    project(logs, critical.map(bend)) * bend(statistic);
  return Math.exp(value);
}

function project(y: readonly number[], basis: readonly number[]): number {
  let top = 0;
  let bottom = 0;
  for (let i = 0; i < y.length; i++) {
    top += y[i]! * basis[i]!;
    bottom += basis[i]! ** 2;
  }
  return top / bottom;
}
