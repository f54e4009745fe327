/** The only source of time. Milliseconds since the Unix epoch, UTC. */
export interface Clock {
  now(): number;
}

/** The machine's clock. */
export const systemClock: Clock = { now: () => Date.now() };

/** Monotonic milliseconds for measuring durations; the origin is arbitrary. */
export function stopwatch(): () => number {
  const start = performance.now();
  return () => performance.now() - start;
}
