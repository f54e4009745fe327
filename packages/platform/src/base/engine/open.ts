import { baseErrors } from "../errors.js";
import type { Engine } from "./engine.js";
import { lazyEngine } from "./lazy-engine.js";

export interface OpenEngineOptions {
  /** `duckdb:`, with `?memory=4GB&threads=2` where the defaults do not fit; the scheme chooses the adapter, imported by its first use. */
  readonly url: string;
  /** Folder for the engine's own temporary files. */
  readonly folder: string;
  /** Folders with the files it may read; nothing else is readable, its own folder apart. */
  readonly readable?: readonly string[];
}

export async function openEngine(options: OpenEngineOptions): Promise<Engine> {
  const { protocol, searchParams } = parse(options.url);
  if (protocol === "duckdb:") {
    const memory = searchParams.get("memory");
    const threads = searchParams.get("threads");
    if (memory !== null && !/^\d+(\.\d+)?\s?[KMGT]i?B$/i.test(memory)) {
      throw refused(`memory=${memory} is not a size such as 4GB`);
    }
    if (threads !== null && !/^[1-9]\d{0,3}$/.test(threads)) throw refused(`threads=${threads} is not a number`);
    return lazyEngine(async () => {
      const { openDuckdb } = await import("./duckdb/duckdb.js");
      return openDuckdb({
        folder: options.folder,
        readable: options.readable ?? [],
        ...(memory === null ? {} : { memory }),
        ...(threads === null ? {} : { threads: Number(threads) }),
      });
    });
  }
  throw refused(`unknown scheme in ${options.url}; duckdb: is known`);
}

function parse(url: string): { protocol: string; searchParams: URLSearchParams } {
  const at = url.indexOf("?");
  const head = at < 0 ? url : url.slice(0, at);
  return { protocol: head, searchParams: new URLSearchParams(at < 0 ? "" : url.slice(at + 1)) };
}

function refused(problem: string) {
  return baseErrors.CONFIG_INVALID({ key: "engine", origin: "configuration", problem });
}
