import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { NewFile } from "../new.ts";
import { kebab } from "./words.ts";

/** An operation in the capability's contract, its implementation, and the line in its index; a string says what is wrong. */
export function addOperation(house: string, capability: string, name: string): NewFile[] | string {
  const api = `packages/api/src/${capability}.ts`;
  const folder = `packages/platform/src/capabilities/${capability}`;
  const index = `${folder}/index.ts`;
  if (!existsSync(join(house, api)) || !existsSync(join(house, index))) return `There is no capability ${capability}.`;
  const contract = readFileSync(join(house, api), "utf8");
  if (new RegExp(`export const ${name}\\b`).test(contract)) return `${capability} has an operation ${name}.`;
  const home = readFileSync(join(house, index), "utf8");
  const at = home.indexOf("operations: [");
  if (at < 0) return `${index} lists no operations to add to.`;

  const reads = /^(get|list|find|count|search)[A-Z]/.test(name);
  const [verb = "", ...noun] = kebab(name).split("-");
  const file = reads ? `views/${kebab(name)}` : `actions/${kebab(name)}`;
  const after = at + "operations: [".length;
  const last = [...home.matchAll(/^import [^;]*;\n/gm)].at(-1);
  const imports = last === undefined ? 0 : last.index + last[0].length;
  const alias = `${name}Operation`;
  const withImports = `import { ${name} as ${alias} } from "@paydown/api/${capability}";\nimport { ${name} } from "./${file}.js";\n`;
  return [
    {
      path: api,
      text: `${withType(contract)}
export const ${name} = defineOperation({
  name: "${capability}.${name}",
  method: "${reads ? "GET" : "POST"}",
  path: "/projects/:project/${capability}/${kebab(name)}",
  input: Type.Object({ project: Type.String({ description: "Name of the project." }) }),
  reply: Type.Object({ project: Type.String({ description: "Name of the project." }) }),
  permission: "${reads ? "read" : "write"}",
  doc: "Say in one sentence what it does.",
  cli: { command: "${noun.join("-")} ${verb}" },
});
`,
    },
    {
      path: `${folder}/${file}.ts`,
      text: `import type { ${name} as operation } from "@paydown/api/${capability}";
import type { Input, Reply } from "@paydown/api/operation";
import type { Ctx } from "#base/context.js";

export async function ${name}(_ctx: Ctx, input: Input<typeof operation>): Promise<Reply<typeof operation>> {
  return { project: input.project };
}
`,
    },
    {
      path: index,
      text: `${home.slice(0, imports)}${withImports}${home.slice(imports, after)}
    implement(${alias}, ${name}),${home.slice(after)}`,
    },
  ];
}

/** The contract file with what the new operation uses imported. */
function withType(contract: string): string {
  const needed: [RegExp, string][] = [
    [/import \{[^}]*\bType\b[^}]*\} from "typebox"/, 'import { Type } from "typebox";\n'],
    [/import \{[^}]*\bdefineOperation\b[^}]*\} from/, 'import { defineOperation } from "./operation.js";\n'],
  ];
  return needed.reduce((text, [pattern, line]) => (pattern.test(text) ? text : `${line}${text}`), contract);
}
