"""Stock MLflow clients against a running server. Prints one `ok <name>` or `FAIL <name>` line each; plain asserts.

usage: checks.py URL            everything a client does, on records of its own
       checks.py --read URL     reads what a server already holds: experiments, runs, models
"""

import json
import math
import os
import subprocess
import sys
import tempfile
import time
import traceback

READ = "--read" in sys.argv
URL = [argument for argument in sys.argv[1:] if not argument.startswith("--")][0]
os.environ.update(
    MLFLOW_TRACKING_URI=URL,
    MLFLOW_HTTP_REQUEST_MAX_RETRIES="1",
    MLFLOW_HTTP_REQUEST_TIMEOUT="20",
    MLFLOW_DISABLE_TELEMETRY="true",
    MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT="true",
    MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR="false",
    GIT_PYTHON_REFRESH="quiet",
)

import mlflow  # noqa: E402
from mlflow import MlflowClient  # noqa: E402
from mlflow.entities import Metric, Param, RunTag, ViewType  # noqa: E402
from mlflow.exceptions import MlflowException  # noqa: E402

client = MlflowClient()
three = int(mlflow.__version__.split(".")[0]) >= 3
stamp = f"{mlflow.__version__}-{os.getpid()}-{int(time.time())}"
checks = []


def check(function):
    checks.append(function)
    return function


def raises(code, function, *arguments, **named):
    try:
        function(*arguments, **named)
    except MlflowException as error:
        assert error.error_code == code, f"{error.error_code}: {error}"
        return str(error)
    raise AssertionError(f"expected {code}")


def experiment(name):
    return mlflow.set_experiment(f"{name} {stamp}").experiment_id


@check
def fluent_run_with_params_metrics_tags():
    experiment("fluent")
    with mlflow.start_run(run_name="first", tags={"team": "risk"}) as run:
        mlflow.log_param("lr", 0.1)
        mlflow.log_params({"depth": 3, "empty": ""})
        for step in range(5):
            mlflow.log_metric("loss", 1 / (step + 1), step=step)
        mlflow.log_metrics({"auc": 0.9, "nan": math.nan, "inf": math.inf})
        mlflow.set_tag("note", "x")
    got = client.get_run(run.info.run_id)
    assert got.info.status == "FINISHED" and got.info.run_name == "first"
    assert got.info.end_time >= got.info.start_time
    assert got.data.params == {"lr": "0.1", "depth": "3", "empty": ""}
    assert got.data.metrics["loss"] == 0.2 and got.data.metrics["auc"] == 0.9
    assert math.isnan(got.data.metrics["nan"]) and got.data.metrics["inf"] > 1e308
    assert got.data.tags["team"] == "risk" and got.data.tags["note"] == "x"
    history = client.get_metric_history(run.info.run_id, "loss")
    assert [(point.step, point.value) for point in history] == [(s, 1 / (s + 1)) for s in range(5)]


@check
def failed_run_is_failed():
    experiment("fluent")
    try:
        with mlflow.start_run() as run:
            raise ValueError("boom")
    except ValueError:
        pass
    assert client.get_run(run.info.run_id).info.status == "FAILED"


@check
def batch_of_a_thousand_metrics():
    run = client.create_run(experiment("batch"))
    now = int(time.time() * 1000)
    metrics = [Metric(f"m{i % 50}", float(i), now + i, i) for i in range(1000)]
    client.log_batch(run.info.run_id, metrics=metrics)
    client.log_batch(
        run.info.run_id,
        metrics=metrics[:500],
        params=[Param(f"p{i}", str(i)) for i in range(100)],
        tags=[RunTag(f"t{i}", str(i)) for i in range(100)],
    )
    got = client.get_run(run.info.run_id)
    assert len(got.data.metrics) == 50 and len(got.data.params) == 100
    assert got.data.metrics["m49"] == 999.0
    assert len(client.get_metric_history(run.info.run_id, "m0")) == 20


@check
def params_do_not_change_and_batches_are_whole():
    run = client.create_run(experiment("batch")).info.run_id
    client.log_param(run, "a", "1")
    client.log_param(run, "a", "1")
    message = raises(
        "INVALID_PARAMETER_VALUE",
        client.log_batch,
        run,
        metrics=[Metric("x", 1.0, 1, 0)],
        params=[Param("a", "2")],
    )
    assert "Changing param values is not allowed" in message
    assert client.get_run(run).data.metrics == {}


