import * as api from "@paydown/api/debt";
import { AliasSet } from "@paydown/api/registry";
import { ScanIngested } from "@paydown/api/scans";
import { expect, test } from "vitest";
import type { EvidenceRule } from "#base/rule.js";
import { openStage } from "#base/testing/stage.js";
import { debt, requestRefresh } from "./index.js";

const project = "flights";
const day = 86_400_000;

function counting(): { rule: EvidenceRule; runs: () => number } {
  let runs = 0;
  return {
    runs: () => runs,
    rule: {
      code: "TRK001",
      slug: "run-without-seed",
      family: "tracking",
      severity: "SEV3",
      principal: "config",
      summary: "",
      why: "",
      remedy: "",
      origin: "own",
      check: async () => {
        runs++;
        return {
          findings: [
            { asset: { kind: "model", id: "delay" }, key: "", message: "No seed.", evidence: {}, size: 1, events: [] },
          ],
          unseen: [],
        };
      },
    },
  };
}

test("a scan makes the ledger look again, once however many scans wait, and then every day", async () => {
  const { rule, runs } = counting();
  const stage = await openStage([debt({ rules: () => [rule] })]);
  const scan = { scan: "s1", repository: "delay", scannedAt: stage.clock.now(), findings: 1, added: 1, gone: 0 };
  await stage.base.db.write(async (tx) => {
    await tx.emit(ScanIngested, project, scan);
    await tx.emit(ScanIngested, project, { ...scan, scan: "s2" });
    await requestRefresh(tx, stage.base, project);
  });
  await stage.deliver();
  await stage.work();
  expect(runs()).toBe(1);
  stage.clock.advance(day + 1);
  await stage.work();
  expect(runs()).toBe(2);
  await stage.close();
});

test("promotion to production calls prudent debt on the model, other aliases do not", async () => {
  const { rule } = counting();
  const stage = await openStage([debt({ rules: () => [rule] })]);
  await stage.call(api.refreshLedger, { project });
  const { items } = await stage.call(api.listItems, { project });
  const item = items[0] as api.DebtItem;
  await stage.call(api.borrow, { project, team: "ml", reason: "demo", item: item.id });
  const promote = async (alias: string) => {
    await stage.base.db.write((tx) =>
      tx.emit(AliasSet, project, { model: "delay", alias, version: 7, reason: "better" }),
    );
    await stage.deliver();
    await stage.work();
    return (await stage.call(api.getItem, { project, item: item.id })).item.state;
  };
  expect(await promote("candidate")).toBe("prudent");
  expect(await promote("production")).toBe("called");
  await stage.close();
});
