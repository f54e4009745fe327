import { type AnyValue, type Attribute, type Span, wide } from "#capabilities/tracking/index.js";
import { cleanText, type Field, fieldsOf, ProtobufError, toText } from "./protobuf.js";

/** Deeper values than any program sends; keeps hostile input from exhausting the stack. */
const maxDepth = 64;

export interface Export {
  readonly spans: readonly Span[];
  /** Spans that could not be taken, and why the first of them. */
  readonly rejected: number;
  readonly problem: string;
}

/** Collects spans; one that is wrong is counted and the others are taken, as the protocol's partial success has it. */
function collector() {
  const spans: Span[] = [];
  let rejected = 0;
  let problem = "";
  return {
    add(read: () => Span) {
      try {
        spans.push(read());
      } catch (error) {
        if (!(error instanceof SpanError)) throw error;
        rejected++;
        if (problem === "") problem = error.message;
      }
    },
    done: (): Export => ({ spans, rejected, problem }),
  };
}

class SpanError extends Error {
  override readonly name = "SpanError";
}

const statuses = ["UNSET", "OK", "ERROR"] as const;

interface Parts {
  traceId: string;
  spanId: string;
  parentId: string;
  name: string;
  startNs: bigint;
  endNs: bigint;
  status: number;
  statusMessage: string;
  attributes: Attribute[];
  kind: number;
  traceState: string;
  flags: number;
  events: unknown[];
  links: unknown[];
  dropped: Record<string, number>;
}

function emptyParts(): Parts {
  return {
    traceId: "",
    spanId: "",
    parentId: "",
    name: "",
    startNs: 0n,
    endNs: 0n,
    status: 0,
    statusMessage: "",
    attributes: [],
    kind: 0,
    traceState: "",
    flags: 0,
    events: [],
    links: [],
    dropped: {},
  };
}

const kinds = ["SPAN_KIND_UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"];

function toSpan(parts: Parts, service: string | undefined): Span {
  const isId = (text: string, size: number) => new RegExp(`^[0-9a-f]{${size}}$`).test(text) && !/^0+$/.test(text);
  if (!isId(parts.traceId, 32)) throw new SpanError(`a span's trace_id must be 16 bytes that are not all zero`);
  if (!isId(parts.spanId, 16)) throw new SpanError(`a span's span_id must be 8 bytes that are not all zero`);
  if (parts.parentId !== "" && !/^[0-9a-f]{16}$/.test(parts.parentId)) {
    throw new SpanError("a span's parent_span_id must be empty or 8 bytes");
  }
  const status = statuses[parts.status] ?? "UNSET";
  const kind = kinds[parts.kind] ?? "";
  return {
    traceId: parts.traceId,
    spanId: parts.spanId,
    parentId: parts.parentId === "" || /^0+$/.test(parts.parentId) ? undefined : parts.parentId,
    name: parts.name,
    status,
    startNs: parts.startNs,
    endNs: parts.endNs,
    attributes: parts.attributes,
    service,
    rest: {
      ...(kind === "" || parts.kind === 0 ? {} : { kind: `SPAN_KIND_${kind}` }),
      ...(parts.traceState === "" ? {} : { trace_state: parts.traceState }),
      ...(parts.flags === 0 ? {} : { flags: parts.flags }),
      ...(parts.events.length === 0 ? {} : { events: parts.events }),
      ...(parts.links.length === 0 ? {} : { links: parts.links }),
      ...parts.dropped,
      status: {
        ...(status === "UNSET" ? {} : { code: `STATUS_CODE_${status}` }),
        ...(parts.statusMessage === "" ? {} : { message: parts.statusMessage }),
      },
    },
  };
}

const serviceKey = "service.name";