@check
def search_runs_with_filters_and_order():
    where = experiment("search")
    ids = []
    for i in range(12):
        run = client.create_run(where, start_time=1000 + i, tags={"even": str(i % 2 == 0)})
        client.log_metric(run.info.run_id, "auc", i / 10)
        client.log_param(run.info.run_id, "kind", "xgb" if i % 3 == 0 else "lin")
        ids.append(run.info.run_id)

    def search(text, order=None, most=100):
        return [run.info.run_id for run in client.search_runs([where], text, order_by=order, max_results=most)]

    assert search("") == ids[::-1]
    assert search("metrics.auc > 0.85") == [ids[11], ids[10], ids[9]]
    assert set(search("params.kind = 'xgb' and tags.even = 'True'")) == {ids[0], ids[6]}
    assert set(search("params.kind LIKE 'x%'")) == {ids[0], ids[3], ids[6], ids[9]}
    assert set(search("params.kind ILIKE 'XG_'")) == {ids[0], ids[3], ids[6], ids[9]}
    assert search("attributes.start_time >= 1010 and status = 'RUNNING'") == [ids[11], ids[10]]
    assert search("", ["metrics.auc ASC"], 3) == ids[:3]
    assert search(f"run_id IN ('{ids[2]}', '{ids[4]}')") == [ids[4], ids[2]]
    assert set(search("metrics.auc < 0.15 OR (params.kind = 'xgb' AND metrics.auc > 0.85)")) == {ids[0], ids[1], ids[9]}
    first = client.search_runs([where], max_results=5, order_by=["metrics.auc DESC"])
    second = client.search_runs([where], max_results=50, order_by=["metrics.auc DESC"], page_token=first.token)
    assert [r.info.run_id for r in [*first, *second]] == ids[::-1] and second.token is None
    raises("INVALID_PARAMETER_VALUE", client.search_runs, [where], "foo.bar = 'x'")
    frame = mlflow.search_runs(experiment_ids=[where])
    assert len(frame) == 12 and "metrics.auc" in frame.columns


@check
def nested_runs():
    experiment("nested")
    with mlflow.start_run() as parent:
        with mlflow.start_run(nested=True) as child:
            mlflow.log_metric("x", 1)
    assert client.get_run(child.info.run_id).data.tags["mlflow.parentRunId"] == parent.info.run_id
    found = client.search_runs(
        [parent.info.experiment_id], f"tags.mlflow.parentRunId = '{parent.info.run_id}'"
    )
    assert [run.info.run_id for run in found] == [child.info.run_id]


@check
def datasets_as_inputs():
    import pandas

    experiment("datasets")
    frame = pandas.DataFrame({"x": [1.0, 2.0], "y": [0, 1]})
    dataset = mlflow.data.from_pandas(frame, source="https://example.com/data.csv", name="flights", targets="y")
    with mlflow.start_run() as run:
        mlflow.log_input(dataset, context="training")
        mlflow.log_input(dataset, context="training")
    inputs = client.get_run(run.info.run_id).inputs.dataset_inputs
    assert len(inputs) == 1 and inputs[0].dataset.name == "flights"
    assert inputs[0].dataset.digest == dataset.digest
    assert json.loads(inputs[0].dataset.source)["url"] == "https://example.com/data.csv"
    assert {tag.key: tag.value for tag in inputs[0].tags}["mlflow.data.context"] == "training"
    found = client.search_runs([run.info.experiment_id], "dataset.name = 'flights' and dataset.context = 'training'")
    assert len(found) == 1


@check
def artifacts_both_ways():
    experiment("artifacts")
    with tempfile.TemporaryDirectory() as folder:
        big = os.urandom(3_000_000)
        os.makedirs(f"{folder}/up/deep/er")
        for path, content in {"a.txt": b"hello", "deep/b.bin": big, "deep/er/empty": b"", "ü n.txt": b"u"}.items():
            with open(f"{folder}/up/{path}", "wb") as file:
                file.write(content)
        with mlflow.start_run() as run:
            mlflow.log_artifacts(f"{folder}/up", "data")
            mlflow.log_artifact(f"{folder}/up/a.txt")
            mlflow.log_text("text", "notes/n.txt")
            mlflow.log_dict({"a": 1}, "d.json")
        run_id = run.info.run_id
        listed = {item.path: item for item in client.list_artifacts(run_id)}
        assert set(listed) == {"data", "a.txt", "notes", "d.json"}, listed
        assert listed["data"].is_dir and listed["a.txt"].file_size == 5
        assert {item.path for item in client.list_artifacts(run_id, "data/deep")} == {"data/deep/b.bin", "data/deep/er"}
        target = client.download_artifacts(run_id, "data", folder)
        assert open(f"{target}/deep/b.bin", "rb").read() == big
        assert open(f"{target}/deep/er/empty", "rb").read() == b""
        assert open(f"{target}/ü n.txt", "rb").read() == b"u"
        assert mlflow.artifacts.load_text(f"runs:/{run_id}/notes/n.txt") == "text"
        assert mlflow.artifacts.load_dict(f"{run.info.artifact_uri}/d.json") == {"a": 1}


