"""Tracing with stock MLflow clients against a running server. usage: traces.py URL"""

import json
import time
import urllib.error
import urllib.request

from checking import URL, check, finish

import warnings

import mlflow
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

warnings.simplefilter("ignore", FutureWarning)
client = MlflowClient()
three = int(mlflow.__version__.split(".")[0]) >= 3
stamp = f"{mlflow.__version__}-{int(time.time())}"
experiment = mlflow.set_experiment(f"traces {stamp}").experiment_id


def flush():
    try:
        mlflow.flush_trace_async_logging()
    except Exception:
        pass  # Nothing was logged in the background yet.


def found(filter_string=None, **named):
    """Ids of the traces a search answers, newest first."""
    traces = client.search_traces(experiment_ids=[experiment], filter_string=filter_string, **named)
    return [trace.info.request_id for trace in traces]


def native(path):
    with urllib.request.urlopen(f"{URL}/api/v1/projects/default{path}") as answer:
        return json.load(answer)


@mlflow.trace(span_type="CHAIN", attributes={"version": 1})
def answer(question):
    with mlflow.start_span("retrieve", span_type="RETRIEVER") as span:
        span.set_inputs({"query": question})
        span.set_outputs(["ü", 1, None, 2.5])
        span.set_attribute("index", "docs")
    mlflow.update_current_trace(tags={"team": "red"})
    return {"text": question.upper()}


@mlflow.trace
def broken():
    raise ValueError("boom")


@check
def a_traced_function_comes_back_with_its_spans():
    answer("why")
    flush()
    trace = client.get_trace(found("name = 'answer'")[0])
    assert str(trace.info.status).endswith("OK"), trace.info.status
    assert trace.info.tags["team"] == "red"
    root = next(span for span in trace.data.spans if span.parent_id is None)
    child = next(span for span in trace.data.spans if span.parent_id is not None)
    assert (root.name, root.span_type, child.name, child.span_type) == ("answer", "CHAIN", "retrieve", "RETRIEVER")
    assert root.inputs == {"question": "why"} and root.outputs == {"text": "WHY"}
    assert child.inputs == {"query": "why"} and child.outputs == ["ü", 1, None, 2.5]
    assert child.parent_id == root.span_id
    assert root.start_time_ns <= child.start_time_ns <= child.end_time_ns <= root.end_time_ns
    assert root.start_time_ns > 1_600_000_000_000_000_000 and root.start_time_ns % 1_000_000 != 0


@check
def a_failure_is_an_error_with_its_exception():
    try:
        broken()
    except ValueError:
        pass
    flush()
    trace = client.get_trace(found("status = 'ERROR'")[0])
    [span] = trace.data.spans
    assert span.status.status_code.name == "ERROR"
    [event] = [event for event in span.events if event.name == "exception"]
    assert event.attributes["exception.message"] == "boom"


@check
def traces_of_a_run_are_its_evidence():
    with mlflow.start_run() as run:
        answer("in a run")
    flush()
    run_id = run.info.run_id
    assert len(mlflow.search_traces(experiment_ids=[experiment], run_id=run_id)) == 1
    assert native(f"/runs/{run_id}")["traces"] == 1
    [listed] = native(f"/traces?runId={run_id}")["items"]
    assert listed["runIds"] == [run_id] and listed["name"] == "answer"


@check
def search_filters_orders_and_pages():
    every = found()
    assert len(every) == 3, every
    assert found("name = 'answer'") == [one for one in every if one in found("tags.team = 'red'")]
    assert len(found("name = 'broken'")) == 1
    assert len(found("timestamp_ms > 0")) == 3 and found("timestamp_ms < 1000") == []
    assert found(order_by=["timestamp_ms ASC"]) == every[::-1]
    pages, token = [], None
    while True:
        page = client.search_traces(experiment_ids=[experiment], max_results=2, page_token=token)
        pages += [trace.info.request_id for trace in page]
        token = page.token
        if not token:
            break
    assert pages == every
    frame = mlflow.search_traces(experiment_ids=[experiment])
    assert len(frame) == 3 and "request" in frame.columns


@check
def tags_are_set_and_deleted():
    trace_id = found()[0]
    client.set_trace_tag(trace_id, "reviewed", "yes")
    assert found("tags.reviewed = 'yes'") == [trace_id]
    client.delete_trace_tag(trace_id, "reviewed")
    assert found("tags.reviewed = 'yes'") == []
    try:
        client.delete_trace_tag(trace_id, "reviewed")
    except MlflowException as error:
        assert error.error_code == "RESOURCE_DOES_NOT_EXIST", error
    else:
        raise AssertionError("a tag that is not there was deleted")


