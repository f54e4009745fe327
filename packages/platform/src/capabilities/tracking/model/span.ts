/** A value of OpenTelemetry, as protobuf's JSON spells it with field names; 64-bit numbers as `wide` makes them. */
export type AnyValue =
  | { readonly string_value: string }
  | { readonly bool_value: boolean }
  | { readonly int_value: Wide }
  | { readonly double_value: number | "NaN" | "Infinity" | "-Infinity" }
  | { readonly array_value: { readonly values: readonly AnyValue[] } }
  | { readonly kvlist_value: { readonly values: readonly Attribute[] } }
  /** Base 64. */
  | { readonly bytes_value: string }
  | Record<never, never>;

export interface Attribute {
  readonly key: string;
  readonly value: AnyValue;
}

/** A 64-bit integer that `JSON.stringify` writes with all its digits. */
export interface Wide {
  readonly rawJSON: string;
}

export type SpanStatus = "UNSET" | "OK" | "ERROR";

/** A span as a client sent it. */
export interface Span {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  readonly parentId: string | undefined;
  readonly name: string;
  readonly status: SpanStatus;
  readonly startNs: bigint;
  /** 0 when it has not ended. */
  readonly endNs: bigint;
  readonly attributes: readonly Attribute[];
  /** What else it carries, ready for its stored body: kind, events, links, the message of its status. */
  readonly rest: Readonly<Record<string, unknown>>;
  /** `service.name` of the resource that sent it. */
  readonly service: string | undefined;
}

const json = JSON as unknown as { rawJSON(text: string): Wide };

/** The digits of a 64-bit number, kept as they are through JSON. */
export function wide(number: bigint): Wide {
  return json.rawJSON(number.toString());
}

/** JSON text as an object in which integers too large for a double keep their digits when it is written again. */
export function parseExact(text: string): unknown {
  const reviver = (_key: string, value: unknown, seen?: { readonly source?: string }) =>
    typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(seen?.source ?? "")
      ? json.rawJSON(seen?.source as string)
      : value;
  return JSON.parse(text, reviver as (key: string, value: unknown) => unknown);
}

/** The plain JSON an attribute's value stands for. */
export function plainValue(value: AnyValue): unknown {
  if ("string_value" in value) return value.string_value;
  if ("bool_value" in value) return value.bool_value;
  if ("int_value" in value) return value.int_value;
  if ("double_value" in value) return value.double_value;
  if ("bytes_value" in value) return value.bytes_value;
  if ("array_value" in value) return (value.array_value.values ?? []).map(plainValue);
  if ("kvlist_value" in value) {
    return Object.fromEntries((value.kvlist_value.values ?? []).map((one) => [one.key, plainValue(one.value ?? {})]));
  }
  return null;
}

/** Text as it is, all else as JSON. */
export function textOf(value: AnyValue | undefined): string | undefined {
  if (value === undefined) return undefined;
  const plain = plainValue(value);
  return typeof plain === "string" ? plain : JSON.stringify(plain);
}
