"""Stock MLflow clients as training scripts use them: autologging, figures, tables, resumed runs, custom models, the exporter.

Prints one `ok <name>` or `FAIL <name>` line each; plain asserts.

usage: training.py URL [--exporter]
"""

import os
import subprocess
import sys
import tempfile
import time
import traceback

URL = [argument for argument in sys.argv[1:] if not argument.startswith("--")][0]
os.environ.update(
    MLFLOW_TRACKING_URI=URL,
    MLFLOW_HTTP_REQUEST_MAX_RETRIES="1",
    MLFLOW_HTTP_REQUEST_TIMEOUT="20",
    MLFLOW_DISABLE_TELEMETRY="true",
    MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT="true",
    MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR="false",
    GIT_PYTHON_REFRESH="quiet",
    MPLBACKEND="agg",
)

import mlflow  # noqa: E402
import numpy  # noqa: E402
import pandas  # noqa: E402
from mlflow import MlflowClient  # noqa: E402
from mlflow.models import infer_signature  # noqa: E402

client = MlflowClient()
three = int(mlflow.__version__.split(".")[0]) >= 3
stamp = f"{mlflow.__version__}-{os.getpid()}-{int(time.time())}"
checks = []


def check(function):
    checks.append(function)
    return function


def experiment(name):
    return mlflow.set_experiment(f"{name} {stamp}").experiment_id


def model_name(name):
    """2.x names the place of a model, 3.x the model."""
    return {"name": name} if three else {"artifact_path": name}


def rows(count=80):
    chance = numpy.random.default_rng(7)
    frame = pandas.DataFrame(chance.normal(size=(count, 4)), columns=list("abcd"))
    return frame, (frame["a"] + frame["b"] > 0).astype(int)


@check
def sklearn_pipelines_and_searches_log_themselves():
    import sklearn.linear_model
    import sklearn.model_selection
    import sklearn.pipeline
    import sklearn.preprocessing

    where = experiment("sklearn")
    x, y = rows()
    trusted = {"serialization_format": "cloudpickle"} if three else {}
    mlflow.sklearn.autolog(silent=True, max_tuning_runs=3, log_input_examples=True, **trusted)
    try:
        with mlflow.start_run(run_name="search") as run:
            steps = sklearn.pipeline.make_pipeline(
                sklearn.preprocessing.StandardScaler(), sklearn.linear_model.LogisticRegression()
            )
            grid = {"logisticregression__C": [0.01, 0.1, 1.0, 10.0]}
            sklearn.model_selection.GridSearchCV(steps, grid, cv=3).fit(x, y)
    finally:
        mlflow.sklearn.autolog(disable=True)
    got = client.get_run(run.info.run_id)
    assert "best_logisticregression__C" in got.data.params, got.data.params
    assert "best_cv_score" in got.data.metrics
    children = client.search_runs([where], f"tags.mlflow.parentRunId = '{run.info.run_id}'")
    assert len(children) == 3, len(children)
    assert any(item.path.endswith("cv_results.csv") for item in client.list_artifacts(run.info.run_id))


@check
def lightgbm_logs_itself_with_a_curve():
    import lightgbm

    experiment("lightgbm")
    x, y = rows()
    mlflow.lightgbm.autolog(silent=True)
    try:
        with mlflow.start_run() as run:
            data = lightgbm.Dataset(x, y)
            lightgbm.train(
                {"objective": "binary", "verbosity": -1, "num_threads": 1, "seed": 1},
                data,
                num_boost_round=8,
                valid_sets=[data],
                valid_names=["train"],
            )
    finally:
        mlflow.lightgbm.autolog(disable=True)
    history = client.get_metric_history(run.info.run_id, "train-binary_logloss")
    assert [point.step for point in history] == list(range(8)), history
    assert client.get_run(run.info.run_id).data.params["objective"] == "binary"
    loaded = mlflow.pyfunc.load_model(f"runs:/{run.info.run_id}/model")
    assert len(loaded.predict(x)) == len(x)


@check
def xgboost_logs_itself_with_a_curve():
    import xgboost

    experiment("xgboost")
    x, y = rows()
    mlflow.xgboost.autolog(silent=True)
    try:
        with mlflow.start_run() as run:
            data = xgboost.DMatrix(x, y)
            xgboost.train(
                {"objective": "binary:logistic", "nthread": 1, "seed": 1},
                data,
                num_boost_round=5,
                evals=[(data, "train")],
                verbose_eval=False,
            )
    finally:
        mlflow.xgboost.autolog(disable=True)
    assert len(client.get_metric_history(run.info.run_id, "train-logloss")) == 5
    assert any("feature_importance" in item.path for item in client.list_artifacts(run.info.run_id))


