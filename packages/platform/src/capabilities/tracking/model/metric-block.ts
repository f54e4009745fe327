import type { Points } from "./metric-points.js";

/** What is known of a block without opening it. Sums are scaled, so that a curve of infinities does not overflow. */
export interface BlockSummary {
  readonly first_step: number;
  readonly first_time: number;
  readonly last_step: number;
  readonly last_time: number;
  /** Least and greatest time of any point; not those of the first and last where clocks went back. */
  readonly from_time: number;
  readonly to_time: number;
  readonly points: number;
  readonly nans: number;
  /** Least and greatest value, null when all are NaN. */
  readonly low: number | null;
  readonly high: number | null;
  /** Sum of the values times `sumScale`. */
  readonly total: number;
}

/** A power of two: scaling is exact for all but the very smallest numbers. */
export const sumScale = 2 ** -40;

export function summarize(points: Points): BlockSummary {
  const { steps, times, values, length } = points;
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  let fromTime = Number.POSITIVE_INFINITY;
  let toTime = Number.NEGATIVE_INFINITY;
  let total = 0;
  let nans = 0;
  for (let i = 0; i < length; i++) {
    const time = times[i] as number;
    if (time < fromTime) fromTime = time;
    if (time > toTime) toTime = time;
    const value = values[i] as number;
    if (Number.isNaN(value)) {
      nans++;
      continue;
    }
    if (value < low) low = value;
    if (value > high) high = value;
    total += value * sumScale;
  }
  return {
    first_step: steps[0] as number,
    first_time: times[0] as number,
    last_step: steps[length - 1] as number,
    last_time: times[length - 1] as number,
    from_time: fromTime,
    to_time: toTime,
    points: length,
    nans,
    low: nans === length ? null : low,
    high: nans === length ? null : high,
    total,
  };
}

/*
 * A block's bytes, little-endian:
 *   0  u8 version (1), u8 form of steps, u8 form of times, u8 form of values, u32 number of points
 *   8  f64 first step, f64 stride, f64 least time
 *  32  values, then times, then steps, each column padded to 8 bytes
 * A column takes the narrowest form that keeps every number exact: losses of 32-bit training fit 32 bits.
 */
const header = 32;
const version = 1;
/** Forms of a column; `regular` is not stored at all. */
const forms = { regular: 0, u8: 1, u16: 2, u32: 3, f32: 4, f64: 5 } as const;
type Form = (typeof forms)[keyof typeof forms];
const widths: Readonly<Record<Form, number>> = { 0: 0, 1: 1, 2: 2, 3: 4, 4: 4, 5: 8 };

const padded = (bytes: number) => (bytes + 7) & ~7;

export function encodeBlock(points: Points): Uint8Array {
  const { steps, times, values, length } = points;
  const first = steps[0] as number;
  const stride = length > 1 ? (steps[1] as number) - first : 0;
  let regular = true;
  let leastTime = Number.POSITIVE_INFINITY;
  let greatestTime = Number.NEGATIVE_INFINITY;
  let single = true;
  for (let i = 0; i < length; i++) {
    if (steps[i] !== first + i * stride) regular = false;
    const time = times[i] as number;
    if (time < leastTime) leastTime = time;
    if (time > greatestTime) greatestTime = time;
    const value = values[i] as number;
    if (Math.fround(value) !== value && !Number.isNaN(value)) single = false;
  }
  const stepForm = regular ? forms.regular : offsetForm((steps[length - 1] as number) - first);
  const timeForm = offsetForm(greatestTime - leastTime);
  const valueForm = single ? forms.f32 : forms.f64;
  const timesAt = header + padded(widths[valueForm] * length);
  const stepsAt = timesAt + padded(widths[timeForm] * length);
  const buffer = new ArrayBuffer(stepsAt + padded(widths[stepForm] * length));
  const head = new DataView(buffer);
  head.setUint8(0, version);
  head.setUint8(1, stepForm);
  head.setUint8(2, timeForm);
  head.setUint8(3, valueForm);
  head.setUint32(4, length, true);
  head.setFloat64(8, first, true);
  head.setFloat64(16, stride, true);
  head.setFloat64(24, leastTime, true);
  column(buffer, header, valueForm, length).set(values);
  writeOffsets(column(buffer, timesAt, timeForm, length), times, leastTime);
  if (!regular) writeOffsets(column(buffer, stepsAt, stepForm, length), steps, first);
  return new Uint8Array(buffer);
}

