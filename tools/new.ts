import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { readPlatformRules } from "./gen/catalogue.ts";
import { capabilityFiles } from "./new/capability.ts";
import { addOperation } from "./new/operation.ts";
import { protocolFiles } from "./new/protocol.ts";
import { platformRule, scanRule } from "./new/rule.ts";
import { root } from "./source.ts";

/** A file to write: path relative to the root, and its text. */
export interface NewFile {
  readonly path: string;
  readonly text: string;
}

export const usage = `npm run new -- rule <slug> --family <scan family>       a rule of the scanner
npm run new -- rule <slug> --capability <name>          a rule over a capability's records
npm run new -- protocol <name>                          a protocol door
npm run new -- capability <name>                        a capability with everything its plan asks for
npm run new -- operation <capability> <verbNoun>        an operation and its implementation
`;

/** Files that the words ask for; a string says what is wrong with them. */
export async function scaffold(
  words: readonly string[],
  options: { readonly family?: string | undefined; readonly capability?: string | undefined },
  house: string = root,
): Promise<NewFile[] | string> {
  const [what, name, more] = words;
  if (name === undefined) return usage;
  const kebab = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
  if (what === "operation") {
    if (more === undefined || !/^[a-z]+[A-Z][A-Za-z]*$/.test(more))
      return "An operation is named verb first, e.g. `freezeDataset`.";
    return addOperation(house, name, more);
  }
  if (!kebab.test(name)) return `${name} is not kebab-case.`;
  if (what === "protocol") return protocolFiles(name);
  if (what === "capability") return capabilityFiles(name);
  if (what === "rule" && options.family !== undefined) {
    return [scanRule({ slug: name, family: options.family, code: nextScanCode(house) })];
  }
  if (what === "rule" && options.capability !== undefined) {
    return platformRule({
      slug: name,
      capability: options.capability,
      code: await nextRuleCode(house, options.capability),
    });
  }
  return usage;
}

/** One more than the greatest rule number in use. */
function nextScanCode(house: string): string {
  const folder = join(house, "packages/scan/src/rules");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  const numbers = files.flatMap((file) => {
    const match = /code: "MLD(\d{3})"/.exec(readFileSync(join(folder, file), "utf8"));
    return match === null ? [] : [Number(match[1])];
  });
  return `MLD${String(Math.max(0, ...numbers) + 1).padStart(3, "0")}`;
}

async function nextRuleCode(house: string, capability: string): Promise<string> {
  const own = (await readPlatformRules(house)).filter((rule) => rule.file.includes(`/capabilities/${capability}/`));
  const prefix = own[0]?.code.slice(0, 3) ?? capability.slice(0, 3).toUpperCase();
  const last = Math.max(0, ...own.map((rule) => Number(rule.code.slice(3))));
  return `${prefix}${String(last + 1).padStart(3, "0")}`;
}

/** Writes the files; those that are there already are refused unless they are meant to be changed. */
export function writeFiles(house: string, files: readonly NewFile[], changed: ReadonlySet<string> = new Set()): void {
  for (const file of files) {
    const path = join(house, file.path);
    if (existsSync(path) && !changed.has(file.path)) throw new RangeError(`${file.path} is there already.`);
  }
  for (const file of files) {
    mkdirSync(dirname(join(house, file.path)), { recursive: true });
    writeFileSync(join(house, file.path), file.text);
  }
}

/** Files of an operation that were there before. */
export function changedBy(words: readonly string[]): Set<string> {
  const [what, name] = words;
  if (what !== "operation") return new Set();
  return new Set([`packages/api/src/${name}.ts`, `packages/platform/src/capabilities/${name}/index.ts`]);
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { family: { type: "string" }, capability: { type: "string" } },
  });
  const files = await scaffold(positionals, values);
  if (typeof files === "string") {
    process.stderr.write(`${files}\n`);
    process.exitCode = 2;
  } else {
    writeFiles(root, files, changedBy(positionals));
    for (const file of files) process.stdout.write(`wrote ${file.path}\n`);
    process.stdout.write("Then: npm run gen, and npm run check.\n");
  }
}
