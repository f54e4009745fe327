import type { BinnedFeature, NaiveOutcome, NaiveRule, QualityPlan } from "@paydown/api/monitoring";
import { type Plan, toSignal } from "../model.js";
import type { MonitorRow, SignalRow } from "../tables.js";
import type { Window } from "../thresholds/season.js";
import type { Judged } from "./judge.js";
import type { Observation } from "./observe.js";

/** A monitor's plan as stored. */
export function toPlan(row: MonitorRow): Plan {
  return {
    window: row.window as Window,
    features: JSON.parse(row.features) as BinnedFeature[],
    ...(row.prediction !== null && { prediction: JSON.parse(row.prediction) as Plan["prediction"] }),
    ...(row.quality !== null && { quality: JSON.parse(row.quality) as QualityPlan }),
    calibration: { from: row.calibration_from, to: row.calibration_to },
    promise: { falsePagesPerWeek: row.pages_per_week, shiftInSigmas: row.shift_sigmas },
    naiveRules: JSON.parse(row.naive_rules) as NaiveRule[],
  };
}

/** What a stored window showed, without how it was judged. */
export function toObservation(row: SignalRow): Observation {
  return {
    signal: toSignal(row.signal),
    at: row.at,
    rows: row.rows,
    labels: row.labels,
    ...(row.counts !== null && { counts: JSON.parse(row.counts) as number[] }),
    ...(row.value !== null && { value: row.value }),
    ...(row.error !== null && { error: row.error }),
    ...(row.low !== null && { low: row.low }),
    ...(row.high !== null && { high: row.high }),
    ...(row.counts === null && row.value === null && row.reason !== null && { reason: row.reason }),
  };
}

export function toRow(monitor: number, judged: Judged, alarmed: boolean): SignalRow {
  const { observation } = judged;
  return {
    monitor_id: monitor,
    signal: observation.signal.id,
    at: observation.at,
    rows: observation.rows,
    labels: observation.labels,
    counts: observation.counts === undefined ? null : JSON.stringify(observation.counts),
    value: observation.value ?? null,
    error: observation.error ?? null,
    low: observation.low ?? null,
    high: observation.high ?? null,
    statistic: finite(judged.statistic),
    effect: finite(judged.effect),
    expected: finite(judged.expected),
    threshold: finite(judged.threshold),
    lower_threshold: finite(judged.lowerThreshold),
    p: finite(judged.p),
    up: judged.up,
    down: judged.down,
    evidence_limit: judged.limit,
    calibrated: alarmed ? 1 : 0,
    naive: JSON.stringify(judged.naive.map(rounded)),
    reason: judged.reason ?? null,
  };
}

/** Databases take no NaN, and JSON no infinity. */
function finite(value: number | undefined): number | null {
  return value === undefined || !Number.isFinite(value) ? null : value;
}

function rounded(outcome: NaiveOutcome): NaiveOutcome {
  const clean = (value: number) => (Number.isFinite(value) ? Number(value.toPrecision(9)) : Number.MAX_VALUE);
  return { ...outcome, statistic: clean(outcome.statistic), threshold: clean(outcome.threshold) };
}
