"""Webhooks with a stock MLflow client, a running server and a receiver of this script's own. usage: webhooks.py URL"""

import base64
import hashlib
import hmac
import http.server
import json
import threading
import time

from checking import check, finish

import mlflow
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

client = MlflowClient()
stamp = f"{int(time.time())}"
received = []
refuse = []


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        received.append((self.headers, body.decode()))
        self.send_response(refuse.pop(0) if refuse else 200)
        self.end_headers()
        self.wfile.write(b"thanks")

    def log_message(self, *_words):
        pass


receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
threading.Thread(target=receiver.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{receiver.server_port}/hook"
events = [
    "registered_model.created",
    "model_version.created",
    "model_version_tag.set",
    "model_version_tag.deleted",
    "model_version_alias.created",
    "model_version_alias.deleted",
]


def wait_for(count):
    until = time.time() + 20
    while len(received) < count and time.time() < until:
        time.sleep(0.05)
    assert len(received) >= count, f"{len(received)} of {count} arrived"


def verify(headers, body, secret):
    """As MLflow's documentation tells receivers to."""
    signed = f"{headers['X-MLflow-Delivery-Id']}.{headers['X-MLflow-Timestamp']}.{body}"
    digest = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()
    assert hmac.compare_digest(headers["X-MLflow-Signature"], f"v1,{base64.b64encode(digest).decode()}")
    assert abs(time.time() - int(headers["X-MLflow-Timestamp"])) < 60


def refused(**named):
    try:
        client.create_webhook(**{"name": "ci", "url": url, "events": ["model_version.created"], **named})
    except MlflowException as error:
        assert error.error_code == "INVALID_PARAMETER_VALUE", error
        return str(error)
    raise AssertionError(f"taken: {named}")


@check
def a_webhook_is_made_listed_changed_and_deleted():
    made = client.create_webhook(name="ci", url=url, events=events, secret="s3cret", description="tells CI")
    assert (made.name, made.url, made.description, str(made.status)) == ("ci", url, "tells CI", "ACTIVE")
    assert [str(event) for event in made.events] == events
    assert made.webhook_id in [one.webhook_id for one in client.list_webhooks()]
    changed = client.update_webhook(made.webhook_id, name="ci-2", status="DISABLED", events=["prompt.created"])
    assert (changed.name, str(changed.status)) == ("ci-2", "DISABLED")
    assert client.get_webhook(made.webhook_id).name == "ci-2"
    client.delete_webhook(made.webhook_id)
    assert made.webhook_id not in [one.webhook_id for one in client.list_webhooks()]


@check
def a_test_sends_a_signed_example():
    made = client.create_webhook(name="test", url=url, events=["model_version_alias.created"], secret="s3cret")
    received.clear()
    result = client.test_webhook(made.webhook_id)
    assert (result.success, result.response_status, result.response_body) == (True, 200, "thanks")
    [(headers, body)] = received
    verify(headers, body, "s3cret")
    sent = json.loads(body)
    assert (sent["entity"], sent["action"]) == ("model_version_alias", "created")
    assert sent["data"] == {"name": "example_model", "alias": "example_alias", "version": "1"}
    refuse.append(500)
    assert client.test_webhook(made.webhook_id).success is False
    client.delete_webhook(made.webhook_id)


@check
def what_happens_in_the_registry_arrives_in_order_and_signed():
    made = client.create_webhook(name="all", url=url, events=events, secret="s3cret")
    received.clear()
    name = f"model {stamp}"
    client.create_registered_model(name, tags={"a": "b"}, description="x")
    with mlflow.start_run() as run:
        mlflow.log_text("weights", "model/w.txt")
    source = f"runs:/{run.info.run_id}/model"
    client.create_model_version(name, source, run.info.run_id, tags={"t": "1"})
    client.set_model_version_tag(name, "1", "k", "v")
    client.delete_model_version_tag(name, "1", "k")
    client.set_registered_model_alias(name, "champion", "1")
    client.delete_registered_model_alias(name, "champion")
    wait_for(len(events))
    for headers, body in received:
        verify(headers, body, "s3cret")
    bodies = [json.loads(body) for _headers, body in received]
    told = {f"{one['entity']}.{one['action']}": one["data"] for one in bodies}
    assert sorted(told) == sorted(events)
    assert told["registered_model.created"] == {"name": name, "tags": {"a": "b"}, "description": "x"}
    assert told["model_version.created"] == {
        "name": name,
        "version": "1",
        "source": source,
        "run_id": run.info.run_id,
        "tags": {"t": "1"},
        "description": None,
    }
    assert told["model_version_tag.set"] == {"name": name, "version": "1", "key": "k", "value": "v"}
    assert told["model_version_tag.deleted"] == {"name": name, "version": "1", "key": "k"}
    assert told["model_version_alias.created"] == {"name": name, "alias": "champion", "version": "1"}
    assert told["model_version_alias.deleted"] == {"name": name, "alias": "champion"}
    client.delete_webhook(made.webhook_id)


@check
def prompts_are_told_as_prompts():
    wanted = ["prompt.created", "prompt_version.created", "prompt_alias.created"]
    made = client.create_webhook(name="prompts", url=url, events=wanted)
    received.clear()
    name = f"prompt-{stamp}"
    client.register_prompt(name=name, template="Hello {{name}}")
    client.set_prompt_alias(name, "best", 1)
    wait_for(3)
    assert "X-MLflow-Signature" not in received[0][0]
    bodies = [json.loads(body) for _headers, body in received]
    told = {f"{one['entity']}.{one['action']}": one["data"] for one in bodies}
    assert sorted(told) == sorted(wanted)
    assert told["prompt_version.created"]["template"] == "Hello {{name}}"
    client.delete_webhook(made.webhook_id)


@check
def a_receiver_that_is_busy_gets_the_same_delivery_again():
    made = client.create_webhook(name="busy", url=url, events=["registered_model.created"])
    received.clear()
    refuse.append(503)
    client.create_registered_model(f"again {stamp}")
    wait_for(2)
    assert len({headers["X-MLflow-Delivery-Id"] for headers, _body in received}) == 1
    assert len({body for _headers, body in received}) == 1
    client.delete_webhook(made.webhook_id)


@check
def wrong_names_and_addresses_are_refused():
    assert "is invalid. It must start and end with a letter or digit" in refused(name="-ci")
    assert "is invalid" in refused(name="x" * 64)
    assert "Invalid webhook URL scheme: 'ftp'. Allowed schemes are: http, https." in refused(url="ftp://ci.example/")
    assert "cannot be empty or just whitespace" in refused(url="  ")
    assert "must include a hostname" in refused(url="https://")


finish()
