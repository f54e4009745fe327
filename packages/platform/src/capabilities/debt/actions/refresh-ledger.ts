import * as api from "@paydown/api/debt";
import type { NodeRef } from "@paydown/api/values";
import type { JobHandle } from "#base/capability.js";
import type { Ctx } from "#base/context.js";
import { nodeName, toNode } from "../model/fingerprint.js";
import { frontierOf } from "../model/frontier.js";
import type { DebtNeeds } from "../needs.js";
import * as store from "../store.js";
import { applyEvidence, recordCosts, sightingsPerWrite } from "./apply-evidence.js";
import { checkCovenants, type Happening } from "./check-covenants.js";
import { closeStatements } from "./close-statements.js";
import { gatherEvidence } from "./gather-evidence.js";
import { toCandidates } from "./plan-input.js";
import { lookAround, priceItems } from "./price-items.js";

interface RefreshOptions {
  readonly happening?: Happening | undefined;
  readonly progress?: JobHandle["progress"] | undefined;
}

/**
 * Brings the ledger up to date: closes months that are over, runs every rule, opens, proves and closes items, prices what
 * is open, calls loans. Safe to run again at any moment: the same evidence changes nothing.
 */
export async function refreshLedger(
  ctx: Ctx,
  needs: DebtNeeds,
  project: string,
  options: RefreshOptions = {},
): Promise<api.Refreshed> {
  await closeStatements(ctx, project);
  await options.progress?.(0.05, "running rules");
  const evidence = await gatherEvidence(ctx, needs, project);
  await options.progress?.(0.4, "bringing items up to date");
  const payable = new Set(Object.keys(needs.payers ?? {}));
  const teams = await findTeams(
    ctx,
    needs,
    project,
    [...evidence.sightings.values()].map((one) => one.asset),
  );
  const sightings = [...evidence.sightings.values()];
  for (let i = 0; i < sightings.length; i += sightingsPerWrite) {
    const some = sightings.slice(i, i + sightingsPerWrite);
    await ctx.db.write((tx) => recordCosts(tx, ctx, project, some, evidence.repositories));
  }
  const applied = await ctx.db.write((tx) => applyEvidence(tx, ctx, project, evidence, { teams, payable }));

  await options.progress?.(0.5, "asking the graph");
  const open = await ctx.db.read((r) => store.standingItems(r, project));
  const assets = new Set(open.map((row) => nodeName({ kind: row.asset_kind, id: row.asset_id })));
  const around = await lookAround(ctx, needs, project, assets);
  await options.progress?.(0.6, "pricing");
  const before = await ctx.db.read((r) => store.findLedger(r, project));
  const correction = before?.correction ?? 1;
  const totals = await priceItems(ctx, project, around, correction);
  const called = await checkCovenants(ctx, needs, project, options.happening);
  await options.progress?.(0.95, "computing the frontier");
  const candidates = await ctx.db.read(async (r) =>
    toCandidates(await store.standingItems(r, project), needs, ctx.clock.now(), {}),
  );
  const frontier = frontierOf(candidates);

  const now = ctx.clock.now();
  const minutes = await ctx.db.write(async (tx) => {
    await store.upsertLedger(tx, {
      project,
      baseline_at: before?.baseline_at ?? now,
      refreshed_at: now,
      correction,
      totals: JSON.stringify(totals),
      frontier: JSON.stringify(frontier),
    });
    const sum = (await store.standingItems(tx, project)).reduce((total, row) => total + row.minutes, 0);
    await tx.emit(api.LedgerRefreshed, project, {
      open: open.length,
      opened: applied.opened,
      paid: applied.paid,
      vanished: applied.vanished,
      minutes: sum,
    });
    return sum;
  });
  ctx.log.info({ project, ...applied, minutes }, "Ledger refreshed");
  return {
    at: now,
    rules: evidence.rules,
    failed: [...evidence.failed],
    ...applied,
    called,
    open: open.length,
    notSeen: [...evidence.unseen],
  };
}

async function findTeams(
  ctx: Ctx,
  needs: DebtNeeds,
  project: string,
  assets: readonly NodeRef[],
): Promise<Map<string, string>> {
  const teams = new Map<string, string>();
  if (needs.owner === undefined) return teams;
  for (const name of new Set(assets.map(nodeName))) {
    const team = await needs.owner(ctx, project, toNode(name));
    if (team !== undefined) teams.set(name, team);
  }
  return teams;
}
