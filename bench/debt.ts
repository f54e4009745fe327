/**
 * Prices and plans 10,000 debt items with 30,000 cost events through the real ledger on SQLite: refresh (rules, items,
 * 2,000 draws a price, frontier), plan with 200 sampled worlds, a page of the ledger, statement, frontier. Prints ms.
 * Usage: npm run bench debt, or node bench/debt.ts [items=10000] under tsx.
 */
import * as api from "@paydown/api/debt";
import type { EvidenceRule } from "../packages/platform/src/base/rule.js";
import { openStage } from "../packages/platform/src/base/testing/stage.js";
import { debt } from "../packages/platform/src/capabilities/debt/index.js";

const items = Number(process.argv[2] ?? 10_000);
const project = "bench";
const day = 86_400_000;
const classes = ["lint", "config", "schema", "test", "untested-transform"] as const;
const channels = ["failed-runs", "incidents", "fix-rework"] as const;

/** The same numbers on every machine. */
function hash(n: number): number {
  let mixed = Math.imul(n ^ (n >>> 16), 0x45d9f3b);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x45d9f3b);
  return ((mixed ^ (mixed >>> 16)) >>> 0) / 4294967296;
}

const rules = Array.from({ length: 20 }, (_, r): EvidenceRule => {
  return {
    code: `BEN${String(r).padStart(3, "0")}`,
    slug: `bad-pattern-${r}`,
    family: ["data", "tracking", "serving", "monitoring"][r % 4] as string,
    severity: r === 0 ? "SEV1" : r % 3 === 0 ? "SEV3" : "SEV2",
    principal: classes[r % classes.length] as (typeof classes)[number],
    summary: "",
    why: "",
    remedy: "",
    origin: "own",
    check: async (ctx) => ({
      unseen: [],
      findings: Array.from({ length: items / 20 }, (_one, i) => {
        const n = r * 1_000_003 + i;
        return {
          asset: { kind: "dataset", id: `d${Math.floor(hash(n) * items * 0.4)}` },
          key: `${i}`,
          message: `finding ${i}`,
          evidence: { n },
          size: 1 + Math.floor(hash(n + 1) * 8),
          events: Array.from({ length: Math.floor(hash(n + 2) * 7) }, (_event, e) => ({
            id: `${r}-${i}-${e}`,
            channel: channels[e % channels.length] as (typeof channels)[number],
            at: ctx.clock.now() - Math.floor(hash(n + 3 + e) * 300) * day,
            hours: { low: 0.2 + hash(n + 9 + e), high: 1 + 3 * hash(n + 10 + e) },
            explained: hash(n + 17 + e) < 0.4,
            what: "it failed",
          })),
        };
      }),
    }),
  };
});

const stage = await openStage([debt({ rules: () => rules, capacity: async () => 400 })]);

async function timed<T>(work: () => Promise<T>): Promise<{ ms: number; reply: T }> {
  const start = performance.now();
  const reply = await work();
  return { ms: Math.round(performance.now() - start), reply };
}

const first = await timed(() => stage.call(api.refreshLedger, { project }));
const second = await timed(() => stage.call(api.refreshLedger, { project }));
const plan = await timed(() => stage.call(api.makePlan, { project, share: 0.2 }));
const list = await timed(() =>
  stage.call(api.listItems, { project, q: "state:open sort:-rate", limit: 50, group: "rule" }),
);
const statement = await timed(() => stage.call(api.getStatement, { project }));
const frontier = await timed(() => stage.call(api.getFrontier, { project }));
await stage.close();

console.log(
  JSON.stringify({
    items: first.reply.opened,
    events: statement.reply.series.reduce(
      (sum, month) => sum + month.channels.reduce((n, one) => n + one.events, 0),
      0,
    ),
    firstRefreshMs: first.ms,
    refreshMs: second.ms,
    planMs: plan.ms,
    plan: {
      items: plan.reply.items.length,
      hours: plan.reply.plannedHours,
      gap: plan.reply.gap,
      solver: plan.reply.solver,
    },
    listMs: list.ms,
    statementMs: statement.ms,
    frontierMs: frontier.ms,
    peakMemoryMiB: Math.round(process.resourceUsage().maxRSS / 1024),
  }),
);
