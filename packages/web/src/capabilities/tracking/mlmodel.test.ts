import { expect, test } from "vitest";
import { readMlmodel } from "./mlmodel.js";

test("an MLmodel file tells its flavours and its signature, also over lines", () => {
  const model = readMlmodel(`artifact_path: model
flavors:
  python_function:
    loader_module: mlflow.sklearn
    env:
      conda: conda.yaml
  sklearn:
    sklearn_version: 1.5.0
mlflow_version: 2.22.0
signature:
  inputs: '[{"type": "double", "name": "it''s", "required": true}, {"type": "tensor",
    "tensor-spec": {"dtype": "float32", "shape": [-1, 3]}}]'
  outputs: '[{"type": "long", "required": false}]'
  params: null
`);
  expect(model.facts).toEqual([
    ["artifact_path", "model"],
    ["mlflow_version", "2.22.0"],
  ]);
  expect(model.flavors.map((flavor) => flavor.name)).toEqual(["python_function", "sklearn"]);
  expect(model.signature).toEqual([
    [
      "inputs",
      [
        ["it's", "double"],
        ["2", "float32 [-1,3]"],
      ],
    ],
    ["outputs", [["1", "long, optional"]]],
  ]);
});

test("nonsense is no error", () => {
  expect(readMlmodel("\u0000\n- - -\nsignature:\n  inputs: broken").signature).toEqual([
    ["inputs", [["as written", "broken"]]],
  ]);
});
