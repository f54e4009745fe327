import { chiSquareSf } from "../math/distributions.js";
import { joined, quantile, sorted } from "../math/samples.js";
import { checkSamples, type SampleDetector } from "./detector.js";

const points = [0.4, 0.8];

/** Epps-Singleton: compares empirical characteristic functions at 0.4 and 0.8 (scaled by the joint half quartile range); also fit for discrete values. */
export default {
  name: "epps-singleton",
  kind: "samples",
  states: "W2, about chi-square with 4 degrees of freedom",
  range: [0, Number.POSITIVE_INFINITY],
  symmetric: true,
  least: 5,
  reference: "Epps and Singleton, J. Stat. Comput. Simul. 26, 1986; Goerg and Kaiser, Stata J. 9, 2009",
  example: { statistic: 4.280541102861961, p: 0.3693680920888915 },
  compare(reference, current) {
    checkSamples("epps-singleton", 5, reference, current);
    const nx = reference.length;
    const ny = current.length;
    const n = nx + ny;
    const all = sorted(joined(reference, current));
    const scale = (quantile(all, 0.75) - quantile(all, 0.25)) / 2;
    if (scale === 0) return { statistic: 0, p: 1, df: 4 };
    const x = characteristic(reference, scale);
    const y = characteristic(current, scale);
    const covariance = x.covariance.map((row, i) =>
      row.map((value, j) => (n / nx) * value + (n / ny) * y.covariance[i]![j]!),
    );
    const difference = x.mean.map((value, i) => value - y.mean[i]!);
    const { form, rank } = inverseForm(covariance, difference);
    let statistic = n * form;
    if (Math.max(nx, ny) < 25) statistic /= 1 + n ** -0.45 + 10.1 * (nx ** -1.7 + ny ** -1.7);
    return { statistic, df: rank, p: chiSquareSf(statistic, rank) };
  },
} satisfies SampleDetector;

function characteristic(values: ArrayLike<number>, scale: number) {
  const width = points.length * 2;
  const rows: number[][] = [];
  const mean = new Array<number>(width).fill(0);
  for (let i = 0; i < values.length; i++) {
    const row = [
      ...points.map((t) => Math.cos((t / scale) * values[i]!)),
      ...points.map((t) => Math.sin((t / scale) * values[i]!)),
    ];
    for (let j = 0; j < width; j++) mean[j]! += row[j]! / values.length;
    rows.push(row);
  }
  const covariance = mean.map(() => new Array<number>(width).fill(0));
  for (const row of rows) {
    for (let j = 0; j < width; j++) {
      for (let k = 0; k < width; k++) {
        covariance[j]![k]! += ((row[j]! - mean[j]!) * (row[k]! - mean[k]!)) / values.length;
      }
    }
  }
  return { mean, covariance };
}

/** v' A+ v and the rank of the symmetric A, by Jacobi rotations. */
function inverseForm(symmetric: readonly (readonly number[])[], v: readonly number[]): { form: number; rank: number } {
  const size = v.length;
  const a = symmetric.map((row) => [...row]);
  const vectors = a.map((_, i) => a.map((__, j) => (i === j ? 1 : 0)));
  for (let sweep = 0; sweep < 60; sweep++) {
    let off = 0;
    for (let i = 0; i < size; i++) for (let j = i + 1; j < size; j++) off += a[i]![j]! ** 2;
    if (off < 1e-300) break;
    for (let p = 0; p < size; p++) for (let q = p + 1; q < size; q++) rotate(a, vectors, p, q);
  }
  const values = a.map((row, i) => row[i]!);
  const cut = Math.max(...values.map(Math.abs)) * size * Number.EPSILON;
  let form = 0;
  let rank = 0;
  for (const [i, value] of values.entries()) {
    if (Math.abs(value) <= cut) continue;
    rank++;
    let dot = 0;
    for (let j = 0; j < size; j++) dot += vectors[j]![i]! * v[j]!;
    form += (dot * dot) / value;
  }
  return { form, rank };
}

function rotate(a: number[][], vectors: number[][], p: number, q: number): void {
  const apq = a[p]![q]!;
  if (apq === 0) return;
  const theta = (a[q]![q]! - a[p]![p]!) / (2 * apq);
  const t = Math.sign(theta || 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (let k = 0; k < a.length; k++) {
    const kp = a[k]![p]!;
    const kq = a[k]![q]!;
    a[k]![p] = c * kp - s * kq;
    a[k]![q] = s * kp + c * kq;
  }
  for (let k = 0; k < a.length; k++) {
    const pk = a[p]![k]!;
    const qk = a[q]![k]!;
    a[p]![k] = c * pk - s * qk;
    a[q]![k] = s * pk + c * qk;
    const vp = vectors[k]![p]!;
    const vq = vectors[k]![q]!;
    vectors[k]![p] = c * vp - s * vq;
    vectors[k]![q] = s * vp + c * vq;
  }
}
