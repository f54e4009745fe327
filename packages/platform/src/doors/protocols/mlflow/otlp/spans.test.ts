import fc from "fast-check";
import protobuf from "protobufjs";
import { describe, expect, test } from "vitest";
import { parseExact } from "#capabilities/tracking/index.js";
import { lengthOf, ProtobufError } from "./protobuf.js";
import { fromJson, fromProtobuf, ShapeError } from "./spans.js";

/** The published messages, as far as they are used; an independent library writes them. */
const { root } = protobuf.parse(`
syntax = "proto3";
message Request { repeated ResourceSpans resource_spans = 1; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; string schema_url = 3; }
message Resource { repeated KeyValue attributes = 1; }
message ScopeSpans { repeated Span spans = 2; string schema_url = 3; }
message Span {
  bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; bytes parent_span_id = 4; string name = 5; int32 kind = 6;
  fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8; repeated KeyValue attributes = 9;
  uint32 dropped_attributes_count = 10; repeated Event events = 11; repeated Link links = 13; Status status = 15;
  fixed32 flags = 16;
}
message Event { fixed64 time_unix_nano = 1; string name = 2; repeated KeyValue attributes = 3; }
message Link { bytes trace_id = 1; bytes span_id = 2; repeated KeyValue attributes = 4; }
message Status { string message = 2; int32 code = 3; }
message KeyValue { string key = 1; AnyValue value = 2; }
message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4;
  ArrayValue array_value = 5; KeyValueList kvlist_value = 6; bytes bytes_value = 7; } }
message ArrayValue { repeated AnyValue values = 1; }
message KeyValueList { repeated KeyValue values = 1; }
`);
const request = root.lookupType("Request");
const traceId = Buffer.from("0123456789abcdef0123456789abcdef", "hex");
const spanId = Buffer.from("0123456789abcdef", "hex");

function encode(spans: object[], resource: object = {}): Uint8Array {
  return request.encode(request.create({ resourceSpans: [{ resource, scopeSpans: [{ spans }] }] })).finish();
}

const span = (fields: object = {}) => ({
  traceId,
  spanId,
  name: "s",
  startTimeUnixNano: 5,
  endTimeUnixNano: 9,
  ...fields,
});

const encodeSpan = (one: object) => root.lookupType("Span").encode(one).finish();

