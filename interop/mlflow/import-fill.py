"""Fills an MLflow store with one of everything, through the stock client. usage: import-fill.py URI FOLDER"""

import logging
import math
import os
import sys
import warnings

URI, FOLDER = sys.argv[1], sys.argv[2]
os.environ.update(
    MLFLOW_TRACKING_URI=URI,
    MLFLOW_DISABLE_TELEMETRY="true",
    MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT="true",
    MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR="false",
    GIT_PYTHON_REFRESH="quiet",
)
os.chdir(FOLDER)
warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)

import mlflow  # noqa: E402
import numpy as np  # noqa: E402
from mlflow import MlflowClient  # noqa: E402
from mlflow.entities import Metric  # noqa: E402
from sklearn.linear_model import LinearRegression  # noqa: E402

client = MlflowClient()
three = int(mlflow.__version__.split(".")[0]) >= 3

experiment = mlflow.set_experiment("churn ünïcode 客户")
client.set_experiment_tag(experiment.experiment_id, "team", "risk")
with mlflow.start_run(run_name="parent", tags={"kind": "sweep", "mlflow.note.content": "# Note\n\nof *two* lines\n"}):
    mlflow.log_param("lr", 0.1)
    mlflow.log_text("héllo\n", "notes/häl lo.txt")
    mlflow.log_text("", "empty.txt")
    for i in range(3):
        with mlflow.start_run(nested=True, run_name=f"child {i}") as run:
            mlflow.log_params({"depth": i, "empty": "", "long": "x" * 5000, "ünïcode": "客户 ✓"})
            for step in range(50):
                mlflow.log_metric("train/loss", 1 / (step + 1 + i), step=step)
            points = [("auc", 0.5 + i / 10, 0), ("nan", math.nan, 0), ("inf", math.inf, 1), ("inf", -math.inf, 2)]
            client.log_batch(
                run.info.run_id,
                metrics=[Metric(key, value, 1_700_000_000_000 + step, step) for key, value, step in points]
                + [Metric("back", 1.0, 1_700_000_000_000, 9), Metric("back", 2.0, 1_700_000_000_001, 3)],
            )
            dataset = mlflow.data.from_numpy(np.arange(10.0) * i, name=f"data {i}")
            mlflow.log_input(dataset, context="training")
            mlflow.log_dict({"a": i}, "conf/deep/er/a.json")
            if i == 0:
                mlflow.log_image(np.zeros((4, 4, 3), dtype=np.uint8), "image.png")
    model = LinearRegression().fit(np.arange(6.0).reshape(3, 2), [1, 2, 3])
    named = {"name": "model"} if three else {"artifact_path": "model"}
    info = mlflow.sklearn.log_model(model, input_example=np.arange(6.0).reshape(3, 2), **named)
    mlflow.register_model(info.model_uri, "risk model")
    mlflow.register_model(info.model_uri, "risk model", tags={"checked": "yes"})
    mlflow.register_model(info.model_uri, "risk model")
client.set_registered_model_alias("risk model", "champion", "2")
client.set_registered_model_tag("risk model", "owner", "ann")
client.update_registered_model("risk model", "what it is for")
client.update_model_version("risk model", "1", "the first")
client.transition_model_version_stage("risk model", "1", "Production")
client.delete_model_version("risk model", "3")
client.create_registered_model("empty model")

try:
    with mlflow.start_run(run_name="boom"):
        raise ValueError("on purpose")
except ValueError:
    pass
with mlflow.start_run(run_name="gone") as run:
    mlflow.log_metric("m", 1)
client.delete_run(run.info.run_id)
open_run = client.create_run(experiment.experiment_id, run_name="still running")
client.log_metric(open_run.info.run_id, "m", 5)

old = client.create_experiment("old")
run = client.create_run(old)
client.log_metric(run.info.run_id, "k", 2.0)
client.set_terminated(run.info.run_id, "KILLED")
client.delete_experiment(old)
with mlflow.start_run(experiment_id="0", run_name="in default"):
    mlflow.log_metric("z", 3)
print("filled")
