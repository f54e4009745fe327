import { defineEvent } from "@paydown/api/event";
import { Type } from "typebox";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { inNameOf } from "../caller.js";
import { baseMigrations } from "../migrations.js";
import type { Db } from "./db.js";
import { outboxAfter } from "./outbox.js";
import { queries } from "./queries.js";
import { amongIntegers } from "./rows.js";
import { defineMigration } from "./tables.js";

interface Tables {
  things: { id: number; name: string; size: number | null; body: Buffer | null; big: number };
}

const q = queries<Tables>();
const things = defineMigration(
  "test-0001-things",
  "create table things (id {int} primary key, name text not null unique, size {double}, body {bytes}, big {int} not null)",
);
export const ThingMade = defineEvent({
  name: "test.thing-made",
  payload: Type.Object({ id: Type.Integer() }),
  doc: "A thing was made.",
});
const start = { xact: 0, id: 0 };

function thing(id: number, extra: Partial<Tables["things"]> = {}): Tables["things"] {
  return { id, name: `thing ${id}`, size: 0.5, body: null, big: 1, ...extra };
}

/** What every database adapter must do; `open` answers a fresh, empty database each time. */
export function dbContract(name: string, open: () => Promise<Db>): void {
  describe(`${name} keeps what was committed`, () => {
    let db: Db;
    const insert = (row: Tables["things"]) => db.write((tx) => tx.run(q.insertInto("things").values(row)));
    const all = () => db.read((r) => r.all(q.selectFrom("things").selectAll().orderBy("id")));

    beforeEach(async () => {
      db = await open();
      await db.migrate([...baseMigrations, things]);
    });
    afterEach(() => db.close());

    test("a row comes back with the types it went in with", async () => {
      const row = thing(1, {
        name: "naïve 🚀 'quoted' ?",
        size: 1e-300,
        body: Buffer.from([0, 255, 7]),
        big: 2 ** 53 - 1,
      });
      await insert(row);
      expect(await all()).toEqual([row]);
    });

    test("many rows read by their columns are the rows in their order, whatever their texts", async () => {
      const names = ["plain", "naïve 🚀", 'a "quoted" \\ \n line', "{1,NULL}", ""];
      const sizes = [0.1, -2.5, 1e308, null, 5e-324];
      const rows = names.map((name, i) => ({ id: i + 1, name, size: sizes[i] as number | null, big: 2 ** 53 - 1 - i }));
      for (const row of rows) await insert(thing(row.id, row));
      const read = (where: string) =>
        db.read((r) =>
          r.all({
            columns: ["id", "name", "size", "big"],
            sql: `select id, name, size, big from things where ${where} order by id desc`,
            parameters: [],
          }),
        );
      expect(await read("1 = 1")).toEqual([...rows].reverse());
      expect(await read("id > 100")).toEqual([]);
      expect(
        await db.write((tx) => tx.all({ columns: ["n"], sql: "select count(*) as n from things", parameters: [] })),
      ).toEqual([{ n: 5 }]);
    });

    test("a list of integers is one test of a column, long or empty", async () => {
      for (let id = 1; id <= 40; id++) await insert(thing(id));
      const idsIn = (ids: readonly number[]) =>
        db.read(async (r) => {
          const list = amongIntegers(r, ids);
          const sql = `select id from things where id ${list.sql} order by id`;
          return (await r.all<{ id: number }>({ sql, parameters: list.parameters })).map((row) => row.id);
        });
      expect(await idsIn([3])).toEqual([3]);
      expect(await idsIn(Array.from({ length: 35 }, (_, i) => i + 10))).toEqual(
        Array.from({ length: 31 }, (_, i) => i + 10),
      );
      expect(await idsIn([])).toEqual([]);
    });

    test("infinities survive", async () => {
      await insert(thing(1, { size: Number.POSITIVE_INFINITY }));
      await insert(thing(2, { size: Number.NEGATIVE_INFINITY }));
      expect((await all()).map((row) => row.size)).toEqual([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
    });

    test("a failing write undoes itself and none of its neighbours", async () => {
      const results = await Promise.allSettled([insert(thing(1)), insert(thing(1)), insert(thing(2))]);
      expect(results.map((r) => r.status).sort()).toEqual(["fulfilled", "fulfilled", "rejected"]);
      expect((await all()).map((row) => row.id)).toEqual([1, 2]);
    });

    test("an error thrown half-way leaves no half of it", async () => {
      const half = db.write(async (tx) => {
        await tx.run(q.insertInto("things").values(thing(1)));
        throw new RangeError("stop");
      });
      await expect(half).rejects.toThrow("stop");
      expect(await all()).toEqual([]);
    });

    test("what is left for the commit is there after it, and goes with a write that fails", async () => {
      await db.write((tx) => tx.defer(q.insertInto("things").values(thing(1))));
      const half = db.write(async (tx) => {
        await tx.defer(q.insertInto("things").values(thing(2)));
        throw new RangeError("stop");
      });
      await expect(half).rejects.toThrow("stop");
      const twice = db.write(async (tx) => {
        await tx.run(q.insertInto("things").values(thing(3)));
        await tx.defer(q.insertInto("things").values(thing(1)));
      });
      await expect(twice).rejects.toThrow();
      expect((await all()).map((row) => row.id)).toEqual([1]);
    });

    test("what a failed write still asks for is refused, and never run by itself", async () => {
      let late: Promise<unknown> = Promise.resolve();
      const failed = db.write(async (tx) => {
        const slow = async () => {
          for (let i = 0; i < 5; i++) await tx.get({ sql: "select 1 as one", parameters: [] });
          await new Promise((resolve) => setImmediate(resolve));
          await tx.run(q.insertInto("things").values(thing(1)));
        };
        late = slow();
        late.catch(() => undefined);
        await Promise.all([late, Promise.reject(new RangeError("stop"))]);
      });
      await expect(failed).rejects.toThrow("stop");
      await insert(thing(2));
      await expect(late).rejects.toMatchObject({ code: "DB_TX_OVER" });
      expect((await all()).map((row) => row.id)).toEqual([2]);
    });

    test("one statement alone is a transaction: it answers its rows, fails by itself, and is refused within another", async () => {
      const alone = (id: number) =>
        db.writeOne<{ id: number }>({
          sql: "insert into things (id, name, size, body, big) values (?, ?, 0.5, null, 1) returning id",
          parameters: [id, `thing ${id}`],
        });
      expect((await Promise.all([1, 2, 3].map(alone))).flat().map((row) => row.id)).toEqual([1, 2, 3]);
      const answers = await Promise.allSettled([alone(4), alone(1), alone(5)]);
      expect(answers.map((one) => one.status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
      await expect(db.write(() => alone(6))).rejects.toMatchObject({ code: "DB_NESTED_WRITE" });
      expect((await all()).map((row) => row.id)).toEqual([1, 2, 3, 4, 5]);
    });

    test("a thousand writes asked for at once all arrive", async () => {
      await Promise.all(Array.from({ length: 1000 }, (_, id) => insert(thing(id))));
      expect(await all()).toHaveLength(1000);
    });

    test("a write that follows another in the same breath is not forgotten", async () => {
      for (let id = 0; id < 50; id++) await insert(thing(id));
      expect(await all()).toHaveLength(50);
    });

    test("a write sees its own rows, a read beside it does not", async () => {
      let seen = -1;
      await db.write(async (tx) => {
        await tx.run(q.insertInto("things").values(thing(1)));
        seen = (await tx.all(q.selectFrom("things").select("id"))).length;
      });
      expect(seen).toBe(1);
      expect(await all()).toHaveLength(1);
    });

    test("of many who look for a name and write it where it is not, one succeeds and the others find it", async () => {
      const claim = (id: number) =>
        db.write(async (tx) => {
          const found = await tx.get(q.selectFrom("things").selectAll().where("name", "=", "contested"));
          if (found !== undefined) throw new RangeError("taken");
          await tx.run(q.insertInto("things").values(thing(id, { name: "contested" })));
        });
      const answers = await Promise.allSettled(Array.from({ length: 8 }, (_, id) => claim(id)));
      const problems = answers.flatMap((one) => (one.status === "rejected" ? [String(one.reason)] : []));
      expect(problems).toEqual(Array(7).fill("RangeError: taken"));
      expect(await all()).toHaveLength(1);
    });

    test("a write inside a write is refused instead of waiting for ever", async () => {
      await expect(db.write(async () => insert(thing(1)))).rejects.toMatchObject({ code: "DB_NESTED_WRITE" });
    });

    test("run answers how many rows it changed", async () => {
      await insert(thing(1));
      expect(await db.write((tx) => tx.run(q.updateTable("things").set({ big: 2 })))).toBe(1);
      expect(await db.write((tx) => tx.run(q.deleteFrom("things").where("id", "=", 9)))).toBe(0);
    });

    test("an event is written with the rows that caused it, signed by its caller", async () => {
      await inNameOf({ by: "ada", door: "http" }, () =>
        db.write(async (tx) => {
          await tx.run(q.insertInto("things").values(thing(1)));
          await tx.emit(ThingMade, "default", { id: 1 });
        }),
      );
      const rows = await db.read((r) => outboxAfter(r, start, 10));
      expect(rows).toMatchObject([{ name: "test.thing-made", caused_by: "ada", door: "http", payload: '{"id":1}' }]);
    });

    test("an event of a write that failed was never there", async () => {
      const failing = db.write(async (tx) => {
        await tx.emit(ThingMade, "default", { id: 1 });
        throw new RangeError("stop");
      });
      await expect(failing).rejects.toThrow("stop");
      expect(await db.read((r) => outboxAfter(r, start, 10))).toEqual([]);
    });

    test("whoever waits for events is called after the commit", async () => {
      const called = new Promise<void>((resolve) => db.onEmit(resolve));
      await db.write((tx) => tx.emit(ThingMade, "default", { id: 1 }));
      await called;
      expect(await db.read((r) => outboxAfter(r, start, 10))).toHaveLength(1);
    });

    test("migrations are applied once", async () => {
      await db.migrate([...baseMigrations, things]);
      await insert(thing(1));
      await db.migrate([...baseMigrations, things]);
      expect(await all()).toHaveLength(1);
    });

    test("a database written by a newer version is refused", async () => {
      await expect(db.migrate([...baseMigrations])).rejects.toMatchObject({ code: "DB_NEWER" });
    });

    test("a migration whose text changed is refused", async () => {
      const other = { ...things, up: ["create table things (id {int} primary key)"] };
      await expect(db.migrate([...baseMigrations, other])).rejects.toMatchObject({ code: "DB_MIGRATION_CHANGED" });
    });

    test("a migration that fails leaves nothing of itself", async () => {
      const broken = defineMigration("test-0002-broken", "create table more (id {int} primary key)", "create nonsense");
      await expect(db.migrate([...baseMigrations, things, broken])).rejects.toThrow();
      const fine = defineMigration("test-0002-fine", "create table more (id {int} primary key)");
      await db.migrate([...baseMigrations, things, fine]);
    });
  });
}
