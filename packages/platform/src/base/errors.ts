/** One entry of the error catalogue. */
export interface ErrorSpec {
  /** HTTP status. 4xx: the caller can mend it; 5xx: we or the machine must. */
  readonly status: number;
  /** Exit code of the CLI: 1 refused or findings, 2 usage or failure. Defaults to 1 for 4xx but 400, else 2. */
  readonly exit?: 1 | 2;
  /** Template; `{field}` is replaced by the value given when it is thrown. Says what was wrong, with which value. */
  readonly message: string;
  /** Template of the next step to take. */
  readonly next: string;
}

export type ErrorValues = Readonly<Record<string, string | number | boolean | undefined>>;

/** An error with a code from the catalogue. Every failure a user can meet is one. */
export class CodedError extends Error {
  readonly code: string;
  readonly status: number;
  readonly exit: 1 | 2;
  readonly next: string;
  readonly details: unknown;

  constructor(code: string, spec: ErrorSpec, values: ErrorValues, details?: unknown, cause?: unknown) {
    super(fill(spec.message, values), cause === undefined ? undefined : { cause });
    this.name = code;
    this.code = code;
    this.status = spec.status;
    this.exit = spec.exit ?? (spec.status >= 500 || spec.status === 400 ? 2 : 1);
    this.next = fill(spec.next, values);
    this.details = details;
  }
}

export interface ErrorExtras {
  /** Machine-readable particulars for the caller. */
  readonly details?: unknown;
  /** What was caught, for the log. */
  readonly cause?: unknown;
}

export type ErrorFactory = (values?: ErrorValues, extras?: ErrorExtras) => CodedError;
export type Errors<C extends Record<string, ErrorSpec>> = { readonly [K in keyof C]: ErrorFactory } & {
  readonly catalogue: C;
};

/**
 * Declares the coded errors of one capability: `errors.TRACKING_RUN_NOT_FOUND({ runId })` makes one to throw.
 * Codes are `UPPER_SNAKE` and begin with the capability's name; `tools/gen.ts` collects `catalogue` into the reference.
 */
export function defineErrors<const C extends Record<string, ErrorSpec>>(catalogue: C): Errors<C> {
  const factories = Object.fromEntries(
    Object.entries(catalogue).map(([code, spec]) => [
      code,
      (values: ErrorValues = {}, extras: ErrorExtras = {}) =>
        new CodedError(code, spec, values, extras.details, extras.cause),
    ]),
  );
  return { ...factories, catalogue } as Errors<C>;
}

function fill(template: string, values: ErrorValues): string {
  return template.replace(/\{([a-zA-Z]+)\}/g, (whole, field: string) => {
    const value = values[field];
    return value === undefined ? whole : shorten(String(value));
  });
}

/** Values come from hostile input: they are shown, but never in full length. */
function shorten(text: string): string {
  return text.length <= 500 ? text : `${text.slice(0, 500)}…`;
}

