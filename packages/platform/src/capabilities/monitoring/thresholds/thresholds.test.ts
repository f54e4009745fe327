import fc from "fast-check";
import { describe, expect, test } from "vitest";
import psi from "../detectors/psi.js";
import { normalSf } from "../math/distributions.js";
import { multinomial, normalDraw, parkMiller } from "../math/random.js";
import { accumulate, accumulateE, learnEvidence, longRunVariance, runLength } from "./accumulate.js";
import { alarmRate, decide, type Held, soleLimit } from "./decide.js";
import { learnHistograms } from "./histograms.js";
import { type Level, learnLevels } from "./levels.js";
import { benjaminiHochberg, eBenjaminiHochberg } from "./many.js";
import { naiveOutcome } from "./presets.js";
import { psiPValue, psiSf, psiThreshold } from "./psi-null.js";
import { chooseSeason, dayMs, hourMs, slotOf } from "./season.js";
import { learnTail } from "./tail.js";

const tenths = new Array<number>(10).fill(0.1);
const promise = { falsePagesPerWeek: 1, shiftInSigmas: 2 };

describe("PSI by n, m and bins", () => {
  test("0.1 fires on 83 % of unchanged pairs of 100 rows by theory, 85 % by simulation", () => {
    expect(psiSf(0.1, { n: 100, m: 100, bins: 10 })).toBeCloseTo(0.834, 3);
    const random = parkMiller(1);
    let fired = 0;
    for (let i = 0; i < 4000; i++) {
      const a = { counts: multinomial(random, 100, tenths) };
      const b = { counts: multinomial(random, 100, tenths) };
      if (psi.compare(a, b).statistic >= 0.1) fired++;
    }
    expect(fired / 4000).toBeCloseTo(0.849, 1);
  });

  test("the 1 % threshold at 10,000 rows a side is 0.0043 and sees a shift of 0.2 sigma that 0.1 never sees", () => {
    expect(psiThreshold(0.01, { n: 10_000, m: 10_000, bins: 10 })).toBeCloseTo(0.0043, 4);
    const edges = [-1.2816, -0.8416, -0.5244, -0.2533, 0, 0.2533, 0.5244, 0.8416, 1.2816];
    const below = edges.map((edge) => 1 - normalSf(edge - 0.2));
    const shifted = [...below, 1].map((share, i) => share - (below[i - 1] ?? 0));
    const random = parkMiller(2);
    for (let i = 0; i < 50; i++) {
      const { statistic, p } = psiPValue(multinomial(random, 10_000, tenths), multinomial(random, 10_000, shifted));
      expect(statistic).toBeLessThan(0.1);
      expect(p).toBeLessThan(0.01);
    }
  });

  test("small sides are simulated, so that few unchanged pairs fall below 5 %", () => {
    const random = parkMiller(3);
    let fired = 0;
    for (let i = 0; i < 200; i++) {
      const { p, simulated } = psiPValue(multinomial(random, 60, tenths), multinomial(random, 60, tenths), 199, i + 1);
      expect(simulated).toBe(p <= 0.1 || simulated);
      if (p <= 0.05) fired++;
    }
    expect(fired / 200).toBeLessThan(0.1);
  });
});

