import type { BinnedFeature, MonitoringPromise, NaiveRule, QualityPlan, SignalKind } from "@paydown/api/monitoring";
import { errors } from "./errors.js";
import type { Window } from "./thresholds/season.js";

/** What a monitor was asked to do. */
export interface Plan {
  readonly window: Window;
  readonly features: readonly BinnedFeature[];
  /** Bins of the score, with reference counts when they are known. */
  readonly prediction?:
    | { readonly edges: readonly number[]; readonly counts?: readonly number[] | undefined }
    | undefined;
  readonly quality?: QualityPlan | undefined;
  readonly calibration: { readonly from: number; readonly to: number };
  readonly promise: MonitoringPromise;
  readonly naiveRules: readonly NaiveRule[];
}

/** One series a monitor follows. */
export interface Signal {
  readonly id: string;
  readonly kind: SignalKind;
  readonly subject: string;
}

export const defaultPromise: MonitoringPromise = { falsePagesPerWeek: 0.1, shiftInSigmas: 2 };
export const defaultNaiveRules: readonly NaiveRule[] = ["evidently", "nannyml", "ks-005", "psi-01"];
export const defaultScoreEdges: readonly number[] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

/** Days of traffic a monitor learns from when it is told nothing. */
export const calibrationDays = 28;

/** Signals whose value waits for labels. */
export function needsLabels(kind: SignalKind): boolean {
  return kind === "quality" || kind === "bias" || kind === "association";
}

/** Every series of a plan, in a fixed order. */
export function signalsOf(plan: Plan): Signal[] {
  const signal = (kind: SignalKind, subject: string): Signal => ({ id: `${kind}:${subject}`, kind, subject });
  return [
    signal("volume", "rows"),
    ...plan.features.flatMap(({ feature }) => [signal("drift", feature), signal("missing", feature)]),
    ...(plan.prediction ? [signal("prediction", "score")] : []),
    ...(plan.quality
      ? [
          signal("quality", plan.quality.metric),
          signal("bias", "score"),
          ...plan.features
            .filter(({ kind }) => kind === "numeric")
            .map(({ feature }) => signal("association", feature)),
        ]
      : []),
  ];
}

/** Reads a signal's id back. */
export function toSignal(id: string): Signal {
  const colon = id.indexOf(":");
  return { id, kind: id.slice(0, colon) as SignalKind, subject: id.slice(colon + 1) };
}

/** Refuses bins and counts that do not fit each other. */
export function checkReference(features: readonly BinnedFeature[]): void {
  const seen = new Set<string>();
  for (const { feature, kind, edges, categories, counts } of features) {
    const problem = seen.has(feature)
      ? "it is given twice"
      : kind === "numeric"
        ? edgesProblem(edges, counts)
        : categoriesProblem(categories, counts);
    if (problem !== undefined) throw errors.MONITORING_REFERENCE_INVALID({ feature, problem });
    seen.add(feature);
  }
}

export function edgesProblem(
  edges: readonly number[] | undefined,
  counts: readonly number[] | undefined,
): string | undefined {
  if (edges === undefined || edges.length === 0) return "a numeric input needs inner edges";
  if (edges.some((edge, i) => !Number.isFinite(edge) || (i > 0 && edge <= edges[i - 1]!)))
    return "edges do not rise strictly";
  if (counts !== undefined && counts.length !== edges.length + 1) {
    return `${edges.length} edges make ${edges.length + 1} bins and ${counts.length} counts were given`;
  }
  return undefined;
}

function categoriesProblem(categories: readonly string[] | undefined, counts: readonly number[]): string | undefined {
  if (categories === undefined) return "a categorical input needs its categories";
  if (new Set(categories).size !== categories.length) return "a category is given twice";
  if (counts.length !== categories.length + 1) {
    return `${categories.length} categories make ${categories.length + 1} bins (the last is other) and ${counts.length} counts were given`;
  }
  return undefined;
}

/** Pages of a list that is ordered by what changes; the cursor is the place in it. */
export function pageOf<T>(
  items: readonly T[],
  cursor: string | undefined,
  limit: number,
): { items: T[]; cursor?: string; total: number } {
  const start = Math.max(0, Number.parseInt(cursor ?? "0", 10) || 0);
  const next = start + limit;
  return {
    items: items.slice(start, next),
    ...(next < items.length && { cursor: String(next) }),
    total: items.length,
  };
}
