import type { Interest } from "#report.js";
import type { Commit } from "#sources/git.js";
import { hoursOfCommits, isBot, isFix } from "./commits.js";
import { createRandom, drawBeta, drawGamma, quantile } from "./random.js";

/** Parameters of the debt model's backtest (its section 3.2). */
const halfLifeDays = 180;
const windowDays = 180;
const hoursShrinkage = 3;
const draws = 2_000;
const day = 86_400_000;
const maxFilesPerCommit = 50;
/**
 * Windows. The backtest cut after year one; a scan may meet a file one day old, whose weekly rate would be without
 * bound: its exposure counts as four weeks.
 */
const minimumExposure = 28 / windowDays;

/** What the history says about one file; rates are per window of 180 days. */
export interface FileForecast {
  /** Undecayed number of fix commits. */
  readonly events: number;
  readonly decayedEvents: number;
  readonly decayedHours: number;
  /** E: decayed exposure in windows, at most 1.44. */
  readonly exposure: number;
  readonly alpha: number;
  readonly beta: number;
  /** Shrunk events per window. */
  readonly rate: number;
  readonly hoursPerEvent: number;
}

interface Tally {
  events: number;
  decayedEvents: number;
  decayedHours: number;
  decayedTouches: number;
  born: number;
}

/**
 * Fix rates and hours per fix of the given files (path to lines of code) at time `now`, exactly by the formulas of the
 * backtest. Merges, bot commits and commits on more than 50 of the files are left out; renames are followed.
 */
export function forecastFiles(
  commits: readonly Commit[],
  files: ReadonlyMap<string, number>,
  now: number,
): Map<string, FileForecast> {
  const tallies = tally(commits, files, now);
  const entries = [...tallies].map(([path, file]) => {
    const age = Math.max(0, (now - file.born) / day);
    const exposure = (halfLifeDays / Math.LN2 / windowDays) * (1 - 2 ** (-age / halfLifeDays));
    return {
      path,
      file,
      exposure: Math.max(exposure, minimumExposure),
      weight: (1 + file.decayedTouches) * Math.sqrt(Math.max(1, files.get(path) ?? 1)),
    };
  });
  const total = { events: 0, exposure: 0, hours: 0, weight: 0 };
  for (const { file, exposure, weight } of entries) {
    total.events += file.decayedEvents;
    total.exposure += exposure;
    total.hours += file.decayedHours;
    total.weight += weight;
  }
  const mean = total.exposure > 0 ? total.events / total.exposure : 0;
  const beta = priorStrength(
    entries.map(({ file, exposure }) => file.decayedEvents / exposure),
    mean,
    entries.length > 0 ? total.exposure / entries.length : 0,
  );
  const meanWeight = entries.length > 0 ? total.weight / entries.length : 1;
  const repositoryHours = total.events > 0 ? total.hours / total.events : 1;
  return new Map(
    entries.map(({ path, file, exposure, weight }) => {
      const alpha = (beta * mean * weight) / meanWeight;
      return [
        path,
        {
          events: file.events,
          decayedEvents: file.decayedEvents,
          decayedHours: file.decayedHours,
          exposure,
          alpha,
          beta,
          rate: (alpha + file.decayedEvents) / (beta + exposure),
          hoursPerEvent: (hoursShrinkage * repositoryHours + file.decayedHours) / (hoursShrinkage + file.decayedEvents),
        },
      ];
    }),
  );
}

/** β = m / (Var(r) − m/mean(E)), the denominator at least 1e-6, the result within [0.3, 5]; 1 without variance. */
function priorStrength(rates: readonly number[], mean: number, meanExposure: number): number {
  if (rates.length < 2 || meanExposure === 0) return 1;
  const average = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  const variance = rates.reduce((sum, rate) => sum + (rate - average) ** 2, 0) / rates.length;
  if (variance === 0) return 1;
  return Math.min(5, Math.max(0.3, mean / Math.max(1e-6, variance - mean / meanExposure)));
}

function tally(commits: readonly Commit[], files: ReadonlyMap<string, number>, now: number): Map<string, Tally> {
  const hours = hoursOfCommits(commits);
  const tallies = new Map<string, Tally>();
  // Newest first: today's name of every older name met on the way back.
  const current = new Map<string, string>();
  for (const commit of [...commits].sort((a, b) => b.time - a.time)) {
    const changes = commit.changes.map((change) => ({ change, path: current.get(change.path) ?? change.path }));
    for (const { change, path } of changes) if (change.from !== undefined) current.set(change.from, path);
    const touched = changes.filter(({ path }) => files.has(path));
    for (const { path } of touched) {
      const file = tallies.get(path);
      if (file) file.born = Math.min(file.born, commit.time);
      else tallies.set(path, { events: 0, decayedEvents: 0, decayedHours: 0, decayedTouches: 0, born: commit.time });
    }
    if (commit.parents > 1 || isBot(commit) || commit.time > now || touched.length > maxFilesPerCommit) continue;
    const decay = 2 ** (-(now - commit.time) / day / halfLifeDays);
    const lines = commit.changes.reduce((sum, change) => sum + change.lines, 0);
    for (const { change, path } of touched) {
      const file = tallies.get(path) as Tally;
      file.decayedTouches += decay;
      if (!isFix(commit.subject)) continue;
      const share = lines > 0 ? change.lines / lines : 1 / commit.changes.length;
      file.events++;
      file.decayedEvents += decay;
      file.decayedHours += decay * share * (hours.get(commit.hash) ?? 1);
    }
  }
  return tallies;
}

/** Measured fix hours a week on the file: no prior in it, so it is zero without events. */
export function measuredHours(forecast: FileForecast): number {
  return (forecast.decayedHours / forecast.exposure) * (7 / windowDays);
}

/**
 * What one of `count` findings on the file is charged with: the avoidable share Φ ~ Beta(1, 9) of the file's fix hours,
 * divided equally. The cost is capped by what was measured, so that all findings together never bill more.
 */
export function attributeInterest(forecast: FileForecast, count: number, seed: string): Interest {
  const measured = measuredHours(forecast);
  const random = createRandom(seed);
  const shares = Array.from({ length: draws }, () => {
    const rate = drawGamma(random, forecast.alpha + forecast.decayedEvents) / (forecast.beta + forecast.exposure);
    const cost = Math.min(measured, rate * forecast.hoursPerEvent * (7 / windowDays));
    return (cost * drawBeta(random, 1, 9)) / count;
  }).sort((a, b) => a - b);
  return {
    p10: round(quantile(shares, 0.1)),
    p50: round(quantile(shares, 0.5)),
    p90: round(quantile(shares, 0.9)),
    events: forecast.events,
    measured: round(measured),
    forecast: round(forecast.rate * forecast.hoursPerEvent * (7 / windowDays)),
  };
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}
