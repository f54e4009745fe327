import type { Range } from "@paydown/api/values";
import { createRandom, drawGamma, toRange } from "./draws.js";

const fanWeeks = 12;
const paths = 2_000;

interface Outlook {
  readonly shown: boolean;
  readonly why: string;
  readonly next: { readonly week: number; readonly principal: Range }[];
  /** Weeks from now until principal has doubled in the median path, within two years. */
  readonly growing: boolean;
}

/**
 * Principal over the next 12 weeks: weekly inflow as a negative binomial number of items times their mean size, outflow as
 * in the weeks seen. It is drawn only when it beat "same as last week" on the weeks seen (mean absolute scaled error < 1).
 */
export function outlookOf(
  weekly: readonly { readonly inflow: number; readonly outflow: number }[],
  principal: number,
): Outlook {
  if (weekly.length < 12) {
    return {
      shown: false,
      why: `A forecast needs 12 weeks of ledger; there are ${weekly.length}.`,
      next: [],
      growing: false,
    };
  }
  const net = weekly.map((week) => week.inflow - week.outflow);
  const mase = scaledError(net);
  const growing = average(net.slice(-12)) > 0;
  if (!(mase < 1)) {
    return {
      shown: false,
      why: `Over ${weekly.length} weeks the forecast was no better than "same as last week" (${mase.toFixed(2)} of its error).`,
      next: [],
      growing,
    };
  }
  const random = createRandom(`outlook/${weekly.length}/${Math.round(principal)}`);
  const inflow = gammaOf(weekly.map((week) => week.inflow));
  const outflow = gammaOf(weekly.map((week) => week.outflow));
  const fan = Array.from({ length: fanWeeks }, () => new Float64Array(paths));
  for (let path = 0; path < paths; path++) {
    let level = principal;
    for (let week = 0; week < fanWeeks; week++) {
      level = Math.max(0, level + inflow(random) - outflow(random));
      (fan[week] as Float64Array)[path] = level;
    }
  }
  return {
    shown: true,
    why: `Over ${weekly.length} weeks its error was ${Math.round(mase * 100)} % of that of "same as last week".`,
    next: fan.map((draws, i) => ({ week: i + 1, principal: toRange(draws, weekly.length) })),
    growing,
  };
}

/** Error of the running mean of all weeks before, in units of the error of repeating the last week. */
function scaledError(series: readonly number[]): number {
  let model = 0;
  let naive = 0;
  for (let i = 4; i < series.length; i++) {
    model += Math.abs((series[i] as number) - average(series.slice(0, i)));
    naive += Math.abs((series[i] as number) - (series[i - 1] as number));
  }
  return naive === 0 ? Number.POSITIVE_INFINITY : model / naive;
}

/** A gamma mixture with the mean and variance seen: the continuous twin of a negative binomial times a size. */
function gammaOf(amounts: readonly number[]): (random: () => number) => number {
  const m = average(amounts);
  const variance = average(amounts.map((amount) => (amount - m) ** 2));
  if (m <= 0) return () => 0;
  if (variance <= 0) return () => m;
  const shape = m ** 2 / variance;
  return (random) => (drawGamma(random, shape) * variance) / m;
}

function average(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
