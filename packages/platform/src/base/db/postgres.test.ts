import { afterAll, describe, expect, test, vi } from "vitest";
import { silentLog } from "../log.js";
import { baseMigrations } from "../migrations.js";
import { fakeClock } from "../testing/clock.js";
import { type PostgresServer, postgresMissing, startPostgres } from "../testing/postgres.js";
import { dbContract, ThingMade } from "./db.contract.js";
import type { Db } from "./db.js";
import { outboxAfter } from "./outbox.js";
import { openPostgres } from "./postgres.js";

const missing = postgresMissing();

if (missing !== undefined) {
  describe("PostgreSQL", () => test.skip(`is not tested here: ${missing}`, () => undefined));
} else {
  const server: PostgresServer = await startPostgres();
  afterAll(() => server.stop());
  const open = (url: string, more: { listenUrl?: string } = {}) =>
    openPostgres({ url, clock: fakeClock(), log: silentLog, connections: 5, ...more });
  dbContract("PostgreSQL", () => open(server.createDatabase()));
  dbContract("PostgreSQL as behind a transaction pooler", () => {
    const url = server.createDatabase();
    return open(url, { listenUrl: url });
  });

  test("a table that has grown from nothing is known to have grown, before autovacuum looks", {
    timeout: 20_000,
  }, async () => {
    const db = await open(server.createDatabase());
    await db.write((tx) => tx.run({ sql: "create table things (id int)", parameters: [] }));
    await db.write((tx) => tx.run({ sql: "insert into things select generate_series(1, 3000)", parameters: [] }));
    const known = () =>
      db.read((r) => r.get({ sql: "select reltuples as n from pg_class where relname = 'things'", parameters: [] }));
    await vi.waitFor(async () => expect(await known()).toEqual({ n: 3000 }), { timeout: 15_000, interval: 200 });
    await db.close();
  });

  test("another server is told of events, also of the last of many, and far fewer times than there are", async () => {
    const url = server.createDatabase();
    const [here, there] = [await open(url), await open(url)];
    await here.migrate(baseMigrations);
    let [calls, seen] = [0, 0];
    there.onEmit(() => {
      calls += 1;
      void there
        .read((r) => outboxAfter(r, { xact: 0, id: 0 }, 1000))
        .then((rows) => {
          seen = Math.max(seen, rows.length);
        });
    });
    for (let id = 0; id < 300; id++) await here.write((tx) => tx.emit(ThingMade, "default", { id }));
    await vi.waitFor(() => expect(seen).toBe(300), { timeout: 4000, interval: 20 });
    expect(calls).toBeLessThan(150);
    await Promise.all([here.close(), there.close()]);
  });

  test("a write that emitted and failed tells nobody", async () => {
    const db = await open(server.createDatabase());
    await db.migrate(baseMigrations);
    let calls = 0;
    db.onEmit(() => {
      calls += 1;
    });
    const failing = db.write(async (tx) => {
      await tx.emit(ThingMade, "default", { id: 1 });
      throw new RangeError("not today");
    });
    await expect(failing).rejects.toThrow("not today");
    expect(calls).toBe(0);
    await db.close();
  });

  describe("plans of transactions", () => {
    const plans = (db: Db) =>
      db.write(async (tx) => {
        for (let i = 0; i < 3; i++) await tx.get({ sql: "select 1 as one", parameters: [] });
        return tx.all<{ statement: string }>({ sql: "select statement from pg_prepared_statements", parameters: [] });
      });

    test("are kept by a connection, but not where a pooler may give it to somebody else", async () => {
      const url = server.createDatabase();
      const [direct, pooled] = [await open(url), await open(url, { listenUrl: url })];
      expect((await plans(direct)).map((plan) => plan.statement)).toContain("select 1 as one");
      expect(await plans(pooled)).toEqual([]);
      await Promise.all([direct.close(), pooled.close()]);
    });

    test("that a newer server made stale are made again", async () => {
      const db = await open(server.createDatabase());
      const ask = { sql: "select * from things where id = ?", parameters: [1] };
      await db.write((tx) => tx.run({ sql: "create table things (id int)", parameters: [] }));
      await db.write((tx) => tx.run({ sql: "insert into things values (1)", parameters: [] }));
      expect(await Promise.all(Array.from({ length: 5 }, () => db.write((tx) => tx.get(ask))))).toHaveLength(5);
      await db.write((tx) => tx.run({ sql: "alter table things add column name text", parameters: [] }));
      const after = await Promise.all(Array.from({ length: 10 }, () => db.write((tx) => tx.get(ask))));
      expect(after).toEqual(Array.from({ length: 10 }, () => ({ id: 1, name: null })));
      await db.close();
    });
  });
}
