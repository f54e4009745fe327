import type { Input, Operation, Reply } from "@paydown/api/operation";
import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import { may } from "./auth/principal.js";
import type { Implementation } from "./capability.js";
import type { Ctx } from "./context.js";
import { baseErrors } from "./errors.js";

/** Performs an operation for whoever `ctx` names: permission, input check, the capability's function. */
export type Perform = <T extends Operation>(ctx: Ctx, operation: T, input: Input<T>) => Promise<Reply<T>>;

export interface PerformOptions {
  /** Also check what comes back against the reply schema; for tests, where a lie in the contract must not pass. */
  readonly checkReplies?: boolean;
}

/**
 * The one place where an operation meets its implementation; every door goes through it.
 * Throws INPUT_INVALID, AUTH_FORBIDDEN and whatever the operation throws.
 */
export function createPerformer(implementations: readonly Implementation[], options: PerformOptions = {}): Perform {
  const byName = new Map(implementations.map((one) => [one.operation.name as string, one]));
  const check = createChecker();
  return async (ctx, operation, input) => {
    const implementation = byName.get(operation.name);
    if (implementation === undefined) throw baseErrors.ROUTE_NOT_FOUND({ method: "operation", path: operation.name });
    const fields = (input ?? {}) as Record<string, unknown>;
    const project = typeof fields.project === "string" ? fields.project : "*";
    if (!may(ctx.principal, operation.permission, project)) {
      throw baseErrors.AUTH_FORBIDDEN({
        principal: ctx.principal.name,
        permission: operation.permission,
        project: project === "*" ? "(all projects)" : project,
      });
    }
    check(operation.input, fields, "input");
    const reply = await implementation.perform(ctx, fields as never);
    if (options.checkReplies) check(operation.reply, reply, "reply");
    return reply as Reply<typeof operation>;
  };
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
