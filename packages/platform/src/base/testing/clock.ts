import type { Clock } from "../clock.js";

export interface FakeClock extends Clock {
  advance(ms: number): void;
  set(instant: number): void;
}

/** Stands still until told otherwise; starts at 2026-01-01T00:00:00Z. */
export function fakeClock(start: number = Date.UTC(2026, 0, 1)): FakeClock {
  let now = start;
  return {
    now: () => now,
    advance: (ms) => {
      now += ms;
    },
    set: (instant) => {
      now = instant;
    },
  };
}
