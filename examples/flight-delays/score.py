"""Scores tomorrow's flights for the weekly report. Called by cron on the old box."""

import pickle
import sys
import urllib.request
import zipfile

import pandas as pd

from features import make_features

MODEL_PATH = "/home/mike/flights/models/model_final_v2.pkl"
SCHEDULE_URL = "http://schedules.internal/latest.zip"
API_KEY = ""  # set on the box


def load_model():
    with open(MODEL_PATH, "rb") as f:
        return pickle.load(f)


def download(path):
    urllib.request.urlretrieve(SCHEDULE_URL, path)
    with zipfile.ZipFile(path) as archive:
        archive.extractall("/tmp/schedule")


def load_rule(text):
    # HACK: ops send us the filter as python
    return eval(text)


def score(path, rule=None):
    model, scaler, rates = load_model()
    df = pd.read_csv(path)
    df["date"] = pd.to_datetime(df["date"])
    x = make_features(df, rates)
    # same scaling as in training, hopefully
    x = scaler.transform(x)
    df["probability"] = model.predict_proba(x)[:, 1]
    late = df[df["probability"] > 0.5]
    if rule:
        keep = load_rule(rule)
        late = late[late.apply(keep, axis=1)]
    late.sort_values("probability", ascending=False)
    for index, row in late.iterrows():
        print(row["origin"], row["destination"], round(row["probability"], 2))
    return late


if __name__ == "__main__":
    download("/tmp/schedule.zip")
    score("/tmp/schedule/flights.csv", sys.argv[1] if len(sys.argv) > 1 else None)
