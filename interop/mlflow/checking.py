"""What the scripts of stock clients share: the client's environment, checks as functions, one line a check."""

import os
import sys
import traceback

URL = sys.argv[1]
os.environ.update(
    MLFLOW_TRACKING_URI=URL,
    MLFLOW_HTTP_REQUEST_MAX_RETRIES="1",
    MLFLOW_HTTP_REQUEST_TIMEOUT="20",
    MLFLOW_DISABLE_TELEMETRY="true",
    MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT="true",
    MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR="false",
    GIT_PYTHON_REFRESH="quiet",
)
_checks = []


def check(function):
    _checks.append(function)
    return function


def finish():
    failed = 0
    for one in _checks:
        try:
            one()
            print(f"ok {one.__name__}", flush=True)
        except BaseException:
            failed += 1
            traceback.print_exc()
            print(f"FAIL {one.__name__}", flush=True)
    sys.stdout.flush()
    # A client's background threads must not keep the script alive.
    os._exit(1 if failed else 0)
