import type { Clock } from "../clock.js";
import { baseErrors } from "../errors.js";
import type { Log } from "../log.js";
import type { Db } from "./db.js";

export interface OpenDbOptions {
  /** `sqlite:<path>`, `sqlite::memory:` or `postgres://...`; the scheme chooses the adapter, imported only then. */
  readonly url: string;
  readonly listenUrl?: string;
  readonly clock: Clock;
  readonly log: Log;
}

export async function openDb(options: OpenDbOptions): Promise<Db> {
  if (options.url.startsWith("sqlite:")) {
    const { openSqlite } = await import("./sqlite.js");
    return openSqlite({ path: options.url.slice("sqlite:".length), clock: options.clock });
  }
  if (/^postgres(ql)?:\/\//.test(options.url)) {
    const { openPostgres } = await import("./postgres.js");
    return openPostgres(options);
  }
  throw baseErrors.CONFIG_INVALID({
    key: "database",
    origin: "configuration",
    problem: `unknown scheme in ${options.url.replace(/\/\/.*@/, "//***@")}; sqlite: and postgres: are known`,
  });
}