@check
def a_trace_built_by_hand_comes_back():
    root = client.start_trace("by hand", inputs={"i": 1}, tags={"by": "hand"}, experiment_id=experiment)
    trace_id = root.request_id
    child = client.start_span("child", trace_id, parent_id=root.span_id)
    client.end_span(trace_id, child.span_id)
    client.end_trace(trace_id, outputs={"o": 2})
    flush()
    trace = client.get_trace(trace_id)
    assert {span.name for span in trace.data.spans} == {"by hand", "child"}
    assert trace.info.tags["by"] == "hand"
    assert client.delete_traces(experiment, **{"trace_ids" if three else "request_ids": [trace_id]}) == 1
    assert trace_id not in found()


if three:
    from mlflow.entities import AssessmentSource, Expectation, Feedback

    @check
    def spans_are_filtered_by_what_they_hold():
        assert len(found("span.name = 'retrieve'")) == 2
        assert len(found("span.type = 'RETRIEVER' AND span.attributes.index = 'docs'")) == 2
        assert len(found("trace.text LIKE '%in a run%'")) == 1

    @check
    def feedback_and_expectations_are_kept_changed_and_found():
        trace_id = found("name = 'answer'")[0]
        human = AssessmentSource("HUMAN", "bob")
        feedback = mlflow.log_feedback(
            trace_id=trace_id, name="quality", value=0.9, rationale="good", source=human, metadata={"k": "v"}
        )
        expected = mlflow.log_expectation(trace_id=trace_id, name="expected", value={"a": [1, "b"]}, source=human)
        read = mlflow.get_assessment(trace_id, feedback.assessment_id)
        assert (read.value, read.rationale, read.source.source_id, read.metadata) == (0.9, "good", "bob", {"k": "v"})
        assert found("feedback.quality > 0.8") == [trace_id]
        better = mlflow.override_feedback(trace_id=trace_id, assessment_id=feedback.assessment_id, value=0.5, source=human)
        assert found("feedback.quality > 0.8") == []
        mlflow.update_assessment(
            trace_id=trace_id,
            assessment_id=expected.assessment_id,
            assessment=Expectation(name="expected", value="other"),
        )
        assert mlflow.get_assessment(trace_id, expected.assessment_id).value == "other"
        mlflow.delete_assessment(trace_id=trace_id, assessment_id=expected.assessment_id)
        left = mlflow.get_trace(trace_id).info.assessments
        assert {(one.value, one.valid) for one in left} == {(0.9, False), (0.5, True)}, left
        mlflow.delete_assessment(trace_id=trace_id, assessment_id=better.assessment_id)
        assert mlflow.get_assessment(trace_id, feedback.assessment_id).valid is not False
        mlflow.log_feedback(trace_id=trace_id, name="judge", error=ValueError("no judge"), source=human)

    @check
    def traces_are_linked_to_a_run_afterwards():
        with mlflow.start_run() as run:
            pass
        ids = found("name = 'answer'")
        client.link_traces_to_run(ids, run.info.run_id)
        assert native(f"/runs/{run.info.run_id}")["traces"] == len(ids)

    @check
    def a_plain_opentelemetry_exporter_is_taken():
        from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

        request = ExportTraceServiceRequest()
        resource = request.resource_spans.add()
        name = resource.resource.attributes.add()
        name.key, name.value.string_value = "service.name", "shop"
        span = resource.scope_spans.add().spans.add()
        span.trace_id, span.span_id, span.name = bytes(range(1, 17)), bytes(range(1, 9)), "GET /"
        span.start_time_unix_nano = time.time_ns()
        span.end_time_unix_nano = span.start_time_unix_nano + 5_000_000
        headers = {"content-type": "application/x-protobuf", "x-mlflow-experiment-id": experiment}
        call = urllib.request.Request(f"{URL}/v1/traces", request.SerializeToString(), headers)
        with urllib.request.urlopen(call) as taken:
            assert taken.status == 200 and taken.read() == b""
        trace = mlflow.get_trace("tr-" + bytes(range(1, 17)).hex())
        assert [one.name for one in trace.data.spans] == ["GET /"]
        assert trace.info.tags["service.name"] == "shop"

    @check
    def what_is_not_served_says_so():
        import mlflow.genai.datasets

        for attempt in (
            lambda: mlflow.genai.datasets.create_dataset(name=f"d {stamp}", experiment_id=[experiment]),
            lambda: mlflow.genai.list_scorers(experiment_id=experiment),
        ):
            try:
                attempt()
            except ImportError:
                pass  # The small client comes without this part.
            except MlflowException as error:
                assert error.error_code == "ENDPOINT_NOT_FOUND", error
            else:
                raise AssertionError("it was taken for served")


@check
def old_traces_are_deleted_oldest_first():
    every = found()
    until = int(time.time() * 1000)
    assert client.delete_traces(experiment, max_timestamp_millis=until, max_traces=1) == 1
    left = found()
    assert len(left) == len(every) - 1
    assert client.delete_traces(experiment, max_timestamp_millis=until) == len(left)
    assert found() == []
    assert client.delete_traces(experiment, max_timestamp_millis=until) == 0


finish()
