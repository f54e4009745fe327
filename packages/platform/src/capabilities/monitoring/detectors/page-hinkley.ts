import type { StreamDetector, StreamState } from "./detector.js";

export interface PageHinkleyOptions {
  /** Values before it may report. */
  readonly least?: number;
  /** Change of the mean that is tolerated, in the stream's unit. */
  readonly delta?: number;
  /** Threshold lambda on the accumulated difference. */
  readonly lambda?: number;
  /** Forgetting factor of the sums. */
  readonly alpha?: number;
  readonly mode?: "up" | "down" | "both";
}

/** Page-Hinkley test: accumulated deviation from the running mean, two-sided, starts anew after a change. Defaults of river and Frouros. */
export default {
  name: "page-hinkley",
  kind: "stream",
  errorsOnly: false,
  states: "change of the mean",
  reference: "Page, Biometrika 41, 1954; behaviour of river 0.26.1",
  example: { changes: [547] },
  create: () => createPageHinkley(),
} satisfies StreamDetector;

export function createPageHinkley(options: PageHinkleyOptions = {}): StreamState {
  const { least = 30, delta = 0.005, lambda = 50, alpha = 0.9999, mode = "both" } = options;
  let n = 0;
  let mean = 0;
  let up = 0;
  let down = 0;
  let lowest = Number.POSITIVE_INFINITY;
  let highest = -1;
  return {
    update(value) {
      n++;
      mean += (value - mean) / n;
      up = alpha * up + value - mean - delta;
      down = alpha * down + value - mean + delta;
      lowest = Math.min(lowest, up);
      highest = Math.max(highest, down);
      const rose = mode !== "down" && up - lowest > lambda;
      const fell = mode !== "up" && highest - down > lambda;
      if (n < least || !(rose || fell)) return false;
      n = 0;
      mean = 0;
      up = 0;
      down = 0;
      lowest = Number.POSITIVE_INFINITY;
      highest = -1;
      return true;
    },
  };
}
