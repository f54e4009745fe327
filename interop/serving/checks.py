"""The stock Triton client against a running server: every line printed is `ok <sentence>` or `FAIL <sentence>`."""

import json
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException

url, folder = sys.argv[1], sys.argv[2]
client = triton.InferenceServerClient(url, concurrency=8, network_timeout=60)
gbm = np.load(f"{folder}/gbm.npz")
scored = json.load(open(f"{folder}/scored.json"))


def check(sentence):
    def run(work):
        try:
            work()
            print(f"ok {sentence}", flush=True)
        except Exception:
            print(f"FAIL {sentence}\n{traceback.format_exc()}", flush=True)

    return run


def tensor(name, values, datatype, binary=True):
    made = triton.InferInput(name, list(values.shape), datatype)
    made.set_data_from_numpy(values, binary_data=binary)
    return made


def refused(work, status, word):
    try:
        work()
    except InferenceServerException as error:
        assert error.status() == str(status), error
        assert word in error.message(), error
        return
    raise AssertionError("it was answered")


@check("says that server and model are live and ready, and an unknown one is not")
def _():
    assert client.is_server_live() and client.is_server_ready()
    assert client.is_model_ready("gbm") and client.is_model_ready("gbm", "1")
    assert not client.is_model_ready("nobody") and not client.is_model_ready("gbm", "9")


@check("tells metadata from the model file")
def _():
    assert "binary_tensor_data" in client.get_server_metadata()["extensions"]
    metadata = client.get_model_metadata("gbm")
    assert metadata["platform"] == "onnx_onnxv1" and metadata["versions"] == ["1"]
    assert metadata["inputs"] == [{"name": "X", "datatype": "FP32", "shape": [-1, 30]}]
    assert {one["name"] for one in metadata["outputs"]} == {"label", "probabilities"}


@check("answers the client's defaults, binary both ways, as scikit-learn does (1e-5)")
def _():
    result = client.infer("gbm", [tensor("X", gbm["x"], "FP32")])
    assert np.abs(result.as_numpy("probabilities") - gbm["p"]).max() < 1e-5
    assert result.get_response()["parameters"]["prediction_id"]


@check("answers JSON both ways, and each output as it was asked for")
def _():
    outputs = [
        triton.InferRequestedOutput("probabilities", binary_data=False),
        triton.InferRequestedOutput("label", binary_data=True),
    ]
    result = client.infer("gbm", [tensor("X", gbm["x"], "FP32", binary=False)], outputs=outputs, request_id="r-1")
    assert np.abs(result.as_numpy("probabilities") - gbm["p"]).max() < 1e-5
    assert result.as_numpy("label").size == 200
    assert result.get_response()["id"] == "r-1"


@check("answers one output when one is asked for, at a version")
def _():
    result = client.infer("gbm", [tensor("X", gbm["x"][:3], "FP32")], "1", [triton.InferRequestedOutput("label")])
    assert result.as_numpy("label").tolist() == gbm["p"][:3].argmax(1).tolist()
    assert result.as_numpy("probabilities") is None


for request, response in [("gzip", "gzip"), ("deflate", "deflate"), ("gzip", None), (None, "deflate")]:

    @check(f"takes a {request} body and answers {response}")
    def _(request=request, response=response):
        result = client.infer(
            "gbm",
            [tensor("X", gbm["x"], "FP32")],
            request_compression_algorithm=request,
            response_compression_algorithm=response,
        )
        assert np.abs(result.as_numpy("probabilities") - gbm["p"]).max() < 1e-5


