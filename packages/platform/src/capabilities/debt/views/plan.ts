import type * as api from "@paydown/api/debt";
import type { Input, Reply } from "@paydown/api/operation";
import { stopwatch } from "#base/clock.js";
import type { Ctx } from "#base/context.js";
import { getItemRow } from "../actions/find-item.js";
import { toCandidates } from "../actions/plan-input.js";
import { errors } from "../errors.js";
import { tidy } from "../model/draws.js";
import { interval, oneFigure } from "../model/figures.js";
import {
  type Frontier,
  freedFactors,
  hoursFactors,
  type PlanInput,
  type PlannedItem,
  rangeOf,
  scenarioCount,
} from "../model/frontier.js";
import { type Problem, type Solution, solve } from "../model/planner.js";
import { horizon } from "../model/pricing.js";
import type { DebtNeeds } from "../needs.js";
import * as store from "../store.js";
import type { ItemRow } from "../tables.js";
import { toItem } from "./wire.js";

/** Items kept in at least this share of the sampled worlds. */
const keepLevel = 0.6;
const defaultShare = 0.2;
const week = 7 * 86_400_000;

export type PlanRequest = Input<typeof api.makePlan>;

/** Chooses what to pay with a budget, and says what stays out and why. Changes nothing. */
export async function viewPlan(ctx: Ctx, needs: DebtNeeds, input: PlanRequest): Promise<api.Plan> {
  const elapsed = stopwatch();
  const now = ctx.clock.now();
  const capacity = input.capacity ?? (await needs.capacity?.(ctx, input.project));
  const weeks = input.weeks ?? (input.sprint === true ? 1 : 4);
  const budgetHours = budgetOf(input, capacity, weeks);
  const { rows, pinIn, pinOut, inflow } = await ctx.db.read(async (r) => {
    const ids = async (list: readonly string[] | undefined) => {
      const found = new Set<string>();
      for (const id of list ?? []) found.add((await getItemRow(r, input.project, id)).id);
      return found;
    };
    const first = await store.firstEntryAt(r, input.project);
    return {
      rows: await store.standingItems(r, input.project),
      pinIn: await ids(input.pinIn),
      pinOut: await ids(input.pinOut),
      inflow: first === undefined ? [] : await weeklyInflow(r, input.project, first, now),
    };
  });
  const plan = toCandidates(rows, needs, now, { pinIn, pinOut, includeRisk: input.includeRisk ?? false });
  const result = choose(plan, budgetHours, input.teamCaps);
  const reply = describePlan(rows, plan, result, {
    now,
    budgetHours,
    capacity,
    weeks,
    pinOut,
    riskIncluded: input.includeRisk ?? false,
  });
  return { ...reply, breakEven: breakEvenOf(inflow, capacity), computedMs: Math.round(elapsed()) };
}

function budgetOf(input: PlanRequest, capacity: number | undefined, weeks: number): number {
  if (input.budgetHours !== undefined) return input.budgetHours;
  const share = input.share ?? (input.sprint === true ? 1 : defaultShare);
  if (capacity === undefined) throw errors.DEBT_BUDGET_UNKNOWN({ project: input.project });
  return share * capacity * weeks;
}

interface Choice {
  readonly problem: Problem;
  readonly solution: Solution;
  /** Share of the sampled worlds in which an item is chosen. */
  readonly kept: ReadonlyMap<string, number>;
  readonly freed: ReadonlyMap<string, Float64Array>;
  readonly hours: ReadonlyMap<string, Float64Array>;
}

/**
 * Solves the plan in 200 sampled worlds. What is chosen in at least 60 % of them is kept; hours left over go to items that
 * earn more than they take in as many worlds, so that ten equally good items do not all lose to one another's luck.
 */
