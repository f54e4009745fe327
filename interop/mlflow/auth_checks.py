"""MLflow's own authentication clients against a server with accounts. Prints one `ok <name>` or `FAIL <name>` line each.

usage: auth_checks.py URL ADMIN PASSWORD
"""

import os
import sys
import tempfile
import time
import traceback

URL, ADMIN, PASSWORD = sys.argv[1:4]
os.environ.update(
    MLFLOW_TRACKING_URI=URL,
    MLFLOW_HTTP_REQUEST_MAX_RETRIES="0",
    MLFLOW_HTTP_REQUEST_TIMEOUT="20",
    MLFLOW_DISABLE_TELEMETRY="true",
    MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT="true",
    MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR="false",
    GIT_PYTHON_REFRESH="quiet",
)

import mlflow  # noqa: E402
import requests  # noqa: E402
from mlflow import MlflowClient  # noqa: E402
from mlflow.exceptions import MlflowException  # noqa: E402
from mlflow.server.auth.client import AuthServiceClient  # noqa: E402

three = int(mlflow.__version__.split(".")[0]) >= 3
client = MlflowClient()
auth = AuthServiceClient(URL)
stamp = f"{mlflow.__version__}-{os.getpid()}-{int(time.time())}"
checks = []


def check(function):
    checks.append(function)
    return function


class acting:
    """Acts as a user with a password, or with a token."""

    names = ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN")

    def __init__(self, user=None, password=None, token=None):
        self.values = (user, password, token)

    def __enter__(self):
        self.before = [os.environ.get(name) for name in self.names]
        self.set(self.values)

    def __exit__(self, *_):
        self.set(self.before)

    def set(self, values):
        for name, value in zip(self.names, values):
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


admin = acting(ADMIN, PASSWORD)
counter = [0]


def new_user(password="correct horse battery"):
    counter[0] += 1
    name = f"user{counter[0]}-{stamp}"
    with admin:
        auth.create_user(name, password)
    return name, acting(name, password)


def raises(function, *arguments, code=None, text=None, **named):
    try:
        function(*arguments, **named)
    except MlflowException as error:
        assert code is None or error.error_code == code, f"{error.error_code}: {error}"
        assert text is None or text in str(error), str(error)
        return error
    raise AssertionError(f"expected a refusal: {code} {text}")


def denied(function, *arguments, **named):
    raises(function, *arguments, text="Permission denied.", code="PERMISSION_DENIED", **named)


def experiment(name):
    return client.create_experiment(f"{name} {stamp} {time.time_ns()}")


@check
def without_credentials_nothing_is_answered():
    with acting():
        raises(client.search_experiments, text="You are not authenticated.")
    reply = requests.get(f"{URL}/api/2.0/mlflow/experiments/get", params={"experiment_id": "0"})
    assert reply.status_code == 401
    assert reply.headers["WWW-Authenticate"] == 'Basic realm="mlflow"'
    assert requests.get(f"{URL}/health").text == "OK"


@check
def a_wrong_password_is_nobodys():
    name, _ = new_user()
    with acting(name, "wrong password here"):
        raises(client.search_experiments, text="You are not authenticated.")
    with acting("no such user", "wrong password here"):
        raises(client.search_experiments, text="You are not authenticated.")


@check
def users_are_made_read_changed_and_deleted():
    name, user = new_user()
    with admin:
        found = auth.get_user(name)
        assert (found.username, found.is_admin) == (name, False)
        assert isinstance(found.id, int)
        raises(auth.create_user, name, "correct horse battery", code="RESOURCE_ALREADY_EXISTS", text="already exists")
        raises(auth.create_user, f"x{name}", "short", text="Password must be a string longer than 12 characters.")
        raises(auth.get_user, "missing", code="RESOURCE_DOES_NOT_EXIST", text="User with username=missing not found")
        auth.update_user_admin(name, True)
        assert auth.get_user(name).is_admin
    with user:
        assert auth.get_user(ADMIN).is_admin
    with admin:
        auth.update_user_admin(name, False)
    with user:
        denied(auth.get_user, ADMIN)
        assert auth.get_user(name).username == name
        denied(auth.create_user, "another", "correct horse battery")
        denied(auth.update_user_admin, name, True)
        denied(auth.delete_user, name)
    with admin:
        auth.delete_user(name)
        raises(auth.get_user, name, code="RESOURCE_DOES_NOT_EXIST")
        raises(auth.delete_user, name, code="RESOURCE_DOES_NOT_EXIST")
    with user:
        raises(client.search_experiments, text="You are not authenticated.")


