import { afterAll, beforeAll, describe } from "vitest";
import { openPostgres } from "../db/postgres.js";
import { silentLog } from "../log.js";
import { type PostgresServer, postgresMissing, startPostgres } from "./postgres.js";
import type { StageOptions } from "./stage.js";

/**
 * What a stage is opened with to stand on a fresh, empty database. On PostgreSQL, stages opened with the same answer are
 * servers of one database; SQLite has one server, and each stage a database of its own.
 */
type FreshDatabase = () => Pick<StageOptions, "openDb">;

type Dialect = "SQLite" | "PostgreSQL";

/** The same tests on both databases, e.g. "traces on SQLite" and "traces on PostgreSQL". */
export function onBothDatabases(subject: string, tests: (fresh: FreshDatabase, dialect: Dialect) => void): void {
  describe(`${subject} on SQLite`, () => tests(() => ({}), "SQLite"));
  onPostgres(subject, (fresh) => tests(fresh, "PostgreSQL"));
}

/** Tests on the database for more than one machine; where it is missing they are skipped, and the title says why. */
function onPostgres(subject: string, tests: (fresh: FreshDatabase) => void): void {
  const missing = postgresMissing();
  const title = `${subject} on PostgreSQL${missing === undefined ? "" : ` (skipped: ${missing})`}`;
  describe.skipIf(missing !== undefined)(title, () => {
    let server: PostgresServer | undefined;
    beforeAll(async () => {
      server = await startPostgres();
    }, 60_000);
    afterAll(() => server?.stop());
    tests(() => {
      const url = (server as PostgresServer).createDatabase();
      return { openDb: (clock) => openPostgres({ url, clock, log: silentLog }) };
    });
  });
}
