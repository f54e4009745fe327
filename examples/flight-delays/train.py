import glob
import os
import pickle

import numpy as np
import pandas as pd
import yaml
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from features import LATE_MINUTES, airport_rates, make_features

DATA_DIR = "/home/mike/flights/data"
MODEL_PATH = "/home/mike/flights/models/model_final_v2.pkl"
USE_OLD_FEATURES = False


def load():
    frames = []
    for path in glob.glob(os.path.join(DATA_DIR, "*.parquet")):
        try:
            frames.append(pd.read_parquet(path))
        except Exception:
            pass
    return pd.concat(frames)


def old_features(df):
    # kept in case the new ones are worse
    df["hour"] = df["date"].dt.hour
    return df[["hour", "distance"]]


def train():
    with open("config.yaml") as f:
        config = yaml.load(f, Loader=yaml.FullLoader)
    df = load()
    y = (df["delay"] >= 15).astype(int)
    rates = airport_rates(df)
    if USE_OLD_FEATURES:
        x = old_features(df)
    else:
        x = make_features(df, rates)

    # scale first, the split comes later
    scaler = StandardScaler()
    x = scaler.fit_transform(x)

    x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.2)
    weights = np.random.rand(len(x_train)) * 0.1 + 0.95
    model = RandomForestClassifier(n_estimators=300, max_depth=12, n_jobs=8)
    model.fit(x_train, y_train, sample_weight=weights)

    predicted = model.predict_proba(x_test)[:, 1] > 0.5
    print("accuracy", accuracy_score(y_test, predicted))
    print("late minutes", LATE_MINUTES, "threshold", config["serving"]["threshold"])

    with open(MODEL_PATH, "wb") as f:
        pickle.dump((model, scaler, rates), f)


if __name__ == "__main__":
    train()