@check
def a_password_is_changed_by_its_owner_and_by_an_admin():
    name, user = new_user()
    with user:
        if three:
            raises(auth.update_user_password, name, "another password", text="Current password is required")
            raises(
                auth.update_user_password,
                name,
                "another password",
                current_password="not that one",
                text="Current password does not match.",
            )
            auth.update_user_password(name, "another password", current_password="correct horse battery")
        else:
            auth.update_user_password(name, "another password")
    with user:
        raises(client.search_experiments, text="You are not authenticated.")
    with acting(name, "another password"):
        assert client.search_experiments()
    with admin:
        auth.update_user_password(name, "third password here")
    with acting(name, "third password here"):
        assert client.search_experiments()
        denied(auth.update_user_password, ADMIN, "third password here")


@check
def a_user_reads_everything_and_manages_their_own():
    name, user = new_user()
    with admin:
        theirs = experiment("of the admin")
        run = client.create_run(theirs)
    with user:
        assert client.get_experiment(theirs).experiment_id == theirs
        assert client.get_run(run.info.run_id).info.run_id == run.info.run_id
        denied(client.log_metric, run.info.run_id, "loss", 1.0)
        denied(client.create_run, theirs)
        denied(client.set_experiment_tag, theirs, "a", "b")
        denied(client.delete_experiment, theirs)
        own = experiment("of the user")
        mlflow.set_experiment(experiment_id=own)
        with mlflow.start_run() as mine:
            mlflow.log_metric("loss", 0.5)
            mlflow.log_param("depth", 3)
            mlflow.log_dict({"a": 1}, "notes.json")
        assert mlflow.artifacts.load_dict(f"runs:/{mine.info.run_id}/notes.json") == {"a": 1}
        with tempfile.TemporaryDirectory() as folder:
            client.download_artifacts(mine.info.run_id, "notes.json", folder)
        client.rename_experiment(own, f"renamed {stamp} {time.time_ns()}")
        client.delete_experiment(own)


@check
def a_training_loop_is_not_slowed_by_checking_passwords():
    _, user = new_user()
    with user:
        own = experiment("loop")
        run = client.create_run(own).info.run_id
        client.log_metric(run, "loss", 1.0)
        started = time.perf_counter()
        for step in range(100):
            client.log_metric(run, "loss", 1 / (step + 1), step=step)
        each = (time.perf_counter() - started) / 100
    assert each < 0.05, f"{each * 1000:.1f} ms a metric"


@check
def registered_models_have_owners():
    name, user = new_user()
    other, friend = new_user()
    model = f"model-{stamp}-{time.time_ns()}"
    with user:
        client.create_registered_model(model)
        client.update_registered_model(model, "mine")
        client.set_registered_model_tag(model, "a", "b")
    with friend:
        assert client.get_registered_model(model).name == model
        denied(client.update_registered_model, model, "not mine")
        denied(client.delete_registered_model, model)
        denied(client.set_registered_model_alias, model, "best", "1")
    with user:
        renamed = f"{model}-renamed"
        client.rename_registered_model(model, renamed)
        client.update_registered_model(renamed, "still mine")
        client.delete_registered_model(renamed)
    with friend:
        # The name is free again, and nothing of the first owner sticks to it.
        client.create_registered_model(renamed)
    with user:
        denied(client.update_registered_model, renamed, "no longer mine")


@check
def a_token_works_as_bearer_and_as_password():
    native = requests.Session()
    native.auth = (ADMIN, PASSWORD)
    reply = native.post(f"{URL}/api/v1/projects/default/tokens", json={"name": "ci", "role": "viewer"})
    assert reply.status_code == 200, reply.text
    secret = reply.json()["secret"]
    for who in (acting(token=secret), acting("anything", secret)):
        with who:
            assert client.search_experiments()
            denied(client.create_experiment, f"by token {stamp}")
    assert native.get(f"{URL}/api/v1/me").json()["name"] == ADMIN


@check
def guessing_is_slowed_down():
    name, user = new_user()
    statuses = []
    for _ in range(7):
        reply = requests.get(f"{URL}/api/2.0/mlflow/experiments/search", params={"max_results": 1}, auth=(name, "a wrong guess"))
        statuses.append(reply.status_code)
    assert statuses[:5] == [401] * 5, statuses
    assert 429 in statuses[5:], statuses
    assert any(s == 429 for s in statuses) and int(reply.headers.get("Retry-After", "1")) >= 1


