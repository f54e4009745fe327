"""Writes the models the checks call: one trained with scikit-learn, one identity over many data types, one that never ends."""

import sys

import numpy as np
from onnx import TensorProto, helper, save
from skl2onnx import to_onnx
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import GradientBoostingClassifier

folder = sys.argv[1]

x, y = load_breast_cancer(return_X_y=True)
x = x.astype(np.float32)
model = GradientBoostingClassifier(n_estimators=100, max_depth=3, random_state=1).fit(x, y)
converted = to_onnx(model, x[:1], options={"zipmap": False}, target_opset=17)
with open(f"{folder}/gbm.onnx", "wb") as file:
    file.write(converted.SerializeToString())
np.savez(f"{folder}/gbm.npz", x=x[:200], p=model.predict_proba(x[:200]))

types = {
    "f": TensorProto.FLOAT,
    "d": TensorProto.DOUBLE,
    "i": TensorProto.INT64,
    "b": TensorProto.BOOL,
    "s": TensorProto.STRING,
    "h": TensorProto.FLOAT16,
}
graph = helper.make_graph(
    [helper.make_node("Identity", [name], [f"out_{name}"]) for name in types],
    "identity",
    [helper.make_tensor_value_info(name, type_, ["n", 2]) for name, type_ in types.items()],
    [helper.make_tensor_value_info(f"out_{name}", type_, ["n", 2]) for name, type_ in types.items()],
)
save(
    helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8),
    f"{folder}/types.onnx",
)

body = helper.make_graph(
    [helper.make_node("Identity", ["going"], ["go_on"]), helper.make_node("Identity", ["v"], ["v_next"])],
    "body",
    [
        helper.make_tensor_value_info("turn", TensorProto.INT64, []),
        helper.make_tensor_value_info("going", TensorProto.BOOL, []),
        helper.make_tensor_value_info("v", TensorProto.FLOAT, ["n", 1]),
    ],
    [
        helper.make_tensor_value_info("go_on", TensorProto.BOOL, []),
        helper.make_tensor_value_info("v_next", TensorProto.FLOAT, ["n", 1]),
    ],
)
graph = helper.make_graph(
    [helper.make_node("Loop", ["turns", "", "x"], ["y"], body=body)],
    "endless",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 1])],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 1])],
    [helper.make_tensor("turns", TensorProto.INT64, [], [2**60])],
)
save(
    helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8),
    f"{folder}/endless.onnx",
)
