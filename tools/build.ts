import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { sourceFiles } from "./laws/source-files.ts";
import { root } from "./source.ts";

/** One package's build. Later ones read the types and files that earlier ones leave. */
interface Part {
  readonly name: string;
  /** Parts whose sources also make this one stale. */
  readonly after: readonly string[];
  readonly build: () => void;
}

const parts: readonly Part[] = [
  { name: "api", after: [], build: () => compile("api") },
  { name: "scan", after: [], build: () => compile("scan") },
  { name: "web", after: ["api"], build: buildWeb },
  {
    name: "platform",
    after: ["api", "scan", "web"],
    build: () => {
      compile("platform");
      const web = join(root, "packages/web/dist");
      if (existsSync(web)) cpSync(web, join(root, "packages/platform/dist/web"), { recursive: true });
    },
  },
];

function compile(name: string): void {
  const folder = join(root, "packages", name);
  rmSync(join(folder, "dist"), { recursive: true, force: true });
  run("tsc", ["-p", join(folder, "tsconfig.build.json")]);
  for (const file of assets(folder)) {
    const target = join(folder, "dist", file);
    mkdirSync(dirname(target), { recursive: true });
    cpSync(join(folder, "src", file), target);
  }
}

/** What is no TypeScript and no page for people: WebAssembly, schemas, SQL, scripts that run elsewhere. */
function assets(folder: string): string[] {
  return (readdirSync(join(folder, "src"), { recursive: true, withFileTypes: true }) as import("node:fs").Dirent[])
    .filter((entry) => entry.isFile() && !/\.(ts|tsx|md)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, "src").length + 1))
    .filter((file) => !/(^|\/)(fixtures|testing)\//.test(file));
}

function buildWeb(): void {
  run("vite", ["build", "--logLevel", "warn"], join(root, "packages/web"));
  // A page that has grown too heavy is no build.
  run("node", ["budget.ts"], join(root, "packages/web"));
}

function run(command: string, args: readonly string[], cwd: string = root): void {
  const bin = join(root, "node_modules/.bin");
  const result = spawnSync(join(bin, command), args, {
    cwd,
    stdio: "inherit",
    env: { ...process.env, PATH: `${bin}:${process.env.PATH}` },
  });
  if (result.status !== 0) {
    process.stderr.write(`${command} ${args.join(" ")} failed.\n`);
    process.exit(1);
  }
}

/** Hash over paths and contents of everything a part is made from. */
function sourceHash(part: Part): string {
  const hash = createHash("sha256");
  const own = ["tsconfig.base.json", "package-lock.json"];
  for (const name of [part.name, ...part.after].sort()) {
    own.push(...sourceFiles(root, [`packages/${name}`]).filter((file) => !/\.test\.tsx?$|\.md$/.test(file)));
    if (existsSync(join(root, `packages/${name}/public`))) {
      own.push(...readdirSync(join(root, `packages/${name}/public`)).map((file) => `packages/${name}/public/${file}`));
    }
  }
  for (const file of own)
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update("\0");
  return hash.digest("hex");
}

const stamps = join(root, "node_modules/.cache/paydown");

/** Builds what is stale, or everything; answers the names of what was built. */
export function build(options: { readonly ifStale: boolean }): string[] {
  mkdirSync(stamps, { recursive: true });
  const built: string[] = [];
  for (const part of parts) {
    const stamp = join(stamps, `build-${part.name}`);
    const hash = sourceHash(part);
    const fresh = existsSync(stamp) && readFileSync(stamp, "utf8") === hash;
    if (options.ifStale && fresh && existsSync(join(root, "packages", part.name, "dist"))) continue;
    rmSync(stamp, { force: true });
    part.build();
    writeFileSync(stamp, hash);
    built.push(part.name);
  }
  return built;
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { "if-stale": { type: "boolean", default: false } } });
  const built = build({ ifStale: values["if-stale"] });
  if (built.length > 0) process.stdout.write(`built ${built.join(", ")}\n`);
}
