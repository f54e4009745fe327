import * as api from "@paydown/api/tracking";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { onBothDatabases } from "#base/testing/databases.js";
import { openStage, type Stage } from "#base/testing/stage.js";
import { changeRun, createExperiment, createRun, logBatch, logMetric, mlflowViews, tracking } from "./index.js";
import { blockHead, decodeBlock, decodePieces, encodeBlock, piecesOf, summarize } from "./model/metric-block.js";
import { fromRows, merged, picked } from "./model/metric-points.js";
import { toStored } from "./model.js";

const project = "default";
let stage: Stage;

interface Logged {
  readonly value: number;
  readonly step: number;
  readonly timestamp: number;
}

async function start(): Promise<string> {
  const name = `e${stage.ctx.ids.ulid()}`;
  const experiment = await createExperiment(stage.ctx, { project, name, tags: [] });
  return (await createRun(stage.ctx, { project, experimentId: experiment.id })).run_id;
}

async function logAll(runId: string, points: readonly Logged[], key = "m", batch = 1000): Promise<void> {
  for (let i = 0; i < points.length; i += batch) {
    const metrics = points.slice(i, i + batch).map((point) => ({ key, ...point }));
    await logBatch(stage.ctx, project, runId, { metrics, params: [], tags: [] });
  }
}

/** Seals what a finished run leaves open. */
async function seal(runId: string): Promise<void> {
  await changeRun(stage.ctx, project, runId, { status: "FINISHED" });
  stage.clock.advance(120_000);
  await stage.work();
}

function blocksOf(): Promise<{ n: number; points: number }> {
  return stage.base.db.read(async (r) => {
    const row = await r.get<{ n: number; points: number }>({
      sql: "select count(*) as n, coalesce(sum(points), 0) as points from metric_blocks",
      parameters: [],
    });
    return { n: Number(row?.n), points: Number(row?.points) };
  });
}

const line = (length: number): Logged[] =>
  Array.from({ length }, (_, i) => ({ value: Math.sin(i / 100), step: i, timestamp: 1_700_000_000_000 + i * 100 }));

/** What the store keeps: every point once, in order. */
function kept(points: readonly Logged[]): { value: number; nan: number; step: number; timestamp: number }[] {
  const all = points.map((point) => ({ ...toStored(point.value), step: point.step, timestamp: point.timestamp }));
  const unique = new Map(all.map((one) => [`${one.step} ${one.timestamp} ${one.value} ${one.nan}`, one]));
  return [...unique.values()].sort(
    (a, b) => a.step - b.step || a.timestamp - b.timestamp || a.value - b.value || a.nan - b.nan,
  );
}

const somePoints = fc.array(
  fc.record({
    step: fc.integer({ min: -50, max: 4000 }),
    timestamp: fc.integer({ min: 0, max: 100_000 }),
    value: fc.oneof(
      { weight: 8, arbitrary: fc.double({ noNaN: true, min: -1e6, max: 1e6 }) },
      fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0, 0.1),
    ),
  }),
  { minLength: 1, maxLength: 400 },
);

