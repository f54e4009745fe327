import { datatypes, type TensorSpec } from "../tensors/tensor.js";

type Part = readonly [field: number, content: number | string | Uint8Array | readonly Part[]];

/** Protobuf written by hand: field number and content; numbers are varints, texts and lists length-delimited. */
export function message(parts: readonly Part[]): Uint8Array {
  const bytes: number[] = [];
  const varint = (value: number): void => {
    let rest = value;
    while (rest >= 128) {
      bytes.push((rest % 128) | 128);
      rest = Math.floor(rest / 128);
    }
    bytes.push(rest);
  };
  for (const [field, content] of parts) {
    if (typeof content === "number") {
      varint(field * 8);
      varint(content);
      continue;
    }
    const inner =
      typeof content === "string"
        ? new TextEncoder().encode(content)
        : content instanceof Uint8Array
          ? content
          : message(content);
    varint(field * 8 + 2);
    varint(inner.length);
    for (const byte of inner) bytes.push(byte);
  }
  return Uint8Array.from(bytes);
}

function end(spec: TensorSpec): Part[] {
  const shape = spec.shape.map((dimension, i): Part => [1, dimension === -1 ? [[2, `d${i}`]] : [[1, dimension]]]);
  const elementType = datatypes[spec.datatype as keyof typeof datatypes].onnx;
  return [
    [1, spec.name],
    [
      2,
      [
        [
          1,
          [
            [1, elementType],
            [2, shape],
          ],
        ],
      ],
    ],
  ];
}

export interface NodeSpec {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly domain?: string;
  readonly attributes?: readonly (readonly Part[])[];
}

function node(spec: NodeSpec): Part {
  return [
    1,
    [
      ...spec.inputs.map((name): Part => [1, name]),
      ...spec.outputs.map((name): Part => [2, name]),
      [4, spec.op],
      ...(spec.attributes ?? []).map((attribute): Part => [5, attribute]),
      [7, spec.domain ?? ""],
    ],
  ];
}

/** A constant of 32-bit floats. */
export function floats(name: string, dims: readonly number[], values: readonly number[]): Part {
  return [
    5,
    [...dims.map((d): Part => [1, d]), [2, 1], [8, name], [9, new Uint8Array(Float32Array.from(values).buffer)]],
  ];
}

export interface ModelSpec {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  readonly nodes: readonly NodeSpec[];
  readonly constants?: readonly Part[];
  readonly domains?: readonly string[];
}

/** An ONNX file of IR 8, opset 17. */
export function onnxModel(spec: ModelSpec): Uint8Array {
  return message([
    [1, 8],
    [2, "paydown-test"],
    [
      8,
      [
        [1, ""],
        [2, 17],
      ],
    ],
    ...(spec.domains ?? []).map(
      (domain): Part => [
        8,
        [
          [1, domain],
          [2, 1],
        ],
      ],
    ),
    [
      7,
      [
        ...spec.nodes.map(node),
        [2, "graph"],
        ...(spec.constants ?? []),
        ...spec.inputs.map((input): Part => [11, end(input)]),
        ...spec.outputs.map((output): Part => [12, end(output)]),
      ],
    ],
  ]);
}

/** Two columns `a`, `b` of one value a row; `p = sigmoid(scale * (a + b))`, answered as `probabilities` [n,2]. */
export function sigmoidModel(scale = 1): Uint8Array {
  return onnxModel({
    inputs: ["a", "b"].map((name) => ({ name, datatype: "FP32", shape: [-1, 1] })),
    outputs: [{ name: "probabilities", datatype: "FP32", shape: [-1, 2] }],
    nodes: [
      { op: "Add", inputs: ["a", "b"], outputs: ["sum"] },
      { op: "Mul", inputs: ["sum", "scale"], outputs: ["z"] },
      { op: "Sigmoid", inputs: ["z"], outputs: ["p"] },
      { op: "Sub", inputs: ["one", "p"], outputs: ["q"] },
      // axis = 1
      {
        op: "Concat",
        inputs: ["q", "p"],
        outputs: ["probabilities"],
        attributes: [
          [
            [1, "axis"],
            [3, 1],
            [20, 2],
          ],
        ],
      },
    ],
    constants: [floats("one", [1], [1]), floats("scale", [1], [scale])],
  });
}

/** Answers every input as it came: one output `out_<name>` each. */
export function identityModel(inputs: readonly TensorSpec[]): Uint8Array {
  return onnxModel({
    inputs,
    outputs: inputs.map((input) => ({ ...input, name: `out_${input.name}` })),
    nodes: inputs.map((input) => ({ op: "Identity", inputs: [input.name], outputs: [`out_${input.name}`] })),
  });
}

/** A model whose one run never ends: a loop of 2^60 turns. */
export function endlessModel(): Uint8Array {
  const scalar = (name: string, elementType: number): Part[] => [
    [1, name],
    [
      2,
      [
        [
          1,
          [
            [1, elementType],
            [2, []],
          ],
        ],
      ],
    ],
  ];
  const vector: Part[] = end({ name: "v", datatype: "FP32", shape: [-1, 1] });
  const body: Part[] = [
    node({ op: "Identity", inputs: ["going"], outputs: ["go_on"] }),
    node({ op: "Identity", inputs: ["v"], outputs: ["v_next"] }),
    [2, "body"],
    [11, scalar("turn", 7)],
    [11, scalar("going", 9)],
    [11, vector],
    [12, scalar("go_on", 9)],
    [12, end({ name: "v_next", datatype: "FP32", shape: [-1, 1] })],
  ];
  return onnxModel({
    inputs: [{ name: "x", datatype: "FP32", shape: [-1, 1] }],
    outputs: [{ name: "y", datatype: "FP32", shape: [-1, 1] }],
    nodes: [
      {
        op: "Loop",
        inputs: ["turns", "", "x"],
        outputs: ["y"],
        attributes: [
          [
            [1, "body"],
            [6, body],
            [20, 5],
          ],
        ],
      },
    ],
    constants: [
      [
        5,
        [
          [2, 7],
          [8, "turns"],
          [9, new Uint8Array(BigInt64Array.of(2n ** 60n).buffer)],
        ],
      ],
    ],
  });
}