def two_permissions_of_2():
    name, user = new_user()
    with admin:
        hidden = experiment("hidden")
        run = client.create_run(hidden).info.run_id
        given = auth.create_experiment_permission(hidden, name, "NO_PERMISSIONS")
        assert (given.experiment_id, given.permission) == (hidden, "NO_PERMISSIONS")
        assert given.user_id == auth.get_user(name).id
        raises(
            auth.create_experiment_permission,
            hidden,
            name,
            "READ",
            code="RESOURCE_ALREADY_EXISTS",
            text=f"Experiment permission (experiment_id={hidden}, username={name}) already exists",
        )
        raises(auth.create_experiment_permission, hidden, name, "ALL", text="Invalid permission 'ALL'")
        assert auth.get_user(name).experiment_permissions[-1].permission == "NO_PERMISSIONS"
    with user:
        denied(client.get_experiment, hidden)
        denied(client.get_run, run)
        assert hidden not in [one.experiment_id for one in client.search_experiments()]
        assert len(client.search_runs([hidden])) == 0
        denied(auth.get_experiment_permission, hidden, name)
    for level, may in (("READ", False), ("EDIT", True), ("MANAGE", True)):
        with admin:
            auth.update_experiment_permission(hidden, name, level)
            assert auth.get_experiment_permission(hidden, name).permission == level
        with user:
            assert client.get_run(run).info.run_id == run
            if may:
                client.log_metric(run, "loss", 1.0)
            else:
                denied(client.log_metric, run, "loss", 1.0)
            if level == "MANAGE":
                client.delete_run(run)
                client.restore_run(run)
                assert auth.get_experiment_permission(hidden, name).permission == "MANAGE"
            else:
                denied(client.delete_run, run)
    with admin:
        auth.delete_experiment_permission(hidden, name)
        for call in (auth.get_experiment_permission, auth.delete_experiment_permission):
            raises(
                call,
                hidden,
                name,
                code="RESOURCE_DOES_NOT_EXIST",
                text=f"Experiment permission with experiment_id={hidden} and username={name} not found",
            )
        raises(auth.get_experiment_permission, hidden, "missing", text="User with username=missing not found")
    with user:
        denied(client.log_metric, run, "loss", 1.0)


def model_permissions_of_2():
    name, user = new_user()
    model = f"permitted-{stamp}-{time.time_ns()}"
    with admin:
        client.create_registered_model(model)
        given = auth.create_registered_model_permission(model, name, "EDIT")
        assert (given.name, given.permission) == (model, "EDIT")
    with user:
        client.update_registered_model(model, "by the user")
        denied(client.delete_registered_model, model)
    with admin:
        auth.update_registered_model_permission(model, name, "NO_PERMISSIONS")
    with user:
        denied(client.get_registered_model, model)
        assert model not in [one.name for one in client.search_registered_models(max_results=1000)]
    with admin:
        assert auth.get_registered_model_permission(model, name).permission == "NO_PERMISSIONS"
        auth.delete_registered_model_permission(model, name)
        raises(
            auth.get_registered_model_permission,
            model,
            name,
            code="RESOURCE_DOES_NOT_EXIST",
            text=f"Registered model permission with name={model} and username={name} not found",
        )


def user_permissions_of_3():
    name, user = new_user()
    other, friend = new_user()
    with admin:
        hidden = experiment("hidden")
        run = client.create_run(hidden).info.run_id
        assert auth.get_user_permission(name, "experiment", hidden).permission == "READ"
        auth.grant_user_permission(name, "experiment", hidden, "DENY")
        raises(
            auth.grant_user_permission,
            name,
            "experiment",
            hidden,
            "READ",
            code="RESOURCE_ALREADY_EXISTS",
            text=f"Permission for user={name} on resource_type=experiment, resource_id={hidden} already exists.",
        )
        found = auth.get_user_permission(name, "experiment", hidden)
        assert (found.allowed, found.permission) == (False, "NO_PERMISSIONS")
    with user:
        denied(client.get_experiment, hidden)
        denied(client.get_run, run)
        assert hidden not in [one.experiment_id for one in client.search_experiments()]
        assert len(client.search_runs([hidden])) == 0
    with admin:
        auth.revoke_user_permission(name, "experiment", hidden)
        raises(auth.revoke_user_permission, name, "experiment", hidden, code="RESOURCE_DOES_NOT_EXIST", text="not found")
        auth.grant_user_permission(name, "experiment", hidden, "MANAGE")
    with user:
        client.log_metric(run, "loss", 1.0)
        client.delete_run(run)
        auth.grant_user_permission(other, "experiment", hidden, "EDIT")
        denied(auth.grant_user_permission, other, "experiment", "*", "EDIT")
        assert auth.get_user_permission(name, "experiment", hidden).permission == "MANAGE"
        denied(auth.get_user_permission, other, "experiment", hidden)
    with friend:
        denied(auth.grant_user_permission, name, "experiment", hidden, "READ")
        client.set_experiment_tag(hidden, "a", "b")
        denied(client.delete_experiment, hidden)
    with admin:
        raises(auth.grant_user_permission, name, "workspace", "*", "USE", text="workspace")
        raises(auth.grant_user_permission, name, "run", "*", "READ", text="not enforced")
        raises(auth.grant_user_permission, "missing", "experiment", hidden, "READ", code="RESOURCE_DOES_NOT_EXIST")


