import { afterAll, describe, test } from "vitest";
import { silentLog } from "../log.js";
import { fakeClock } from "../testing/clock.js";
import { type PostgresServer, postgresMissing, startPostgres } from "../testing/postgres.js";
import { dbContract } from "./db.contract.js";
import { openPostgres } from "./postgres.js";

const missing = postgresMissing();

if (missing !== undefined) {
  describe("PostgreSQL", () => test.skip(`is not tested here: ${missing}`, () => undefined));
} else {
  const server: PostgresServer = await startPostgres();
  afterAll(() => server.stop());
  dbContract("PostgreSQL", async () =>
    openPostgres({ url: server.createDatabase(), clock: fakeClock(), log: silentLog, connections: 5 }),
  );
}
