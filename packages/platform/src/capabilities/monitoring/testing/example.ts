import type { Bins } from "../math/bins.js";
import { normalDraw, parkMiller } from "../math/random.js";

/** Reference and current counts every bin detector's printed example is computed on. */
export const exampleReference: Bins = { counts: [16, 18, 16, 14, 12, 12], positions: [0, 1, 2, 3, 4, 5] };
export const exampleCurrent: Bins = { counts: [16, 16, 16, 16, 16, 8], positions: [0, 1, 2, 3, 4, 5] };

/** 200 and 300 draws every sample detector's example is computed on: Park-Miller, seeds 1 and 2, the second to the power 1.2. */
export function exampleSamples(): { x: Float64Array; y: Float64Array } {
  const first = parkMiller(1);
  const second = parkMiller(2);
  return {
    x: Float64Array.from({ length: 200 }, () => first()),
    y: Float64Array.from({ length: 300 }, () => second() ** 1.2),
  };
}

/** 1,000 values that stream detectors are shown: standard normal, then from value 500 on shifted by one (Park-Miller, seed 3). */
export function exampleStream(): Float64Array {
  const random = parkMiller(3);
  return Float64Array.from({ length: 1000 }, (_, i) => normalDraw(random) + (i < 500 ? 0 : 1));
}

/** 3,000 errors (1) and hits (0) for detectors that watch a model's errors: one in ten, from 1,500 on three in ten (seed 4). */
export function exampleErrors(): Float64Array {
  const random = parkMiller(4);
  return Float64Array.from({ length: 3000 }, (_, i) => (random() < (i < 1500 ? 0.1 : 0.3) ? 1 : 0));
}