function choose(plan: PlanInput, budgetHours: number, caps: Readonly<Record<string, number>> | undefined): Choice {
  const budget = Math.floor(budgetHours * 60 + 1e-6);
  const teamCaps =
    caps === undefined ? undefined : new Map(Object.entries(caps).map(([team, hours]) => [team, hours * 60]));
  const freed = freedFactors(plan.items);
  const hours = hoursFactors(plan.items);
  const worlds = tryWorlds(plan, budget, freed, hours);
  const { kept } = worlds;
  const over = (share: ReadonlyMap<string, number>) =>
    withPrerequisites(plan.items, (item) => item.candidate.mustPay || (share.get(item.candidate.id) ?? 0) >= keepLevel);
  const core = solve({ candidates: over(kept), ceilings: plan.ceilings, budget, teamCaps });
  const chosen = new Set(core.chosen);
  const candidates = new Map(
    [...over(worlds.earning), ...over(kept)].map((candidate) => [
      candidate.id,
      // What the worlds agree on stays; it comes after everything that must be paid.
      chosen.has(candidate.id) && !candidate.mustPay
        ? { ...candidate, mustPay: true, urgency: Number.MAX_SAFE_INTEGER }
        : candidate,
    ]),
  );
  const problem: Problem = { candidates: [...candidates.values()], ceilings: plan.ceilings, budget, teamCaps };
  const solution = solve(problem);
  return { problem, solution: { ...solution, short: core.short }, kept, freed, hours };
}

/** The items a test holds for, with everything they need before. */
function withPrerequisites(
  items: readonly PlannedItem[],
  holds: (item: PlannedItem) => boolean,
): Problem["candidates"] {
  const ids = new Set(items.filter(holds).map((item) => item.candidate.id));
  for (let grown = true; grown; ) {
    grown = false;
    for (const { candidate } of items) {
      if (!ids.has(candidate.id)) continue;
      for (const before of candidate.requires) {
        if (ids.has(before)) continue;
        ids.add(before);
        grown = true;
      }
    }
  }
  return items.filter((item) => ids.has(item.candidate.id)).map((item) => item.candidate);
}

/** Density greedy in each world: what it picks with that world's hours and gains. */
function tryWorlds(
  plan: PlanInput,
  budget: number,
  freed: ReadonlyMap<string, Float64Array>,
  hours: ReadonlyMap<string, Float64Array>,
): { kept: Map<string, number>; earning: Map<string, number> } {
  const { items } = plan;
  const chosen = new Float64Array(items.length);
  const earning = new Float64Array(items.length);
  const own = items.map((item) => ({
    freed: freed.get(item.candidate.id) as Float64Array,
    hours: hours.get(item.candidate.id) as Float64Array,
  }));
  const order = new Int32Array(items.length);
  const density = new Float64Array(items.length);
  const minutes = new Float64Array(items.length);
  for (let s = 0; s < scenarioCount; s++) {
    for (const [i, item] of items.entries()) {
      minutes[i] = item.candidate.minutes * (own[i]?.hours[s] as number);
      const gain = item.candidate.gain * (own[i]?.freed[s] as number);
      const net = gain - (minutes[i] as number) / 60;
      if (net > 0) earning[i] = (earning[i] as number) + 1;
      density[i] = item.candidate.mustPay ? Number.POSITIVE_INFINITY : net / Math.max(1e-9, minutes[i] as number);
      order[i] = i;
    }
    const ranked = order.slice().sort((a, b) => (density[b] as number) - (density[a] as number) || a - b);
    let room = budget;
    const gained = new Map<string, number>();
    for (const i of ranked) {
      if ((density[i] as number) <= 0) break;
      const { candidate } = items[i] as PlannedItem;
      const cost = minutes[i] as number;
      const had = gained.get(candidate.asset) ?? 0;
      // Once an asset's savings are used up, nothing more is gained there.
      if (!candidate.mustPay && had >= (plan.ceilings.get(candidate.asset) ?? Number.POSITIVE_INFINITY)) continue;
      if (cost > room) continue;
      room -= cost;
      gained.set(candidate.asset, had + candidate.gain);
      chosen[i] = (chosen[i] as number) + 1;
    }
  }
  const shares = (counts: Float64Array) =>
    new Map(items.map((item, i) => [item.candidate.id, (counts[i] as number) / scenarioCount]));
  return { kept: shares(chosen), earning: shares(earning) };
}

interface Frame {
  readonly now: number;
  readonly budgetHours: number;
  readonly capacity: number | undefined;
  readonly weeks: number;
  readonly pinOut: ReadonlySet<string>;
  readonly riskIncluded: boolean;
}

