import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

const skipped = new Set(["node_modules", "dist", "fixtures", "public"]);

/** Files of the packages, tools, suites and benchmarks, relative to the root, sorted; built and foreign ones left out. */
export function sourceFiles(
  house: string,
  places: readonly string[] = ["packages", "tools", "interop", "bench"],
): string[] {
  return places.filter((place) => existsSync(join(house, place))).flatMap((place) => walk(house, place));
}

function walk(house: string, folder: string): string[] {
  return readdirSync(join(house, folder), { withFileTypes: true })
    .filter((entry) => !skipped.has(entry.name) && !entry.name.startsWith("."))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      return entry.isDirectory() ? walk(house, path) : [path];
    });
}
