import { binOf } from "../math/bins.js";
import type { Plan } from "../model.js";
import type { PredictionChunk } from "../needs.js";

/** Everything counted of one window while its rows stream by; rows themselves are not kept but for labelled scores. */
export interface Tally {
  readonly at: number;
  rows: number;
  readonly versions: Map<number, number>;
  readonly features: readonly FeatureTally[];
  /** Counts over the score's bins; rows without a score are in none. */
  readonly scores: Float64Array;
  readonly labelled: { readonly scores: number[]; readonly outcomes: number[] };
}

interface FeatureTally {
  readonly counts: Float64Array;
  missing: number;
  /** Sums over labelled rows for the correlation with the outcome: n, x, y, xx, yy, xy. */
  readonly sums: Float64Array;
}

/** Counts rows into windows. */
export interface Counter {
  open(at: number): Tally;
  /** Adds rows `[from, to)` of a chunk. */
  add(tally: Tally, chunk: PredictionChunk, from: number, to: number): void;
}

/** Prepares counting for a plan: fixed edges and categories, so that counts are exact and add up. */
export function createCounter(plan: Plan): Counter {
  const bins = plan.features.map((feature) => ({
    name: feature.feature,
    edges: feature.kind === "numeric" ? Float64Array.from(feature.edges ?? []) : undefined,
    places: new Map((feature.categories ?? []).map((category, i) => [category, i])),
    size: feature.counts.length,
    offset: offsetOf(feature.edges),
  }));
  const scoreEdges = Float64Array.from(plan.prediction?.edges ?? []);

  return {
    open: (at) => ({
      at,
      rows: 0,
      versions: new Map(),
      features: bins.map(({ size }) => ({ counts: new Float64Array(size), missing: 0, sums: new Float64Array(6) })),
      scores: new Float64Array(scoreEdges.length + 1),
      labelled: { scores: [], outcomes: [] },
    }),
    add(tally, chunk, from, to) {
      tally.rows += to - from;
      tally.versions.set(chunk.version, (tally.versions.get(chunk.version) ?? 0) + to - from);
      for (const [i, bin] of bins.entries()) {
        const into = tally.features[i]!;
        const numbers = chunk.inputs[bin.name];
        const texts = chunk.texts[bin.name];
        if (numbers && bin.edges) countNumbers(into, bin.edges, bin.offset, numbers, chunk.outcomes, from, to);
        else if (texts && !bin.edges) countTexts(into, bin.places, texts, from, to);
        else if (numbers) countTexts(into, bin.places, Array.from(numbers.subarray(from, to), named), 0, to - from);
        else into.missing += to - from;
      }
      for (let row = from; row < to; row++) {
        const score = chunk.scores[row]!;
        if (Number.isNaN(score)) continue;
        if (plan.prediction) tally.scores[binOf(scoreEdges, score)]! += 1;
        const outcome = chunk.outcomes[row]!;
        if (plan.quality && !Number.isNaN(outcome)) {
          tally.labelled.scores.push(score);
          tally.labelled.outcomes.push(outcome);
        }
      }
    },
  };
}

/** A number as a category; missing stays missing. */
function named(value: number): string {
  return Number.isNaN(value) ? "" : String(value);
}

/** Sums are taken around the middle edge, so that large values lose no digits. */
function offsetOf(edges: readonly number[] | undefined): number {
  return edges?.[Math.floor(edges.length / 2)] ?? 0;
}

function countNumbers(
  into: FeatureTally,
  edges: Float64Array,
  offset: number,
  values: Float64Array,
  outcomes: Float64Array,
  from: number,
  to: number,
): void {
  const sums = into.sums;
  for (let row = from; row < to; row++) {
    const value = values[row]!;
    if (Number.isNaN(value)) {
      into.missing++;
      continue;
    }
    into.counts[binOf(edges, value)]! += 1;
    const y = outcomes[row]!;
    if (Number.isNaN(y) || !Number.isFinite(value)) continue;
    const x = value - offset;
    sums[0]! += 1;
    sums[1]! += x;
    sums[2]! += y;
    sums[3]! += x * x;
    sums[4]! += y * y;
    sums[5]! += x * y;
  }
}

function countTexts(
  into: FeatureTally,
  places: Map<string, number>,
  values: readonly string[],
  from: number,
  to: number,
): void {
  for (let row = from; row < to; row++) {
    const value = values[row];
    if (value === "" || value === undefined) into.missing++;
    else into.counts[places.get(value) ?? places.size]! += 1;
  }
}

/** The model version most rows came from. */
export function usualVersion(tally: Tally): number | null {
  let usual: number | null = null;
  let most = 0;
  for (const [version, rows] of tally.versions) {
    if (rows > most) {
      usual = version;
      most = rows;
    }
  }
  return usual;
}
