import { normalDraw, parkMiller } from "../math/random.js";
import type { MonitoringNeeds, PredictionChunk, WatchedDeployment } from "../needs.js";
import { dayMs, hourMs } from "../thresholds/season.js";

/** The stage's clock stands at 2026-01-01T00:00Z; traffic is made around it. */
export const zero = Date.UTC(2026, 0, 1);

export interface Row {
  readonly at: number;
  readonly age: number;
  readonly colour: string;
  readonly score: number;
  outcome: number;
}

/** Rows of the days from `from` to `to` (days after the zero), a season of hours, and whatever changes on the way. */
export function traffic(
  from: number,
  to: number,
  change: (row: { at: number; age: number; colour: string }) => object = () => ({}),
  seed = 1,
): Row[] {
  const random = parkMiller(seed);
  const rows: Row[] = [];
  for (let hour = from * 24; hour < to * 24; hour++) {
    const at = zero + hour * hourMs;
    const ofDay = ((hour % 24) + 24) % 24;
    const busy = ofDay >= 8 && ofDay < 20;
    const drift = 0.1 * normalDraw(random);
    for (let i = 0; i < (busy ? 60 : 30); i++) {
      const age = 40 + (busy ? 0 : 5) + drift + 10 * normalDraw(random);
      const base = { at: at + Math.floor(random() * hourMs), age, colour: random() < 0.6 ? "red" : "blue" };
      const row = { ...base, ...change(base) };
      const chance = 1 / (1 + Math.exp(-(row.age - 40) / 10));
      rows.push({ ...row, score: chance, outcome: random() < chance ? 1 : 0 });
    }
  }
  return rows.sort((a, b) => a.at - b.at);
}

export interface World extends MonitoringNeeds {
  rows: Row[];
  deployments: WatchedDeployment[];
  labelsUntil: number;
  read: number;
}

export function world(rows: Row[]): World {
  const deployment: WatchedDeployment = {
    name: "credit",
    model: "scorer",
    version: 1,
    since: zero - 30 * dayMs,
    inputs: ["age", "colour"],
  };
  return {
    rows,
    deployments: [deployment],
    labelsUntil: Number.POSITIVE_INFINITY,
    read: 0,
    async referenceProfile(_ctx, _project, dataset) {
      if (dataset !== "loans") return undefined;
      return [
        {
          feature: "age",
          kind: "numeric",
          edges: [25, 30, 35, 40, 45, 50, 55],
          counts: [60, 90, 150, 200, 200, 150, 90, 60],
          missing: 0,
        },
        { feature: "colour", kind: "categorical", categories: ["red", "blue"], counts: [600, 400, 0], missing: 0 },
      ];
    },
    async *predictionRows(_ctx, { from, to }): AsyncGenerator<PredictionChunk> {
      const rows = this.rows.filter(({ at }) => at >= from && at < to);
      this.read += rows.length;
      for (let i = 0; i < rows.length; i += 1000) {
        const part = rows.slice(i, i + 1000);
        yield {
          rows: part.length,
          version: 1,
          times: Float64Array.from(part, ({ at }) => at),
          inputs: { age: Float64Array.from(part, ({ age }) => age) },
          texts: { colour: part.map(({ colour }) => colour) },
          scores: Float64Array.from(part, ({ score }) => score),
          outcomes: Float64Array.from(part, ({ at, outcome }) => (at < this.labelsUntil ? outcome : Number.NaN)),
        };
      }
    },
    async liveDeployments(_ctx, _project, name) {
      return this.deployments.filter((each) => name === undefined || each.name === name);
    },
  };
}