function describePlan(
  rows: readonly ItemRow[],
  plan: PlanInput,
  choice: Choice,
  frame: Frame,
): Omit<api.Plan, "breakEven" | "computedMs"> {
  const { now, budgetHours, capacity } = frame;
  const { solution } = choice;
  const byId = new Map(rows.map((row) => [row.id, row]));
  const planned = new Map(plan.items.map((item) => [item.candidate.id, item]));
  const totals = {
    freed: new Float64Array(scenarioCount),
    hours: new Float64Array(scenarioCount),
    net: new Float64Array(scenarioCount),
  };
  const gained = new Map<string, number>();
  let events = 0;
  let mustPayMinutes = 0;
  const items = solution.chosen.map((id, i): api.Plan["items"][number] => {
    const row = byId.get(id) as ItemRow;
    const one = planned.get(id) as PlannedItem;
    const { candidate } = one;
    const had = gained.get(candidate.asset) ?? 0;
    const more = Math.max(
      0,
      Math.min(plan.ceilings.get(candidate.asset) ?? Number.POSITIVE_INFINITY, had + candidate.gain) - had,
    );
    gained.set(candidate.asset, had + more);
    const freedMean = more / one.weight;
    const freed = (choice.freed.get(id) as Float64Array).map((factor) => factor * freedMean);
    const hours = (choice.hours.get(id) as Float64Array).map((factor) => (factor * candidate.minutes) / 60);
    for (let s = 0; s < scenarioCount; s++) {
      totals.freed[s] = (totals.freed[s] as number) + (freed[s] as number);
      totals.hours[s] = (totals.hours[s] as number) + (hours[s] as number);
      totals.net[s] = (totals.net[s] as number) + (freed[s] as number) * one.weight - (hours[s] as number);
    }
    events += one.events;
    if (candidate.mustPay) mustPayMinutes += candidate.minutes;
    const item = toItem(row, now);
    return {
      order: i + 1,
      id,
      message: row.message,
      rule: row.rule,
      slug: row.slug,
      asset: item.asset,
      team: row.team,
      severity: item.severity,
      hours: item.principal,
      frees: one.solo === null && more === 0 ? null : rangeOf(freed, one.events),
      payback: item.payback,
      mustPay: candidate.mustPay,
      keptIn: candidate.mustPay ? 1 : tidy(choice.kept.get(id) ?? 0),
      why: whyIn(row, one, now, solution, planned),
    };
  });
  const frees = rangeOf(totals.freed, events);
  const hours = rangeOf(totals.hours, events);
  const plannedHours = tidy(solution.minutes / 60);
  const payback =
    frees.p50 > 1e-9
      ? rangeOf(
          totals.hours.map((one, s) => one / Math.max(1e-9, totals.freed[s] as number)),
          events,
        )
      : null;
  const verdict = solution.short > 0 ? "short" : items.length === 0 ? "do-not-pay" : "pay";
  const out = leftOut(rows, plan, choice, frame, byId);
  return {
    budgetHours: tidy(budgetHours),
    share: capacity === undefined ? null : tidy(budgetHours / (capacity * frame.weeks)),
    weeks: frame.weeks,
    verdict,
    sentence: sentenceOf(verdict, items.length, plannedHours, budgetHours, frees, solution.short, rows.length),
    items,
    hours,
    plannedHours,
    mustPayHours: tidy(mustPayMinutes / 60),
    shortBy: tidy(solution.short / 60),
    frees,
    payback,
    paybackDate: payback === null ? null : Math.round(now + Math.min(payback.p50, 5200) * week),
    netValue: rangeOf(totals.net, events),
    shadowPrice: shadowPrice(plan, choice, frame),
    gap: tidy(solution.gap),
    solver: solution.solver,
    scenarios: scenarioCount,
    out: out.slice(0, 200),
    outTotal: out.length,
    riskIncluded: frame.riskIncluded,
  };
}

