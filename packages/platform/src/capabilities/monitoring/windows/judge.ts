import type { NaiveOutcome, NaiveRule, SignalKind } from "@paydown/api/monitoring";
import { jsDistance } from "../detectors/js-distance.js";
import { signedShift } from "../detectors/wasserstein-on-bins.js";
import { addCounts, binPositions, total } from "../math/bins.js";
import { mean, variance } from "../math/samples.js";
import { largerIsBetter } from "../metrics/quality.js";
import type { Plan, Signal } from "../model.js";
import { accumulate, type EvidenceLaw, learnEvidence } from "../thresholds/accumulate.js";
import { alarmRate, allowance, type Held, soleLimit } from "../thresholds/decide.js";
import { learnHistograms } from "../thresholds/histograms.js";
import { type Direction, type Level, learnLevels } from "../thresholds/levels.js";
import { naiveOutcome, naiveStatistic } from "../thresholds/presets.js";
import { expectedPsi, psiPValue } from "../thresholds/psi-null.js";
import { chooseSeason, type Season, type Window } from "../thresholds/season.js";
import type { Observation } from "./observe.js";

/** Evidence carried from window to window, for rises (and distances) and for falls. */
export interface Evidence {
  readonly up: number;
  readonly down: number;
}

export const noEvidence: Evidence = { up: 0, down: 0 };

/** One signal in one window, judged. */
export interface Judged extends Evidence {
  readonly observation: Observation;
  readonly statistic?: number;
  readonly effect?: number;
  readonly expected?: number;
  readonly threshold?: number;
  readonly lowerThreshold?: number;
  readonly p?: number;
  /** Evidence at which this signal alone alarms; 0 while learning. */
  readonly limit: number;
  readonly naive: readonly NaiveOutcome[];
  readonly reason?: string;
  /** What the decision over all signals rests on; absent while learning or without a value. */
  readonly held?: Held;
}

/** How one signal is judged from now on. */
export interface Watcher {
  readonly season: Season;
  /** Undefined while learning. */
  readonly betweenWindows: number | undefined;
  judge(observation: Observation, before: Evidence): Judged;
}

/** Reference windows without which variation between windows cannot be known at all. */
const leastEver = 8;
/** Reference windows needed while the calibration period still runs: a week of hours, two weeks of days. */
const leastSoFar: Record<Window, number> = { hour: 168, day: 14 };
/** Evidence is not carried further than this above its limit, so that a mended signal falls silent within days. */
const headroom = 5;

/** Whether so many reference windows carry the promise. */
function isLearned(window: Window, seen: number, complete: boolean): boolean {
  return seen >= (complete ? leastEver : leastSoFar[window]);
}

/**
 * Makes the watcher of one signal from the reference windows seen so far. While they are too few it measures and reports
 * p from sampling alone, and never alarms.
 */
export function createWatcher(
  plan: Plan,
  signal: Signal,
  reference: readonly Observation[],
  complete: boolean,
  signals: number,
): Watcher {
  const isHistogram = signal.kind === "drift" || signal.kind === "prediction";
  const usable = reference.filter((each) => (isHistogram ? each.counts !== undefined : each.value !== undefined));
  const learned = isLearned(plan.window, usable.length, complete);
  return isHistogram
    ? watchHistogram(plan, signal, usable, learned, signals)
    : watchLevel(plan, signal, usable, learned, signals);
}

function watchHistogram(
  plan: Plan,
  signal: Signal,
  reference: readonly Observation[],
  learned: boolean,
  signals: number,
): Watcher {
  const feature = plan.features.find((each) => signal.kind === "drift" && each.feature === signal.subject);
  const edges = signal.kind === "prediction" ? plan.prediction?.edges : feature?.edges;
  const positions = edges && binPositions(edges);
  const given = signal.kind === "prediction" ? plan.prediction?.counts : feature?.counts;
  const pooled = reference.reduce<number[]>((sum, { counts }) => addCounts(sum, counts!), []);
  const base = given && total(given) > 0 ? given : total(pooled) > 0 ? pooled : undefined;
  const k = allowance(plan.promise);
  const rate = alarmRate(plan.promise, plan.window) / signals;
  const rule = learned
    ? learnHistograms(
        reference.map(({ at, counts }) => ({ at, counts: counts! })),
        chooseSeason(plan.window, reference.length),
      )
    : undefined;
  const law = rule && learnEvidence(rule.own, k);
  const limit = law ? soleLimit({ law, sides: 1 }, signals, plan.promise, plan.window) : 0;
  const histories = new Map<NaiveRule, number[]>();
  if (base) {
    for (const naive of plan.naiveRules) {
      if (naive !== "nannyml" && naive !== "three-sigma") continue;
      histories.set(
        naive,
        reference.map(({ counts }) =>
          naiveStatistic(naive, { reference: base, window: counts!, ...(positions && { positions }) }),
        ),
      );
    }
  }

  const effectOf = (from: ArrayLike<number>, to: ArrayLike<number>) =>
    positions ? signedShift(from, to, positions) : jsDistance({ counts: from }, { counts: to }, 2).statistic;
  const naiveOf = (counts: readonly number[]) =>
    base === undefined
      ? []
      : plan.naiveRules.flatMap((name) => {
          const history = histories.get(name);
          const compared = {
            reference: base,
            window: counts,
            ...(positions && { positions }),
            ...(history && { history }),
          };
          return naiveOutcome(name, compared) ?? [];
        });

  return {
    season: rule?.season ?? "none",
    betweenWindows: rule?.betweenWindows,
    judge(observation, { up }) {
      const counts = observation.counts;
      const carried = { observation, up, down: 0, limit, naive: [] };
      if (counts === undefined) return { ...carried, ...reasonOf(observation) };
      const naive = naiveOf(counts);
      if (rule === undefined || law === undefined) {
        if (base === undefined)
          return { ...carried, reason: "nothing to compare with until reference windows are seen" };
        const { statistic, p } = psiPValue(base, counts);
        const expected = expectedPsi({ m: total(base), n: observation.rows, bins: counts.length });
        return { ...carried, naive, statistic, p, expected, effect: effectOf(base, counts), reason: "learning" };
      }
      const found = rule.judge({ at: observation.at, counts }, rate);
      if (found === undefined) {
        return { ...carried, naive, reason: `fewer than ${rule.leastRows} rows say nothing about this distribution` };
      }
      const evidence = Math.min(accumulate(up, found.p, k), limit + headroom);
      return {
        observation,
        statistic: found.statistic,
        effect: effectOf(found.baseline, counts),
        expected: found.expected,
        threshold: found.threshold,
        p: found.p,
        up: evidence,
        down: 0,
        limit,
        naive,
        held: { evidence, law, sides: 1 },
      };
    },
  };
}