@check
def figures_images_tables_and_texts_come_back():
    import matplotlib.pyplot
    import PIL.Image

    experiment("figures")
    figure, axes = matplotlib.pyplot.subplots()
    axes.plot([0, 1, 2], [0, 1, 4])
    picture = PIL.Image.fromarray(numpy.full((8, 8, 3), 200, dtype=numpy.uint8))
    table = {"id": [1, 2], "ünï": ["a", "b"]}
    with mlflow.start_run() as run:
        mlflow.log_figure(figure, "plots/curve.png")
        mlflow.log_figure(figure, "plots/curve.svg")
        mlflow.log_image(picture, "pixels.png")
        for step in range(3):
            mlflow.log_image(picture, key="sample", step=step)
        mlflow.log_table(table, "tables/rows.json")
        mlflow.log_table(table, "tables/rows.json")
        mlflow.log_text("<b>not run</b>", "page.html")
    matplotlib.pyplot.close(figure)
    run_id = run.info.run_id
    assert {item.path for item in client.list_artifacts(run_id, "plots")} == {"plots/curve.png", "plots/curve.svg"}
    assert len(client.list_artifacts(run_id, "images")) >= 3
    assert mlflow.artifacts.load_image(f"runs:/{run_id}/pixels.png").size == (8, 8)
    back = mlflow.load_table("tables/rows.json", run_ids=[run_id])
    assert list(back["id"]) == [1, 2, 1, 2] and list(back["ünï"]) == ["a", "b", "a", "b"]


@check
def a_stopped_run_is_resumed():
    experiment("resumed")
    with mlflow.start_run() as first:
        mlflow.log_metric("loss", 2.0, step=0)
    with mlflow.start_run(run_id=first.info.run_id):
        assert client.get_run(first.info.run_id).info.status == "RUNNING"
        mlflow.log_metric("loss", 1.0, step=1)
        mlflow.log_param("resumed", "yes")
    got = client.get_run(first.info.run_id)
    assert got.info.status == "FINISHED" and got.data.metrics["loss"] == 1.0
    assert got.info.start_time == first.info.start_time
    assert [point.step for point in client.get_metric_history(first.info.run_id, "loss")] == [0, 1]


@check
def runs_nest_three_deep():
    where = experiment("deep")
    with mlflow.start_run(run_name="sweep") as top:
        for depth in range(2):
            with mlflow.start_run(run_name=f"trial {depth}", nested=True) as middle:
                with mlflow.start_run(run_name="fold", nested=True) as leaf:
                    mlflow.log_metric("fold", depth)
    assert client.get_run(leaf.info.run_id).data.tags["mlflow.parentRunId"] == middle.info.run_id
    if hasattr(client, "get_parent_run"):
        assert client.get_parent_run(middle.info.run_id).info.run_id == top.info.run_id
    assert len(client.search_runs([where], f"tags.`mlflow.parentRunId` = '{top.info.run_id}'")) == 2


@check
def a_model_of_ones_own_is_loaded_by_alias():
    class Doubles(mlflow.pyfunc.PythonModel):
        def predict(self, context, model_input, params=None):
            return model_input * 2

    experiment("own")
    name = f"doubles-{stamp}"
    x = pandas.DataFrame({"x": [1.0, 2.0]})
    with mlflow.start_run():
        mlflow.pyfunc.log_model(
            python_model=Doubles(),
            signature=infer_signature(x, x),
            input_example=x,
            registered_model_name=name,
            **model_name("doubles"),
        )
    client.set_registered_model_alias(name, "champion", "1")
    client.set_registered_model_tag(name, "tier", "2")
    client.set_model_version_tag(name, "1", "validated", "no")
    loaded = mlflow.pyfunc.load_model(f"models:/{name}@champion")
    assert list(loaded.predict(x)["x"]) == [2.0, 4.0]
    assert loaded.metadata.signature is not None and loaded.metadata.saved_input_example_info
    assert mlflow.pyfunc.load_model(f"models:/{name}/1").metadata.get_model_info().flavors
    assert client.get_model_version_by_alias(name, "champion").tags == {"validated": "no"}
    copied = client.copy_model_version(f"models:/{name}@champion", f"{name}-prod")
    assert copied.version == "1"
    assert list(mlflow.pyfunc.load_model(f"models:/{name}-prod/1").predict(x)["x"]) == [2.0, 4.0]


