import { type CodedError, defineErrors } from "#base/errors.js";

/** MLflow's error names and the status each travels with. */
export const statusOf = {
  INVALID_PARAMETER_VALUE: 400,
  BAD_REQUEST: 400,
  RESOURCE_ALREADY_EXISTS: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  RESOURCE_DOES_NOT_EXIST: 404,
  ENDPOINT_NOT_FOUND: 404,
  RESOURCE_CONFLICT: 409,
  RESOURCE_EXHAUSTED: 429,
  INTERNAL_ERROR: 500,
  INVALID_STATE: 500,
  NOT_IMPLEMENTED: 501,
  TEMPORARILY_UNAVAILABLE: 503,
} as const;
export type ErrorName = keyof typeof statusOf;

/** Refusals of the door itself; everything else keeps the code of the capability that refused. */
export const mlflowErrors = defineErrors({
  MLFLOW_INVALID_PARAMETER: {
    status: 400,
    message: "{problem}",
    next: "Correct the parameter; MLflow's REST reference lists what each endpoint takes.",
  },
  MLFLOW_BAD_REQUEST: {
    status: 400,
    message: "{problem}",
    next: "Send a JSON object with content-type application/json.",
  },
  MLFLOW_ENDPOINT_NOT_FOUND: {
    status: 404,
    message: "Nothing of MLflow's API answers {method} {path} here.",
    next: "See the MLflow page of the guide for what is served.",
  },
  MLFLOW_NOT_FOUND: {
    status: 404,
    message: "{what} not found",
    next: "Check the names; an admin lists users and their permissions.",
  },
  MLFLOW_METHOD_NOT_ALLOWED: {
    status: 405,
    message: "{path} does not take {method}.",
    next: "Use the method that MLflow's REST reference names.",
  },
  MLFLOW_WORKSPACE_NOT_FOUND: {
    status: 404,
    message: "Workspace '{workspace}' not found",
    next: "A workspace is a project: list them with `paydown projects list`, make one with `paydown projects create`.",
  },
  MLFLOW_DOWNLOAD_UNSUPPORTED: {
    status: 501,
    message: "Multipart download is not supported for the current artifact repository",
    next: "Download in one request, or in ranges of it; clients fall back to that by themselves.",
  },
  MLFLOW_PRESIGNED_UNSUPPORTED: {
    status: 501,
    message: "Presigned {what} is not supported for the current artifact repository",
    next: "Reach the storage with credentials of the client's own.",
  },
});

const names: Record<string, ErrorName> = {
  TRACKING_EXPERIMENT_EXISTS: "RESOURCE_ALREADY_EXISTS",
  TRACKING_RENAME_DELETED: "INVALID_STATE",
  REGISTRY_MODEL_EXISTS: "RESOURCE_ALREADY_EXISTS",
  ACCOUNTS_USER_EXISTS: "RESOURCE_ALREADY_EXISTS",
  ACCOUNTS_GRANT_EXISTS: "RESOURCE_ALREADY_EXISTS",
  ACCOUNTS_USER_SELF: "BAD_REQUEST",
  ACCOUNTS_PROJECT_EXISTS: "RESOURCE_ALREADY_EXISTS",
  MLFLOW_BAD_REQUEST: "BAD_REQUEST",
  MLFLOW_ENDPOINT_NOT_FOUND: "ENDPOINT_NOT_FOUND",
  MLFLOW_METHOD_NOT_ALLOWED: "BAD_REQUEST",
};

const byStatus: Record<number, ErrorName> = {
  400: "INVALID_PARAMETER_VALUE",
  401: "UNAUTHENTICATED",
  403: "PERMISSION_DENIED",
  404: "RESOURCE_DOES_NOT_EXIST",
  405: "BAD_REQUEST",
  409: "RESOURCE_CONFLICT",
  413: "BAD_REQUEST",
  415: "BAD_REQUEST",
  416: "BAD_REQUEST",
  429: "RESOURCE_EXHAUSTED",
  501: "NOT_IMPLEMENTED",
  503: "TEMPORARILY_UNAVAILABLE",
};

export interface Envelope {
  readonly status: number;
  readonly body: { readonly error_code: ErrorName; readonly message: string };
}

/** MLflow answers 500 for a state that the caller must change first, and its clients then try again for minutes. */
function keepsStatus(error: CodedError, name: ErrorName): boolean {
  return error.status === 405 || error.status === 413 || error.status === 416 || name === "INVALID_STATE";
}

/** A coded error in MLflow's envelope. */
export function toEnvelope(error: CodedError): Envelope {
  const name = names[error.code] ?? byStatus[error.status] ?? "INTERNAL_ERROR";
  const status = keepsStatus(error, name) ? error.status : statusOf[name];
  return { status, body: { error_code: name, message: textOf(error) } };
}

/** Clients of MLflow look for these words; what was refused comes after them. */
function textOf(error: CodedError): string {
  if (error.code === "AUTH_FORBIDDEN") return `Permission denied. ${error.message}`;
  if (error.code !== "AUTH_REQUIRED") return error.message;
  return "You are not authenticated. Please see https://www.mlflow.org/docs/latest/auth/index.html#authenticating-to-mlflow on how to authenticate.";
}

/** Answered with 401, so that a browser asks for user and password. */
export const basicChallenge = 'Basic realm="mlflow"';
