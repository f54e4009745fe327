import { ApiError, createClient } from "@paydown/api/client";
import { defineOperation } from "@paydown/api/operation";
import { InProject } from "@paydown/api/values";
import fc from "fast-check";
import { Type } from "typebox";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { localPrincipal, type Principal } from "../auth/principal.js";
import { defineCapability, implement } from "../capability.js";
import { defineMigration } from "../db/tables.js";
import { defineErrors } from "../errors.js";
import { createPerformer, type Perform } from "../perform.js";
import { openStage, type Stage } from "../testing/stage.js";
import { keptFor } from "./once.js";

const errors = defineErrors({
  COINS_NONE: { status: 422, message: "There is no coin called {name}.", next: "Name another." },
});
const Coin = Type.Object({ total: Type.Integer() });
const addCoin = defineOperation({
  name: "coins.addCoin",
  method: "POST",
  path: "/projects/:project/coins",
  input: Type.Object({ ...InProject, name: Type.String(), how: Type.Optional(Type.String()) }),
  reply: Coin,
  permission: "write",
  doc: "Add.",
  cli: { command: "coins add" },
});
const mintCoin = defineOperation({
  name: "coins.mintCoin",
  method: "POST",
  path: "/projects/:project/mint",
  input: Type.Object({ ...InProject }),
  reply: Type.Object({ secret: Type.String() }),
  permission: "write",
  secret: true,
  doc: "Mint.",
  cli: { command: "coins mint" },
});
/** How the next attempts end, where the input does not say it. */
const fates: (string | undefined)[] = [];
const coins = defineCapability({
  name: "coins",
  migrations: [
    defineMigration("coins-0001-coins", "create table coins (n {int} not null)", "insert into coins (n) values (0)"),
  ],
  errors: errors.catalogue,
  operations: [
    implement(addCoin, async (ctx, { name, how: asked }) => {
      const how = asked ?? fates.shift();
      if (how === "refused before") throw errors.COINS_NONE({ name });
      const total = await ctx.db.write(async (tx) => {
        await tx.run({ sql: "update coins set n = n + 1", parameters: [] });
        if (how === "undone") throw errors.COINS_NONE({ name });
        return ((await tx.get<{ n: number }>({ sql: "select n from coins", parameters: [] })) as { n: number }).n;
      });
      if (how === "refused after") throw errors.COINS_NONE({ name });
      if (how === "dies after") throw new RangeError("gone");
      return { total };
    }),
    implement(mintCoin, async (ctx) => {
      await ctx.db.write((tx) => tx.run({ sql: "update coins set n = n + 1", parameters: [] }));
      return { secret: "shiny" };
    }),
  ],
});

