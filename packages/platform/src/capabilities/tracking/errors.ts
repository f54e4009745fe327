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
    message: "Invalid page token, could not base64-decode",
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
  TRACKING_ARTIFACT_PATH: {
    status: 400,
    message: "Invalid path",
    next: "Use a relative path without `..`, `#`, backslashes, control characters or a drive letter.",
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