describe("an export of spans", () => {
  test("is read from protobuf with all that a span carries", () => {
    const attributes = [
      { key: "text", value: { stringValue: "ü\u0000x" } },
      { key: "yes", value: { boolValue: true } },
      { key: "low", value: { intValue: { low: 0, high: -(2 ** 31), unsigned: false } } },
      { key: "pi", value: { doubleValue: 3.5 } },
      { key: "nan", value: { doubleValue: Number.NaN } },
      { key: "raw", value: { bytesValue: Buffer.from([0, 255]) } },
      { key: "list", value: { arrayValue: { values: [{ stringValue: "a" }, { arrayValue: { values: [] } }] } } },
      { key: "map", value: { kvlistValue: { values: [{ key: "k", value: { boolValue: false } }] } } },
      { key: "none" },
    ];
    const resource = { attributes: [{ key: "service.name", value: { stringValue: "shop" } }] };
    const sent = span({
      parentSpanId: Buffer.from("ffffffffffffffff", "hex"),
      kind: 3,
      attributes,
      events: [{ timeUnixNano: 7, name: "e", attributes: [{ key: "k", value: { stringValue: "v" } }] }],
      links: [{ traceId, spanId }],
      status: { code: 2, message: "boom" },
    });
    const { spans, rejected } = fromProtobuf(encode([sent], resource));
    expect(rejected).toBe(0);
    const [one] = spans;
    expect(one).toMatchObject({
      traceId: traceId.toString("hex"),
      spanId: spanId.toString("hex"),
      parentId: "ffffffffffffffff",
      status: "ERROR",
      startNs: 5n,
      endNs: 9n,
      service: "shop",
    });
    expect(JSON.parse(JSON.stringify(one?.rest))).toEqual({
      kind: "SPAN_KIND_CLIENT",
      events: [{ time_unix_nano: 7, name: "e", attributes: [{ key: "k", value: { string_value: "v" } }] }],
      links: [{ trace_id: traceId.toString("base64"), span_id: spanId.toString("base64") }],
      status: { code: "STATUS_CODE_ERROR", message: "boom" },
    });
    expect(JSON.stringify(one?.attributes)).toBe(
      JSON.stringify([
        { key: "text", value: { string_value: "ü\ufffdx" } },
        { key: "yes", value: { bool_value: true } },
        { key: "low", value: { int_value: "LOW" } },
        { key: "pi", value: { double_value: 3.5 } },
        { key: "nan", value: { double_value: "NaN" } },
        { key: "raw", value: { bytes_value: "AP8=" } },
        { key: "list", value: { array_value: { values: [{ string_value: "a" }, { array_value: { values: [] } }] } } },
        { key: "map", value: { kvlist_value: { values: [{ key: "k", value: { bool_value: false } }] } } },
        { key: "none", value: {} },
      ]).replace('"LOW"', "-9223372036854775808"),
    );
  });

  test("means the same in JSON, with ids as hex and 64-bit numbers as text or numbers", () => {
    const body = (
      start: string,
    ) => `{"resourceSpans": [{"resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]},
      "scopeSpans": [{"spans": [{"traceId": "0123456789ABCDEF0123456789ABCDEF", "spanId": "0123456789abcdef", "name": "s",
      "startTimeUnixNano": ${start}, "endTimeUnixNano": "9", "kind": "SPAN_KIND_SERVER", "status": {"code": "STATUS_CODE_OK"},
      "attributes": [{"key": "n", "value": {"intValue": "7"}}, {"key": "d", "value": {"doubleValue": 1}}]}]}]}]}`;
    for (const start of ['"1795270637173809635"', "1795270637173809635"]) {
      const [one] = fromJson(parseExact(body(start))).spans;
      expect(one).toMatchObject({
        traceId: traceId.toString("hex"),
        status: "OK",
        startNs: 1795270637173809635n,
        endNs: 9n,
      });
      expect(JSON.stringify(one?.attributes)).toBe(
        '[{"key":"n","value":{"int_value":7}},{"key":"d","value":{"double_value":1}}]',
      );
      expect(one?.rest).toMatchObject({ kind: "SPAN_KIND_SERVER" });
    }
  });

  test("takes the good spans and counts the bad ones with the reason", () => {
    const read = fromProtobuf(
      encode([span(), span({ spanId: Buffer.from("00", "hex") }), span({ traceId: Buffer.alloc(16) })]),
    );
    expect(read).toMatchObject({ rejected: 2, problem: "a span's span_id must be 8 bytes that are not all zero" });
    expect(read.spans).toHaveLength(1);
  });

  test("cut short or damaged anywhere is read or refused, never anything else", () => {
    const whole = Buffer.from(encode([span({ attributes: [{ key: "k", value: { stringValue: "v" } }] })]));
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.boolean(), (at, byte, cut) => {
        const bytes = cut ? whole.subarray(0, at) : Buffer.from(whole).fill(byte, at, at + 1);
        try {
          fromProtobuf(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtobufError);
        }
      }),
      { seed: 1, numRuns: 2000 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          fromProtobuf(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtobufError);
        }
      }),
      { seed: 1, numRuns: 2000 },
    );
  });

  test("of any JSON is read or refused, never anything else", () => {
    const names = ["resourceSpans", "scopeSpans", "spans", "attributes", "value", "traceId", "status", "rawJSON"];
    const json = fc.letrec((tie) => ({
      any: fc.oneof(
        { depthSize: "small" },
        fc.string(),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie("any")),
        tie("object"),
      ),
      object: fc.dictionary(fc.constantFrom(...names), tie("any")),
    })).any;
    fc.assert(
      fc.property(json, (body) => {
        try {
          fromJson(parseExact(JSON.stringify(body)));
        } catch (error) {
          expect(error).toBeInstanceOf(ShapeError);
        }
      }),
      { seed: 1, numRuns: 1000 },
    );
  });

  test("nested beyond reason is refused", () => {
    const field = (number: number, bytes: Uint8Array) =>
      Buffer.concat([Buffer.from([(number << 3) | 2]), lengthOf(bytes.length), bytes]);
    let bytes: Uint8Array = field(1, Buffer.from("x"));
    let value: object = { stringValue: "x" };
    for (let i = 0; i < 90; i++) {
      bytes = field(5, field(1, bytes));
      value = { arrayValue: { values: [value] } };
    }
    const sent = Buffer.concat([encodeSpan(span()), field(9, field(2, bytes))]);
    expect(() => fromProtobuf(field(1, field(2, field(2, sent))))).toThrow("nested more than 64 deep");
    const spans = [{ attributes: [{ key: "k", value }] }];
    expect(() => fromJson({ resourceSpans: [{ scopeSpans: [{ spans }] }] })).toThrow("nested more than 64 deep");
  });
});