for binary in (True, False):

    @check(f"carries every data type unharmed, {'binary' if binary else 'JSON'}")
    def _(binary=binary):
        values = {
            "f": (np.array([[0.1, -2.5]], np.float32), "FP32"),
            "d": (np.array([[0.1, 1e300]], np.float64), "FP64"),
            "i": (np.array([[9007199254740993, -(2**63)]], np.int64), "INT64"),
            "b": (np.array([[True, False]]), "BOOL"),
            "s": (np.array([["ü-☃", ""]], object), "BYTES"),
            "h": (np.array([[0.5, -3]], np.float16), "FP16"),
        }
        inputs = [tensor(name, array, datatype, binary or datatype == "FP16") for name, (array, datatype) in values.items()]
        outputs = [triton.InferRequestedOutput(f"out_{name}", binary_data=binary) for name in values]
        result = client.infer("types", inputs, outputs=outputs)
        for name, (array, _datatype) in values.items():
            got = result.as_numpy(f"out_{name}")
            if name == "s":
                got = np.array([[x.decode() if isinstance(x, bytes) else x for x in row] for row in got], object)
            assert got.tolist() == array.tolist(), (name, got)


@check("serves the example project's model as its trainer scored it (1e-5)")
def _():
    rows = scored["inputs"]
    inputs = [tensor(name, np.array([[row[name]] for row in rows], np.float32), "FP32") for name in ("hour", "weekday", "month", "distance")]
    inputs += [tensor(name, np.array([[row[name]] for row in rows], object), "BYTES") for name in ("origin", "destination")]
    result = client.infer("delay", inputs, headers={"X-Consumer": "ops-board"})
    got = result.as_numpy("probabilities")[:, 1]
    assert np.abs(got - np.array(scored["scores"])).max() < 1e-5


@check("gives each of 400 concurrent requests its own rows")
def _():
    # The client is bound to its thread by gevent: one each.
    def ask(worker):
        own = triton.InferenceServerClient(url, network_timeout=60)
        worst = 0
        for i in range(worker, 400, 8):
            rows = slice(i % 197, i % 197 + 1 + i % 3)
            result = own.infer("gbm", [tensor("X", gbm["x"][rows], "FP32", binary=i % 2 == 0)])
            worst = max(worst, np.abs(result.as_numpy("probabilities") - gbm["p"][rows]).max())
        return worst

    with ThreadPoolExecutor(8) as pool:
        assert max(pool.map(ask, range(8))) < 1e-5


@check("infers asynchronously")
def _():
    waiting = [client.async_infer("gbm", [tensor("X", gbm["x"][i : i + 1], "FP32")]) for i in range(16)]
    for i, one in enumerate(waiting):
        assert np.abs(one.get_result().as_numpy("probabilities") - gbm["p"][i]).max() < 1e-5


@check("refuses what does not fit, with an error the client can read")
def _():
    good = gbm["x"][:1]
    refused(lambda: client.infer("nobody", [tensor("X", good, "FP32")]), 404, "SERVING_DEPLOYMENT_NOT_FOUND")
    refused(lambda: client.infer("gbm", [tensor("X", good[:, :29], "FP32")]), 400, "shape")
    refused(lambda: client.infer("gbm", [tensor("X", good.astype(np.float64), "FP64")]), 400, "FP32")
    refused(lambda: client.infer("gbm", [tensor("Y", good, "FP32")]), 400, "unknown")
    refused(lambda: client.infer("gbm", [tensor("X", good, "FP32")] * 2), 400, "twice")
    nan = np.where(np.arange(30) == 3, np.nan, good).astype(np.float32)
    refused(lambda: client.infer("gbm", [tensor("X", nan, "FP32")]), 400, "finite")
    refused(lambda: client.infer("gbm", [tensor("X", good, "FP32")], outputs=[triton.InferRequestedOutput("zzz")]), 400, "zzz")


@check("gives up a model that hangs, and goes on answering for the others")
def _():
    one = tensor("x", np.ones((1, 1), np.float32), "FP32")
    refused(lambda: client.infer("endless", [one]), 504, "SERVING_ENGINE_TIMEOUT")
    result = client.infer("gbm", [tensor("X", gbm["x"][:5], "FP32")])
    assert np.abs(result.as_numpy("probabilities") - gbm["p"][:5]).max() < 1e-5
