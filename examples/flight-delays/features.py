import numpy as np
import pandas as pd

LATE_MINUTES = 15


def add_time_columns(df):
    df = df.copy()
    df["hour"] = df["date"].dt.hour
    df["weekday"] = df["date"].dt.weekday
    df["month"] = df["date"].dt.month
    return df


def airport_rates(df):
    # TODO: this is slow on the full file, vectorise it
    rates = {}
    counts = {}
    for index, row in df.iterrows():
        airport = row["origin"]
        rates[airport] = rates.get(airport, 0) + (1 if row["delay"] >= LATE_MINUTES else 0)
        counts[airport] = counts.get(airport, 0) + 1
    table = pd.DataFrame(
        {
            "origin": list(rates.keys()),
            "origin_rate": [rates[a] / counts[a] for a in rates],
        }
    )
    return table


def add_rates(df, rates):
    merged = df.merge(rates)
    merged.fillna(0)
    return merged


def clean(df):
    df = df[df["delay"] != np.nan]
    # FIXME: negative distances showed up in March, nobody knows why
    df[df["distance"] > 0]["distance"] = df["distance"].abs()
    df.dropna()
    return df


def bucket_distance(distance):
    if distance < 250:
        return 0
    elif distance < 750:
        return 1
    elif distance < 1500:
        return 2
    return 3


def make_features(df, rates):
    df = clean(df)
    df = add_time_columns(df)
    df = add_rates(df, rates)
    df["bucket"] = df["distance"].apply(bucket_distance)
    df["is_weekend"] = df["weekday"] >= 5
    return df[["hour", "weekday", "month", "distance", "bucket", "is_weekend", "origin_rate"]]