function watchLevel(
  plan: Plan,
  signal: Signal,
  reference: readonly Observation[],
  learned: boolean,
  signals: number,
): Watcher {
  const scale = scales[signal.kind] ?? plain;
  const direction: Direction =
    signal.kind !== "quality" ? "both" : largerIsBetter(plan.quality!.metric) ? "down" : "up";
  const k = allowance(plan.promise);
  const rate = alarmRate(plan.promise, plan.window) / signals;
  const toLevel = ({ at, value, error }: Observation): Level => ({ at, value: scale.to(value!), error: error ?? 0 });
  const rule = learned
    ? learnLevels(reference.map(toLevel), chooseSeason(plan.window, reference.length), direction)
    : undefined;
  const up = rule && learnEvidence(rule.ownUp, k);
  const down = rule && learnEvidence(rule.ownDown, k);
  const sides = direction === "both" ? 2 : 1;
  const limitOf = (law: EvidenceLaw) => soleLimit({ law, sides }, signals, plan.promise, plan.window);
  const limits = up && down ? { up: limitOf(up), down: limitOf(down) } : { up: 0, down: 0 };
  const limit = direction === "up" ? limits.up : direction === "down" ? limits.down : Math.max(limits.up, limits.down);
  const values = reference.map(({ value }) => value!);
  const band =
    plan.naiveRules.includes("three-sigma") && values.length >= 2
      ? { centre: mean(values), reach: 3 * Math.sqrt(variance(values, 0)) }
      : undefined;

  return {
    season: rule?.season ?? "none",
    betweenWindows: rule?.betweenWindows,
    judge(observation, before) {
      const { value } = observation;
      if (value === undefined) return { observation, ...before, limit, naive: [], ...reasonOf(observation) };
      const naive: NaiveOutcome[] = band
        ? [
            {
              rule: "three-sigma",
              statistic: value,
              threshold: value < band.centre ? band.centre - band.reach : band.centre + band.reach,
              alarm: Math.abs(value - band.centre) > band.reach,
            },
          ]
        : [];
      if (rule === undefined || up === undefined || down === undefined) {
        return { observation, statistic: value, ...before, limit, naive, reason: "learning" };
      }
      const found = rule.judge(toLevel(observation), rate);
      const rose = direction === "down" ? 0 : Math.min(accumulate(before.up, found.up, k), limits.up + headroom);
      const fell = direction === "up" ? 0 : Math.min(accumulate(before.down, found.down, k), limits.down + headroom);
      const expected = scale.from(found.expected);
      // The stricter side speaks for the signal: the one rarer under its own law.
      const rising = up.p(rose) <= down.p(fell);
      const held: Held = { evidence: rising ? rose : fell, law: rising ? up : down, sides };
      return {
        observation,
        statistic: value,
        effect: signal.kind === "volume" ? scale.to(value) - found.expected : value - expected,
        expected,
        ...(found.upper !== undefined && { threshold: scale.from(found.upper) }),
        ...(found.lower !== undefined && { lowerThreshold: scale.from(found.lower) }),
        p: found.p,
        up: rose,
        down: fell,
        limit,
        naive,
        held,
      };
    },
  };
}

function reasonOf({ reason }: Observation): { reason?: string } {
  return reason === undefined ? {} : { reason };
}

interface Scale {
  to(value: number): number;
  from(level: number): number;
}

const plain: Scale = { to: (value) => value, from: (level) => level };

/** Scales on which sampling error does not depend on the level. */
const scales: Partial<Record<SignalKind, Scale>> = {
  volume: { to: (rows) => Math.log2(rows + 1), from: (level) => Math.max(0, 2 ** level - 1) },
  missing: {
    to: (share) => Math.asin(Math.sqrt(share)),
    from: (level) => Math.sin(Math.min(Math.PI / 2, Math.max(0, level))) ** 2,
  },
  association: { to: Math.atanh, from: Math.tanh },
};