describe("an Idempotency-Key", () => {
  let stage: Stage;
  let perform: Perform;
  beforeEach(async () => {
    stage = await openStage([coins]);
    perform = createPerformer(coins.operations);
  });
  afterEach(() => stage.close());

  const count = async () =>
    (await stage.base.db.read((r) => r.get<{ n: number }>({ sql: "select n from coins", parameters: [] })))?.n;
  const add = (key: string | undefined, name = "a", how?: string, by: Perform = perform, who?: Principal) =>
    by(
      { ...stage.ctx, principal: who ?? localPrincipal },
      addCoin,
      { project: "house", name, ...(how === undefined ? {} : { how }) },
      { idempotencyKey: key },
    );

  test("gives the first answer again and does nothing twice", async () => {
    let replays = 0;
    const send = () =>
      perform(stage.ctx, addCoin, { project: "house", name: "a" }, { idempotencyKey: "k1", onReplay: () => replays++ });
    expect(await send()).toEqual({ total: 1 });
    expect(await send()).toEqual({ total: 1 });
    expect(replays).toBe(1);
    expect(await add(undefined)).toEqual({ total: 2 });
  });

  test("is refused with another input, and belongs to its caller", async () => {
    await add("k1");
    await expect(add("k1", "b")).rejects.toMatchObject({ code: "IDEMPOTENCY_KEY_REUSED", status: 422 });
    const ada: Principal = { kind: "user", name: "ada", roles: { house: "editor" } };
    expect(await add("k1", "b", undefined, perform, ada)).toEqual({ total: 2 });
  });

  test("answers nothing to a caller who lost the role since", async () => {
    const ada: Principal = { kind: "user", name: "ada", roles: { house: "editor" } };
    await add("k1", "a", undefined, perform, ada);
    await expect(add("k1", "a", undefined, perform, { ...ada, roles: {} })).rejects.toMatchObject({
      code: "AUTH_FORBIDDEN",
    });
  });

  test("remembers a refusal that came after the change, and forgets one that came before", async () => {
    await expect(add("k1", "a", "refused after")).rejects.toMatchObject({ code: "COINS_NONE", status: 422 });
    await expect(add("k1", "a", "refused after")).rejects.toMatchObject({
      message: "There is no coin called a.",
      next: "Name another.",
    });
    expect(await count()).toBe(1);
    await expect(add("k2", "a", "refused before")).rejects.toMatchObject({ code: "COINS_NONE" });
    await expect(add("k3", "a", "undone")).rejects.toMatchObject({ code: "COINS_NONE" });
    expect(await add("k2")).toEqual({ total: 2 });
    expect(await add("k3")).toEqual({ total: 3 });
  });

  test("tells that the answer is lost when the work died after the change", async () => {
    await expect(add("k1", "a", "dies after")).rejects.toThrow(RangeError);
    await expect(add("k1", "a", "dies after")).rejects.toMatchObject({ code: "IDEMPOTENCY_ANSWER_LOST", status: 409 });
    expect(await count()).toBe(1);
  });

  test("keeps no secret", async () => {
    const mint = () => perform(stage.ctx, mintCoin, { project: "house" }, { idempotencyKey: "k1" });
    expect(await mint()).toEqual({ secret: "shiny" });
    await expect(mint()).rejects.toMatchObject({ code: "IDEMPOTENCY_ANSWER_LOST" });
    const rows = await stage.base.db.read((r) => r.all({ sql: "select * from idempotency_keys", parameters: [] }));
    expect(JSON.stringify(rows)).not.toContain("shiny");
  });

  test("is forgotten after a day, and swept", async () => {
    await add("k1");
    stage.clock.advance(keptFor);
    expect(await add("k1")).toEqual({ total: 2 });
    await add("k2");
    stage.clock.advance(keptFor + 1);
    await add("k3");
    const rows = await stage.base.db.read((r) => r.all({ sql: "select * from idempotency_keys", parameters: [] }));
    expect(rows).toHaveLength(1);
  });

  test.each(["", " ", "a b", "x".repeat(256), "\u00e9"])("%j is none", async (key) => {
    await expect(add(key)).rejects.toMatchObject({ code: "INPUT_INVALID" });
  });

  test("may be quoted as the draft has it", async () => {
    await add('"k1"');
    expect(await add("k1")).toEqual({ total: 1 });
  });

  test("changes state at most once, however retries interleave over servers, deaths and waiting", async () => {
    const attempt = fc.record({
      server: fc.integer({ min: 0, max: 1 }),
      how: fc.constantFrom(undefined, "refused before", "undone", "refused after", "dies after"),
      /** Whether it is sent while the ones before it still run. */
      together: fc.boolean(),
      waits: fc.constantFrom(0, 1000, 11 * 60_000),
    });
    let round = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(attempt, { minLength: 1, maxLength: 8 }), async (attempts) => {
        const key = `round-${round++}`;
        const servers = [createPerformer(coins.operations), createPerformer(coins.operations)];
        const before = (await count()) as number;
        const answers: unknown[] = [];
        let running: Promise<unknown>[] = [];
        for (const { server, how, together, waits } of attempts) {
          if (!together) {
            await Promise.all(running);
            running = [];
          }
          stage.clock.advance(waits);
          fates.push(how);
          running.push(
            add(key, "a", undefined, servers[server] as Perform).then(
              (reply) => answers.push(reply),
              () => undefined,
            ),
          );
        }
        await Promise.all(running);
        fates.length = 0;
        expect(((await count()) as number) - before).toBeLessThanOrEqual(1);
        expect(new Set(answers.map((one) => JSON.stringify(one))).size).toBeLessThanOrEqual(1);
      }),
      { numRuns: 150, seed: 7 },
    );
  });
});

describe("the client", () => {
  test("sends a call again with the same key until it is answered, and makes no key for reading", async () => {
    const seen: (string | undefined)[] = [];
    const waits: number[] = [];
    const answers = [
      () => Promise.reject(new TypeError("fetch failed")),
      () => Promise.resolve(new Response("{}", { status: 503, headers: { "retry-after": "3" } })),
      () => Promise.resolve(new Response(JSON.stringify({ code: "IDEMPOTENCY_RUNNING" }), { status: 409 })),
      () => Promise.resolve(new Response('{"total":1}')),
    ];
    const client = createClient({
      baseUrl: "http://unused",
      retries: 3,
      user: { name: "ada", password: "a long password" },
      wait: async (ms) => void waits.push(ms),
      fetch: (_url, init) => {
        const headers = init?.headers as Record<string, string>;
        expect(headers.authorization).toBe(`Basic ${Buffer.from("ada:a long password").toString("base64")}`);
        seen.push(headers["idempotency-key"]);
        return (answers[seen.length - 1] as () => Promise<Response>)();
      },
    });
    expect(await client.call(addCoin, { project: "house", name: "a" })).toEqual({ total: 1 });
    expect(new Set(seen).size).toBe(1);
    expect(seen[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(waits).toEqual([200, 3000, 800]);
  });

  test("gives up when nothing helps, and asks once when no retries are wanted", async () => {
    let calls = 0;
    const refuse = () => {
      calls++;
      return Promise.resolve(new Response('{"code":"X","message":"m","next":"n"}', { status: 503 }));
    };
    const client = createClient({ baseUrl: "", fetch: refuse });
    await expect(client.call(addCoin, { project: "house", name: "a" })).rejects.toBeInstanceOf(ApiError);
    expect(calls).toBe(1);
  });
});
