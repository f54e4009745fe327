import { parseArgs } from "node:util";
import type { Operation } from "@paydown/api/operation";
import { connect } from "./connect.js";
import { errors } from "./errors.js";
import { toFlag } from "./help.js";
import { printReply } from "./print.js";
import type { Cli } from "./run.js";

interface Property {
  readonly type?: string;
  readonly anyOf?: readonly Property[];
  readonly const?: unknown;
  readonly items?: Property;
}

const globalFlags = {
  json: { type: "boolean" },
  url: { type: "string" },
  token: { type: "string" },
  data: { type: "string" },
  config: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

/** Parses the words of an operation's command, performs it where `connect` says, prints the reply. */
export async function runOperation(cli: Cli, operation: Operation, argv: readonly string[]): Promise<number> {
  const { input, flags } = parseInput(operation, argv);
  const connection = await connect(cli, flags);
  try {
    const properties = propertiesOf(operation);
    if (properties.project !== undefined && input.project === undefined) input.project = connection.project;
    const reply = await connection.call(operation, input);
    cli.io.out(flags.json === true ? `${JSON.stringify(reply, null, 2)}\n` : printReply(reply, cli.io.columns));
    return 0;
  } finally {
    await connection.close();
  }
}

/** Flags and positions as the operation's flat input. Unknown flags are refused. */
export function parseInput(
  operation: Operation,
  argv: readonly string[],
): { input: Record<string, unknown>; flags: Record<string, string | boolean | undefined> } {
  const properties = propertiesOf(operation);
  const positional = operation.cli.positional ?? [];
  const options: Record<string, { type: "string" | "boolean"; multiple?: boolean; short?: string }> = {
    ...globalFlags,
  };
  for (const [name, property] of Object.entries(properties)) {
    const flag = toFlag(name);
    if (flag in globalFlags) continue;
    options[flag] = { type: isBoolean(property) ? "boolean" : "string", multiple: property.type === "array" };
  }
  let parsed: ReturnType<typeof parseArgs>;
  try {
    parsed = parseArgs({ args: [...argv], options, allowPositionals: true, strict: true });
  } catch (cause) {
    throw errors.CLI_USAGE({ problem: (cause as Error).message, command: operation.cli.command }, { cause });
  }
  if (parsed.positionals.length > positional.length) {
    const extra = parsed.positionals.slice(positional.length).join(" ");
    throw errors.CLI_USAGE({ problem: `Unexpected argument: ${extra}`, command: operation.cli.command });
  }
  const input: Record<string, unknown> = {};
  positional.forEach((name, i) => {
    const text = parsed.positionals[i];
    if (text !== undefined) input[name] = toValue(properties[name] ?? {}, text);
  });
  for (const name of Object.keys(properties)) {
    const value = parsed.values[toFlag(name)];
    if (value === undefined || toFlag(name) in globalFlags) continue;
    const property = properties[name] ?? {};
    input[name] = Array.isArray(value)
      ? value.map((item) => toValue(property.items ?? {}, item as string))
      : typeof value === "string"
        ? toValue(property, value)
        : value;
  }
  return { input, flags: parsed.values as Record<string, string | boolean | undefined> };
}

function propertiesOf(operation: Operation): Record<string, Property> {
  return (operation.input as { properties?: Record<string, Property> }).properties ?? {};
}

function isBoolean(property: Property): boolean {
  return property.type === "boolean";
}

/** Numbers as numbers, structures as JSON, everything else as it was typed; the schema check has the last word. */
function toValue(property: Property, text: string): unknown {
  if (property.type === "integer" || property.type === "number") {
    const number = Number(text);
    return text.trim() === "" || Number.isNaN(number) ? text : number;
  }
  if (property.type === "object" || (property.type === undefined && property.anyOf === undefined)) {
    try {
      return JSON.parse(text);
    } catch {
      return text;
    }
  }
  for (const option of property.anyOf ?? []) {
    const value = toValue(option, text);
    if (value !== text) return value;
  }
  return text;
}
