import { existsSync } from "node:fs";
import { registerHooks } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** The repository's root. */
export const root: string = join(dirname(fileURLToPath(import.meta.url)), "..");

const hooked = new Set<string>();

/**
 * Lets this process import the packages under `house` from their TypeScript source: `.js` means the `.ts` beside it,
 * `#x.js` the importing package's `src/x.ts`, `@paydown/api/x` the package's `src/x.ts`.
 */
export function importSource(house: string = root): void {
  if (hooked.has(house)) return;
  hooked.add(house);
  const packages = pathToFileURL(`${house}/packages/`).href;
  registerHooks({
    resolve(specifier, context, next) {
      const parent = context.parentURL ?? "";
      const own = parent.startsWith(packages) ? parent.slice(packages.length).split("/")[0] : undefined;
      const target = toTarget(specifier, parent, own);
      if (target !== undefined && existsSync(fileURLToPath(target))) return { url: target, shortCircuit: true };
      return next(specifier, context);
    },
  });

  function toTarget(specifier: string, parent: string, own: string | undefined): string | undefined {
    const shared = /^@paydown\/(api|scan)(?:\/(.+))?$/.exec(specifier);
    if (shared) return `${packages}${shared[1]}/src/${shared[2] ?? "main"}.ts`;
    if (own === undefined || !specifier.endsWith(".js")) return undefined;
    if (specifier.startsWith("#")) return `${packages}${own}/src/${specifier.slice(1, -3)}.ts`;
    if (specifier.startsWith(".")) return new URL(specifier, parent).href.replace(/\.js$/, ".ts");
    return undefined;
  }
}

/** Imports a source file of the house and answers its exports. */
export async function load(path: string, house: string = root): Promise<Record<string, unknown>> {
  importSource(house);
  return (await import(pathToFileURL(join(house, path)).href)) as Record<string, unknown>;
}