function serviceOf(attributes: readonly Attribute[]): string | undefined {
  const value = attributes.find((one) => one.key === serviceKey)?.value;
  return value !== undefined && "string_value" in value ? value.string_value : undefined;
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");

/** The bytes of a message, text or bytes field. Throws ProtobufError for a field of another kind. */
function bytesOf(field: Field): Uint8Array {
  if (field.wire !== 2) throw new ProtobufError(`field ${field.number} must have a length`);
  return field.value;
}

function numberOf(field: Field): bigint {
  if (field.wire === 2) throw new ProtobufError(`field ${field.number} must be a number`);
  return BigInt(field.value);
}

/** An `ExportTraceServiceRequest` in protobuf. Throws ProtobufError when it is none. */
export function fromProtobuf(body: Uint8Array): Export {
  const all = collector();
  for (const request of fieldsOf(body)) {
    if (request.number !== 1) continue;
    let service: string | undefined;
    const scopes: Uint8Array[] = [];
    for (const one of fieldsOf(bytesOf(request))) {
      if (one.number === 1) service = serviceOf(attributesIn(bytesOf(one), 1));
      if (one.number === 2) scopes.push(bytesOf(one));
    }
    for (const scope of scopes) {
      for (const one of fieldsOf(scope)) {
        if (one.number !== 2) continue;
        const parts = readSpan(bytesOf(one));
        all.add(() => toSpan(parts, service));
      }
    }
  }
  return all.done();
}

function attributesIn(bytes: Uint8Array, number: number): Attribute[] {
  const attributes: Attribute[] = [];
  for (const field of fieldsOf(bytes)) if (field.number === number) attributes.push(readAttribute(bytesOf(field), 0));
  return attributes;
}

function readSpan(bytes: Uint8Array): Parts {
  const parts = emptyParts();
  for (const field of fieldsOf(bytes)) {
    switch (field.number) {
      case 1:
        parts.traceId = hex(bytesOf(field));
        break;
      case 2:
        parts.spanId = hex(bytesOf(field));
        break;
      case 3:
        parts.traceState = toText(bytesOf(field));
        break;
      case 4:
        parts.parentId = hex(bytesOf(field));
        break;
      case 5:
        parts.name = toText(bytesOf(field));
        break;
      case 6:
        parts.kind = Number(numberOf(field));
        break;
      case 7:
        parts.startNs = numberOf(field);
        break;
      case 8:
        parts.endNs = numberOf(field);
        break;
      case 9:
        parts.attributes.push(readAttribute(bytesOf(field), 0));
        break;
      case 10:
        parts.dropped.dropped_attributes_count = Number(numberOf(field));
        break;
      case 11:
        parts.events.push(readEvent(bytesOf(field)));
        break;
      case 12:
        parts.dropped.dropped_events_count = Number(numberOf(field));
        break;
      case 13:
        parts.links.push(readLink(bytesOf(field)));
        break;
      case 14:
        parts.dropped.dropped_links_count = Number(numberOf(field));
        break;
      case 15:
        for (const one of fieldsOf(bytesOf(field))) {
          if (one.number === 2) parts.statusMessage = toText(bytesOf(one));
          if (one.number === 3) parts.status = Number(numberOf(one));
        }
        break;
      case 16:
        parts.flags = Number(numberOf(field));
        break;
    }
  }
  return parts;
}

function readEvent(bytes: Uint8Array): unknown {
  let time = 0n;
  let name = "";
  const attributes: Attribute[] = [];
  for (const field of fieldsOf(bytes)) {
    if (field.number === 1) time = numberOf(field);
    if (field.number === 2) name = toText(bytesOf(field));
    if (field.number === 3) attributes.push(readAttribute(bytesOf(field), 0));
  }
  return { time_unix_nano: wide(time), name, ...(attributes.length === 0 ? {} : { attributes }) };
}

function readLink(bytes: Uint8Array): unknown {
  const link: Record<string, unknown> = {};
  const attributes: Attribute[] = [];
  for (const field of fieldsOf(bytes)) {
    if (field.number === 1) link.trace_id = base64(bytesOf(field));
    if (field.number === 2) link.span_id = base64(bytesOf(field));
    if (field.number === 3) link.trace_state = toText(bytesOf(field));
    if (field.number === 4) attributes.push(readAttribute(bytesOf(field), 0));
  }
  return { ...link, ...(attributes.length === 0 ? {} : { attributes }) };
}

function readAttribute(bytes: Uint8Array, depth: number): Attribute {
  let key = "";
  let value: AnyValue = {};
  for (const field of fieldsOf(bytes)) {
    if (field.number === 1) key = toText(bytesOf(field));
    if (field.number === 2) value = readValue(bytesOf(field), depth + 1);
  }
  return { key, value };
}

function readValue(bytes: Uint8Array, depth: number): AnyValue {
  if (depth > maxDepth) throw new ProtobufError(`an attribute is nested more than ${maxDepth} deep`);
  let value: AnyValue = {};
  for (const field of fieldsOf(bytes)) {
    switch (field.number) {
      case 1:
        value = { string_value: toText(bytesOf(field)) };
        break;
      case 2:
        value = { bool_value: numberOf(field) !== 0n };
        break;
      case 3:
        value = { int_value: wide(BigInt.asIntN(64, numberOf(field))) };
        break;
      case 4:
        value = { double_value: toDouble(numberOf(field)) };
        break;
      case 5: {
        const values: AnyValue[] = [];
        for (const one of fieldsOf(bytesOf(field))) {
          if (one.number === 1) values.push(readValue(bytesOf(one), depth + 1));
        }
        value = { array_value: { values } };
        break;
      }
      case 6: {
        const values: Attribute[] = [];
        for (const one of fieldsOf(bytesOf(field))) {
          if (one.number === 1) values.push(readAttribute(bytesOf(one), depth));
        }
        value = { kvlist_value: { values } };
        break;
      }
      case 7:
        value = { bytes_value: base64(bytesOf(field)) };
        break;
    }
  }
  return value;
}

const doubles = new DataView(new ArrayBuffer(8));

function toDouble(bits: bigint): number | "NaN" | "Infinity" | "-Infinity" {
  doubles.setBigUint64(0, BigInt.asUintN(64, bits));
  return spelled(doubles.getFloat64(0));
}

function spelled(value: number): number | "NaN" | "Infinity" | "-Infinity" {
  return Number.isFinite(value) ? value : (String(value) as "NaN" | "Infinity" | "-Infinity");
}

/** An object of OTLP's JSON: camelCase or field names, ids as hex, 64-bit numbers as text or numbers. */
type Json = Readonly<Record<string, unknown>>;

/** A JSON body that is no export request. */
export class ShapeError extends Error {
  override readonly name = "ShapeError";
}

/** An `ExportTraceServiceRequest` in OTLP's JSON. Throws ShapeError when it is none. */
export function fromJson(body: unknown): Export {
  const all = collector();
  for (const resource of objects(pick(asObject(body, "the body"), "resourceSpans"), "resourceSpans")) {
    const of = pick(resource, "resource");
    const service = of === undefined ? undefined : serviceOf(jsonAttributes(asObject(of, "resource"), 0));
    for (const scope of objects(pick(resource, "scopeSpans"), "scopeSpans")) {
      for (const span of objects(pick(scope, "spans"), "spans")) {
        all.add(() => toSpan(jsonSpan(span), service));
      }
    }
  }
  return all.done();
}

function jsonSpan(span: Json): Parts {
  const status = pick(span, "status");
  const state = status === undefined ? {} : asObject(status, "status");
  const parts = emptyParts();
  return {
    ...parts,
    traceId: text(pick(span, "traceId")).toLowerCase(),
    spanId: text(pick(span, "spanId")).toLowerCase(),
    parentId: text(pick(span, "parentSpanId")).toLowerCase(),
    name: text(pick(span, "name")),
    startNs: whole(pick(span, "startTimeUnixNano")),
    endNs: whole(pick(span, "endTimeUnixNano")),
    status: enumNumber(
      pick(state, "code"),
      statuses.map((one) => `STATUS_CODE_${one}`),
    ),
    statusMessage: text(pick(state, "message")),
    attributes: jsonAttributes(span, 0),
    kind: enumNumber(
      pick(span, "kind"),
      kinds.map((one) => (one.startsWith("SPAN") ? one : `SPAN_KIND_${one}`)),
    ),
    traceState: text(pick(span, "traceState")),
    flags: Number(whole(pick(span, "flags"))),
    events: objects(pick(span, "events"), "events").map((event) => {
      const attributes = jsonAttributes(event, 0);
      return {
        time_unix_nano: wide(whole(pick(event, "timeUnixNano"))),
        name: text(pick(event, "name")),
        ...(attributes.length === 0 ? {} : { attributes }),
      };
    }),
    links: objects(pick(span, "links"), "links").map((link) => {
      const attributes = jsonAttributes(link, 0);
      const id = (name: string) => Buffer.from(text(pick(link, name)), "hex").toString("base64");
      return {
        trace_id: id("traceId"),
        span_id: id("spanId"),
        ...(attributes.length === 0 ? {} : { attributes }),
      };
    }),
  };
}

function jsonAttributes(of: Json, depth: number): Attribute[] {
  return objects(pick(of, "attributes"), "attributes").map((one) => jsonAttribute(one, depth));
}

function jsonAttribute(one: Json, depth: number): Attribute {
  const value = pick(one, "value");
  return {
    key: text(pick(one, "key")),
    value: value === undefined ? {} : jsonValue(asObject(value, "value"), depth + 1),
  };
}

function jsonValue(value: Json, depth: number): AnyValue {
  if (depth > maxDepth) throw new ShapeError(`an attribute is nested more than ${maxDepth} deep`);
  const string = pick(value, "stringValue");
  if (string !== undefined) return { string_value: text(string) };
  const bool = pick(value, "boolValue");
  if (bool !== undefined) return { bool_value: bool === true };
  const int = pick(value, "intValue");
  if (int !== undefined) return { int_value: wide(BigInt.asIntN(64, whole(int))) };
  const double = pick(value, "doubleValue");
  if (double !== undefined) {
    const number = Number(double);
    return { double_value: spelled(number) };
  }
  const array = pick(value, "arrayValue");
  if (array !== undefined) {
    const values = objects(pick(asObject(array, "arrayValue"), "values"), "values");
    return { array_value: { values: values.map((one) => jsonValue(one, depth + 1)) } };
  }
  const list = pick(value, "kvlistValue");
  if (list !== undefined) {
    const values = objects(pick(asObject(list, "kvlistValue"), "values"), "values");
    return { kvlist_value: { values: values.map((one) => jsonAttribute(one, depth)) } };
  }
  const bytes = pick(value, "bytesValue");
  return bytes === undefined ? {} : { bytes_value: text(bytes) };
}

function pick(of: Json, name: string): unknown {
  const value = of[name] ?? of[name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)];
  return value === null ? undefined : value;
}

function asObject(value: unknown, name: string): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ShapeError(`${name} must be an object`);
  }
  return value as Json;
}

function objects(value: unknown, name: string): Json[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new ShapeError(`${name} must be a list`);
  return value.map((one) => asObject(one, name));
}

function text(value: unknown): string {
  if (value === undefined) return "";
  if (typeof value !== "string") throw new ShapeError(`${JSON.stringify(value)} must be text`);
  return cleanText(value);
}

function whole(value: unknown): bigint {
  if (value === undefined) return 0n;
  if (typeof value === "string" && /^-?\d{1,20}$/.test(value)) return BigInt(value);
  if (typeof value === "number" && Number.isInteger(value)) return BigInt(value);
  // A number beyond 2^53, whose digits were kept while the JSON was read.
  if (typeof value === "object" && value !== null && "rawJSON" in value) return BigInt(String(value.rawJSON));
  throw new ShapeError(`${JSON.stringify(value)} must be a whole number`);
}

function enumNumber(value: unknown, names: readonly string[]): number {
  if (value === undefined) return 0;
  if (typeof value === "string") return Math.max(0, names.indexOf(value));
  return Number(whole(value));
}
