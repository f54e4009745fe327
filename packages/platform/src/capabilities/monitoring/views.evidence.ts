import type { Ctx } from "#base/context.js";
import { mean, variance } from "./math/samples.js";
import { type AgedQuality, type Band, type Decay, decay } from "./metrics/decay.js";
import { largerIsBetter } from "./metrics/quality.js";
import type { Plan } from "./model.js";
import type { MonitoringNeeds, WatchedDeployment } from "./needs.js";
import { listIncidentRows, listMembers, listMonitorRows, listRules, listSignalRows, listWindows } from "./store.js";
import type { IncidentRow, MonitorRow, RuleRow } from "./tables.js";
import { dayMs, hourMs } from "./thresholds/season.js";
import { toPlan } from "./windows/rows.js";

/** A monitor with its plan. */
export interface Watching {
  readonly row: MonitorRow;
  readonly plan: Plan;
}

/** Live deployments and the monitors that are not retired. */
export async function readWatch(
  ctx: Ctx,
  needs: MonitoringNeeds,
  project: string,
): Promise<{ deployments: readonly WatchedDeployment[]; monitors: Watching[] }> {
  const deployments = await needs.liveDeployments(ctx, project);
  const rows = await ctx.db.read((r) => listMonitorRows(r, project));
  return { deployments, monitors: rows.map((row) => ({ row, plan: toPlan(row) })) };
}

export function readRules(ctx: Ctx, monitor: number): Promise<RuleRow[]> {
  return ctx.db.read((r) => listRules(r, monitor));
}

export function readIncidents(ctx: Ctx, monitor: MonitorRow): Promise<IncidentRow[]> {
  return ctx.db.read((r) => listIncidentRows(r, { project: monitor.project, monitor: monitor.name }));
}

/** Rows and labels of the windows whose labels are due. */
export async function readLabels(
  ctx: Ctx,
  monitor: MonitorRow,
  plan: Plan,
): Promise<{ windows: number; rows: number; labels: number; until: number }> {
  const until = ctx.clock.now() - (plan.quality?.labelDelayHours ?? 168) * hourMs;
  const windows = await ctx.db.read((r) => listWindows(r, monitor.id, 0, until));
  return {
    windows: windows.length,
    rows: windows.reduce((sum, { rows }) => sum + rows, 0),
    labels: windows.reduce((sum, { labels }) => sum + labels, 0),
    until,
  };
}

/** One day's quality, its windows weighted by their precision. */
interface Daily {
  readonly at: number;
  readonly rows: number;
  readonly value: number;
  readonly error: number;
}

export interface FoundDecay {
  readonly decay: Decay;
  readonly band: Band;
  /** Days below the band since the model is stale. */
  readonly below: readonly Daily[];
  /** Incidents of quality signals with hours people reported. */
  readonly incidents: readonly {
    readonly id: string;
    readonly at: number;
    readonly hours: number;
    readonly title: string;
  }[];
}

/**
 * Quality by age of the version that is live, day by day, against the days of the calibration period; their own scatter
 * beyond sampling counts as error. Undefined with fewer than three labelled days on either side.
 */
export async function readDecay(
  ctx: Ctx,
  { row, plan }: Watching,
  deployment: WatchedDeployment,
  days: number,
): Promise<FoundDecay | undefined> {
  const metric = plan.quality!.metric;
  const rows = await ctx.db.read((r) => listSignalRows(r, row.id, `quality:${metric}`, 0, Number.MAX_SAFE_INTEGER));
  const daily = byDay(
    rows.flatMap(({ at, labels, value, error }) =>
      value === null || error === null ? [] : [{ at, rows: labels, value, error }],
    ),
  );
  const before = daily.filter(({ at }) => at >= plan.calibration.from && at < plan.calibration.to);
  const after = daily.filter(({ at }) => at >= plan.calibration.to && at >= deployment.since);
  if (before.length < 3 || after.length < 3) return undefined;
  const scatter = variance(before.map(({ value }) => value)) - mean(before.map(({ error }) => error ** 2));
  const band: Band = {
    value: mean(before.map(({ value }) => value)),
    error: Math.sqrt(Math.max(0, scatter) + mean(before.map(({ error }) => error ** 2)) / before.length),
  };
  const born = deployment.trainedUntil ?? deployment.since;
  const points: AgedQuality[] = after.map(({ at, value, error }) => ({
    ageWeeks: (at - born) / (7 * dayMs),
    value,
    error,
  }));
  const found = decay(points, band, largerIsBetter(metric) ? "larger" : "smaller", days);
  const since = found.staleSince;
  return {
    decay: found,
    band,
    below: since === undefined ? [] : after.filter((_, i) => points[i]!.ageWeeks >= since),
    incidents: await qualityIncidents(ctx, row),
  };
}

function byDay(windows: readonly Daily[]): Daily[] {
  const days = new Map<number, { rows: number; weight: number; sum: number }>();
  for (const { at, rows, value, error } of windows) {
    const day = Math.floor(at / dayMs) * dayMs;
    const sums = days.get(day) ?? { rows: 0, weight: 0, sum: 0 };
    days.set(day, sums);
    const weight = 1 / Math.max(error, 1e-6) ** 2;
    sums.rows += rows;
    sums.weight += weight;
    sums.sum += weight * value;
  }
  return [...days]
    .sort(([a], [b]) => a - b)
    .map(([at, { rows, weight, sum }]) => ({ at, rows, value: sum / weight, error: 1 / Math.sqrt(weight) }));
}

async function qualityIncidents(ctx: Ctx, monitor: MonitorRow): Promise<FoundDecay["incidents"]> {
  const found = [];
  for (const { id, opened_at, hours, title, outcome } of await readIncidents(ctx, monitor)) {
    if (hours === null || hours === 0 || outcome !== "real") continue;
    const members = await ctx.db.read((r) => listMembers(r, id));
    if (members.some(({ signal }) => signal.startsWith("quality:"))) found.push({ id, at: opened_at, hours, title });
  }
  return found;
}
