import { describe, expect, test } from "vitest";
import { countInBins, quantileEdges } from "../math/bins.js";
import { parkMiller } from "../math/random.js";
import { mean } from "../math/samples.js";
import { exampleCurrent, exampleErrors, exampleReference, exampleSamples } from "../testing/example.js";
import { createAdwin } from "./adwin.js";
import andersonDarling from "./anderson-darling.js";
import brunnerMunzel from "./brunner-munzel.js";
import cramerVonMises from "./cramer-von-mises.js";
import { createEddm } from "./eddm.js";
import energy from "./energy.js";
import eppsSingleton from "./epps-singleton.js";
import { jsDistance, jsDivergence } from "./js-distance.js";
import ks, { exactKs } from "./ks.js";
import ksOnBins from "./ks-on-bins.js";
import levene from "./levene.js";
import mannWhitney from "./mann-whitney.js";
import { createPageHinkley } from "./page-hinkley.js";
import psi from "./psi.js";
import wasserstein from "./wasserstein.js";
import wassersteinOnBins, { signedShift } from "./wasserstein-on-bins.js";
import welchT from "./welch-t.js";

const { x, y } = exampleSamples();

/** Rounded draws with many ties, scipy 1.17.1. */
const tiedX = [
  0, 0.3, -0.3, -0.9, -0.5, -1, 0.1, 1.3, -0.5, -0.6, 0.5, 0.4, 0.1, -0.9, 0, 0.7, -1.3, -0.5, -1.9, -1.3, -1.8, -0.2,
  -1.3, 0.3, 0.2, -0.2, -2.5, -0.5, 0, 0.1, -1.5, -0.5, -1, -0.8, 1.1, -0.8, 0, 0.9, -0.6, -0.1,
];
const tiedY = [
  0.5, 0.4, -1.4, 0.4, 2.2, -1.9, 1.5, 0.5, -0.6, 3.1, 1.4, -1.4, 0.4, 1.1, 0, 1.3, 0.2, 1.2, 2.3, -0.6, 0.6, -0.3, 0.5,
  -1.4, -0.5, 0, 1.6, 1.9, -1.6, -0.8, 1.2, -2.5, -0.3, 0.2, 2.1,
];

describe("golden numbers of scipy 1.17.1", () => {
  test("the generator gives the same draws in any language", () => {
    expect(x[0]).toBeCloseTo(2.2477936e-5, 13);
    expect(x[1]).toBeCloseTo(0.0850324491, 10);
    expect(x[2]).toBeCloseTo(0.601352605, 9);
    expect(mean(x)).toBeCloseTo(0.506143760302171, 13);
    expect(mean(y)).toBeCloseTo(0.4517150979081204, 13);
  });

  test("exact KS p", () => {
    expect(exactKs(x, y).p).toBeCloseTo(0.08687214106, 11);
    expect(exactKs(tiedX, tiedY).p).toBeCloseTo(0.004276420403928704, 13);
    expect(exactKs([1, 2, 3], [10, 11, 12]).p).toBeCloseTo(0.1, 14);
  });

  test("Welch's degrees of freedom", () => {
    expect(welchT.compare(x, y).df).toBeCloseTo(427.28427625288305, 8);
  });

  test("PSI over deciles of the reference", () => {
    const edges = quantileEdges(x, 10);
    const statistic = psi.compare({ counts: countInBins(x, edges) }, { counts: countInBins(y, edges) }).statistic;
    expect(statistic).toBeCloseTo(0.05004985636095028, 13);
  });

  test("Jensen-Shannon in nats and in bits, distance and divergence", () => {
    expect(jsDistance(exampleReference, exampleCurrent, Math.E).statistic).toBeCloseTo(0.068048196177, 12);
    expect(jsDistance(exampleReference, exampleCurrent, 2).statistic).toBeCloseTo(0.081734213306, 12);
    expect(jsDivergence(exampleReference, exampleCurrent, 2).statistic).toBeCloseTo(0.081734213306 ** 2, 12);
    expect(jsDistance({ counts: [1, 0] }, { counts: [0, 1] }, Math.E).statistic).toBeCloseTo(0.8326, 4);
  });

  test("samples full of ties", () => {
    const p = (detector: { compare(a: number[], b: number[]): { statistic: number; p?: number } }) =>
      detector.compare(tiedX, tiedY);
    expect(p(ks).p).toBeCloseTo(0.0037371422895349227, 12);
    expect(p(mannWhitney)).toMatchObject({ statistic: 447.5, p: expect.closeTo(0.007389839664072391, 12) });
    expect(p(brunnerMunzel).p).toBeCloseTo(0.008371646132776902, 12);
    expect(p(andersonDarling)).toMatchObject({
      statistic: expect.closeTo(5.516261252744813, 11),
      p: expect.closeTo(0.0022752642569118776, 12),
    });
    expect(p(cramerVonMises)).toMatchObject({
      statistic: expect.closeTo(0.924670634920636, 12),
      p: expect.closeTo(0.003638369949474418, 8),
    });
    expect(p(eppsSingleton)).toMatchObject({
      statistic: expect.closeTo(15.218191441156224, 9),
      p: expect.closeTo(0.004269423663373635, 11),
    });
    expect(p(levene).p).toBeCloseTo(0.014939783194850325, 12);
    expect(p(wasserstein).statistic).toBeCloseTo(0.7325, 12);
    expect(p(energy).statistic).toBeCloseTo(0.5889306289490178, 12);
  });
});

