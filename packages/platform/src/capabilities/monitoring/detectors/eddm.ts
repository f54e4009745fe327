import type { StreamDetector, StreamState } from "./detector.js";

/**
 * Early drift detection method: distance between errors, against the largest mean + 2 standard deviations it ever had. Uses
 * the population variance as the paper does; the sample variance gives other change points. Input 1 is an error, 0 a hit.
 */
export default {
  name: "eddm",
  kind: "stream",
  errorsOnly: true,
  states: "rise of an error rate",
  reference: "Baena-Garcia et al., IWKDDS 2006; behaviour of river 0.26.1 but for the variance",
  example: { changes: [1485, 1585, 1735, 1848, 1951, 2095, 2198, 2583, 2654, 2741, 2851] },
  create: () => createEddm(),
} satisfies StreamDetector;

export function createEddm(options: { least?: number; beta?: number; ddof?: 0 | 1 } = {}): StreamState {
  const { least = 30, beta = 0.9, ddof = 0 } = options;
  let n = 0;
  let errors = 0;
  let last = 0;
  let mean = 0;
  let squares = 0;
  let best = -1;
  return {
    update(value) {
      n++;
      if (value !== 1) return false;
      errors++;
      const gap = n - last;
      last = n;
      const before = gap - mean;
      mean += before / errors;
      squares += before * (gap - mean);
      if (n <= least) return false;
      const spread = errors > ddof ? Math.sqrt(squares / (errors - ddof)) : 0;
      const level = mean + 2 * spread;
      if (level > best) {
        best = level;
        return false;
      }
      if (errors <= least || level / best >= beta) return false;
      n = 0;
      errors = 0;
      last = 0;
      mean = 0;
      squares = 0;
      best = -1;
      return true;
    },
  };
}