describe("seasons", () => {
  test("history decides how fine a season may be", () => {
    expect([10, 80, 600].map((n) => chooseSeason("hour", n))).toEqual(["none", "hour-of-day", "hour-of-week"]);
    expect([10, 28].map((n) => chooseSeason("day", n))).toEqual(["none", "day-of-week"]);
  });

  test("slots repeat", () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e6, max: 1e6 }), (hour) => {
        expect(slotOf(hour * hourMs, "hour-of-week")).toBe(slotOf((hour + 168) * hourMs, "hour-of-week"));
        expect(slotOf(hour * hourMs, "hour-of-day")).toBe(slotOf((hour + 24) * hourMs, "hour-of-day"));
        expect(slotOf(hour * hourMs, "hour-of-week")).toBeGreaterThanOrEqual(0);
      }),
      { seed: 1 },
    );
  });

  test("a season raises no alarm, the same counts out of season do", () => {
    const random = parkMiller(5);
    const night = [0.7, 0.2, 0.1];
    const day = [0.1, 0.2, 0.7];
    const shares = (hour: number) => (hour % 24 < 8 ? night : day);
    const window = (hour: number, from: readonly number[]) => ({
      at: hour * hourMs,
      counts: multinomial(random, 500, from),
    });
    const reference = Array.from({ length: 600 }, (_, hour) => window(hour, shares(hour)));
    const rule = learnHistograms(reference, chooseSeason("hour", reference.length));
    const inSeason = Array.from({ length: 168 }, (_, i) => rule.judge(window(600 + i, shares(600 + i)), 0.01)!.p);
    expect(inSeason.filter((p) => p < 0.01).length).toBeLessThan(8);
    expect(rule.judge(window(624, day), 1e-4)!.p).toBeLessThan(1e-5);
    expect(rule.judge(window(624, day), 1e-4)!.statistic).toBeGreaterThan(
      rule.judge(window(624, night), 1e-4)!.threshold,
    );
  });
});

describe("tails", () => {
  test("ranks inside, a fit beyond, never rising, and the threshold undoes p", () => {
    for (const size of [20, 400]) {
      const random = parkMiller(size);
      const tail = learnTail(Array.from({ length: size }, () => normalDraw(random)));
      let last = 1;
      for (let u = -3; u < 12; u += 0.1) {
        const p = tail.p(u);
        expect(p).toBeLessThanOrEqual(last + 1e-15);
        last = p;
      }
      for (const p of [1e-3, 1e-5, 1e-8])
        expect(tail.p(tail.threshold(p) * (1 + 1e-9))).toBeLessThanOrEqual(Math.max(p * 1.001, 0));
      expect(tail.p(-100)).toBeCloseTo(1, 1);
    }
  });

  test("a level's fall is seen on its own side", () => {
    const random = parkMiller(8);
    const level = (at: number, value: number): Level => ({
      at: at * dayMs,
      value: value + 0.01 * normalDraw(random),
      error: 0.005,
    });
    const rule = learnLevels(
      Array.from({ length: 60 }, (_, i) => level(i, 0.8)),
      "day-of-week",
      "down",
    );
    expect(rule.judge(level(61, 0.7), 0.001)).toMatchObject({ lower: expect.any(Number), p: expect.closeTo(0, 3) });
    expect(rule.judge(level(61, 0.9), 0.001).p).toBeGreaterThan(0.5);
    expect(rule.judge(level(61, 0.8), 0.001)).not.toHaveProperty("upper");
  });
});

describe("accumulation", () => {
  test("Siegmund's run length of CUSUM k 0.5, h 5 is 938 one-sided, and simulation agrees", () => {
    expect(runLength(5, 0.5)).toBeCloseTo(938, -1);
    const random = parkMiller(4);
    let windows = 0;
    let alarms = 0;
    let evidence = 0;
    while (alarms < 300) {
      evidence = accumulate(evidence, normalSf(normalDraw(random)), 0.5);
      windows++;
      if (evidence > 5) {
        alarms++;
        evidence = 0;
      }
    }
    expect(windows / alarms / 938).toBeGreaterThan(0.85);
    expect(windows / alarms / 938).toBeLessThan(1.15);
  });

  test("dependent windows ask for more evidence", () => {
    const random = parkMiller(6);
    const series = (r: number) => {
      let x = 0;
      return Array.from({ length: 2000 }, () => {
        x = r * x + Math.sqrt(1 - r * r) * normalDraw(random);
        return normalSf(x);
      });
    };
    expect(longRunVariance(series(0))).toBeLessThan(1.2);
    expect(longRunVariance(series(0.5))).toBeCloseTo(3, 0);
    expect(learnEvidence(series(0.5), 1).limit(1e-4)).toBeGreaterThan(learnEvidence(series(0), 1).limit(1e-4));
  });

  test("an e-detector at A alarms no more often than once in A windows", () => {
    const random = parkMiller(7);
    let m = 0;
    let alarms = 0;
    for (let i = 0; i < 200_000; i++) {
      m = accumulateE(m, random());
      if (m >= 1000) {
        alarms++;
        m = 0;
      }
    }
    expect(alarms).toBeLessThanOrEqual(200);
    expect(alarms).toBeGreaterThan(0);
  });
});

