import { setTimeout as after } from "node:timers/promises";
import { stopwatch } from "#base/clock.js";
import { errors } from "../errors.js";

/** Asks again until there is an answer; background work is finished when its record says so, not after a guess of time. */
export async function until<R>(
  what: string,
  data: string,
  ask: () => Promise<R | undefined>,
  limitMs = 120_000,
): Promise<R> {
  const elapsed = stopwatch();
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (elapsed() > limitMs) {
      throw errors.CLI_DEMO_STEP_FAILED({ step: what, problem: `not finished within ${limitMs / 1000} s`, data });
    }
    await after(100);
  }
}