describe("a block", () => {
  test("gives back every point it was made of, and sums them up as they are", () => {
    fc.assert(
      fc.property(somePoints, (given) => {
        const points = fromRows(kept(given));
        const bytes = encodeBlock(points);
        // A driver may hand bytes out at any place of a larger buffer.
        const shifted = Buffer.alloc(bytes.length + 3).subarray(3);
        shifted.set(bytes);
        for (const one of [bytes, shifted]) expect(decodeBlock(one)).toEqual(points);
        const summary = summarize(points);
        const known = kept(given).filter((one) => one.nan === 0);
        expect(summary.low).toBe(known.length === 0 ? null : Math.min(...known.map((one) => one.value)));
        expect(summary.points).toBe(points.length);
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  test("gives back the points at some of its places from pieces of its bytes", () => {
    fc.assert(
      fc.property(somePoints, fc.array(fc.nat(399), { maxLength: 12 }), (given, numbers) => {
        const points = fromRows(kept(given));
        const places = [...new Set(numbers)].filter((place) => place < points.length).sort((a, b) => a - b);
        const bytes = encodeBlock(points);
        const head = bytes.slice(0, blockHead);
        const pieces = piecesOf(head, places).map(({ at, length }) => bytes.slice(at, at + length));
        expect(decodePieces(head, places, pieces)).toEqual(picked(points, places));
      }),
      { seed: 5, numRuns: 200 },
    );
  });

  test("of a steady loss takes few bytes a point", () => {
    const rows = line(2048).map((one) => ({ ...one, value: Math.fround(one.value), nan: 0 }));
    expect(encodeBlock(fromRows(rows)).length / 2048).toBeLessThan(8.1);
  });

  test("merging keeps the order and drops repeats", () => {
    const half = (from: number) =>
      fromRows(
        line(100)
          .slice(from, from + 60)
          .map((one) => ({ ...one, nan: 0 })),
      );
    expect(merged([half(40), half(0)])).toEqual(fromRows(line(100).map((one) => ({ ...one, nan: 0 }))));
  });
});

onBothDatabases("a history", (fresh) => {
  beforeEach(async () => {
    stage = await openStage([tracking], fresh());
  });
  afterEach(() => stage.close());

  test("is the same however it was logged, sealed, repeated or late", async () => {
    await fc.assert(
      fc.asyncProperty(
        somePoints,
        somePoints,
        fc.integer({ min: 1, max: 20 }),
        fc.constantFrom("step", "time"),
        async (early, late, most, axis) => {
          const runId = await start();
          // Many copies, each later than the one before, so that several blocks come about.
          const copies = Array.from({ length: 12 }, (_, i) =>
            early.map((one) => ({ ...one, step: one.step + i * 3000 })),
          ).flat();
          const given = [...copies, ...late, ...early];
          await logAll(runId, given.slice(0, given.length / 2));
          await seal(runId);
          await logAll(runId, given.slice(given.length / 2));
          await checkAll(runId, kept(given), Math.max(2, most), axis);
          await changeRun(stage.ctx, project, runId, { status: "RUNNING" });
          await seal(runId);
          await checkAll(runId, kept(given), Math.max(2, most), axis);
        },
      ),
      { seed: 7, numRuns: 12 },
    );
  });

  test("grows into blocks as it is logged, and a retried upload adds nothing", async () => {
    const runId = await start();
    await logAll(runId, line(10_000));
    expect((await blocksOf()).points).toBeGreaterThan(7000);
    await logAll(runId, line(10_000));
    await checkAll(runId, kept(line(10_000)), 100, "step");
    await seal(runId);
    expect((await blocksOf()).points).toBe(10_000);
  });

  test("without steps is one of times: it is sealed all the same", async () => {
    const runId = await start();
    const points = line(9000).map((one) => ({ ...one, step: 0 }));
    await logAll(runId, points);
    expect((await blocksOf()).points).toBeGreaterThan(6000);
    await checkAll(runId, kept(points), 50, "time");
  });

  test("in random order is sealed when it pays", async () => {
    const runId = await start();
    const points = line(12_000).map((_one, i, all) => all[(i * 7919) % all.length] as Logged);
    await logAll(runId, points);
    expect((await blocksOf()).points).toBeGreaterThan(8000);
    await checkAll(runId, kept(points), 64, "step");
  });

  test("from many clients, point by point, is as good as in batches", async () => {
    const runId = await start();
    for (let i = 0; i < 2500; i += 50) {
      const some = line(2500).slice(i, i + 50);
      await Promise.all(some.map((point) => logMetric(stage.ctx, project, runId, { key: "m", ...point })));
    }
    expect((await blocksOf()).points).toBeGreaterThanOrEqual(2048);
    await checkAll(runId, kept(line(2500)), 10, "step");
  });
});

describe("a curve", () => {
  beforeEach(async () => {
    stage = await openStage([tracking]);
  });
  afterEach(() => stage.close());

  test("over another metric follows its values at the same steps", async () => {
    const runId = await start();
    await logAll(runId, line(5000));
    const epochs = line(5000).filter((one) => one.step % 2 === 0);
    await logAll(
      runId,
      epochs.map((one) => ({ ...one, value: Math.floor(one.step / 500) })),
      "epoch",
    );
    const { series } = await stage.call(api.getMetricHistory, {
      project,
      runIds: [runId],
      key: "m",
      axis: "metrics.epoch",
      buckets: 10,
    });
    const [curve] = series;
    expect(curve?.points).toBe(2500);
    expect(curve?.buckets.map((bucket) => [bucket.x, bucket.xTo, bucket.count])).toEqual(
      Array.from({ length: 10 }, (_, i) => [i, i, 250]),
    );
  });

  test("is smoothed over every point, and coarser buckets show the same smoothed values", async () => {
    const runId = await start();
    await logAll(runId, line(6000));
    const ask = async (buckets: number) =>
      (await stage.call(api.getMetricHistory, { project, runIds: [runId], key: "m", smoothing: 0.9, buckets }))
        .series[0]?.buckets ?? [];
    const fine = await ask(5000);
    const coarse = await ask(50);
    const expected = smoothed(line(6000), 0.9);
    for (const bucket of [...fine, ...coarse]) {
      expect(bucket.smooth).toBeCloseTo(expected[bucket.stepTo] as number, 9);
    }
    expect(coarse).toHaveLength(50);
  });
});

/** The definition, point by point: each earlier value fades with its distance in thousandths of the whole. */
function smoothed(points: readonly Logged[], weight: number): number[] {
  const span = (points.at(-1)?.step ?? 0) - (points[0]?.step ?? 0);
  let [sum, norm, last] = [0, 0, points[0]?.step ?? 0];
  return points.map((point) => {
    const fade = weight ** (((point.step - last) / span) * 1000);
    [sum, norm, last] = [sum * fade + point.value, norm * fade + 1, point.step];
    return sum / norm;
  });
}

type Kept = ReturnType<typeof kept>;

/** Every answer about the history equals what is worked out from the points themselves. */
async function checkAll(runId: string, all: Kept, most: number, axis: string): Promise<void> {
  const search = { runId, key: "m", limit: undefined, token: undefined };
  const byTime = [...all].sort(
    (a, b) => a.timestamp - b.timestamp || a.step - b.step || a.value - b.value || a.nan - b.nan,
  );
  const raw = await mlflowViews.metricHistory(stage.ctx, project, search);
  expect(raw.points).toEqual(fromRows(byTime));

  const pages: number[] = [];
  let token: string | undefined;
  do {
    const page = await mlflowViews.metricHistory(stage.ctx, project, { ...search, limit: 1500, token });
    pages.push(...page.points.times);
    token = page.token;
  } while (token !== undefined);
  expect(pages).toEqual(byTime.map((one) => one.timestamp));

  const [from, to] = [10, 3100];
  for (const range of [{}, { fromStep: from, toStep: to }]) {
    const within = "fromStep" in range ? all.filter((one) => one.step >= from && one.step <= to) : all;
    const { series } = await stage.call(api.getMetricHistory, {
      project,
      runIds: [runId],
      key: "m",
      buckets: most,
      axis,
      ...range,
    });
    const [curve] = series;
    expect(curve?.points).toBe(within.length);
    const xOf = (one: Kept[number]) => (axis === "step" ? one.step : one.timestamp);
    if (within.length <= most) {
      expect(curve?.buckets.map((bucket) => bucket.x ?? bucket.step)).toEqual(within.map(xOf).sort((a, b) => a - b));
      continue;
    }
    const xs = within.map(xOf);
    const first = xs.reduce((a, b) => Math.min(a, b));
    const width = Math.max(1, Math.ceil((xs.reduce((a, b) => Math.max(a, b)) - first + 1) / most));
    const groups = new Map<number, Kept>();
    for (const one of within) {
      const bucket = Math.floor((xOf(one) - first) / width);
      groups.set(bucket, [...(groups.get(bucket) ?? []), one]);
    }
    const expected = [...groups].sort(([a], [b]) => a - b).map(([, points]) => points);
    expect(curve?.buckets).toHaveLength(expected.length);
    for (const [i, points] of expected.entries()) {
      const bucket = curve?.buckets[i];
      const values = points.filter((one) => one.nan === 0).map((one) => one.value);
      expect(bucket?.count).toBe(points.length);
      expect(bucket?.nan).toBe(points.length - values.length);
      expect(bucket?.step).toBe(Math.min(...points.map((one) => one.step)));
      expect(bucket?.stepTo).toBe(Math.max(...points.map((one) => one.step)));
      expect(bucket?.at).toBe(Math.min(...points.map((one) => one.timestamp)));
      if (values.length === 0) {
        expect(bucket?.mean).toBeUndefined();
        continue;
      }
      expect(bucket?.min).toBe(Math.min(...values));
      expect(bucket?.max).toBe(Math.max(...values));
      const mean = values.reduce((sum, value) => sum + value / values.length, 0);
      const scale = Math.max(...values.map(Math.abs));
      expect(Math.abs((bucket?.mean as number) - mean)).toBeLessThanOrEqual(scale * 1e-12 + 1e-300);
    }
  }

  const sampled = await mlflowViews.sampledHistory(stage.ctx, project, {
    runIds: [runId],
    key: "m",
    from: undefined,
    to: undefined,
    most,
  });
  const size = Math.floor(all.length / most);
  const places = Array.from({ length: Math.min(most, all.length) }, (_, i) =>
    all.length <= most ? i : i === most - 1 ? all.length - 1 : i * size + Math.min(i, all.length % most),
  );
  expect(sampled[0]?.points).toEqual(fromRows(places.map((i) => all[i] as Kept[number])));
}
