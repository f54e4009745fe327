import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./source.ts";

/**
 * Completes package-lock.json after `npm install`: binaries for other systems, which npm leaves out when the registry in use
 * does not have them, get entries with their system, so that `npm ci` finds the file whole on every machine. Addresses are
 * left out of the file: the registry is the user's own.
 */
interface Entry {
  readonly version?: string;
  readonly resolved?: string;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly optional?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
}

const systems = ["android", "darwin", "linux", "win32", "freebsd", "openbsd", "netbsd", "sunos", "aix", "openharmony"];
const processors = ["arm64", "x64", "arm", "ia32", "ppc64", "riscv64", "s390x", "loong64", "mips64el", "wasm32"];

/** The lock file with an entry for every optional dependency; entries in npm's order. */
export function completeLock(text: string): string {
  const lock = JSON.parse(text) as { packages: Record<string, Entry> };
  const packages: Record<string, Entry> = {};
  for (const [path, entry] of Object.entries(lock.packages)) {
    const { resolved, ...rest } = entry;
    packages[path] = resolved === undefined || /^https?:/.test(resolved) ? rest : entry;
  }
  for (const [path, entry] of Object.entries(lock.packages)) {
    for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
      if (findEntry(packages, path, name) !== undefined) continue;
      packages[`node_modules/${name}`] = {
        version: range.replace(/^[^\d]*/, ""),
        ...systemOf(name),
        ...(entry.dev === true || entry.devOptional === true ? { dev: true } : {}),
        optional: true,
      };
    }
  }
  const order = Object.keys(packages).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const sorted = Object.fromEntries(order.map((path) => [path, packages[path]]));
  return `${JSON.stringify({ ...lock, packages: sorted }, null, 2)}\n`;
}

/** Node's own way up: nested first, then each folder above. */
function findEntry(packages: Readonly<Record<string, Entry>>, from: string, name: string): Entry | undefined {
  for (let folder = from; ; folder = folder.replace(/(^|\/)node_modules\/(@[^/]+\/)?[^/]+$/, "")) {
    const found = packages[folder === "" ? `node_modules/${name}` : `${folder}/node_modules/${name}`];
    if (found !== undefined || folder === "" || !folder.includes("node_modules")) {
      return found ?? packages[`node_modules/${name}`];
    }
  }
}

function systemOf(name: string): Pick<Entry, "os" | "cpu" | "libc"> {
  const words = name.replace(/^@[^/]+\//, "").split("-");
  const os = systems.filter((one) => words.includes(one));
  const cpu = processors.filter(
    (one) =>
      words.includes(one) ||
      (one === "arm" && words.includes("arm64") === false && words.some((word) => word.startsWith("arm"))),
  );
  const libc = words.some((word) => word.startsWith("musl"))
    ? ["musl"]
    : words.some((word) => word.startsWith("gnu"))
      ? ["glibc"]
      : [];
  return {
    ...(libc.length > 0 && os.includes("linux") ? { libc } : {}),
    ...(cpu.length > 0 ? { cpu } : {}),
    ...(os.length > 0 ? { os } : {}),
  };
}

if (import.meta.main) {
  const file = join(root, "package-lock.json");
  writeFileSync(file, completeLock(readFileSync(file, "utf8")));
}
