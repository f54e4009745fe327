import { defineErrors } from "../errors.js";

/** Errors of the engine port, the same from every adapter. */
export const engineErrors = defineErrors({
  ENGINE_FILE_UNREADABLE: {
    status: 422,
    message: "{file} cannot be read as {format}: {problem}.",
    next: "Check that the file is whole and of that format, and send it again; nothing was changed.",
  },
  ENGINE_SCHEMAS_DIFFER: {
    status: 422,
    message: "{file} has other columns or types than {first}: {problem}.",
    next: "Write all files with the same columns and types, or keep them in different datasets.",
  },
  ENGINE_TOO_MANY_COLUMNS: {
    status: 422,
    message: "{file} has {columns} columns; at most {limit} are taken.",
    next: "Keep fewer columns in one table, or split it by subject.",
  },
  ENGINE_COLUMN_NAMES_REFUSED: {
    status: 422,
    message: "{file} has a column name that is not taken: {problem}.",
    next: "Rename the column: 1 to 512 characters, no control characters, different also when case is ignored.",
  },
  ENGINE_COLUMN_NOT_FOUND: {
    status: 404,
    message: "There is no column {column}; there are {columns}.",
    next: "Check the spelling; case matters.",
  },
  ENGINE_COLUMN_KIND: {
    status: 422,
    message: "Column {column} is {type}, which this operation does not take; it takes {wanted}.",
    next: "Choose another column, or convert it before it is written.",
  },
  ENGINE_REQUEST_INVALID: {
    status: 400,
    message: "The request is not valid: {problem}.",
    next: "Correct it and ask again.",
  },
  ENGINE_OUT_OF_MEMORY: {
    status: 503,
    message: "The engine has no memory left for this: {problem}.",
    next: "Raise the engine's memory in its URL, e.g. `duckdb:?memory=4GB`, or give its folder more disk to spill to.",
  },
  ENGINE_INTERRUPTED: {
    status: 503,
    message: "The computation was interrupted before it ended.",
    next: "Ask again; nothing was changed.",
  },
  ENGINE_FAILED: {
    status: 500,
    message: "The engine failed: {problem}.",
    next: "Ask again; if it stays, report it with the log. Nothing was changed.",
  },
});
