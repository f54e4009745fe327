import type { Operation } from "../../packages/api/src/operation.js";
import { readContract } from "./contract.ts";
import type { GeneratedFile } from "./generated-file.ts";

interface Schema {
  readonly properties?: Record<string, Schema & { readonly description?: string }>;
  readonly required?: readonly string[];
  readonly [key: string]: unknown;
}

/** The native API as OpenAPI 3.1, from the operation list. */
export async function openapi(house: string): Promise<GeneratedFile[]> {
  const { operations } = await readContract(house);
  const paths: Record<string, Record<string, unknown>> = {};
  for (const { value } of operations) {
    const path = `/api/v1${toTemplate(value.path)}`;
    paths[path] = { ...paths[path], [value.method.toLowerCase()]: describe(value) };
  }
  const document = {
    openapi: "3.1.0",
    info: {
      title: "Paydown",
      version: "1",
      summary: "The native API of Paydown.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    jsonSchemaDialect: "https://json-schema.org/draft/2020-12/schema",
    servers: [{ url: "/" }],
    security: [{ token: [] }, {}],
    tags: [...new Set(operations.map((one) => one.capability))].sort().map((name) => ({ name })),
    paths: Object.fromEntries(Object.entries(paths).sort(([a], [b]) => (a < b ? -1 : 1))),
    components: {
      securitySchemes: {
        token: {
          type: "http",
          scheme: "bearer",
          description: "A token; none is asked for on loopback without accounts.",
        },
      },
      schemas: {
        ErrorReply: {
          type: "object",
          required: ["code", "message", "next"],
          properties: {
            code: { type: "string", description: "Stable `UPPER_SNAKE` code; see the error reference." },
            message: { type: "string", description: "What was wrong, with the offending value." },
            next: { type: "string", description: "The next step to take." },
            details: { description: "Machine-readable particulars." },
          },
        },
      },
      responses: {
        Error: {
          description: "Refused or failed.",
          content: { "application/json": { schema: { $ref: "#/components/schemas/ErrorReply" } } },
        },
      },
    },
  };
  return [{ path: "docs/reference/openapi.json", text: `${JSON.stringify(document, null, 1)}\n` }];
}

/** `/runs/:runId` as `/runs/{runId}`. */
export function toTemplate(path: string): string {
  return path.replace(/:([a-zA-Z]+)/g, "{$1}");
}

/** Names of the fields that travel in the path, in order. */
export function pathFields(path: string): string[] {
  return [...path.matchAll(/:([a-zA-Z]+)/g)].map((match) => match[1] as string);
}

function describe(operation: Operation): Record<string, unknown> {
  const input = plain(operation.input) as Schema;
  const inPath = pathFields(operation.path);
  const rest = Object.keys(input.properties ?? {}).filter((name) => !inPath.includes(name));
  const reads = operation.method === "GET" || operation.method === "DELETE";
  const parameters = [
    ...inPath.map((name) => parameter(input, name, "path")),
    ...(reads ? rest.map((name) => parameter(input, name, "query")) : []),
  ];
  return {
    operationId: operation.name,
    tags: [operation.name.split(".")[0]],
    summary: operation.doc,
    "x-permission": operation.permission,
    "x-cli": `paydown ${operation.cli.command}`,
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(reads || rest.length === 0 ? {} : { requestBody: body(input, rest) }),
    responses: {
      "200": { description: "Done.", content: { "application/json": { schema: plain(operation.reply) } } },
      default: { $ref: "#/components/responses/Error" },
    },
  };
}

function parameter(input: Schema, name: string, place: "path" | "query"): Record<string, unknown> {
  const { description, ...schema } = input.properties?.[name] ?? {};
  return {
    name,
    in: place,
    required: place === "path" || (input.required ?? []).includes(name),
    ...(description === undefined ? {} : { description }),
    schema,
  };
}

function body(input: Schema, fields: readonly string[]): Record<string, unknown> {
  const required = (input.required ?? []).filter((name) => fields.includes(name));
  return {
    required: required.length > 0,
    content: {
      "application/json": {
        schema: {
          type: "object",
          ...(required.length > 0 ? { required } : {}),
          properties: Object.fromEntries(fields.map((name) => [name, input.properties?.[name]])),
        },
      },
    },
  };
}

/** The schema as plain JSON, without what the schema library keeps for itself. */
function plain(schema: unknown): unknown {
  return JSON.parse(JSON.stringify(schema));
}
