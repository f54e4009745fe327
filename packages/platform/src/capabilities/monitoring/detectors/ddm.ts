import type { StreamDetector, StreamState } from "./detector.js";

/** Drift detection method: a model's error rate against the best it ever had; reports at three standard deviations above, after 30 values. Input 1 is an error, 0 a hit. */
export default {
  name: "ddm",
  kind: "stream",
  errorsOnly: true,
  states: "rise of an error rate",
  reference: "Gama et al., SBIA 2004; behaviour of river 0.26.1",
  example: { changes: [1526] },
  create: () => createDdm(),
} satisfies StreamDetector;

export function createDdm(options: { least?: number; sigmas?: number } = {}): StreamState {
  const { least = 30, sigmas = 3 } = options;
  let n = 0;
  let rate = 0;
  let bestRate = 0;
  let bestSpread = 0;
  let best = Number.POSITIVE_INFINITY;
  return {
    update(value) {
      n++;
      rate += (value - rate) / n;
      const spread = Math.sqrt((rate * (1 - rate)) / n);
      if (n <= least) return false;
      if (rate + spread <= best) {
        bestRate = rate;
        bestSpread = spread;
        best = rate + spread;
      }
      if (rate + spread <= bestRate + sigmas * bestSpread) return false;
      n = 0;
      rate = 0;
      best = Number.POSITIVE_INFINITY;
      return true;
    },
  };
}
