import { defineErrors } from "#base/errors.js";

export const dataErrors = defineErrors({
  DATA_SOURCE_NOT_FOUND: {
    status: 404,
    message: "Project {project} has no source {source}.",
    next: "List them with `paydown sources list`, or register it with `paydown sources register`.",
  },
  DATA_DATASET_NOT_FOUND: {
    status: 404,
    message: "Project {project} has no dataset {dataset}.",
    next: "List them with `paydown datasets list`, or make it with `paydown datasets create`.",
  },
  DATA_DATASET_EXISTS: {
    status: 409,
    message: "Project {project} has a dataset {dataset} already.",
    next: "Add a version to it with `paydown datasets add`, or choose another name.",
  },
  DATA_VERSION_NOT_FOUND: {
    status: 404,
    message: "Dataset {dataset} has no version {version}.",
    next: "List its versions with `paydown datasets versions {dataset}`.",
  },
  DATA_VERSION_COLLISION: {
    status: 409,
    message: "Dataset {dataset} has another content under the version id {version}.",
    next: "Add or rename a file so that the manifest differs; two contents share 64 bits of their hash.",
  },
  DATA_PARENT_INVALID: {
    status: 400,
    message: "The parent {parent} is not a known `<dataset>@<version>` of this project.",
    next: "Name parents by dataset and version id, and add them first.",
  },
  DATA_FILES_OR_PATH: {
    status: 400,
    message: "A version is added from uploaded files or from one path; {given} was given.",
    next: "Give either `files` or `path`.",
  },
  DATA_PATH_TWICE: {
    status: 400,
    message: "The path {path} is in the list twice.",
    next: "Give every file of a version its own path.",
  },
  DATA_OBJECT_MISSING: {
    status: 400,
    message: "The file {path} refers to {hash}, which is not stored.",
    next: "Upload its bytes with `PUT /api/v1/projects/<project>/objects` first; nothing was recorded.",
  },
  DATA_PATH_FORBIDDEN: {
    status: 403,
    message: "Only the local user of a server without accounts may name a path on its disk.",
    next: "Upload the files with `PUT /api/v1/projects/<project>/objects` and name their hashes.",
  },
  DATA_PATH_UNREADABLE: {
    status: 400,
    message: "{path} cannot be added: {problem}.",
    next: "Name an absolute path of a file, or of a folder with ordinary files, that the server may read.",
  },
  DATA_FORMAT_MIXED: {
    status: 400,
    message: "The files are of different formats: {first} and {second}.",
    next: "Keep one format in a version, or say `format: files` to version them without a profile.",
  },
  DATA_NOT_TABULAR: {
    status: 409,
    message: "Version {version} of {dataset} holds files that are not a table.",
    next: "Only parquet, csv and json versions have a profile.",
  },
  DATA_PROFILE_NOT_READY: {
    status: 409,
    message: "Version {version} of {dataset} has no profile: {state}.",
    next: "Ask for it with `paydown datasets compute-profile {dataset} {version}`, and again when it is done.",
  },
  DATA_PROFILE_UNREADABLE: {
    status: 500,
    message: "The stored profile {hash} cannot be read: {problem}.",
    next: "Start the version of Paydown that wrote it, or have the version profiled again.",
  },
  DATA_PROFILES_DIFFER: {
    status: 409,
    message: "Two profiles cannot be merged: {problem}.",
    next: "Merge profiles that were computed with the same bins and categories.",
  },
  DATA_COLUMN_NOT_FOUND: {
    status: 404,
    message: "No profiled version of {dataset} has a column {column}.",
    next: "See the columns with `paydown datasets version {dataset} latest`; case matters.",
  },
  DATA_CURSOR_INVALID: {
    status: 400,
    message: "The cursor is not one that this list gave.",
    next: "Start again without a cursor.",
  },
});