describe("golden change points of river 0.26.1", () => {
  function changes(state: { update(value: number): boolean }, stream: Iterable<number>): number[] {
    const found: number[] = [];
    let i = 0;
    for (const value of stream) {
      if (state.update(value)) found.push(i);
      i++;
    }
    return found;
  }
  const random = parkMiller(5);
  const steps = Array.from({ length: 7000 }, (_, i) => random() * (1 + (Math.floor(i / 700) % 3)));

  test("ADWIN, the corrected one, over ten steps", () => {
    expect(changes(createAdwin(), steps)).toEqual([767, 1439, 2143, 2847, 3583, 4255, 4927, 5663, 6335]);
    expect(changes(createAdwin({ clock: 1, buckets: 3 }), steps)).toEqual([
      751, 1418, 2128, 2839, 3554, 4227, 4927, 5650, 6325,
    ]);
    expect(changes(createAdwin(), exampleErrors())).toEqual([1599]);
  });

  test("Page-Hinkley with lambda 20", () => {
    expect(changes(createPageHinkley({ lambda: 20 }), steps)).toEqual([
      755, 1415, 1542, 1845, 2041, 2121, 2842, 3338, 3533, 3673, 4124, 4214, 4926, 5361, 5646, 5926, 6221, 6315,
    ]);
  });

  test("EDDM with the sample variance gives river's points, with the population variance the paper's", () => {
    expect(changes(createEddm({ ddof: 1 }), exampleErrors())).toEqual([
      1307, 1526, 1626, 1737, 1849, 1952, 2094, 2198, 2579, 2649, 2738, 2845,
    ]);
  });
});

describe("what bins lose", () => {
  test("KS on bins is never above KS of the rows and short by at most eps", () => {
    for (const bins of [4, 10, 30]) {
      const edges = quantileEdges(x, bins);
      const reading = ksOnBins.compare({ counts: countInBins(x, edges) }, { counts: countInBins(y, edges) });
      const exact = ks.compare(x, y).statistic;
      expect(reading.statistic).toBeLessThanOrEqual(exact + 1e-12);
      expect(reading.statistic + reading.eps!).toBeGreaterThanOrEqual(exact);
    }
  });

  test("Wasserstein on fine bins comes close, and the signed shift has the sign of the mean", () => {
    const edges = Array.from({ length: 199 }, (_, i) => (i + 1) / 200);
    const positions = Array.from({ length: 200 }, (_, i) => (i + 0.5) / 200);
    const a = countInBins(x, edges);
    const b = countInBins(y, edges);
    expect(wassersteinOnBins.compare({ counts: a, positions }, { counts: b, positions }).statistic).toBeCloseTo(
      0.054429059259,
      2,
    );
    expect(signedShift(a, b, positions)).toBeLessThan(0);
    expect(signedShift(b, a, positions)).toBeGreaterThan(0);
  });
});
