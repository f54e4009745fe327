import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const DIST = join(dirname(fileURLToPath(import.meta.url)), "dist");
const FIRST_KB = 200;
const LATER_KB = 80;
/** The first page is the shell with the statement. */
const HOME = "src/capabilities/debt/statement-screen.tsx";
/** What may be loaded after a route is on screen: it counts against the route that asks for it. */
const SCREEN = /src\/(capabilities|shell)\/.*(-screen|palette|key-help)\.tsx$/;

interface Chunk {
  readonly file: string;
  readonly src?: string;
  readonly isEntry?: boolean;
  readonly imports?: readonly string[];
  readonly dynamicImports?: readonly string[];
}

export interface RouteWeight {
  readonly route: string;
  readonly kb: number;
  readonly most: number;
}

/** Gzipped JavaScript of the first page, and what each later route adds to it, from the build's manifest. */
export function weigh(manifest: Record<string, Chunk>, size: (file: string) => number): RouteWeight[] {
  const entry = Object.keys(manifest).find((key) => manifest[key]?.isEntry === true) ?? "";
  const home = Object.keys(manifest).find((key) => key.endsWith(HOME)) ?? HOME;
  const first = new Set([...reach(manifest, entry), ...reach(manifest, home)]);
  const kb = (keys: Iterable<string>) =>
    [...new Set([...keys].map((key) => manifest[key]?.file ?? ""))]
      .filter((file) => file.endsWith(".js"))
      .reduce((sum, file) => sum + size(file), 0) / 1000;
  const later = Object.keys(manifest).filter((key) => SCREEN.test(key) && key !== home);
  return [
    { route: "first page", kb: kb(first), most: FIRST_KB },
    ...later.map((key) => {
      const lazy = [...reach(manifest, key)]
        .flatMap((one) => manifest[one]?.dynamicImports ?? [])
        .filter((one) => !SCREEN.test(one));
      const all = new Set([...reach(manifest, key), ...lazy.flatMap((one) => [...reach(manifest, one)])]);
      return { route: key, kb: kb([...all].filter((one) => !first.has(one))), most: LATER_KB };
    }),
  ];
}

/** A chunk and everything it imports at once. */
function reach(manifest: Record<string, Chunk>, key: string, seen = new Set<string>()): Set<string> {
  if (seen.has(key) || manifest[key] === undefined) return seen;
  seen.add(key);
  for (const one of manifest[key].imports ?? []) reach(manifest, one, seen);
  return seen;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const manifest = JSON.parse(readFileSync(join(DIST, ".vite/manifest.json"), "utf8")) as Record<string, Chunk>;
  const weights = weigh(manifest, (file) => gzipSync(readFileSync(join(DIST, file)), { level: 9 }).length);
  const heavy = weights.filter((one) => one.kb > one.most);
  for (const one of weights.toSorted((a, b) => b.kb - a.kb))
    console.log(`${one.kb.toFixed(1).padStart(7)} of ${one.most} kB  ${one.route}`);
  console.log(heavy.length === 0 ? "within budget" : `over budget: ${heavy.map((one) => one.route).join(", ")}`);
  process.exitCode = heavy.length === 0 ? 0 : 1;
}
