import type { Moments } from "#base/engine/engine.js";
import { emptyRegisters, registerCount } from "#base/engine/hyperloglog.js";
import { dataErrors } from "./errors.js";
import type { ColumnProfile, Profile } from "./model.js";

const format = "paydown.profile/1";

/** Registers below this many set are written as pairs of index and rank. */
const sparseBelow = 1_000;

/** Canonical JSON of a profile: fixed order of fields, moments to twelve digits, so that the same rows give the same text. */
export function encodeProfile(profile: Profile): Buffer {
  const columns = profile.columns.map((column) => ({
    name: column.name,
    type: column.type,
    kind: column.kind,
    rows: column.rows,
    nulls: column.nulls,
    nans: column.nans,
    infinite: column.infinite,
    empty: column.empty,
    min: column.min,
    max: column.max,
    moments: column.moments === undefined ? undefined : settled(column.moments),
    registers: column.registers === undefined ? undefined : encodeRegisters(column.registers),
    kept: column.kept.map(({ value, count }) => [value, count]),
    keptError: column.keptError,
    edges: column.edges,
    counts: column.counts,
    categories: column.categories,
    categoryCounts: column.categoryCounts,
  }));
  return Buffer.from(JSON.stringify({ format, rows: profile.rows, columns }));
}

type StoredColumn = Omit<ColumnProfile, "registers" | "kept"> & {
  readonly registers?: string;
  readonly kept: readonly (readonly [string, number])[];
};

/** Throws DATA_PROFILE_UNREADABLE for a text that is no profile of this format. */
export function decodeProfile(bytes: Uint8Array, hash: string): Profile {
  let json: { format?: unknown; rows: number; columns: StoredColumn[] };
  try {
    json = JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch (cause) {
    throw dataErrors.DATA_PROFILE_UNREADABLE({ hash, problem: "it is not JSON" }, { cause });
  }
  if (json.format !== format) {
    throw dataErrors.DATA_PROFILE_UNREADABLE({ hash, problem: `its format is ${String(json.format)}, not ${format}` });
  }
  return {
    rows: json.rows,
    columns: json.columns.map(({ registers, kept, ...column }) => ({
      ...column,
      kept: kept.map(([value, count]) => ({ value, count })),
      ...(registers === undefined ? {} : { registers: decodeRegisters(registers, hash) }),
    })),
  };
}

/**
 * The last digits of a sum of doubles depend on the order they were added in. Each sum is rounded to twelve digits of its
 * natural size (the standard deviation, to its power and times n), fifteen at most: above that noise.
 */
function settled({ n, mean, m2, m3, m4 }: Moments): Moments {
  const std = Math.sqrt(Math.max(0, m2) / n);
  return {
    n,
    mean: rounded(mean, std > 0 ? std : Math.abs(mean)),
    m2: rounded(m2, m2),
    m3: rounded(m3, n * std ** 3),
    m4: rounded(m4, m4),
  };
}

function rounded(value: number, size: number): number {
  if (value === 0 || !(size > 0) || !Number.isFinite(size)) return value;
  const digits = 12 + Math.floor(Math.log10(Math.abs(value))) - Math.floor(Math.log10(size));
  return digits < 1 ? 0 : Number(value.toPrecision(Math.min(digits, 15)));
}

function encodeRegisters(registers: Uint8Array): string {
  const set = [...registers.keys()].filter((i) => registers[i] !== 0);
  if (set.length >= sparseBelow) return `dense:${Buffer.from(registers).toString("base64")}`;
  const pairs = Buffer.alloc(set.length * 3);
  for (const [k, i] of set.entries()) {
    pairs.writeUInt16LE(i, k * 3);
    pairs.writeUInt8(registers[i] as number, k * 3 + 2);
  }
  return `pairs:${pairs.toString("base64")}`;
}

function decodeRegisters(text: string, hash: string): Uint8Array {
  const [form, body = ""] = text.split(":");
  const bytes = Buffer.from(body, "base64");
  if (form === "dense" && bytes.length === registerCount) return new Uint8Array(bytes);
  if (form !== "pairs" || bytes.length % 3 !== 0) {
    throw dataErrors.DATA_PROFILE_UNREADABLE({ hash, problem: "its registers are damaged" });
  }
  const registers = emptyRegisters();
  for (let at = 0; at < bytes.length; at += 3) registers[bytes.readUInt16LE(at)] = bytes.readUInt8(at + 2);
  return registers;
}