function whyIn(
  row: ItemRow,
  one: PlannedItem,
  now: number,
  solution: Solution,
  planned: ReadonlyMap<string, PlannedItem>,
): string {
  if (row.state === "called") return "prudent debt that was called";
  if (row.severity === "SEV0" || row.severity === "SEV1") return `${row.severity}: has to be paid whatever it earns`;
  if (row.due_at !== null && row.due_at <= now) return "its due date passed";
  if (one.candidate.mustPay) return "pinned";
  const dependent = solution.chosen.find((id) => planned.get(id)?.candidate.requires.includes(row.id));
  if (one.candidate.gain === 0 && dependent !== undefined) return `prerequisite of ${dependent.slice(0, 7)}`;
  return `earns about ${oneFigure(one.candidate.gain / Math.max(1 / 60, one.candidate.minutes / 60))} h in ${horizon} weeks for each hour paid`;
}

function sentenceOf(
  verdict: api.Plan["verdict"],
  items: number,
  hours: number,
  budget: number,
  frees: api.Plan["frees"],
  short: number,
  open: number,
): string {
  if (verdict === "short")
    return `Must-pay items exceed the budget of ${oneFigure(budget)} h by ${oneFigure(short / 60)} h; the most urgent that fit are planned.`;
  if (verdict === "do-not-pay") {
    return open === 0
      ? "There is no open debt to pay."
      : `Do not pay now: within ${oneFigure(budget)} h no item reliably earns its hours back within ${horizon} weeks.`;
  }
  return `Pay ${items} item${items === 1 ? "" : "s"} with ${oneFigure(hours)} of ${oneFigure(budget)} h; that frees ${interval(frees)} h a week.`;
}

function leftOut(
  rows: readonly ItemRow[],
  plan: PlanInput,
  choice: Choice,
  frame: Frame,
  byId: ReadonlyMap<string, ItemRow>,
): api.Plan["out"] {
  const inside = new Set(choice.solution.chosen);
  const planned = new Map(plan.items.map((item) => [item.candidate.id, item]));
  const out = rows
    .filter((row) => !inside.has(row.id))
    .map((row) => {
      const one = planned.get(row.id);
      const density = one === undefined ? 0 : one.candidate.gain / Math.max(1, one.candidate.minutes);
      return { row, one, density };
    })
    .sort((a, b) => b.density - a.density || (a.row.id < b.row.id ? -1 : 1));
  return out.map(({ row, one }) => {
    const [reason, why] = reasonOut(row, one, choice, frame, byId);
    return { id: row.id, message: row.message, slug: row.slug, reason, why, hours: toItem(row, frame.now).principal };
  });
}

function reasonOut(
  row: ItemRow,
  one: PlannedItem | undefined,
  choice: Choice,
  frame: Frame,
  byId: ReadonlyMap<string, ItemRow>,
): readonly [api.Plan["out"][number]["reason"], string] {
  if (frame.pinOut.has(row.id)) return ["pinned-out", "kept out by hand"];
  if (row.state === "disputed") return ["unstable", "it is disputed: settle that first"];
  if (row.state === "prudent") return ["payback", "taken on purpose and not due yet"];
  if (one === undefined || one.solo === null) return ["unknown-interest", "nothing is known of what it costs"];
  const { candidate } = one;
  if (choice.solution.unaffordable.includes(row.id)) return ["budget", "must be paid, but the budget is too small"];
  if (candidate.gain * 1 <= candidate.minutes * candidate.lossPerMinute) {
    return ["payback", `pays back later than ${horizon} weeks`];
  }
  const kept = choice.kept.get(row.id) ?? 0;
  const missing = candidate.requires.find((id) => !choice.solution.chosen.includes(id));
  if (missing !== undefined) return ["prerequisite", `needs ${byId.get(missing)?.slug ?? missing.slice(0, 7)} first`];
  const cap = candidate.team === undefined ? undefined : choice.problem.teamCaps?.get(candidate.team);
  const spent = candidate.team === undefined ? 0 : teamMinutes(choice, candidate.team);
  if (cap !== undefined && spent + candidate.minutes > cap) return ["cap", `team ${candidate.team} has no hours left`];
  if (choice.solution.minutes + candidate.minutes > choice.problem.budget) {
    return ["budget", `others earn more per hour; it is in ${Math.round(kept * 100)} % of the sampled worlds`];
  }
  if (kept < keepLevel) return ["unstable", `chosen in only ${Math.round(kept * 100)} % of the sampled worlds`];
  return ["dominated", "what it would save is saved by other items of the plan"];
}

