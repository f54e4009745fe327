import { normalQuantileSf, normalSf } from "../math/distributions.js";
import { median } from "../math/samples.js";
import { type Season, slotOf } from "./season.js";
import { learnTail, type Tail } from "./tail.js";

/** One window's number: a share, a logarithm of rows, a quality metric. */
export interface Level {
  readonly at: number;
  readonly value: number;
  /** Standard error from sampling within the window; 0 when it has none. */
  readonly error: number;
}

/** Which way is worse: `up`, `down`, or either. */
export type Direction = "up" | "down" | "both";

export interface LevelJudgement {
  readonly expected: number;
  /** Values at which p would be `alpha`; the side that is not watched is absent. */
  readonly upper?: number;
  readonly lower?: number;
  /** P-value of the worse watched side, doubled when both are watched. */
  readonly p: number;
  /** P-values of each side alone, for accumulation. */
  readonly up: number;
  readonly down: number;
}

export interface LevelRule {
  readonly season: Season;
  /** Spread between reference windows beyond sampling, in the value's unit. */
  readonly betweenWindows: number;
  readonly ownUp: readonly number[];
  readonly ownDown: readonly number[];
  judge(level: Level, alpha: number): LevelJudgement;
}

/**
 * Learns a number's season and noise: the residual is the distance from the median of the same slot's reference windows (the
 * window itself left out), divided by sampling error and between-window spread together; its tails are pooled over slots.
 */
export function learnLevels(levels: readonly Level[], season: Season, direction: Direction): LevelRule {
  const slots = new Map<number, number[]>();
  for (const { at, value } of levels) {
    const slot = slotOf(at, season);
    const values = slots.get(slot) ?? [];
    values.push(value);
    slots.set(slot, values);
  }
  const overall = median(levels.map(({ value }) => value));

  function centre(at: number, without?: number): number {
    const values = slots.get(slotOf(at, season)) ?? [];
    const rest = without === undefined ? values : leaveOut(values, without);
    return rest.length === 0 ? overall : median(rest);
  }

  const raw = levels.map((level) => level.value - centre(level.at, level.value));
  const noise = median(levels.map(({ error }) => error));
  const spread = 1.4826 * median(raw.map(Math.abs));
  const betweenWindows = Math.sqrt(Math.max(0, spread ** 2 - noise ** 2));
  const scaleOf = (error: number) => Math.max(Math.hypot(error, betweenWindows), 1e-9);
  const standard = levels.map(({ error }, i) => raw[i]! / scaleOf(error));
  const up = learnTail(standard);
  const down = learnTail(standard.map((each) => -each));
  // Residuals are in standard errors at least, so p is never below what sampling alone explains.
  const chance = (tail: Tail, u: number) => Math.max(tail.p(u), normalSf(u));
  const reach = (tail: Tail, p: number) => Math.max(tail.threshold(p), normalQuantileSf(p));
  const sides = direction === "both" ? 2 : 1;

  return {
    season,
    betweenWindows,
    ownUp: standard.map((each) => chance(up, each)),
    ownDown: standard.map((each) => chance(down, -each)),
    judge({ at, value, error }, alpha) {
      const expected = centre(at);
      const scale = scaleOf(error);
      const u = (value - expected) / scale;
      const pUp = chance(up, u);
      const pDown = chance(down, -u);
      const worst = direction === "up" ? pUp : direction === "down" ? pDown : Math.min(pUp, pDown);
      return {
        expected,
        ...(direction !== "down" && { upper: expected + scale * reach(up, alpha / sides) }),
        ...(direction !== "up" && { lower: expected - scale * reach(down, alpha / sides) }),
        p: Math.min(1, sides * worst),
        up: pUp,
        down: pDown,
      };
    },
  };
}

function leaveOut(values: readonly number[], one: number): number[] {
  const at = values.indexOf(one);
  return at < 0 ? [...values] : [...values.slice(0, at), ...values.slice(at + 1)];
}
