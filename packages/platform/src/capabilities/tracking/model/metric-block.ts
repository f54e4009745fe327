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
/** Bytes that say where the others are. */
export const blockHead = 32;
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
  const timesAt = blockHead + padded(widths[valueForm] * length);
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
  column(buffer, blockHead, valueForm, length).set(values);
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

/** Where a block's columns lie, as its head says. */
function readHead(bytes: Uint8Array) {
  const head = new DataView(bytes.buffer, bytes.byteOffset, blockHead);
  const stepForm = head.getUint8(1) as Form;
  const timeForm = head.getUint8(2) as Form;
  const valueForm = head.getUint8(3) as Form;
  const length = head.getUint32(4, true);
  const timesAt = blockHead + padded(widths[valueForm] * length);
  const stepsAt = timesAt + padded(widths[timeForm] * length);
  return {
    length,
    first: head.getFloat64(8, true),
    stride: head.getFloat64(16, true),
    leastTime: head.getFloat64(24, true),
    valueForm,
    timeForm,
    stepForm,
    timesAt,
    stepsAt,
  };
}

export function decodeBlock(given: Uint8Array): Points {
  // Columns are read in place, which needs them on their own boundary.
  const bytes = given.byteOffset % 8 === 0 ? given : new Uint8Array(given);
  const { length, first, stride, leastTime, valueForm, timeForm, stepForm, timesAt, stepsAt } = readHead(bytes);
  const columnAt = (at: number, form: Form) => column(bytes.buffer, bytes.byteOffset + at, form, length);
  let steps: Float64Array;
  if (stepForm === forms.regular) {
    steps = new Float64Array(length);
    for (let i = 0; i < length; i++) steps[i] = first + i * stride;
  } else steps = readOffsets(columnAt(stepsAt, stepForm), first);
  const values = columnAt(blockHead, valueForm);
  return {
    length,
    steps,
    times: readOffsets(columnAt(timesAt, timeForm), leastTime),
    values: values instanceof Float64Array ? values : Float64Array.from(values),
  };
}

/** A piece of a block's bytes. */
export interface Piece {
  readonly at: number;
  readonly length: number;
}

/** Where the points at these places of a block lie: the pieces of their values, of their times, and of steps that are not regular. */
export function piecesOf(head: Uint8Array, places: readonly number[]): Piece[] {
  return storedColumns(readHead(head)).flatMap(({ at, width }) =>
    places.map((place) => ({ at: at + place * width, length: width })),
  );
}

/** The points of which these are the pieces, in the order that `piecesOf` asked for them. */
export function decodePieces(head: Uint8Array, places: readonly number[], pieces: readonly Uint8Array[]): Points {
  const known = readHead(head);
  const { length } = places;
  const columns = storedColumns(known).map(({ form, base }, c) =>
    Float64Array.from(pieces.slice(c * length, (c + 1) * length), (piece) => readOne(piece, form, base)),
  );
  const [values, times, steps] = columns as [Float64Array, Float64Array, Float64Array | undefined];
  return {
    length,
    values,
    times,
    steps: steps ?? Float64Array.from(places, (place) => known.first + place * known.stride),
  };
}

/** The columns that are stored, in the order values, times, steps. */
function storedColumns(head: ReturnType<typeof readHead>) {
  return [
    { at: blockHead, form: head.valueForm, base: 0 },
    { at: head.timesAt, form: head.timeForm, base: head.leastTime },
    { at: head.stepsAt, form: head.stepForm, base: head.first },
  ]
    .filter(({ form }) => form !== forms.regular)
    .map((one) => ({ ...one, width: widths[one.form] }));
}

function readOne(piece: Uint8Array, form: Form, base: number): number {
  const view = new DataView(piece.buffer, piece.byteOffset, piece.byteLength);
  switch (form) {
    case forms.u8:
      return view.getUint8(0) + base;
    case forms.u16:
      return view.getUint16(0, true) + base;
    case forms.u32:
      return view.getUint32(0, true) + base;
    case forms.f32:
      return view.getFloat32(0, true);
    default:
      return view.getFloat64(0, true);
  }
}