/** Errors of the ground itself. */
export const baseErrors = defineErrors({
  INPUT_INVALID: {
    status: 400,
    message: "{field} is not valid: {problem}.",
    next: "Correct the field and send the request again; the operation's schema is in the API reference.",
  },
  INPUT_NOT_JSON: {
    status: 400,
    message: "The request body is not JSON: {problem}.",
    next: "Send a JSON object with content-type application/json.",
  },
  INPUT_TOO_LARGE: {
    status: 413,
    message: "The request has {size} bytes; at most {limit} are taken.",
    next: "Send less in one request, or raise the limit in the configuration.",
  },
  ROUTE_NOT_FOUND: {
    status: 404,
    message: "Nothing answers {method} {path}.",
    next: "See the API reference for the operations there are.",
  },
  AUTH_REQUIRED: {
    status: 401,
    message: "This server asks for a token or a password and none, or an unknown one, was sent.",
    next: "Send `Authorization: Bearer <token>`, or Basic with user and password; an admin makes them with `paydown tokens create` and `paydown users create`.",
  },
  AUTH_HOST_REFUSED: {
    status: 403,
    message: "This server is open to this machine only and was addressed as {host}.",
    next: "Use http://127.0.0.1 or http://localhost; for other names start it with accounts (`--accounts required`).",
  },
  AUTH_FORBIDDEN: {
    status: 403,
    message: "{principal} may not {permission} in project {project}.",
    next: "Ask an admin of the project for a role that allows it.",
  },
  IDEMPOTENCY_KEY_REUSED: {
    status: 422,
    message: "The Idempotency-Key {key} was used before, for {operation} with another input.",
    next: "Send a new key with every new request; only a retry repeats the key, and then with the same input.",
  },
  IDEMPOTENCY_RUNNING: {
    status: 409,
    message: "The request with the Idempotency-Key {key} is still being worked on.",
    next: "Try again in a second with the same key; the answer is kept for a day.",
  },
  IDEMPOTENCY_ANSWER_LOST: {
    status: 409,
    message:
      "{operation} with the Idempotency-Key {key} was carried out at {at}; its answer cannot be given again: {why}.",
    next: "Read what it changed before you send it with a new key; it was not done a second time.",
  },
  DB_NEWER: {
    status: 500,
    message:
      "The database was written by a newer Paydown: it holds the migration {migration}, unknown to this version.",
    next: "Start the newer version, or restore a backup made before the upgrade.",
  },
  DB_MIGRATION_CHANGED: {
    status: 500,
    message: "Migration {migration} was applied with another text than this version holds.",
    next: "Run the version that applied it, or restore a backup; never edit an applied migration.",
  },
  DB_NESTED_WRITE: {
    status: 500,
    message: "A write transaction was opened inside another one.",
    next: "Pass the outer transaction on; this is a defect, please report it with the log.",
  },
  DB_TX_OVER: {
    status: 500,
    message: "A statement came after its transaction had ended.",
    next: "Wait for every statement before the write returns; this is a defect, please report it with the log.",
  },
  DB_UNAVAILABLE: {
    status: 503,
    message: "The database cannot be reached or written: {problem}.",
    next: "Check that it runs, that the disk has room, and try again.",
  },
  DB_BACKUP_EXTERNAL: {
    status: 501,
    message: "A PostgreSQL database is not copied by this command.",
    next: "Use pg_dump for the database and copy the object store; restore both to the same moment.",
  },
  BACKUP_TARGET_EXISTS: {
    status: 409,
    message: "{path} is not empty.",
    next: "Name a folder that does not exist yet; nothing was changed.",
  },
  DB_FOREIGN_UNREADABLE: {
    status: 400,
    message: "{path} cannot be read as a SQLite database: {problem}.",
    next: "Name the file of MLflow's --backend-store-uri; a copy made while its server wrote may be damaged.",
  },
  BACKUP_DAMAGED: {
    status: 422,
    message: "{path} is not a whole backup: {problem}.",
    next: "Use another backup; nothing was restored.",
  },
  BLOB_NOT_FOUND: {
    status: 404,
    message: "No stored object has the hash {hash}.",
    next: "Check the hash; if a record refers to it, the object is lost from the store: bring it back from a backup.",
  },
  BLOB_MISMATCH: {
    status: 400,
    message: "The upload is not what was announced: {what} is {actual}, announced was {expected}.",
    next: "Upload it again; nothing of it was kept.",
  },
  BLOB_STORE_FULL: {
    status: 507,
    exit: 2,
    message: "The object store has no room for this upload.",
    next: "Free space or point `artifacts` at a larger store; nothing of the upload was kept.",
  },
  BLOB_STORE_UNAVAILABLE: {
    status: 503,
    exit: 2,
    message: "The bucket {bucket} cannot be used: {problem}",
    next: "Check that the bucket exists, the endpoint and region of `artifacts`, and the credentials (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY or a profile).",
  },
  PATH_REFUSED: {
    status: 400,
    message: "The path {path} is not allowed: it must stay inside its root.",
    next: "Use a relative path without `..`, backslashes, control characters or a drive letter.",
  },
  CONFIG_INVALID: {
    status: 400,
    message: "Configuration {key} from {origin} is not valid: {problem}.",
    next: "Correct it; `paydown config` prints every key with its value and origin.",
  },
  INTERNAL: {
    status: 500,
    message: "Something failed that should not have; it was logged as {incident}.",
    next: "Look the incident up in the server's log and report it.",
  },
});
