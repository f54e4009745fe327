import { createHash } from "node:crypto";

/*
 * HyperLogLog with 4,096 registers over the lower 64 bits of MD5 of a value's canonical text.
 * Register: the low 12 bits. Rank: 1 + trailing zeros of the other 52 bits (53 when they are all 0).
 * MD5 is what every SQL engine has, so that registers of different engines and of our own code merge.
 */
const registerBits = 12;
export const registerCount = 1 << registerBits;
const restBits = 64 - registerBits;

/** Standard error of one estimate: 1.04 / sqrt(4096). */
export const standardError = 1.04 / Math.sqrt(registerCount);

export function emptyRegisters(): Uint8Array {
  return new Uint8Array(registerCount);
}

/** Adds one value by its canonical text. */
export function addText(registers: Uint8Array, text: string): void {
  const digest = createHash("md5").update(text).digest();
  const hash = digest.readBigUInt64LE(8);
  const register = Number(hash & BigInt(registerCount - 1));
  const rest = hash >> BigInt(registerBits);
  const rank = rest === 0n ? restBits + 1 : rankOfLowest(Number(rest & -rest));
  if (rank > (registers[register] ?? 0)) registers[register] = rank;
}

/** Rank of a register from the lowest set bit of the rest, a power of two up to 2^52. */
export function rankOfLowest(lowest: number): number {
  return Math.round(Math.log2(lowest)) + 1;
}

/** Registers of the union of both sets: associative, commutative, idempotent, exact. */
export function mergeRegisters(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((rank, i) => Math.max(rank, b[i] ?? 0));
}

/**
 * Distinct values behind the registers, without bias over the whole range.
 * Ertl, "New cardinality estimation algorithms for HyperLogLog sketches", 2017, algorithm 6.
 */
export function estimateDistinct(registers: Uint8Array): number {
  const m = registerCount;
  const histogram = new Array<number>(restBits + 2).fill(0);
  for (const rank of registers) histogram[rank] = (histogram[rank] ?? 0) + 1;
  let z = m * tau(1 - (histogram[restBits + 1] ?? 0) / m);
  for (let rank = restBits; rank >= 1; rank--) z = 0.5 * (z + (histogram[rank] ?? 0));
  z += m * sigma((histogram[0] ?? 0) / m);
  return (m / (2 * Math.LN2)) * (m / z);
}

function sigma(x: number): number {
  if (x === 1) return Number.POSITIVE_INFINITY;
  let power = x;
  let y = 1;
  let z = x;
  for (let before = Number.NaN; z !== before; ) {
    power *= power;
    before = z;
    z += power * y;
    y += y;
  }
  return z;
}

function tau(x: number): number {
  if (x === 0 || x === 1) return 0;
  let root = x;
  let y = 1;
  let z = 1 - x;
  for (let before = Number.NaN; z !== before; ) {
    root = Math.sqrt(root);
    before = z;
    y *= 0.5;
    z -= (1 - root) ** 2 * y;
  }
  return z / 3;
}

/**
 * The text a number is hashed and counted under: integers below 2^53 in plain digits, whatever their type; all else the
 * shortest digits that read back, as Python's `repr` writes them (`0.1`, `1e-05`, `1.5e+300`).
 */
export function canonicalNumber(x: number): string {
  if (Number.isInteger(x) && Math.abs(x) < 2 ** 53) return BigInt(x).toString();
  const [mantissa = "", tail = "0"] = x.toExponential().split("e");
  const exponent = Number(tail);
  if (exponent < -4 || exponent >= 16) {
    return `${mantissa}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }
  const text = String(x);
  return text.includes(".") ? text : `${text}.0`;
}
