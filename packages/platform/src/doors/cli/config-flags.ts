import { parseArgs } from "node:util";
import { ConfigSchema } from "#base/config/config.js";
import { errors } from "./errors.js";
import { toFlag } from "./help.js";

type Options = Record<string, { type: "string" | "boolean"; multiple?: boolean }>;
export type FlagValues = Record<string, string | boolean | undefined>;

const keys = Object.keys(ConfigSchema.properties);

/** One line a configuration key, for `--help`. */
export const configUsage: string = Object.entries(ConfigSchema.properties)
  .map(([key, property]) => `  --${toFlag(key).padEnd(18)}${(property as { description?: string }).description ?? ""}`)
  .concat("  --config            Configuration file; else paydown.yaml here or in the data folder.")
  .join("\n");

/** Splits a command's words into configuration flags and its own; unknown ones are refused. */
export function parseConfigFlags(
  argv: readonly string[],
  command: string,
  own: Options = {},
): { flags: FlagValues; rest: FlagValues; positionals: string[] } {
  const options: Options = { ...own, config: { type: "string" } };
  for (const key of keys) options[toFlag(key)] = { type: "string" };
  try {
    const parsed = parseArgs({ args: [...argv], options, allowPositionals: true, strict: true });
    const values = parsed.values as FlagValues;
    const flags: FlagValues = { config: values.config };
    for (const key of keys) flags[key] = values[toFlag(key)];
    const rest = Object.fromEntries(Object.keys(own).map((name) => [name, values[name]]));
    return { flags, rest, positionals: parsed.positionals };
  } catch (cause) {
    throw errors.CLI_USAGE({ problem: (cause as Error).message, command }, { cause });
  }
}