function offsetForm(span: number): Form {
  if (span <= 0xff) return forms.u8;
  if (span <= 0xffff) return forms.u16;
  return span <= 0xffffffff ? forms.u32 : forms.f64;
}

type Column = Uint8Array | Uint16Array | Uint32Array | Float32Array | Float64Array;

function column(buffer: ArrayBufferLike, at: number, form: Form, length: number): Column {
  switch (form) {
    case forms.u8:
      return new Uint8Array(buffer, at, length);
    case forms.u16:
      return new Uint16Array(buffer, at, length);
    case forms.u32:
      return new Uint32Array(buffer, at, length);
    case forms.f32:
      return new Float32Array(buffer, at, length);
    default:
      return new Float64Array(buffer, at, form === forms.regular ? 0 : length);
  }
}

function writeOffsets(to: Column, from: Float64Array, base: number): void {
  // 64 bits hold every number itself; an offset of far-apart numbers might not be exact.
  if (to instanceof Float64Array) to.set(from);
  else for (let i = 0; i < from.length; i++) to[i] = (from[i] as number) - base;
}

function readOffsets(from: Column, base: number): Float64Array {
  const to = new Float64Array(from.length);
  if (from instanceof Float64Array) to.set(from);
  else for (let i = 0; i < to.length; i++) to[i] = (from[i] as number) + base;
  return to;
}

/** A block's columns as they lie in its bytes. */
function openBlock(given: Uint8Array) {
  // Columns are read in place, which needs them on their own boundary.
  const bytes = given.byteOffset % 8 === 0 ? given : new Uint8Array(given);
  const head = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stepForm = head.getUint8(1) as Form;
  const timeForm = head.getUint8(2) as Form;
  const valueForm = head.getUint8(3) as Form;
  const length = head.getUint32(4, true);
  const valuesAt = bytes.byteOffset + header;
  const timesAt = valuesAt + padded(widths[valueForm] * length);
  const stepsAt = timesAt + padded(widths[timeForm] * length);
  return {
    length,
    first: head.getFloat64(8, true),
    stride: head.getFloat64(16, true),
    leastTime: head.getFloat64(24, true),
    values: column(bytes.buffer, valuesAt, valueForm, length),
    times: column(bytes.buffer, timesAt, timeForm, length),
    /** Undefined where they are regular. */
    steps: stepForm === forms.regular ? undefined : column(bytes.buffer, stepsAt, stepForm, length),
  };
}

export function decodeBlock(given: Uint8Array): Points {
  const { length, first, stride, leastTime, values, times, steps: stored } = openBlock(given);
  let steps: Float64Array;
  if (stored === undefined) {
    steps = new Float64Array(length);
    for (let i = 0; i < length; i++) steps[i] = first + i * stride;
  } else steps = readOffsets(stored, first);
  return {
    length,
    steps,
    times: readOffsets(times, leastTime),
    values: values instanceof Float64Array ? values : Float64Array.from(values),
  };
}

/** Only the points at these places of a block. */
export function decodePoints(given: Uint8Array, places: readonly number[]): Points {
  const { first, stride, leastTime, values, times, steps } = openBlock(given);
  const read = (from: Column, base: number, i: number) =>
    (from[i] as number) + (from instanceof Float64Array ? 0 : base);
  return {
    length: places.length,
    steps: Float64Array.from(places, (i) => (steps === undefined ? first + i * stride : read(steps, first, i))),
    times: Float64Array.from(places, (i) => read(times, leastTime, i)),
    values: Float64Array.from(places, (i) => values[i] as number),
  };
}
