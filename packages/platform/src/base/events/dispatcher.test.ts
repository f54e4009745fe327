import { defineEvent } from "@paydown/api/event";
import { Type } from "typebox";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Capability, defineCapability, on } from "../capability.js";
import type { Tx } from "../db/db.js";
import { defineMigration } from "../db/tables.js";
import { openStage, type Stage } from "../testing/stage.js";

const Rang = defineEvent({ name: "test.rang", payload: Type.Object({ n: Type.Integer() }), doc: "It rang." });
const Other = defineEvent({ name: "test.other", payload: Type.Object({}), doc: "Something else." });
let broken: number | undefined;

const diary: Capability = defineCapability({
  name: "diary",
  migrations: [
    defineMigration("diary-0001-lines", "create table diary_lines (n {int} not null, by_whom text not null)"),
  ],
  listeners: [
    on(Rang, async (tx, event) => {
      await tx.run({
        sql: "insert into diary_lines (n, by_whom) values (?, ?)",
        parameters: [event.payload.n, event.by],
      });
      if (event.payload.n === broken) throw new RangeError("cannot write this one");
    }),
  ],
});

/** Writes what it heard together, at the end of a batch. */
const letters = new WeakMap<Tx, number[]>();
const postman: Capability = defineCapability({
  name: "postman",
  migrations: [defineMigration("postman-0001-letters", "create table letters (n {int} not null unique)")],
  listeners: [
    on(Rang, async (tx, event) => {
      letters.set(tx, [...(letters.get(tx) ?? []), event.payload.n]);
    }),
  ],
  async settle(tx) {
    const left = letters.get(tx) ?? [];
    letters.delete(tx);
    for (const n of left) {
      if (n === broken) throw new RangeError("cannot write this one");
      await tx.run({ sql: "insert into letters (n) values (?)", parameters: [n] });
    }
  },
});

describe("events", () => {
  let stage: Stage;
  const ring = (n: number) => stage.base.db.write((tx) => tx.emit(Rang, "p", { n }));
  const lines = async (): Promise<number[]> =>
    (
      await stage.base.db.read((r) =>
        r.all<{ n: number }>({ sql: "select n from diary_lines order by n", parameters: [] }),
      )
    ).map((row) => row.n);

  beforeEach(async () => {
    broken = undefined;
    stage = await openStage([diary]);
  });
  afterEach(() => stage.close());

  test("every event arrives once, also when delivery runs again", async () => {
    for (let n = 0; n < 500; n++) await ring(n);
    await stage.base.db.write((tx) => tx.emit(Other, "p", {}));
    await stage.deliver();
    await stage.deliver();
    expect(await lines()).toEqual(Array.from({ length: 500 }, (_, n) => n));
  });

  test("an event whose handler always fails is recorded and does not stop the others", async () => {
    broken = 3;
    for (let n = 0; n < 6; n++) await ring(n);
    for (let i = 0; i < 6; i++) await stage.deliver();
    expect(await lines()).toEqual([0, 1, 2, 4, 5]);
    const failures = await stage.base.db.read((r) =>
      r.all({ sql: "select listener, name, attempts from outbox_failures", parameters: [] }),
    );
    expect(failures).toEqual([{ listener: "diary", name: "test.rang", attempts: 5 }]);
  });

  test("an event that leaves what cannot be written is found, recorded and does not stop the others", async () => {
    await stage.close();
    stage = await openStage([postman]);
    const written = async () =>
      (
        await stage.base.db.read((r) =>
          r.all<{ n: number }>({ sql: "select n from letters order by n", parameters: [] }),
        )
      ).map((row) => row.n);
    for (let n = 0; n < 300; n++) await ring(n);
    await stage.deliver();
    expect(await written()).toEqual(Array.from({ length: 300 }, (_, n) => n));
    broken = 303;
    for (let n = 300; n < 306; n++) await ring(n);
    for (let i = 0; i < 6; i++) await stage.deliver();
    expect((await written()).slice(300)).toEqual([300, 301, 302, 304, 305]);
    const failures = await stage.base.db.read((r) =>
      r.all({ sql: "select listener, name, attempts from outbox_failures", parameters: [] }),
    );
    expect(failures).toEqual([{ listener: "postman", name: "test.rang", attempts: 5 }]);
  });
});
