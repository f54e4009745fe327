"""Writes a history of n points into a stock server's own tables: through its API that would take minutes."""
import math
import sys

uri, run, n = sys.argv[1], sys.argv[2], int(sys.argv[3])
rows = (("long", math.sin(i / 1000) + (i * 7919 % 1000) / 1000, 1700000000000 + i * 50, i) for i in range(n))
last = n - 1
latest = ("long", 0.0, 1700000000000 + last * 50, last, False, run)
if uri.startswith("sqlite:///"):
    import sqlite3

    db = sqlite3.connect(uri[len("sqlite:///") :])
    with db:
        db.executemany(
            f"insert into metrics (key, value, timestamp, step, is_nan, run_uuid) values (?, ?, ?, ?, 0, '{run}')", rows
        )
        db.execute(
            "insert into latest_metrics (key, value, timestamp, step, is_nan, run_uuid) values (?, ?, ?, ?, ?, ?)",
            latest,
        )
else:
    import io

    import psycopg2

    db = psycopg2.connect(uri)
    with db, db.cursor() as cursor:
        text = io.StringIO("".join(f"{k}\t{v!r}\t{t}\t{s}\tf\t{run}\n" for k, v, t, s in rows))
        cursor.copy_expert("copy metrics (key, value, timestamp, step, is_nan, run_uuid) from stdin", text)
        cursor.execute(
            "insert into latest_metrics (key, value, timestamp, step, is_nan, run_uuid) values (%s, %s, %s, %s, %s, %s)",
            latest,
        )
db.close()
