import { readdir } from "node:fs/promises";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Bins } from "../math/bins.js";
import { exampleCurrent, exampleErrors, exampleReference, exampleSamples, exampleStream } from "../testing/example.js";
import { type DetectorName, detectors, loadDetector } from "./catalogue.js";
import type { BinDetector, SampleDetector, StreamDetector } from "./detector.js";

const notDetectors = ["catalogue.ts", "detector.ts"];
const names = Object.keys(detectors) as DetectorName[];
const all = await Promise.all(names.map((name) => loadDetector(name)));
const onBins = all.filter((each): each is BinDetector => each.kind === "bins");
const onSamples = all.filter((each): each is SampleDetector => each.kind === "samples");
const onStreams = all.filter((each): each is StreamDetector => each.kind === "stream");

/** Fisher's test takes two bins; the golden table is [[8, 2], [1, 5]]. */
function exampleOf(detector: BinDetector): [Bins, Bins] {
  return detector.name === "fisher-exact"
    ? [{ counts: [8, 2] }, { counts: [1, 5] }]
    : [exampleReference, exampleCurrent];
}

/** As close as the digits given. */
function digits(actual: number, expected: number): void {
  const places = /\.(\d+)$/.exec(String(expected))?.[1]?.length ?? 0;
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(
    places >= 13 ? Math.abs(expected) * 1e-9 : 0.6 * 10 ** -places,
  );
}

describe("every detector", () => {
  test("is a file of its name, and every file is in the catalogue", async () => {
    const files = (await readdir(new URL(".", import.meta.url))).filter(
      (file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && !notDetectors.includes(file),
    );
    expect(files.map((file) => file.slice(0, -3)).sort()).toEqual([...names].sort());
    for (const [i, detector] of all.entries()) expect(detector.name).toBe(names[i]);
  });

  test("names its unit and its source", () => {
    for (const detector of all) {
      expect(detector.states.length).toBeGreaterThan(0);
      expect(detector.reference).toMatch(/\d{4}|chapter/);
    }
  });

  test("an unknown one is refused with the names there are", async () => {
    await expect(loadDetector("vibes")).rejects.toMatchObject({ code: "MONITORING_DETECTOR_UNKNOWN" });
  });
});

describe.each(onBins.map((detector) => [detector.name, detector] as const))("%s on bins", (_name, detector) => {
  const [reference, current] = exampleOf(detector);

  test("gives the printed answer on the example", () => {
    const reading = detector.compare(reference, current);
    digits(reading.statistic, detector.example.statistic);
    if (detector.example.p !== undefined) digits(reading.p!, detector.example.p);
    else expect(reading.p).toBeUndefined();
  });

  test("leaves its input as it was", () => {
    const before = JSON.stringify([reference, current]);
    detector.compare(reference, current);
    expect(JSON.stringify([reference, current])).toBe(before);
  });

  test("stays in its range, is symmetric if it says so, and calls a copy unchanged", () => {
    const counts = fc.array(fc.nat(500), { minLength: reference.counts.length, maxLength: reference.counts.length });
    fc.assert(
      fc.property(counts, counts, (a, b) => {
        fc.pre(a.some((x) => x > 0) && b.some((x) => x > 0));
        const there = detector.compare({ counts: a }, { counts: b });
        const back = detector.compare({ counts: b }, { counts: a });
        expect(there.statistic).toBeGreaterThanOrEqual(detector.range[0]);
        expect(there.statistic).toBeLessThanOrEqual(detector.range[1]);
        if (there.p !== undefined) {
          expect(there.p).toBeGreaterThanOrEqual(0);
          expect(there.p).toBeLessThanOrEqual(1);
        }
        if (detector.symmetric) expect(there.statistic).toBeCloseTo(back.statistic, 9);
        const same = detector.compare({ counts: a }, { counts: a });
        if (detector.name !== "fisher-exact") expect(same.statistic).toBeCloseTo(0, 9);
        if (same.p !== undefined) expect(same.p).toBeGreaterThan(0.99);
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  test("refuses an empty side and histograms over other bins", () => {
    const zero = { counts: Array.from(reference.counts, () => 0) };
    const sparse = { code: "MONITORING_SAMPLE_TOO_SMALL" };
    expect(() => detector.compare(zero, current)).toThrowError(expect.objectContaining(sparse));
    expect(() => detector.compare(reference, zero)).toThrowError(expect.objectContaining(sparse));
    expect(() => detector.compare(reference, { counts: [1] })).toThrowError(
      expect.objectContaining({ code: "MONITORING_BINS_DIFFER" }),
    );
  });
});

describe.each(onSamples.map((detector) => [detector.name, detector] as const))("%s on samples", (_name, detector) => {
  const { x, y } = exampleSamples();

  test("gives the printed answer on the example", () => {
    const reading = detector.compare(x, y);
    digits(reading.statistic, detector.example.statistic);
    if (detector.example.p !== undefined) digits(reading.p!, detector.example.p);
  });

  test("leaves its input as it was, in its order", () => {
    const [a, b] = [Float64Array.from(x), Float64Array.from(y)];
    detector.compare(a, b);
    expect(a).toEqual(x);
    expect(b).toEqual(y);
  });

  test("does not care for the order of rows, stays in its range, survives ties and constants", () => {
    const sample = fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 6, maxLength: 30 });
    fc.assert(
      fc.property(sample, sample, (a, b) => {
        const reading = detector.compare(a, b);
        const turned = detector.compare([...a].reverse(), [...b].reverse());
        expect(turned.statistic).toBeCloseTo(reading.statistic, 8);
        expect(reading.statistic).toBeGreaterThanOrEqual(detector.range[0]);
        expect(reading.statistic).toBeLessThanOrEqual(detector.range[1]);
        if (reading.p !== undefined) expect(reading.p >= 0 && reading.p <= 1).toBe(true);
        if (detector.symmetric) expect(detector.compare(b, a).statistic).toBeCloseTo(reading.statistic, 8);
      }),
      { seed: 2, numRuns: 150 },
    );
    expect(Number.isNaN(detector.compare([1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1]).statistic)).toBe(false);
  });

  test("refuses samples that are too small", () => {
    expect(() => detector.compare([], [])).toThrowError(
      expect.objectContaining({ code: "MONITORING_SAMPLE_TOO_SMALL" }),
    );
  });
});

describe.each(onStreams.map((detector) => [detector.name, detector] as const))("%s on a stream", (_name, detector) => {
  const stream = detector.errorsOnly ? exampleErrors() : exampleStream();

  test("reports the changes of the example where river 0.26.1 (or the paper's form) does", () => {
    const state = detector.create();
    const changes: number[] = [];
    for (const [i, value] of stream.entries()) if (state.update(value)) changes.push(i);
    expect(changes).toEqual(detector.example.changes);
  });

  test("two states do not share anything", () => {
    const first = detector.create();
    for (const value of stream) first.update(value);
    const second = detector.create();
    const fresh = detector.create();
    for (const value of stream) expect(second.update(value)).toBe(fresh.update(value));
  });

  test("says nothing of a constant stream", () => {
    const state = detector.create();
    for (let i = 0; i < 2000; i++) expect(state.update(0)).toBe(false);
  });
});
