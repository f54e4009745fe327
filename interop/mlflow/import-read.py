"""Prints, as JSON, all that the stock client reads from a store. usage: import-read.py URI FOLDER

Left out is what an import changes on purpose: where artifacts lie. Infinities are the greatest number, as MLflow's own
database keeps them."""

import hashlib
import json
import logging
import math
import os
import sys
import tempfile
import warnings

URI, FOLDER = sys.argv[1], sys.argv[2]
os.environ.update(
    MLFLOW_TRACKING_URI=URI,
    MLFLOW_HTTP_REQUEST_MAX_RETRIES="1",
    MLFLOW_HTTP_REQUEST_TIMEOUT="20",
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
from mlflow.entities import ViewType  # noqa: E402

client = MlflowClient()
three = int(mlflow.__version__.split(".")[0]) >= 3


def number(value):
    if math.isnan(value):
        return "NaN"
    return max(-sys.float_info.max, min(sys.float_info.max, value))


def cell(value):
    return number(value) if isinstance(value, float) else value if isinstance(value, str) else str(value)


def files(path):
    found = {}
    for folder, _, names in os.walk(path):
        for name in names:
            # The client writes this beside a model when it loads a version from a local folder: reading makes it.
            if name == "registered_model_meta":
                continue
            full = os.path.join(folder, name)
            with open(full, "rb") as file:
                found[os.path.relpath(full, path)] = hashlib.sha256(file.read()).hexdigest()
    return found


def downloaded(**which):
    with tempfile.TemporaryDirectory() as folder:
        return files(mlflow.artifacts.download_artifacts(dst_path=folder, **which))


def read_run(run):
    info, inputs = run.info, run.inputs
    return {
        "id": info.run_id,
        "name": info.run_name,
        "experiment": info.experiment_id,
        "user": info.user_id,
        "status": info.status,
        "start": info.start_time,
        "end": info.end_time,
        "stage": info.lifecycle_stage,
        "params": run.data.params,
        "tags": run.data.tags,
        "metrics": {key: number(value) for key, value in run.data.metrics.items()},
        "history": {
            key: sorted([p.timestamp, p.step, number(p.value)] for p in client.get_metric_history(info.run_id, key))
            for key in run.data.metrics
        },
        "inputs": sorted(
            json.dumps([dict(one.dataset), {tag.key: tag.value for tag in one.tags}], sort_keys=True)
            for one in inputs.dataset_inputs
        ),
        "model inputs": sorted(one.model_id for one in getattr(inputs, "model_inputs", None) or []),
        "model outputs": sorted(
            [one.model_id, one.step] for one in getattr(getattr(run, "outputs", None), "model_outputs", None) or []
        ),
        "artifacts": downloaded(run_id=info.run_id) if client.list_artifacts(info.run_id) else {},
    }


def read_version(version):
    return {
        "version": str(version.version),
        "stage": version.current_stage,
        "created": version.creation_timestamp,
        "updated": version.last_updated_timestamp,
        "description": version.description or "",
        "run": version.run_id,
        "status": version.status,
        "tags": version.tags,
        "aliases": sorted(version.aliases),
        "files": downloaded(artifact_uri=f"models:/{version.name}/{version.version}"),
    }


out = {"experiments": {}, "runs": {}, "frame": [], "models": {}, "logged models": {}}
experiments = client.search_experiments(view_type=ViewType.ALL)
for one in experiments:
    out["experiments"][one.experiment_id] = {
        "name": one.name,
        "stage": one.lifecycle_stage,
        "tags": one.tags,
        "created": one.creation_time,
        "updated": one.last_update_time,
    }
ids = [one.experiment_id for one in experiments]
for run in client.search_runs(ids, run_view_type=ViewType.ALL, max_results=1000):
    out["runs"][run.info.run_id] = read_run(run)
frame = mlflow.search_runs(ids, run_view_type=ViewType.ALL).drop(columns=["artifact_uri"])
for row in frame.to_dict(orient="records"):
    out["frame"].append({key: cell(row[key]) for key in sorted(row)})
out["frame"].sort(key=lambda row: row["run_id"])
out["filtered"] = sorted(client_run.info.run_id for client_run in client.search_runs(ids, "metrics.auc > 0.55 and params.depth = '1'"))
for model in client.search_registered_models():
    versions = client.search_model_versions(f"name='{model.name}'")
    out["models"][model.name] = {
        "description": model.description or "",
        "created": model.creation_timestamp,
        "updated": model.last_updated_timestamp,
        "tags": model.tags,
        "aliases": {key: str(value) for key, value in model.aliases.items()},
        "versions": [
            # A search of 2.22's own database leaves the aliases out.
            read_version(client.get_model_version(one.name, one.version))
            for one in sorted(versions, key=lambda one: int(one.version))
        ],
    }
loaded = mlflow.pyfunc.load_model("models:/risk model@champion")
out["predicted"] = [round(float(one), 9) for one in loaded.predict(np.arange(6.0).reshape(3, 2))]
if three:
    for model in mlflow.search_logged_models(ids, output_format="list"):
        tags = {key: value for key, value in model.tags.items()}
        out["logged models"][model.model_id] = {
            "name": model.name,
            "experiment": model.experiment_id,
            "created": model.creation_timestamp,
            "updated": model.last_updated_timestamp,
            "status": str(model.status),
            "type": model.model_type or None,
            "run": model.source_run_id,
            "params": model.params,
            "tags": tags,
            "metrics": sorted([m.key, number(m.value), m.step, m.timestamp] for m in model.metrics or []),
            "files": downloaded(artifact_uri=f"models:/{model.model_id}"),
        }
print("READ " + json.dumps(out, sort_keys=True))
