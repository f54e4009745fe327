import * as api from "@paydown/api/debt";
import { afterAll, describe, expect, test } from "vitest";
import { openPostgres } from "#base/db/postgres.js";
import { silentLog } from "#base/log.js";
import type { EvidenceRule } from "#base/rule.js";
import { type PostgresServer, postgresMissing, startPostgres } from "#base/testing/postgres.js";
import { openStage } from "#base/testing/stage.js";
import { debt } from "./index.js";

const missing = postgresMissing();

if (missing !== undefined) {
  describe("the ledger on PostgreSQL", () => test.skip(`is not tested here: ${missing}`, () => undefined));
} else {
  const server: PostgresServer = await startPostgres();
  afterAll(() => server.stop());

  test("the ledger on PostgreSQL prices, lists, pays and balances as on SQLite", async () => {
    let gone = false;
    const rule: EvidenceRule = {
      code: "DAT001",
      slug: "dataset-without-schema",
      family: "data",
      severity: "SEV2",
      principal: "schema",
      summary: "",
      why: "",
      remedy: "",
      origin: "own",
      check: async (ctx) => ({
        unseen: [],
        findings: ["a", "b", "c"].slice(gone ? 1 : 0).map((id, i) => ({
          asset: { kind: "dataset", id },
          key: "",
          message: `\`${id}\` has no schema`,
          evidence: {},
          size: 1,
          events:
            id === "c"
              ? []
              : [
                  {
                    id: `run-${id}`,
                    channel: "failed-runs" as const,
                    at: ctx.clock.now() - 1000 - i,
                    hours: { low: 1, high: 2 },
                    explained: true,
                    what: "",
                  },
                ],
        })),
      }),
    };
    const stage = await openStage([debt({ rules: () => [rule], capacity: async () => 40 })], {
      openDb: async (clock) => openPostgres({ url: server.createDatabase(), clock, log: silentLog, connections: 3 }),
    });
    const project = "flights";
    expect(await stage.call(api.refreshLedger, { project })).toMatchObject({ opened: 3 });
    const ids: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await stage.call(api.listItems, {
        project,
        q: 'family:data sev:2 channel:failed-runs -team:ml "schema"',
        group: "rule",
        limit: 2,
        ...(cursor === undefined ? {} : { cursor }),
      });
      expect(page).toMatchObject({ total: 3, unknownSort: 0 });
      expect(page.facets.channel).toEqual([{ value: "failed-runs", count: 3 }]);
      ids.push(...page.items.map((item) => item.id));
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(new Set(ids).size).toBe(3);
    await stage.call(api.adoptPlan, { project, share: 0.5 });
    const { items } = await stage.call(api.listItems, { project, asset: "dataset:a" });
    gone = true;
    const payment = await stage.call(api.proveItem, {
      project,
      item: items[0]?.id as string,
      what: "wrote one",
      hours: 3,
    });
    expect(payment.state).toBe("proved");
    await stage.call(api.borrow, { project, team: "ml", reason: "demo", asset: "model:delay" });
    expect((await stage.call(api.listPrudent, { project })).total).toBe(1);
    await stage.call(api.refreshLedger, { project });
    stage.clock.advance(40 * 86_400_000);
    await stage.call(api.refreshLedger, { project });
    const january = await stage.call(api.getStatement, { project, month: "2026-01" });
    const { opening, opened, paid, writtenOff, revalued, vanished, closing } = january.principal;
    expect(opening + opened - paid - writtenOff + revalued + vanished).toBe(closing);
    expect(january.closed).toBe(true);
    expect(paid).toBe(120);
    await stage.close();
  }, 60_000);
}
