import { errors } from "../errors.js";
import type { Bins } from "../math/bins.js";

/** What a detector measured. */
export interface Reading {
  /** In the unit the detector's `states` names. */
  readonly statistic: number;
  /** P-value under "both sides come from one distribution"; absent for plain distances. */
  readonly p?: number;
  /** Degrees of freedom behind the p-value. */
  readonly df?: number;
  /** Largest error of the statistic because only bins were seen. */
  readonly eps?: number;
}

interface Described {
  /** The name in the field's literature, kebab-case; also the file's name. */
  readonly name: string;
  /** What the statistic is: unit, base of the logarithm, distance or divergence. */
  readonly states: string;
  /** Least and greatest value the statistic can take. */
  readonly range: readonly [number, number];
  /** Whether swapping the sides leaves the statistic as it is. */
  readonly symmetric: boolean;
  /** Paper or book. */
  readonly reference: string;
  /** Printed answer on the shared example (`testing/example.ts`); the conformance suite recomputes it. */
  readonly example: { readonly statistic: number; readonly p?: number };
}

/** Compares exact counts over the same fixed bins. */
export interface BinDetector extends Described {
  readonly kind: "bins";
  /** Whether it needs `positions`, and so only suits numeric features. */
  readonly ordered: boolean;
  compare(reference: Bins, current: Bins): Reading;
}

/** Compares two samples of numbers, all rows held. */
export interface SampleDetector extends Described {
  readonly kind: "samples";
  /** Rows needed on each side. */
  readonly least: number;
  compare(reference: ArrayLike<number>, current: ArrayLike<number>): Reading;
}

/** Follows one stream of numbers; `create` answers its own state each time. */
export interface StreamDetector extends Omit<Described, "range" | "symmetric" | "example"> {
  readonly kind: "stream";
  /** Whether it takes a model's errors (1) and hits (0) only; then its example is on the example errors. */
  readonly errorsOnly: boolean;
  /** Index of values (from 0) at which it reports a change on the shared example stream. */
  readonly example: { readonly changes: readonly number[] };
  create(): StreamState;
}

export interface StreamState {
  /** Takes the next value; answers whether it reports a change now. */
  update(value: number): boolean;
}

export type Detector = BinDetector | SampleDetector | StreamDetector;

/** Refuses histograms that cannot be compared. */
export function checkBins(detector: string, reference: Bins, current: Bins): void {
  if (reference.counts.length !== current.counts.length) {
    throw errors.MONITORING_BINS_DIFFER({
      detector,
      left: reference.counts.length,
      right: current.counts.length,
    });
  }
  for (const { counts } of [reference, current]) {
    let seen = false;
    for (let i = 0; i < counts.length; i++) if (counts[i]! > 0) seen = true;
    if (!seen) throw errors.MONITORING_SAMPLE_TOO_SMALL({ detector, rows: 0, needed: 1 });
  }
}

/** Refuses samples too small for the detector. */
export function checkSamples(detector: string, least: number, x: ArrayLike<number>, y: ArrayLike<number>): void {
  const rows = Math.min(x.length, y.length);
  if (rows < least) throw errors.MONITORING_SAMPLE_TOO_SMALL({ detector, rows, needed: least });
}