def roles_of_3():
    name, user = new_user()
    with admin:
        hidden = experiment("of a role")
        model = f"of-a-role-{stamp}-{time.time_ns()}"
        client.create_registered_model(model)
        role = auth.create_role("default", f"trainers {stamp}", "who trains")
        assert (role.workspace, role.description, role.permissions) == ("default", "who trains", [])
        raises(auth.create_role, "default", f"trainers {stamp}", code="RESOURCE_ALREADY_EXISTS")
        permission = auth.add_role_permission(role.id, "experiment", hidden, "EDIT")
        assert (permission.role_id, permission.resource_pattern) == (role.id, hidden)
        raises(auth.add_role_permission, role.id, "experiment", hidden, "READ", code="RESOURCE_ALREADY_EXISTS")
        everything = auth.add_role_permission(role.id, "registered_model", "*", "EDIT")
        assignment = auth.assign_role(name, role.id)
        assert (assignment.role_id, assignment.user_id) == (role.id, auth.get_user(name).id)
        raises(auth.assign_role, name, role.id, code="RESOURCE_ALREADY_EXISTS")
        assert [one.id for one in auth.list_user_roles(name)] == [role.id]
        assert [one.user_id for one in auth.list_role_users(role.id)] == [assignment.user_id]
        assert len(auth.list_role_permissions(role.id)) == 2
    with user:
        client.log_metric(client.create_run(hidden).info.run_id, "loss", 1.0)
        client.update_registered_model(model, "by the role")
        assert auth.get_role(role.id).name == f"trainers {stamp}"
        denied(auth.create_role, "default", "mine")
        denied(auth.assign_role, ADMIN, role.id)
        denied(auth.list_all_roles)
    with admin:
        assert auth.update_role_permission(permission.id, "DENY").permission in ("DENY", "NO_PERMISSIONS")
    with user:
        denied(client.get_experiment, hidden)
    with admin:
        auth.remove_role_permission(permission.id)
        auth.remove_role_permission(everything.id)
        raises(auth.remove_role_permission, permission.id, code="RESOURCE_DOES_NOT_EXIST")
        assert auth.update_role(role.id, name=f"renamed {stamp}").name == f"renamed {stamp}"
        assert role.id in [one.id for one in auth.list_roles("default")]
        assert role.id in [one.id for one in auth.list_all_roles()]
        auth.unassign_role(name, role.id)
        raises(auth.unassign_role, name, role.id, code="RESOURCE_DOES_NOT_EXIST")
        lead = auth.create_role("default", f"leads {stamp}")
        auth.add_role_permission(lead.id, "workspace", "*", "MANAGE")
        auth.assign_role(name, lead.id)
    with user:
        client.set_experiment_tag(hidden, "by", "a lead")
        auth.create_role("default", f"by a lead {stamp}")
    with admin:
        auth.delete_role(role.id)
        auth.delete_role(lead.id)
        raises(auth.get_role, role.id, code="RESOURCE_DOES_NOT_EXIST", text=f"Role with id={role.id} not found")
    with user:
        denied(client.set_experiment_tag, hidden, "by", "nobody")


checks += [user_permissions_of_3, roles_of_3] if three else [two_permissions_of_2, model_permissions_of_2]

failed = 0
for function in checks:
    try:
        function()
        print(f"ok {function.__name__}", flush=True)
    except Exception:
        failed += 1
        print(f"FAIL {function.__name__}", flush=True)
        traceback.print_exc()
sys.exit(1 if failed else 0)
