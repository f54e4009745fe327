import { defineOperation } from "@paydown/api/operation";
import { InProject } from "@paydown/api/values";
import { Type } from "typebox";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { defineCapability, implement } from "../capability.js";
import { openPostgres } from "../db/postgres.js";
import { defineMigration } from "../db/tables.js";
import { silentLog } from "../log.js";
import { createPerformer } from "../perform.js";
import { type PostgresServer, postgresMissing, startPostgres } from "../testing/postgres.js";
import { openStage, type Stage } from "../testing/stage.js";

const addCoin = defineOperation({
  name: "coins.addCoin",
  method: "POST",
  path: "/projects/:project/coins",
  input: Type.Object({ ...InProject }),
  reply: Type.Object({ total: Type.Integer() }),
  permission: "write",
  doc: "Add.",
  cli: { command: "coins add" },
});
const coins = defineCapability({
  name: "coins",
  migrations: [
    defineMigration("coins-0001-coins", "create table coins (n {int} not null)", "insert into coins (n) values (0)"),
  ],
  operations: [
    implement(addCoin, async (ctx) =>
      ctx.db.write(async (tx) => {
        await tx.run({ sql: "update coins set n = n + 1", parameters: [] });
        return (await tx.get<{ total: number }>({ sql: "select n as total from coins", parameters: [] })) as {
          total: number;
        };
      }),
    ),
  ],
});

const missing = postgresMissing();
describe.skipIf(missing !== undefined)("an Idempotency-Key on PostgreSQL", () => {
  let postgres: PostgresServer;
  let stage: Stage;
  beforeAll(async () => {
    postgres = await startPostgres();
    stage = await openStage([coins], {
      openDb: (clock) => openPostgres({ url: postgres.createDatabase(), clock, log: silentLog, connections: 8 }),
    });
  });
  afterAll(async () => {
    await stage?.close();
    postgres?.stop();
  });

  test("changes state once when replicas get the same request at the same moment", async () => {
    for (let round = 0; round < 10; round++) {
      const replicas = [1, 2, 3, 4].map(() => createPerformer(coins.operations));
      const call = { idempotencyKey: `round-${round}` };
      const answers = await Promise.allSettled(
        replicas.map((perform) => perform(stage.ctx, addCoin, { project: "house" }, call)),
      );
      const totals = answers.flatMap((one) => (one.status === "fulfilled" ? [one.value.total] : []));
      expect(totals.length).toBeGreaterThan(0);
      expect(new Set(totals)).toEqual(new Set([round + 1]));
      for (const one of answers) {
        if (one.status === "rejected") expect(one.reason).toMatchObject({ code: "IDEMPOTENCY_RUNNING" });
      }
      const again = createPerformer(coins.operations);
      expect(await again(stage.ctx, addCoin, { project: "house" }, call)).toEqual({ total: round + 1 });
    }
  });
});
