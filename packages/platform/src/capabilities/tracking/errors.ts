import { defineErrors } from "#base/errors.js";

/** Messages are MLflow's own where it has one: its clients and their users know them. */
export const trackingErrors = defineErrors({
  TRACKING_INVALID: {
    status: 400,
    message: "{problem}",
    next: "Correct the value and send the request again.",
  },
  TRACKING_FILTER_INVALID: {
    status: 400,
    message: "{problem}",
    next: "See the search page of the tracking guide for the grammar; quote text values, not numbers.",
  },
  TRACKING_PAGE_TOKEN_INVALID: {
    status: 400,
    message: "Invalid page token, {problem}",
    next: "Start again from the first page; a token fits only the search it came from.",
  },
  TRACKING_EXPERIMENT_NOT_FOUND: {
    status: 404,
    message: "No Experiment with id={experimentId} exists",
    next: "List the experiments with `paydown experiments list`.",
  },
  TRACKING_EXPERIMENT_NAME_NOT_FOUND: {
    status: 404,
    message: "Could not find experiment with name '{name}'",
    next: "List the experiments with `paydown experiments list`.",
  },
  TRACKING_EXPERIMENT_EXISTS: {
    status: 400,
    message: "Experiment(name={name}) already exists.",
    next: "Use another name, or restore the experiment if it was deleted.",
  },
  TRACKING_EXPERIMENT_DELETED: {
    status: 400,
    message: "The experiment {experimentId} must be in the 'active' state. Current state is deleted.",
    next: "Restore the experiment first.",
  },
  TRACKING_RENAME_DELETED: {
    status: 400,
    message: "Cannot rename a non-active experiment.",
    next: "Restore the experiment first.",
  },
  TRACKING_RUN_NOT_FOUND: {
    status: 404,
    message: "Run with id={runId} not found",
    next: "Search the runs with `paydown runs search`.",
  },
  TRACKING_RUN_DELETED: {
    status: 400,
    message: "The run {runId} must be in the 'active' state. Current state is deleted.",
    next: "Restore the run with `paydown runs restore`.",
  },
  TRACKING_CURVE_TOO_LONG: {
    status: 400,
    message: "Metric '{name}' has {points} points in this range; a curve over this axis takes at most {most}.",
    next: "Narrow the steps asked for, or use the axis `step` without smoothing, which takes any length.",
  },
  TRACKING_PARAM_CHANGED: {
    status: 400,
    message: "{problem}",
    next: "Parameters never change: log the new value in a new or nested run.",
  },
  TRACKING_TAG_NOT_FOUND: {
    status: 404,
    message: "No tag with name: {key} in {owner}",
    next: "Show the tags with `paydown runs show`.",
  },
  TRACKING_MODEL_TAG_NOT_FOUND: {
    status: 404,
    message: "No tag with key '{key}' found for model with ID '{modelId}'.",
    next: "Get the logged model to see its tags.",
  },
  TRACKING_ARTIFACT_IS_FOLDER: {
    status: 400,
    message: "Artifact path refers to a directory, not a file: '{path}'",
    next: "List the folder and fetch its files.",
  },
  TRACKING_MODEL_NOT_FOUND: {
    status: 404,
    message: "Logged model with ID '{modelId}' not found.",
    next: "Search the experiment's logged models.",
  },
  TRACKING_ARTIFACT_NOT_FOUND: {
    status: 404,
    message: "No such artifact: '{path}'",
    next: "List the artifacts with `paydown runs artifacts`.",
  },
  TRACKING_UPLOAD_NOT_FOUND: {
    status: 404,
    message: "No upload with id '{id}' is under way for this path.",
    next: "Begin the upload again; one that nobody finishes is forgotten after seven days.",
  },
  TRACKING_UPLOAD_PART: {
    status: 400,
    message: "{problem}",
    next: "Send the part again and complete the upload with the etags of all parts in order.",
  },
  TRACKING_ARTIFACT_PATH: {
    status: 400,
    message: "Invalid path",
    next: "Use a relative path without `..`, `#`, backslashes, control characters or a drive letter.",
  },
  TRACKING_TRACE_NOT_FOUND: {
    status: 404,
    message: "Trace with ID '{traceId}' not found.",
    next: "List the traces with `paydown traces list`.",
  },
  TRACKING_TRACE_TAG_NOT_FOUND: {
    status: 404,
    message: "No trace tag with key '{key}' for trace with ID '{traceId}'",
    next: "Show the trace's tags with `paydown traces show`.",
  },
  TRACKING_ASSESSMENT_NOT_FOUND: {
    status: 404,
    message: "Assessment with ID '{assessmentId}' not found for trace '{traceId}'",
    next: "Show the trace's assessments with `paydown traces show`.",
  },
  TRACKING_COLUMN_INVALID: {
    status: 400,
    message: "'{column}' is no column of runs",
    next: "Name columns as `metrics.<key>`, `params.<key>` or `tags.<key>`; `paydown runs columns` lists them.",
  },
  TRACKING_VIEW_NOT_FOUND: {
    status: 404,
    message: "There is no saved view with id {viewId}",
    next: "List the saved views with `paydown views list`.",
  },
  TRACKING_VIEWS_FULL: {
    status: 409,
    message: "The project keeps {most} saved views already, so '{name}' was not saved",
    next: "Delete one with `paydown views delete`, or save under the name of an existing one.",
  },
  TRACKING_SELECTION_NOT_FOUND: {
    status: 404,
    message: "There is no selection {selectionId}",
    next: "Select the runs again in the run table, or name them with `paydown runs select`.",
  },
  TRACKING_ONNX_UNREADABLE: {
    status: 422,
    message: "'{path}' cannot be read as ONNX: {problem}",
    next: "Check that the upload was whole and that the file was written by an ONNX exporter.",
  },
  TRACKING_TABLE_UNREADABLE: {
    status: 422,
    message: "'{path}' is not shown as a table: {problem}",
    next: "Download the file and look at it with a tool of your own; nothing was changed.",
  },
  TRACKING_TABLES_BUSY: {
    status: 503,
    message: "Too many files are being read as tables at once.",
    next: "Ask again in a few seconds.",
  },
  TRACKING_CORRECTION: {
    status: 400,
    message: "{problem}",
    next: "Show the run with `paydown runs show`; see `paydown runs correct --help`.",
  },
  TRACKING_PURGE: {
    status: 400,
    message: "{problem}",
    next: "Look first without --confirm; see `paydown runs purge --help`.",
  },
  TRACKING_PURGE_NOT_FOUND: {
    status: 404,
    message: "Project {project} has no purge {purge}.",
    next: "List them with `paydown purges list`.",
  },
  TRACKING_CONFIG_SCHEMA: {
    status: 400,
    message: "The schema cannot be used: {problem}.",
    next: "Give a JSON Schema of type object with one property a parameter, without `$ref` to elsewhere, `pattern` or `patternProperties`.",
  },
  TRACKING_IMPORT_UNFINISHED: {
    status: 409,
    exit: 2,
    message: "An import from {source} was begun {at} and not finished; {runs} of its runs are here.",
    next: "Continue it with --resume; nothing that is here comes twice.",
  },
  TRACKING_IMPORT_NOT_FOUND: {
    status: 404,
    message: "No import {importId} is running in this project.",
    next: "List the imports with `paydown imports list`; begin one with `paydown import mlflow SOURCE`.",
  },
  TRACKING_IMPORT_ORDER: {
    status: 400,
    message: "{problem}",
    next: "Send experiments before their runs, runs before their points, and objects before their files.",
  },
});
