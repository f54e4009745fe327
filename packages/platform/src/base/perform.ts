import type { Input, Operation, Reply } from "@paydown/api/operation";
import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import { forbidden, hasGrants, type Need } from "./auth/grants.js";
import { type ExperimentsOf, mayOnNamed, type NamingFields, namedIn, namingFields } from "./auth/named.js";
import { may } from "./auth/principal.js";
import type { Implementation } from "./capability.js";
import type { Ctx } from "./context.js";
import { baseErrors } from "./errors.js";
import { createOnce } from "./idempotency/once.js";

export interface Call {
  /** Performs what the key stands for at most once; see `idempotency/once.ts`. Without meaning for a GET. */
  readonly idempotencyKey?: string | undefined;
  /** Called when the reply is an earlier one's. */
  readonly onReplay?: () => void;
}

/** Performs an operation for whoever `ctx` names: permission, input check, the capability's function. */
export type Perform = <T extends Operation>(ctx: Ctx, operation: T, input: Input<T>, call?: Call) => Promise<Reply<T>>;

export interface PerformOptions {
  /** Also check what comes back against the reply schema; for tests, where a lie in the contract must not pass. */
  readonly checkReplies?: boolean;
  /** Which experiments runs and logged models belong to, asked for callers with grants; without it they belong to none. */
  readonly experimentsOf?: ExperimentsOf;
}

/**
 * The one place where an operation meets its implementation; every door goes through it.
 * Throws INPUT_INVALID, AUTH_FORBIDDEN, IDEMPOTENCY_* and whatever the operation throws.
 */
export function createPerformer(implementations: readonly Implementation[], options: PerformOptions = {}): Perform {
  const byName = new Map(
    implementations.map((one) => [one.operation.name as string, { ...one, naming: namingFields(one.operation) }]),
  );
  const check = createChecker();
  const once = createOnce();
  const experimentsOf = options.experimentsOf ?? (async () => []);
  return async (ctx, operation, input, call = {}) => {
    const implementation = byName.get(operation.name);
    if (implementation === undefined) throw baseErrors.ROUTE_NOT_FOUND({ method: "operation", path: operation.name });
    const fields = (input ?? {}) as Record<string, unknown>;
    const project = typeof fields.project === "string" ? fields.project : "*";
    if (!(await isAllowed(ctx, operation, fields, project, implementation.naming, experimentsOf))) {
      throw forbidden(ctx.principal, operation.permission, project);
    }
    check(operation.input, fields, "input");
    const work = (by: Ctx) => implementation.perform(by, fields as never);
    const { idempotencyKey: key, onReplay } = call;
    const reply =
      key === undefined || operation.method === "GET"
        ? await work(ctx)
        : await once(ctx, { key, operation, input: fields, onReplay }, work);
    if (options.checkReplies) check(operation.reply, reply, "reply");
    return reply as Reply<typeof operation>;
  };
}

/** Role and grants together; what counts how is in the README of accounts. */
async function isAllowed(
  ctx: Ctx,
  operation: Operation,
  fields: Record<string, unknown>,
  project: string,
  naming: NamingFields,
  experimentsOf: ExperimentsOf,
): Promise<boolean> {
  const { permission } = operation;
  if (permission === "any") return true;
  const { principal } = ctx;
  const byRole =
    may(principal, permission, project) ||
    (operation.founds !== undefined && principal.founds?.includes(project) === true);
  if (!hasGrants(principal, project)) return byRole;
  const acted = namedIn(fields, naming.acted);
  const seen = namedIn(fields, naming.seen);
  const hasSeen = Object.values(seen).some((ids) => ids.length > 0);
  if (hasSeen && !(await mayOnNamed(ctx, "read", project, () => seen, experimentsOf))) return false;
  if (Object.values(acted).every((ids) => ids.length === 0)) {
    // Reading exactly what one may read needs no role; a place in the lineage graph shows its neighbours, and does.
    return byRole || operation.filtered === true || (permission === "read" && hasSeen && !naming.places);
  }
  const need: Need = permission === "write" && operation.method === "DELETE" ? "delete" : permission;
  return mayOnNamed(ctx, need, project, () => acted, experimentsOf);
}

/** Checks values against schemas, each compiled once. Unknown fields are refused by schemas that say so and by inputs always. */
function createChecker(): (schema: object, value: unknown, what: "input" | "reply") => void {
  const ajv = new Ajv({ allErrors: false, verbose: true, strict: false, allowUnionTypes: true });
  const compiled = new Map<object, ValidateFunction>();
  return (schema, value, what) => {
    let validate = compiled.get(schema);
    if (validate === undefined) {
      validate = ajv.compile(what === "input" ? closed(schema) : schema);
      compiled.set(schema, validate);
    }
    if (validate(value)) return;
    const error = validate.errors?.[0] as ErrorObject;
    throw baseErrors.INPUT_INVALID({ field: fieldOf(error, what), problem: problemOf(error) }, { details: error });
  };
}

/** An input with a field that nobody reads is a caller's mistake, not something to pass over. */
function closed(schema: object): object {
  const json = structuredClone(JSON.parse(JSON.stringify(schema))) as Record<string, unknown>;
  return json.type === "object" && json.additionalProperties === undefined
    ? { ...json, additionalProperties: false }
    : json;
}

function fieldOf(error: ErrorObject, what: string): string {
  const path = error.instancePath.replace(/^\//, "").replaceAll("/", ".");
  const params = error.params as Record<string, unknown>;
  const extra = params.missingProperty ?? params.additionalProperty;
  return [what, path, extra].filter((part) => part !== undefined && part !== "").join(".");
}

function problemOf(error: ErrorObject): string {
  if (error.keyword === "additionalProperties") return "no such field is known here";
  if (error.keyword === "enum") return `must be one of ${(error.params.allowedValues as unknown[]).join(", ")}`;
  if (error.keyword === "required") return "it is missing";
  return `${error.message ?? "it does not match the schema"}, and it is ${shown(error.data)}`;
}

/** The offending value, short enough for a line. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "absent";
  return text.length <= 80 ? text : `${text.slice(0, 80)}…`;
}