@check
def model_logged_registered_aliased_and_read():
    import numpy
    import sklearn.linear_model
    from mlflow.models import Model, infer_signature

    experiment("model")
    x, y = numpy.array([[0.0], [1.0], [2.0]]), numpy.array([0.0, 1.0, 2.0])
    fitted = sklearn.linear_model.LinearRegression().fit(x, y)
    name = f"delay-{stamp}"
    with mlflow.start_run() as run:
        how = {"name": "model"} if three else {"artifact_path": "model"}
        logged = mlflow.sklearn.log_model(
            fitted, signature=infer_signature(x, y), registered_model_name=name, **how
        )
    version = client.get_model_version(name, "1")
    assert version.run_id == run.info.run_id and version.status == "READY"
    assert version.current_stage == "None"
    mlflow.register_model(logged.model_uri, name)
    client.set_registered_model_alias(name, "champion", "2")
    assert client.get_model_version_by_alias(name, "champion").version == "2"
    assert "champion" in client.get_registered_model(name).aliases
    with tempfile.TemporaryDirectory() as folder:
        where = mlflow.artifacts.download_artifacts(f"models:/{name}@champion", dst_path=folder)
        loaded = Model.load(where)
        assert loaded.signature is not None and "sklearn" in loaded.flavors
    model = mlflow.sklearn.load_model(f"models:/{name}@champion")
    assert abs(model.predict([[3.0]])[0] - 3.0) < 1e-9
    model = mlflow.pyfunc.load_model(f"runs:/{run.info.run_id}/model")
    assert abs(model.predict(numpy.array([[4.0]]))[0] - 4.0) < 1e-9
    client.delete_registered_model_alias(name, "champion")
    raises("INVALID_PARAMETER_VALUE", client.get_model_version_by_alias, name, "champion")
    if three:
        model = mlflow.get_logged_model(logged.model_id)
        assert model.status == "READY" and model.source_run_id == run.info.run_id
        found = mlflow.search_logged_models(experiment_ids=[run.info.experiment_id], output_format="list")
        assert [one.model_id for one in found] == [logged.model_id]
        assert client.get_run(run.info.run_id).outputs.model_outputs[0].model_id == logged.model_id
    else:
        assert json.loads(client.get_run(run.info.run_id).data.tags["mlflow.log-model.history"])


@check
def sklearn_autolog():
    import numpy
    import sklearn.linear_model

    experiment("autolog")
    mlflow.sklearn.autolog(log_datasets=True, silent=True)
    try:
        with mlflow.start_run() as run:
            x = numpy.arange(20.0).reshape(-1, 1)
            sklearn.linear_model.Ridge(alpha=0.5).fit(x, x[:, 0])
    finally:
        mlflow.sklearn.autolog(disable=True)
    got = client.get_run(run.info.run_id)
    assert got.data.params["alpha"] == "0.5" and "training_r2_score" in got.data.metrics
    assert got.inputs.dataset_inputs


@check
def registry_search_stages_and_tags():
    name = f"stages-{stamp}"
    client.create_registered_model(name, tags={"tier": "1"}, description="what it is for")
    raises("RESOURCE_ALREADY_EXISTS", client.create_registered_model, name)
    run = client.create_run(experiment("model"))
    for _ in range(2):
        client.create_model_version(name, run.info.artifact_uri + "/m", run.info.run_id)
    client.transition_model_version_stage(name, "1", "production")
    client.transition_model_version_stage(name, "2", "Production", archive_existing_versions=True)
    assert client.get_model_version(name, "1").current_stage == "Archived"
    assert [v.version for v in client.get_latest_versions(name, ["Production"])] == ["2"]
    client.set_model_version_tag(name, "2", "checked", "yes")
    assert [v.version for v in client.search_model_versions(f"name = '{name}' and tag.checked = 'yes'")] == ["2"]
    assert [m.name for m in client.search_registered_models("tag.tier = '1'") if m.name == name] == [name]
    client.update_model_version(name, "1", "older")
    assert client.get_model_version(name, "1").description == "older"
    client.delete_model_version(name, "2")
    raises("RESOURCE_DOES_NOT_EXIST", client.get_model_version, name, "2")
    assert client.create_model_version(name, run.info.artifact_uri + "/m", run.info.run_id).version == "3"
    client.rename_registered_model(name, name + "-new")
    raises("RESOURCE_DOES_NOT_EXIST", client.get_registered_model, name)
    client.delete_registered_model(name + "-new")


