import protobuf from "protobufjs";
import type { BoostedTrees, TreeNode } from "./boosting.ts";

/** The parts of onnx.proto (ONNX IR, field numbers as published) that a tree model needs. */
const schema = protobuf.parse(
  `
syntax = "proto3";
message Model { int64 ir_version = 1; string producer_name = 2; string producer_version = 3; Graph graph = 7; repeated Opset opset_import = 8; }
message Opset { string domain = 1; int64 version = 2; }
message Graph { repeated Node node = 1; string name = 2; repeated Tensor initializer = 5; repeated Value input = 11; repeated Value output = 12; }
message Node { repeated string input = 1; repeated string output = 2; string name = 3; string op_type = 4; repeated Attribute attribute = 5; string domain = 7; }
message Attribute { string name = 1; float f = 2; int64 i = 3; bytes s = 4; repeated float floats = 7; repeated int64 ints = 8; repeated bytes strings = 9; int32 type = 20; }
message Tensor { repeated int64 dims = 1; int32 data_type = 2; repeated float float_data = 4; string name = 8; }
message Value { string name = 1; Type type = 2; }
message Type { TensorType tensor_type = 1; }
message TensorType { int32 elem_type = 1; Shape shape = 2; }
message Shape { repeated Dim dim = 1; }
message Dim { int64 dim_value = 1; string dim_param = 2; }
`,
  { keepCase: true },
).root;

const FLOAT = 1;
const INT64 = 7;
const STRING = 8;

/** How a text input becomes numbers inside the model: each lookup is one feature. */
export interface Lookup {
  readonly input: string;
  readonly feature: string;
  readonly values: ReadonlyMap<string, number>;
  /** For texts never seen in training. */
  readonly otherwise: number;
}

/**
 * Writes the model as ONNX: numbers and texts in, one column a row; look-ups, trees and sigmoid inside, so that whoever
 * asks needs no preprocessing of their own. Outputs `label` INT64[n] and `probabilities` FLOAT[n,2].
 * Features are the numeric inputs in order, then the look-ups in order.
 */
export function toOnnx(
  model: BoostedTrees,
  numeric: readonly string[],
  texts: readonly string[],
  lookups: readonly Lookup[],
): Uint8Array {
  const features = [...numeric, ...lookups.map((lookup) => lookup.feature)];
  const nodes = [
    ...lookups.map((lookup) =>
      node("LabelEncoder", [lookup.input], [lookup.feature], "ai.onnx.ml", [
        strings("keys_strings", [...lookup.values.keys()]),
        floats("values_floats", [...lookup.values.values()]),
        float("default_float", lookup.otherwise),
      ]),
    ),
    node("Concat", features, ["features"], "", [int("axis", 1)]),
    node("TreeEnsembleRegressor", ["features"], ["margin"], "ai.onnx.ml", ensemble(model)),
    node("Sigmoid", ["margin"], ["late"]),
    node("Sub", ["one", "late"], ["on_time"]),
    node("Concat", ["on_time", "late"], ["probabilities"], "", [int("axis", 1)]),
    node("ArgMax", ["probabilities"], ["label"], "", [int("axis", 1), int("keepdims", 0)]),
  ];
  const type = schema.lookupType("Model");
  return type
    .encode(
      type.fromObject({
        ir_version: 8,
        producer_name: "flight-delays",
        producer_version: "1",
        opset_import: [
          { domain: "", version: 17 },
          { domain: "ai.onnx.ml", version: 3 },
        ],
        graph: {
          name: "delay",
          node: nodes,
          initializer: [{ name: "one", dims: [1], data_type: FLOAT, float_data: [1] }],
          input: [...numeric.map((name) => value(name, FLOAT, 1)), ...texts.map((name) => value(name, STRING, 1))],
          output: [value("label", INT64), value("probabilities", FLOAT, 2)],
        },
      }),
    )
    .finish();
}

/** Trees as the parallel arrays of ai.onnx.ml TreeEnsembleRegressor. */
function ensemble(model: BoostedTrees): object[] {
  const arrays = {
    nodes_treeids: [] as number[],
    nodes_nodeids: [] as number[],
    nodes_featureids: [] as number[],
    nodes_values: [] as number[],
    nodes_modes: [] as string[],
    nodes_truenodeids: [] as number[],
    nodes_falsenodeids: [] as number[],
    target_treeids: [] as number[],
    target_nodeids: [] as number[],
    target_ids: [] as number[],
    target_weights: [] as number[],
  };
  model.trees.forEach((tree, treeId) => {
    let next = 0;
    const add = (one: TreeNode): number => {
      const id = next++;
      arrays.nodes_treeids.push(treeId);
      arrays.nodes_nodeids.push(id);
      const at = arrays.nodes_modes.length;
      arrays.nodes_modes.push("feature" in one ? "BRANCH_LEQ" : "LEAF");
      arrays.nodes_featureids.push("feature" in one ? one.feature : 0);
      arrays.nodes_values.push("feature" in one ? one.threshold : 0);
      arrays.nodes_truenodeids.push(0);
      arrays.nodes_falsenodeids.push(0);
      if ("feature" in one) {
        arrays.nodes_truenodeids[at] = add(one.left);
        arrays.nodes_falsenodeids[at] = add(one.right);
      } else {
        arrays.target_treeids.push(treeId);
        arrays.target_nodeids.push(id);
        arrays.target_ids.push(0);
        arrays.target_weights.push(one.value);
      }
      return id;
    };
    add(tree);
  });
  const { nodes_values, nodes_modes, target_weights, ...ids } = arrays;
  return [
    int("n_targets", 1),
    floats("base_values", [model.base]),
    floats("nodes_values", nodes_values),
    floats("target_weights", target_weights),
    strings("nodes_modes", nodes_modes),
    ...Object.entries(ids).map(([name, values]) => ({ name, ints: values, type: 7 })),
  ];
}

function node(
  op: string,
  input: readonly string[],
  output: readonly string[],
  domain = "",
  attribute: readonly object[] = [],
): object {
  return { op_type: op, name: `${op}_${output[0]}`, input, output, domain, attribute };
}

function value(name: string, elemType: number, columns?: number): object {
  const dim = [{ dim_param: "n" }, ...(columns === undefined ? [] : [{ dim_value: columns }])];
  return { name, type: { tensor_type: { elem_type: elemType, shape: { dim } } } };
}

const int = (name: string, i: number): object => ({ name, i, type: 2 });
const float = (name: string, f: number): object => ({ name, f, type: 1 });
const floats = (name: string, values: readonly number[]): object => ({ name, floats: values, type: 6 });
const strings = (name: string, values: readonly string[]): object => ({
  name,
  strings: values.map((text) => Buffer.from(text, "utf8")),
  type: 8,
});