describe("many signals", () => {
  test("Benjamini and Hochberg's own example", () => {
    const p = [
      0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528, 0.759, 1,
    ];
    expect(benjaminiHochberg(p, 0.05)).toEqual([0, 1, 2, 3]);
    expect(eBenjaminiHochberg([1000, 1, 90, 0], 0.05)).toEqual([0, 2]);
    expect(benjaminiHochberg([], 0.05)).toEqual([]);
  });

  test("500 dependent hourly signals keep one false page a week and five shifts of 2 sigma are found within a day", () => {
    const random = parkMiller(12);
    const signals = 500;
    const hours = 28 * 24;
    const shiftAt = 21 * 24;
    const x = new Float64Array(signals);
    let common = 0;
    const step = (value: number) => 0.3 * value + Math.sqrt(1 - 0.09) * normalDraw(random);
    const history = Array.from({ length: 2000 }, () => {
      common = step(common);
      x[0] = step(x[0]!);
      return normalSf(Math.sqrt(0.3) * common + Math.sqrt(0.7) * x[0]!);
    });
    const law = learnEvidence(history, 1);
    const evidence = new Float64Array(signals);
    const found = new Map<number, number>();
    let pages = 0;
    let quiet = 99;
    for (let t = 0; t < hours; t++) {
      common = step(common);
      const held: Held[] = [];
      for (let i = 0; i < signals; i++) {
        x[i] = step(x[i]!);
        const shift = i < 5 && t >= shiftAt ? 2 : 0;
        evidence[i] = accumulate(evidence[i]!, normalSf(Math.sqrt(0.3) * common + Math.sqrt(0.7) * x[i]! + shift), 1);
        held.push({ evidence: evidence[i]!, law, sides: 1 });
      }
      const alarmed = decide(held, promise, "hour");
      for (const i of alarmed) if (i < 5 && t >= shiftAt && !found.has(i)) found.set(i, t - shiftAt + 1);
      if (alarmed.some((i) => i >= 5)) {
        if (quiet >= 24 && t < shiftAt) pages++;
        quiet = 0;
      } else quiet++;
    }
    expect(pages).toBeLessThanOrEqual(3);
    expect([...found.keys()].sort()).toEqual([0, 1, 2, 3, 4]);
    for (const lag of found.values()) expect(lag).toBeLessThanOrEqual(24);
  });

  test("the rate follows from the promise, and one signal among many needs more evidence than alone", () => {
    expect(alarmRate(promise, "hour")).toBeCloseTo(1 / 168, 12);
    const law = learnEvidence([], 1);
    expect(soleLimit({ law, sides: 1 }, 500, promise, "hour")).toBeGreaterThan(
      soleLimit({ law, sides: 1 }, 1, promise, "hour"),
    );
  });
});

describe("presets of the peers", () => {
  const reference = [100, 200, 400, 200, 100];
  const window = [20, 40, 80, 100, 160];

  test("say their own threshold and unit", () => {
    const numeric = { reference, window, positions: [0, 1, 2, 3, 4] };
    expect(naiveOutcome("evidently", numeric)).toMatchObject({ threshold: 0.1, alarm: true });
    expect(naiveOutcome("tfdv", numeric)).toMatchObject({ threshold: 0.3, alarm: false });
    expect(naiveOutcome("ks-005", numeric)).toMatchObject({ threshold: 0.05, alarm: true });
    expect(naiveOutcome("psi-01", numeric)!.alarm).toBe(true);
    expect(naiveOutcome("evidently", { reference, window })!.statistic).toBeCloseTo(0.285, 2);
  });

  test("NannyML's threshold is mean + 3 population deviations of the reference windows; without any there is no rule", () => {
    const history = [0.01, 0.02, 0.03, 0.02];
    const outcome = naiveOutcome("nannyml", { reference, window, history })!;
    expect(outcome.threshold).toBeCloseTo(0.02 + 3 * Math.sqrt(0.00005), 9);
    expect(naiveOutcome("nannyml", { reference, window })).toBeUndefined();
  });
});
