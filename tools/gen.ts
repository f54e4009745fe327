import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import type { GeneratedFile } from "./gen/generated-file.ts";
import { root } from "./source.ts";

/** Each generator answers whole files; none writes. They run in this order. */
export const generators: readonly {
  readonly name: string;
  readonly run: (house: string) => Promise<GeneratedFile[]>;
}[] = [
  { name: "lists", run: async (house) => (await import("./gen/lists.ts")).lists(house) },
  { name: "openapi", run: async (house) => (await import("./gen/openapi.ts")).openapi(house) },
  { name: "reference", run: async (house) => (await import("./gen/reference.ts")).reference(house) },
  { name: "errors", run: async (house) => (await import("./gen/errors.ts")).errorReference(house) },
  { name: "rules", run: async (house) => (await import("./gen/rules.ts")).rules(house) },
  { name: "graph", run: async (house) => (await import("./gen/folder-graph.ts")).folderGraph(house) },
];

/** Generated files of `house` that are missing or differ from what the generators answer now. */
export async function staleFiles(house: string, only?: readonly string[]): Promise<GeneratedFile[]> {
  const stale: GeneratedFile[] = [];
  for (const generator of generators) {
    if (only !== undefined && !only.includes(generator.name)) continue;
    for (const file of await generator.run(house)) {
      const path = join(house, file.path);
      if (!existsSync(path) || readFileSync(path, "utf8") !== file.text) stale.push(file);
    }
  }
  return stale;
}

function write(house: string, file: GeneratedFile): void {
  const path = join(house, file.path);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, file.text);
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { check: { type: "boolean" }, only: { type: "string" } } });
  const stale = await staleFiles(root, values.only?.split(","));
  for (const file of stale) {
    if (!values.check) write(root, file);
    process.stdout.write(`${values.check ? "stale" : "wrote"} ${file.path}\n`);
  }
  if (values.check && stale.length > 0) {
    process.stderr.write(`${stale.length} generated files are stale; run \`npm run gen\`.\n`);
    process.exitCode = 1;
  }
}
