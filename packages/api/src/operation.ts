import type { Static, TSchema } from "typebox";

/**
 * What a caller must be allowed to do.
 * `read` sees, `write` changes records, `approve` decides for others (promotion, write-off, waiver), `admin` manages people and tokens.
 * `call` asks deployments for predictions, which is all a consumer key may.
 * `any` is every caller the server knows; such an operation answers only what the caller's roles let it see.
 */
export type Permission = "call" | "read" | "write" | "approve" | "admin" | "any";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** How an operation is spelled on the command line: `paydown <command> <positional...> --<field> value`. */
export interface CliForm {
  /** Words after `paydown`, noun first, e.g. `runs show`. */
  readonly command: string;
  /** Names of input fields taken by position, in order. All other fields are flags. */
  readonly positional?: readonly string[];
}

/**
 * One thing the platform can do, as data. HTTP route, OpenAPI entry, typed client, CLI command, reference page and the
 * web's data hooks all derive from it.
 *
 * `input` is one flat object: fields named in `path` (`:field`) come from the path; of the others a GET or DELETE takes
 * the query string, the rest the JSON body. A path that begins with `/projects/:project` runs inside that project.
 */
export interface Operation<I extends TSchema = TSchema, O extends TSchema = TSchema> {
  /** `<capability>.<verbNoun>`, e.g. `tracking.getRun`. */
  readonly name: `${string}.${string}`;
  readonly method: Method;
  /** Below `/api/v1`, parameters as `:field`. */
  readonly path: `/${string}`;
  readonly input: I;
  readonly reply: O;
  readonly permission: Permission;
  /** Makes an experiment or model that belongs to who makes it; users who may make their own need no role to write. */
  readonly founds?: "experiment" | "model";
  /** A list that leaves out the experiments or models the caller may not read; who was granted any may ask for it. */
  readonly filtered?: true;
  /** The reply may hold a secret that is shown once; it is never kept for a repeated Idempotency-Key. */
  readonly secret?: true;
  /** One sentence for OpenAPI, `--help` and the reference. */
  readonly doc: string;
  readonly cli: CliForm;
}

export type Input<T extends Operation> = Static<T["input"]>;
export type Reply<T extends Operation> = Static<T["reply"]>;

/** Declares an operation; the identity function that keeps the schema types. */
export function defineOperation<I extends TSchema, O extends TSchema>(operation: Operation<I, O>): Operation<I, O> {
  return Object.freeze(operation);
}
