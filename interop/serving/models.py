"""Writes the models the checks call: one trained with scikit-learn and converted, one identity over many data types."""

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
