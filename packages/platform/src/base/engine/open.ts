import { baseErrors } from "../errors.js";
import type { Engine } from "./engine.js";

export interface OpenEngineOptions {
  /** `duckdb:`; the scheme chooses the adapter, imported only then. */
  readonly url: string;
  /** Folder for the engine's own temporary files. */
  readonly folder: string;
}

export async function openEngine(options: OpenEngineOptions): Promise<Engine> {
  if (options.url.startsWith("duckdb:")) {
    return { close: async () => undefined };
  }
  throw baseErrors.CONFIG_INVALID({
    key: "engine",
    origin: "configuration",
    problem: `unknown scheme in ${options.url}; duckdb: is known`,
  });
}
