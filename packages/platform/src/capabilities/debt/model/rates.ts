const day = 86_400_000;
/** Parameters of the backtest (debt model, section 3.2). */
const halfLifeDays = 180;
const windowDays = 180;
const hoursShrinkage = 3;
const betaBounds = [0.3, 5] as const;
/** Windows. An asset first seen yesterday would have a weekly rate without bound: its exposure counts as four weeks. */
const minimumExposure = 28 / windowDays;
/** Rates are per window of 180 days; hours are wanted per week. */
export const windowsPerWeek = 7 / windowDays;

/** Everything seen of one channel on one asset. */
export interface Observed {
  readonly asset: string;
  /** Instants of the events and the hours each cost (middle of its spread). */
  readonly events: readonly { readonly at: number; readonly hours: number }[];
  /** Since when the asset can have cost anything. */
  readonly since: number;
  /** g of the prior: grows with touches, size or reach; 1 when nothing is known. */
  readonly weight: number;
}

/** Event rate of one channel on one asset, shrunk towards the project. */
export interface AssetRate {
  readonly asset: string;
  /** Undecayed number of events. */
  readonly events: number;
  readonly decayedEvents: number;
  readonly decayedHours: number;
  /** E: decayed exposure in windows, at most 1.44. */
  readonly exposure: number;
  readonly alpha: number;
  readonly beta: number;
  /** Events per window: (alpha + decayed events) / (beta + E). */
  readonly rate: number;
  readonly hoursPerEvent: number;
}

/** How much an event of that instant still counts at `now`. */
export function decayOf(at: number, now: number): number {
  return 2 ** (-Math.max(0, now - at) / day / halfLifeDays);
}

/** E_a = (h / ln 2) (1 - 2^(-age / h)), in windows. */
function exposureOf(since: number, now: number): number {
  const age = Math.max(0, now - since) / day;
  return Math.max(minimumExposure, (halfLifeDays / Math.LN2 / windowDays) * (1 - 2 ** (-age / halfLifeDays)));
}

/** Rates of one channel over all assets of a project at `now`. */
export function learnRates(observed: readonly Observed[], now: number): Map<string, AssetRate> {
  const tallies = observed.map((one) => {
    let decayedEvents = 0;
    let decayedHours = 0;
    for (const event of one.events) {
      const decay = decayOf(event.at, now);
      decayedEvents += decay;
      decayedHours += decay * event.hours;
    }
    return { one, decayedEvents, decayedHours, exposure: exposureOf(one.since, now) };
  });
  const total = { events: 0, exposure: 0, hours: 0, weight: 0 };
  for (const tally of tallies) {
    total.events += tally.decayedEvents;
    total.exposure += tally.exposure;
    total.hours += tally.decayedHours;
    total.weight += tally.one.weight;
  }
  const m = total.exposure > 0 ? total.events / total.exposure : 0;
  const beta = priorStrength(
    tallies.map((tally) => tally.decayedEvents / tally.exposure),
    m,
    tallies.length > 0 ? total.exposure / tallies.length : 0,
  );
  const meanWeight = tallies.length > 0 ? total.weight / tallies.length : 1;
  const projectHours = total.events > 0 ? total.hours / total.events : 1;
  return new Map(
    tallies.map(({ one, decayedEvents, decayedHours, exposure }) => {
      const alpha = meanWeight > 0 ? (beta * m * one.weight) / meanWeight : beta * m;
      return [
        one.asset,
        {
          asset: one.asset,
          events: one.events.length,
          decayedEvents,
          decayedHours,
          exposure,
          alpha,
          beta,
          rate: (alpha + decayedEvents) / (beta + exposure),
          hoursPerEvent: (hoursShrinkage * projectHours + decayedHours) / (hoursShrinkage + decayedEvents),
        },
      ];
    }),
  );
}

/** beta = m / (Var(r) - m / mean(E)), denominator at least 1e-6, clamped to [0.3, 5]; 1 when nothing varies. */
export function priorStrength(rates: readonly number[], m: number, meanExposure: number): number {
  if (rates.length < 2 || meanExposure === 0) return 1;
  const average = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  const variance = rates.reduce((sum, rate) => sum + (rate - average) ** 2, 0) / rates.length;
  if (variance === 0) return 1;
  const beta = m / Math.max(1e-6, variance - m / meanExposure);
  return Math.min(betaBounds[1], Math.max(betaBounds[0], beta));
}

/** (last observed / last predicted)^0.5, within a factor of four: the damped correction of expected totals. */
export function calibration(observed: number, predicted: number): number {
  if (!(predicted > 0) || !(observed >= 0)) return 1;
  return Math.min(4, Math.max(0.25, Math.sqrt(observed / predicted)));
}

/** The correction that the next month's expectations carry. */
export function nextCorrection(correction: number, observed: number, predicted: number): number {
  return Math.min(4, Math.max(0.25, correction * calibration(observed, predicted)));
}
