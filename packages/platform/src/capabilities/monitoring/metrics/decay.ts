import { normalQuantileSf, normalSf } from "../math/distributions.js";

/** Quality of a model version in one window. */
export interface AgedQuality {
  /** Weeks since the end of its training data (or since it went live, when that is unknown). */
  readonly ageWeeks: number;
  readonly value: number;
  /** Standard error. */
  readonly error: number;
}

/** What the training period promised: quality with its own error, e.g. of the validation set or of the first windows. */
export interface Band {
  readonly value: number;
  readonly error: number;
}

export interface Decay {
  /** Change of quality a week, worse is negative whatever the metric; weighted least squares. */
  readonly slopePerWeek: number;
  readonly slopeError: number;
  /** One-sided p of "it does not get worse with age". */
  readonly p: number;
  /** First age at which quality lies below the band, in this and the next `windows` - 1 windows together; absent while it does not. */
  readonly staleSince?: number;
  /** Windows below the band since then. */
  readonly windowsBelow: number;
  /** Mean loss of quality over these windows against the band, in the metric's unit, positive is worse. */
  readonly loss: number;
  /** Age at which the fitted line leaves the band; absent when it does not fall or already has. */
  readonly forecastWeeks?: number;
}

/**
 * Quality by age against the band of the training period. A window lies below the band when its value is worse than the
 * band's by more than the 95 % reach of both errors; stale is what stays below for `windows` windows running.
 * Temporal degradation in this sense: Vela et al., Sci. Rep. 12, 2022.
 */
export function decay(points: readonly AgedQuality[], band: Band, better: "larger" | "smaller", windows = 3): Decay {
  const sign = better === "larger" ? 1 : -1;
  const ordered = [...points].sort((a, b) => a.ageWeeks - b.ageWeeks);
  const z = normalQuantileSf(0.025);
  const worse = ordered.map(({ value, error }) => sign * (band.value - value) > z * Math.hypot(error, band.error));
  let since: number | undefined;
  let run = 0;
  for (const [i, below] of worse.entries()) {
    run = below ? run + 1 : 0;
    if (run === 0) since = undefined;
    else if (run === windows) since = i - windows + 1;
  }
  const stale = since === undefined ? [] : ordered.slice(since);
  const line = fit(ordered.map(({ ageWeeks, value, error }) => ({ x: ageWeeks, y: sign * value, error })));
  const leaves = sign * band.value - z * band.error;
  const age = ordered.at(-1)?.ageWeeks ?? 0;
  const forecast = line.slope < 0 ? (leaves - line.intercept) / line.slope : undefined;
  return {
    slopePerWeek: line.slope,
    slopeError: line.error,
    p: line.error > 0 ? 1 - normalSf(line.slope / line.error) : 1,
    ...(since !== undefined && { staleSince: ordered[since]!.ageWeeks }),
    windowsBelow: stale.length,
    loss:
      stale.length === 0 ? 0 : stale.reduce((sum, { value }) => sum + sign * (band.value - value), 0) / stale.length,
    ...(since === undefined && forecast !== undefined && forecast > age && { forecastWeeks: forecast }),
  };
}

function fit(points: readonly { x: number; y: number; error: number }[]): {
  slope: number;
  intercept: number;
  error: number;
} {
  let w = 0;
  let wx = 0;
  let wy = 0;
  for (const { x, y, error } of points) {
    const weight = 1 / Math.max(error, 1e-9) ** 2;
    w += weight;
    wx += weight * x;
    wy += weight * y;
  }
  if (points.length < 2) return { slope: 0, intercept: points[0]?.y ?? 0, error: 0 };
  let sxx = 0;
  let sxy = 0;
  for (const { x, y, error } of points) {
    const weight = 1 / Math.max(error, 1e-9) ** 2;
    sxx += weight * (x - wx / w) ** 2;
    sxy += weight * (x - wx / w) * (y - wy / w);
  }
  if (sxx === 0) return { slope: 0, intercept: wy / w, error: 0 };
  const slope = sxy / sxx;
  return { slope, intercept: wy / w - (slope * wx) / w, error: Math.sqrt(1 / sxx) };
}
