import type { Operation } from "@paydown/api/operation";

interface Line {
  readonly command: string;
  readonly doc: string;
}

/** All commands, local ones first, operations by capability. */
export function overview(
  local: readonly Line[],
  commands: readonly (Line & { operation: string })[],
  version: string,
): string {
  const groups = Map.groupBy(commands, (one) => one.operation.split(".")[0] as string);
  const width = widthOf([...local, ...commands]);
  const lines = (some: readonly Line[]): string => toLines(some, width);
  const sections = [...groups].sort(([a], [b]) => a.localeCompare(b)).map(([name, some]) => `${name}\n${lines(some)}`);
  return `Paydown ${version} keeps machine-learning systems out of technical debt.

paydown <command> [--json] [--project NAME] [--url URL | --data DIR]
paydown <command> --help

on this machine
${lines(local)}

${sections.join("\n\n")}
`;
}

/** The commands that begin with a word, such as `runs`. */
export function nounHelp(noun: string, commands: readonly Line[]): string {
  return `paydown ${noun} <command>\npaydown ${noun} <command> --help\n\n${toLines(commands, widthOf(commands))}\n`;
}

function widthOf(lines: readonly Line[]): number {
  return Math.max(...lines.map((one) => one.command.length)) + 2;
}

function toLines(lines: readonly Line[], width: number): string {
  return lines.map((one) => `  ${one.command.padEnd(width)}${one.doc}`).join("\n");
}

interface Property {
  readonly type?: string;
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly { readonly const?: unknown; readonly type?: string }[];
}

/** What one operation's command takes. */
export function commandHelp(operation: Operation): string {
  const schema = operation.input as { properties?: Record<string, Property>; required?: readonly string[] };
  const required = new Set(schema.required ?? []);
  const positional = operation.cli.positional ?? [];
  const flags = Object.entries(schema.properties ?? {}).filter(([name]) => !positional.includes(name));
  const usage = [
    "paydown",
    operation.cli.command,
    ...positional.map((name) => (required.has(name) ? `<${name}>` : `[${name}]`)),
  ];
  const rows = [
    ...positional.map((name) => [`<${name}>`, schema.properties?.[name]?.description ?? ""] as const),
    ...flags.map(([name, property]) => {
      const note = required.has(name) && name !== "project" ? " (required)" : "";
      return [`--${toFlag(name)} ${hintOf(property)}`, `${property.description ?? ""}${note}`] as const;
    }),
    ["--json", "Print the reply as JSON."] as const,
  ];
  const width = Math.max(...rows.map(([flag]) => flag.length)) + 2;
  return `${operation.doc}\n\n${usage.join(" ")}\n\n${rows.map(([flag, doc]) => `  ${flag.padEnd(width)}${doc}`).join("\n")}\n`;
}

function hintOf(property: Property): string {
  const choices = property.enum ?? property.anyOf?.map((one) => one.const).filter((one) => one !== undefined) ?? [];
  if (choices.length > 0) return choices.join("|");
  if (property.type === "boolean") return "";
  if (property.type === "array") return "VALUE (repeatable)";
  return (property.type ?? "json").toUpperCase();
}

/** `runId` is written `--run-id`. */
export function toFlag(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
