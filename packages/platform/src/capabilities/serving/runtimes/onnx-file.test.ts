import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CodedError } from "#base/errors.js";
import { floats, message, onnxModel, sigmoidModel } from "../testing/onnx-model.js";
import { readOnnx } from "./onnx-file.js";

const x = { name: "x", datatype: "FP32", shape: [-1] } as const;
const y = { name: "y", datatype: "FP32", shape: [-1] } as const;
const identity = { op: "Identity", inputs: ["x"], outputs: ["y"] };
const base = { inputs: [{ ...x, shape: [-1] }], outputs: [{ ...y, shape: [-1] }] };

function codeOf(bytes: Uint8Array): string {
  try {
    readOnnx(bytes, "delay version 1");
    return "accepted";
  } catch (error) {
    return (error as CodedError).code;
  }
}

describe("reading a model file without running it", () => {
  test("tells inputs, outputs, operators and who wrote it", () => {
    expect(readOnnx(sigmoidModel(), "m")).toEqual({
      irVersion: 8,
      producer: "paydown-test",
      opsets: { "": 17 },
      inputs: [
        { name: "a", datatype: "FP32", shape: [-1, 1] },
        { name: "b", datatype: "FP32", shape: [-1, 1] },
      ],
      outputs: [{ name: "probabilities", datatype: "FP32", shape: [-1, 2] }],
      nodes: 5,
      operators: { Add: 1, Mul: 1, Sigmoid: 1, Sub: 1, Concat: 1 },
    });
  });

  test.each([
    ["a pickle", Buffer.from("\x80\x04\x95", "latin1"), "pickle"],
    ["a zip archive", Buffer.from("PK\x03\x04rest"), "zip"],
    ["text", Buffer.from('{"a": 1}'), "text"],
    ["nothing", Buffer.alloc(0), "empty"],
    ["compressed bytes", Buffer.from([0x1f, 0x8b, 8, 0]), "compressed"],
    ["another protobuf", Buffer.from(message([[1, "hello"]])), "no graph"],
  ])("says that %s is no ONNX model", (_what, bytes, word) => {
    expect(() => readOnnx(bytes, "delay version 1")).toThrow(word);
    expect(codeOf(bytes)).toBe("SERVING_MODEL_NOT_ONNX");
  });

  test("refuses constants that lie outside the file", () => {
    const outside = [
      5,
      [
        [1, 1],
        [2, 1],
        [8, "w"],
        [
          13,
          [
            [1, "location"],
            [2, "/etc/passwd"],
          ],
        ],
        [14, 1],
      ],
    ] as const;
    expect(() => readOnnx(onnxModel({ ...base, nodes: [identity], constants: [outside] }), "m")).toThrow(
      "external data",
    );
    const hidden = {
      ...identity,
      attributes: [
        [
          [1, "value"],
          [5, outside[1]],
          [20, 4],
        ],
      ] as never,
    };
    expect(codeOf(onnxModel({ ...base, nodes: [hidden] }))).toBe("SERVING_MODEL_REFUSED");
  });

  test("refuses operators of domains the engine does not carry", () => {
    expect(codeOf(onnxModel({ ...base, nodes: [{ ...identity, domain: "evil.ops" }] }))).toBe("SERVING_MODEL_REFUSED");
    expect(codeOf(onnxModel({ ...base, nodes: [identity], domains: ["evil.ops"] }))).toBe("SERVING_MODEL_REFUSED");
    expect(codeOf(onnxModel({ ...base, nodes: [identity], domains: ["ai.onnx.ml"] }))).toBe("accepted");
  });

  test("refuses constants that claim more than any file can hold", () => {
    const huge = [
      5,
      [
        [1, 2 ** 40],
        [2, 1],
        [8, "w"],
      ],
    ] as const;
    expect(codeOf(onnxModel({ ...base, nodes: [identity], constants: [huge] }))).toBe("SERVING_MODEL_REFUSED");
  });

  test("does not count constants among the inputs", () => {
    const model = onnxModel({
      inputs: [base.inputs[0] as never, { name: "w", datatype: "FP32", shape: [1] }],
      outputs: base.outputs,
      nodes: [identity],
      constants: [floats("w", [1], [1])],
    });
    expect(readOnnx(model, "m").inputs.map((input) => input.name)).toEqual(["x"]);
  });

  test("never fails with anything but a coded refusal, whatever the bytes are", () => {
    const whole = sigmoidModel();
    const broken = fc.tuple(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length)).map(([at, byte, length]) => {
      const bytes = whole.slice(0, length);
      if (at < bytes.length) bytes[at] = byte;
      return bytes;
    });
    fc.assert(
      fc.property(fc.oneof(broken, fc.uint8Array({ maxLength: 200 })), (bytes) => {
        try {
          readOnnx(bytes, "m");
        } catch (error) {
          expect(error).toBeInstanceOf(CodedError);
          expect((error as CodedError).status).toBe(422);
        }
      }),
      { seed: 7, numRuns: 2000 },
    );
  });
});
