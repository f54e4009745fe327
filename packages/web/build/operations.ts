import { basename, dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type Plugin, runnerImport } from "vite";

const API = resolve(dirname(fileURLToPath(import.meta.url)), "../../api/src");
/** Files of the api that are code, not declarations. They go into the bundle as they are. */
const CODE = new Set(["client.ts", "errors.ts", "main.ts"]);

/**
 * Ships operations without their schemas. The server validates; the browser needs name, method and path. Types are not
 * touched. Without this the first page would carry the schema library and every description.
 */
export function operations(): Plugin {
  return {
    name: "paydown-operations",
    enforce: "pre",
    async load(id) {
      const [file = ""] = id.split("?");
      if (dirname(file) !== API || CODE.has(basename(file)) || !file.endsWith(".ts")) return null;
      this.addWatchFile(file);
      const { module } = await runnerImport<Record<string, unknown>>(file, {
        configFile: false,
        logLevel: "error",
        resolve: { conditions: ["source"] },
      });
      return Object.entries(module)
        .map(([name, value]) => declare(name, value))
        .join("\n");
    },
  };
}

function declare(name: string, value: unknown): string {
  if (typeof value === "function") return `export const ${name} = (value) => value;`;
  if (isOperation(value)) {
    const { name: operation, method, path } = value;
    return `export const ${name} = ${JSON.stringify({ name: operation, method, path })};`;
  }
  const plain =
    typeof value === "string" ||
    typeof value === "number" ||
    (Array.isArray(value) && value.every((one) => typeof one !== "object"));
  return `export const ${name} = ${plain ? JSON.stringify(value) : "{}"};`;
}

function isOperation(value: unknown): value is { name: string; method: string; path: string } {
  return typeof value === "object" && value !== null && "method" in value && "path" in value && "cli" in value;
}
