import { createHash } from "node:crypto";
import { Ajv, type ValidateFunction } from "ajv";
import { evidenceTags } from "../model.js";

/** Hash of a run's configuration: the one it logged, else one over its parameters. */
export function configHashOf(
  tags: ReadonlyMap<string, string>,
  params: ReadonlyMap<string, string>,
): { hash: string; from: "logged" | "parameters" } | undefined {
  const logged = tags.get(evidenceTags.config);
  if (logged) return { hash: logged, from: "logged" };
  if (params.size === 0) return undefined;
  return { hash: hashParams(params), from: "parameters" };
}

/** SHA-256 over the parameters as a JSON list of pairs, by name: equal exactly when all parameters are. */
function hashParams(params: ReadonlyMap<string, string>): string {
  const pairs = [...params].sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash("sha256").update(JSON.stringify(pairs)).digest("hex");
}

const mostBytes = 65_536;
const mostDepth = 20;
/** Words that run a foreign pattern over a foreign text, or leave the schema. */
const refusedWords = new Set([
  "$ref",
  "pattern",
  "patternProperties",
  "$dynamicRef",
  "$recursiveRef",
  "$async",
  "format",
]);
/** Words whose values are names chosen by the author, not words of the language. */
const namesBelow = new Set(["properties", "$defs", "definitions", "dependentRequired", "dependentSchemas"]);
/** Words whose values are data. */
const dataBelow = new Set(["enum", "const", "default", "examples"]);

/** What keeps a schema from being used; undefined when nothing does. */
export function schemaProblem(schema: Readonly<Record<string, unknown>>): string | undefined {
  const bytes = Buffer.byteLength(JSON.stringify(schema));
  if (bytes > mostBytes) return `it takes ${bytes} bytes, and at most ${mostBytes} are read`;
  const problem = wordProblem(schema, 0, false);
  if (problem !== undefined) return problem;
  if (schema.type !== undefined && schema.type !== "object") return `its type is '${String(schema.type)}', not object`;
  try {
    compileSchema(schema);
    return undefined;
  } catch (error) {
    return (error as Error).message.slice(0, 300);
  }
}

function wordProblem(value: unknown, depth: number, names: boolean): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (depth > mostDepth) return `it nests deeper than ${mostDepth} levels`;
  for (const [word, below] of Object.entries(value)) {
    if (!names && !Array.isArray(value)) {
      if (refusedWords.has(word)) return `the word '${word}' is not allowed`;
      if (dataBelow.has(word)) continue;
    }
    const problem = wordProblem(below, depth + 1, !names && namesBelow.has(word));
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** Reads parameters, which are texts, as the types the schema names. */
export function compileSchema(
  schema: Readonly<Record<string, unknown>>,
): (params: ReadonlyMap<string, string>) => string[] {
  const ajv = new Ajv({ strict: false, allErrors: true, coerceTypes: true, validateSchema: true, logger: false });
  const { $id: _id, $schema: _dialect, ...rest } = schema;
  const validate: ValidateFunction = ajv.compile(rest);
  return (params) => {
    if (validate(Object.fromEntries(params))) return [];
    return (validate.errors ?? []).slice(0, 10).map((error) => {
      const extra = (error.params as { additionalProperty?: string }).additionalProperty;
      const where = error.instancePath.slice(1);
      const what = where === "" ? "" : `${where} = ${shown(params.get(where) ?? "")} `;
      return `${what}${error.message ?? "does not fit"}${extra === undefined ? "" : `: ${extra}`}`;
    });
  };
}

function shown(value: string): string {
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}...` : value);
}

export function hashSchema(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