function teamMinutes(choice: Choice, team: string): number {
  const inside = new Set(choice.solution.chosen);
  return choice.problem.candidates.reduce(
    (sum, one) => sum + (one.team === team && inside.has(one.id) ? one.minutes : 0),
    0,
  );
}

/** What the next hours would free: the best items left out, in parts, for 1 % more of capacity (of the budget without). */
function shadowPrice(plan: PlanInput, choice: Choice, frame: Frame): api.Plan["shadowPrice"] {
  const inside = new Set(choice.solution.chosen);
  let minutes = (frame.capacity === undefined ? frame.budgetHours : frame.capacity * frame.weeks) * 0.01 * 60;
  if (minutes <= 0) return null;
  const left = plan.items
    .filter(
      (one) =>
        !inside.has(one.candidate.id) && one.candidate.gain > one.candidate.minutes * one.candidate.lossPerMinute,
    )
    .sort((a, b) => b.candidate.gain / b.candidate.minutes - a.candidate.gain / a.candidate.minutes);
  const freed = new Float64Array(scenarioCount);
  let events = 0;
  for (const one of left) {
    if (minutes <= 0) break;
    const part = Math.min(1, minutes / one.candidate.minutes);
    minutes -= part * one.candidate.minutes;
    events += one.events;
    const factors = choice.freed.get(one.candidate.id) as Float64Array;
    for (let s = 0; s < scenarioCount; s++) {
      freed[s] = (freed[s] as number) + part * (one.candidate.gain / one.weight) * (factors[s] as number);
    }
  }
  return rangeOf(freed, events);
}

/** Hours of principal that came in, week by week, up to the last 26 whole weeks. The first refresh is stock, not inflow. */
async function weeklyInflow(
  r: Parameters<typeof store.entriesBetween>[0],
  project: string,
  first: number,
  now: number,
): Promise<number[]> {
  const weeks = Math.min(26, Math.floor((now - first - 1) / week));
  if (weeks < 1) return [];
  const from = now - weeks * week;
  const inflow = new Array<number>(weeks).fill(0);
  for (const entry of await store.entriesBetween(r, project, from, now)) {
    const at = Number(entry.at);
    if (at === first || !["opened", "reopened", "returned", "revalued"].includes(entry.kind)) continue;
    const i = Math.min(weeks - 1, Math.floor((at - from) / week));
    inflow[i] = (inflow[i] as number) + Number(entry.minutes) / 60;
  }
  return inflow;
}

/** The share of capacity that pays as much as comes in. */
function breakEvenOf(inflow: readonly number[], capacity: number | undefined): api.Plan["breakEven"] {
  if (capacity === undefined || inflow.length < 4) return null;
  return rangeOf(
    Float64Array.from(inflow, (hours) => Math.max(0, hours) / capacity),
    inflow.length,
  );
}

/** The precomputed curve of budgets, thinned to the points asked for. */
export async function viewFrontier(
  ctx: Ctx,
  needs: DebtNeeds,
  input: Input<typeof api.getFrontier>,
): Promise<Reply<typeof api.getFrontier>> {
  const capacity = (await needs.capacity?.(ctx, input.project)) ?? null;
  const ledger = await ctx.db.read((r) => store.findLedger(r, input.project));
  if (ledger === undefined) {
    return { capacity, mustPayHours: 0, totalHours: 0, worthwhileHours: 0, points: [], computedAt: ctx.clock.now() };
  }
  const frontier = JSON.parse(ledger.frontier) as Frontier;
  const wanted = input.points ?? 101;
  const { points } = frontier;
  const step = Math.max(1, (points.length - 1) / (wanted - 1));
  const kept =
    points.length <= wanted
      ? points
      : Array.from({ length: wanted }, (_, i) => points[Math.round(i * step)] as Frontier["points"][number]);
  return {
    capacity,
    mustPayHours: frontier.mustPayHours,
    totalHours: frontier.totalHours,
    worthwhileHours: frontier.worthwhileHours,
    points: kept.map((point) => ({ ...point })),
    computedAt: Number(ledger.refreshed_at),
  };
}
