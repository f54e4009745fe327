import type { TSchema } from "typebox";

interface JsonSchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
}

/**
 * Query and path text as the types an operation's input asks for. What cannot be converted stays text, so that the
 * schema check refuses it with the value the caller sent.
 */
export function fromQuery(input: TSchema, query: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const properties = (input as JsonSchema).properties ?? {};
  return Object.fromEntries(Object.entries(query).map(([key, value]) => [key, convert(properties[key] ?? {}, value)]));
}

function convert(schema: JsonSchema, value: unknown): unknown {
  if (schema.type === "array") {
    const items = Array.isArray(value) ? value : [value];
    return items.map((item) => convert(schema.items ?? {}, item));
  }
  if (typeof value !== "string") return value;
  if (schema.type === "integer" || schema.type === "number") {
    const number = Number(value);
    return value.trim() === "" || !Number.isFinite(number) ? value : number;
  }
  if (schema.type === "boolean") return value === "true" ? true : value === "false" ? false : value;
  for (const option of schema.anyOf ?? []) {
    const converted = convert(option, value);
    if (converted !== value) return converted;
  }
  return value;
}
