import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pack, unpack } from "./pack.js";
import { allocate, type Datatype, datatypes, type Tensor } from "./tensor.js";

const numeric = (Object.keys(datatypes) as Datatype[]).filter((one) => one !== "BYTES");

const tensor: fc.Arbitrary<Omit<Tensor, "name">> = fc.oneof(
  fc
    .record({ datatype: fc.constantFrom(...numeric), rows: fc.nat(5), width: fc.integer({ min: 1, max: 3 }) })
    .chain((one) =>
      fc.uint8Array({ minLength: 8, maxLength: 8 }).map((seed) => {
        const data = allocate(one.datatype, one.rows * one.width) as Float32Array;
        const bytes = new Uint8Array(data.buffer);
        for (let i = 0; i < bytes.length; i++) bytes[i] = (seed[i % 8] as number) ^ i;
        return { datatype: one.datatype, shape: [one.rows, one.width], data };
      }),
    ),
  fc.array(fc.string({ unit: "grapheme" })).map((data) => ({ datatype: "BYTES" as const, shape: [data.length], data })),
);

describe("packing tensors for the log", () => {
  test("brings every tensor back bit by bit, and leaves absent ones out", () => {
    fc.assert(
      fc.property(fc.array(fc.option(tensor), { maxLength: 6 }), (maybe) => {
        const names = maybe.map((_, i) => `t${i}`);
        const given = maybe.flatMap((one, i) => (one === null ? [] : [{ ...one, name: `t${i}` }]));
        const back = unpack(names, pack(names, given));
        expect(back.map((one) => [one.name, one.datatype, one.shape])).toEqual(
          given.map((one) => [one.name, one.datatype, [...one.shape]]),
        );
        back.forEach((one, i) => {
          const data = given[i]?.data as Float32Array | string[];
          if (Array.isArray(data)) expect(one.data).toEqual(data);
          else expect(Buffer.from((one.data as Float32Array).buffer)).toEqual(Buffer.from(data.buffer));
        });
      }),
      { seed: 3 },
    );
  });

  test("refuses bytes of another schema instead of misreading them", () => {
    const bytes = pack(["a"], [{ name: "a", datatype: "FP32", shape: [1], data: Float32Array.of(1) }]);
    expect(() => unpack(["a", "b"], bytes)).toThrow("format is unknown");
  });
});