@check
def artifacts_outside_a_run_and_in_bulk():
    experiment("bulk")
    with tempfile.TemporaryDirectory() as folder:
        for number in range(120):
            os.makedirs(f"{folder}/in/{number % 7}", exist_ok=True)
            with open(f"{folder}/in/{number % 7}/{number}.txt", "w") as file:
                file.write(str(number))
        with mlflow.start_run() as run:
            mlflow.log_artifacts(f"{folder}/in", "many")
        where = mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path="many", dst_path=folder)
        got = sum(len(files) for _, _, files in os.walk(where))
        assert got == 120, got
    listed = mlflow.artifacts.list_artifacts(run_id=run.info.run_id, artifact_path="many/3")
    assert len(listed) == 17


@check
def datasets_of_every_source_are_inputs():
    experiment("sources")
    frame = pandas.DataFrame({"x": [1.0, 2.0], "y": [0, 1]})
    with mlflow.start_run() as run:
        mlflow.log_input(mlflow.data.from_pandas(frame, name="code"), context="training")
        mlflow.log_input(mlflow.data.from_numpy(frame.to_numpy(), name="array"), context="eval")
        mlflow.log_input(
            mlflow.data.from_pandas(frame, source="s3://bucket/key.parquet", name="object"),
            context="training",
            tags={"mlflow.user": "someone"} if three else None,
        )
    inputs = client.get_run(run.info.run_id).inputs.dataset_inputs
    assert sorted(one.dataset.name for one in inputs) == ["array", "code", "object"]
    assert {one.dataset.source_type for one in inputs} >= {"code", "s3"}, inputs
    found = mlflow.search_runs(
        experiment_names=[f"sources {stamp}"], filter_string="dataset.name IN ('object') and dataset.context = 'training'"
    )
    assert len(found) == 1


@check
def system_metrics_arrive_while_a_run_trains():
    experiment("system")
    mlflow.set_system_metrics_sampling_interval(0.2)
    with mlflow.start_run(log_system_metrics=True) as run:
        deadline = time.time() + 20
        while time.time() < deadline:
            if any(key.startswith("system/") for key in client.get_run(run.info.run_id).data.metrics):
                break
            time.sleep(0.2)
    metrics = client.get_run(run.info.run_id).data.metrics
    assert any(key.startswith("system/cpu") for key in metrics), metrics


@check
def a_sweep_is_searched_over_all_experiments():
    for name in ("one", "two"):
        experiment(f"sweep {name}")
        for alpha in (0.1, 0.2):
            with mlflow.start_run():
                mlflow.log_param("alpha", alpha)
                mlflow.log_metric("rmse", alpha * 10)
    found = mlflow.search_runs(
        search_all_experiments=True, filter_string="params.alpha = '0.2' and metrics.rmse = 2.0", order_by=["metrics.rmse"]
    )
    names = {f"sweep one {stamp}", f"sweep two {stamp}"}
    ids = {client.get_experiment_by_name(name).experiment_id for name in names}
    assert ids <= set(found["experiment_id"])


def exporter():
    """MLflow's own export tool reads everything over REST, and its import tool writes it back under other names."""
    bin_folder = os.path.dirname(sys.executable)

    def tool(name, *words):
        done = subprocess.run([os.path.join(bin_folder, name), *words], capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
        return done.stdout

    @check
    def exporter_copies_an_experiment():
        where = experiment("export")
        with mlflow.start_run():
            mlflow.log_param("p", "1")
            for step in range(4):
                mlflow.log_metric("m", step / 2, step=step)
            mlflow.log_text("kept", "note.txt")
        with tempfile.TemporaryDirectory() as folder:
            tool("export-experiment", "--experiment", where, "--output-dir", folder)
            tool("import-experiment", "--experiment-name", f"imported {stamp}", "--input-dir", folder)
        copied = client.search_runs([client.get_experiment_by_name(f"imported {stamp}").experiment_id])
        assert len(copied) == 1 and copied[0].data.params == {"p": "1"}
        assert [point.value for point in client.get_metric_history(copied[0].info.run_id, "m")] == [0, 0.5, 1, 1.5]
        assert mlflow.artifacts.load_text(f"runs:/{copied[0].info.run_id}/note.txt") == "kept"

    # Its export of models cannot write what any client of 2.22 reads (aliases are no JSON there); its list of models,
    # whose GET carries fields in the body, is what is left to ask.
    @check
    def exporter_lists_models():
        name = f"listed-{stamp}"
        client.create_registered_model(name, description="seen by the exporter")
        assert name in tool("list-models")


if "--exporter" in sys.argv:
    checks.clear()
    exporter()

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
