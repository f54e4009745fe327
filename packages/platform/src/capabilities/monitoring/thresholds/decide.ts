import type { MonitoringPromise } from "@paydown/api/monitoring";
import type { EvidenceLaw } from "./accumulate.js";
import { benjaminiHochberg } from "./many.js";
import { dayMs, type Window, windowMs } from "./season.js";

/** Evidence one signal has gathered, and how much gathers while nothing changes. */
export interface Held {
  readonly evidence: number;
  readonly law: EvidenceLaw;
  /** Two when rises and falls are followed apart and the larger is given. */
  readonly sides: 1 | 2;
}

/** Share of windows that may hold a false alarm of any signal. */
export function alarmRate(promise: MonitoringPromise, window: Window): number {
  return Math.min(0.5, (promise.falsePagesPerWeek * windowMs(window)) / (7 * dayMs));
}

/** Allowance of the accumulation: half the shift to be found soonest. */
export function allowance(promise: MonitoringPromise): number {
  return promise.shiftInSigmas / 2;
}

/** Evidence at which one signal alone alarms among `signals`: the strictest step of Benjamini and Hochberg's. */
export function soleLimit(
  held: Pick<Held, "law" | "sides">,
  signals: number,
  promise: MonitoringPromise,
  window: Window,
): number {
  return held.law.limit(alarmRate(promise, window) / signals / held.sides);
}

/**
 * Signals in alarm: evidence accumulated over time first, then Benjamini and Hochberg over the signals, at the rate of
 * windows the promise allows a false page in. Many signals moving together need less evidence each.
 */
export function decide(held: readonly Held[], promise: MonitoringPromise, window: Window): number[] {
  const p = held.map(({ evidence, law, sides }) => (evidence > 0 ? Math.min(1, sides * law.p(evidence)) : 1));
  return benjaminiHochberg(p, alarmRate(promise, window));
}