@check
def deleted_and_restored():
    where = client.create_experiment(f"gone {stamp}", tags={"a": "b"})
    run = client.create_run(where).info.run_id
    client.delete_run(run)
    assert client.get_run(run).info.lifecycle_stage == "deleted"
    raises("INVALID_PARAMETER_VALUE", client.log_metric, run, "x", 1)
    assert [r.info.run_id for r in client.search_runs([where], run_view_type=ViewType.DELETED_ONLY)] == [run]
    client.restore_run(run)
    client.delete_experiment(where)
    assert client.get_experiment(where).lifecycle_stage == "deleted"
    raises("RESOURCE_ALREADY_EXISTS", client.create_experiment, f"gone {stamp}")
    client.restore_experiment(where)
    client.rename_experiment(where, f"back {stamp}")
    assert client.get_experiment_by_name(f"back {stamp}").experiment_id == where
    assert client.get_experiment_by_name("no such") is None
    assert client.get_run(run).info.lifecycle_stage == "active"


@check
def experiments_are_searched():
    where = client.create_experiment(f"findme {stamp}", tags={"team": "x"})
    client.set_experiment_tag(where, "tier", "1")
    found = client.search_experiments(filter_string=f"name = 'findme {stamp}' and tags.tier = '1'")
    assert [one.experiment_id for one in found] == [where]
    assert any(one.experiment_id == "0" for one in client.search_experiments(order_by=["name ASC"]))


@check
def async_logging_and_tag_removal():
    run = client.create_run(experiment("fluent")).info.run_id
    futures = [client.log_metric(run, "a", float(i), step=i, synchronous=False) for i in range(30)]
    for future in futures:
        future.wait()
    assert len(client.get_metric_history(run, "a")) == 30
    client.set_tag(run, "t", "1")
    client.delete_tag(run, "t")
    raises("RESOURCE_DOES_NOT_EXIST", client.delete_tag, run, "t")


@check
def command_line():
    binary = os.path.join(os.path.dirname(sys.executable), "mlflow")

    def cli(*words):
        done = subprocess.run([binary, *words], capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    cli("experiments", "create", "-n", f"cli {stamp}")
    assert f"cli {stamp}" in cli("experiments", "search")
    where = client.get_experiment_by_name(f"cli {stamp}").experiment_id
    run = client.create_run(where).info.run_id
    assert run in cli("runs", "list", "--experiment-id", where)
    assert run in cli("runs", "describe", "--run-id", run)
    with tempfile.TemporaryDirectory() as folder:
        open(f"{folder}/f.txt", "w").write("from the shell")
        cli("artifacts", "log-artifact", "--local-file", f"{folder}/f.txt", "--run-id", run)
        assert "f.txt" in cli("artifacts", "list", "--run-id", run)
    cli("runs", "delete", "--run-id", run)
    cli("runs", "restore", "--run-id", run)
    cli("experiments", "delete", "-x", where)


def reading():
    @check
    def experiments_are_listed():
        assert client.search_experiments(max_results=100)

    @check
    def runs_are_read():
        ids = [one.experiment_id for one in client.search_experiments()]
        runs = client.search_runs(ids, max_results=50)
        assert runs, "no runs"
        for run in runs:
            assert client.get_run(run.info.run_id).info.run_id == run.info.run_id
        with_metrics = next(run for run in runs if run.data.metrics)
        key = next(iter(with_metrics.data.metrics))
        assert client.get_metric_history(with_metrics.info.run_id, key)

    @check
    def models_are_read():
        models = client.search_registered_models()
        assert models, "no models"
        for model in models:
            versions = client.search_model_versions(f"name = '{model.name}'")
            assert versions
            for alias, version in model.aliases.items():
                assert client.get_model_version_by_alias(model.name, alias).version == str(version)
            assert client.get_model_version_download_uri(model.name, versions[0].version)


if READ:
    checks.clear()
    reading()

failed = 0
for one in checks:
    try:
        one()
        print(f"ok {one.__name__}", flush=True)
    except BaseException:
        failed += 1
        traceback.print_exc()
        print(f"FAIL {one.__name__}", flush=True)
sys.exit(1 if failed else 0)
