import type * as api from "@paydown/api/debt";
import type { Input } from "@paydown/api/operation";
import type { Range } from "@paydown/api/values";
import type { Ctx } from "#base/context.js";
import type { Reader } from "#base/db/db.js";
import { toEntry } from "../actions/close-statements.js";
import type { StoredTotals } from "../actions/price-items.js";
import { errors } from "../errors.js";
import { rangeOfMoments, toRange } from "../model/draws.js";
import { count, duration, interval, oneFigure } from "../model/figures.js";
import { outlookOf } from "../model/outlook.js";
import { standingStates } from "../model/query.js";
import { scoreOf } from "../model/score.js";
import { channelGroups, concentration, divide } from "../model/spending.js";
import {
  addMonths,
  balance,
  type EntryKind,
  hashOfEntries,
  monthBounds,
  monthOf,
  stepOfKind,
} from "../model/statement.js";
import type { DebtNeeds } from "../needs.js";
import * as store from "../store.js";
import type { ItemRow } from "../tables.js";
import { planProgress } from "./plan-progress.js";
import { type MonthSpending, spendingByMonth } from "./spending.js";
import { toLine } from "./wire.js";

const week = 7 * 86_400_000;
const zero: Range = { p10: 0, p50: 0, p90: 0, n: 0 };

/** Published lines of time lost, to hold the rework ratio against. */
const benchmarks = [
  {
    share: 0.23,
    basis: "of working time wasted because of technical debt, diaries of developers over ten months (Besker 2018)",
  },
  { share: 0.33, basis: "of the working week spent on technical debt, survey of developers (Stripe 2018)" },
  { share: 0.42, basis: "of the working week spent on maintenance of all kinds, the same survey (Stripe 2018)" },
];

/** The account of a month. A month that is over shows what was true at its end; the running one what is true now. */
export async function viewStatement(
  ctx: Ctx,
  needs: DebtNeeds,
  input: Input<typeof api.getStatement>,
): Promise<api.Statement> {
  const now = ctx.clock.now();
  const { project } = input;
  const month = input.month ?? monthOf(now);
  const { from, to } = monthBounds(month);
  if (from > now) throw errors.DEBT_MONTH_AHEAD({ month });
  const capacity = input.capacity ?? (await needs.capacity?.(ctx, project)) ?? null;
  const evidence = await needs.testEvidence?.(ctx, project);
  return ctx.db.read(async (r) => {
    const asOf = Math.min(now, to);
    const account = await readAccount(r, project, from, to);
    const rows = await store.allItems(r, project);
    const ledger = await store.findLedger(r, project);
    const totals = ledger === undefined ? undefined : (JSON.parse(ledger.totals) as StoredTotals);
    const months = await spendingByMonth(r, project, month, 13, now);
    const spent = months.get(month);
    const before = months.get(addMonths(month, -1));
    const atEnd = itemsAt(rows, to);
    const statement = await store.findStatement(r, project, month);
    const interest = spent?.attributed ?? null;
    const outlook = await readOutlook(r, project, account.principal.closing, now);
    const closingHours = account.principal.closing / 60;
    const principalHours = principalAt(atEnd, closingHours);
    const lines = (some: readonly ItemRow[]) => some.slice(0, 5).map((row) => toLine(row, now));
    const standing = atEnd.filter((row) => standingStates.includes(row.state as api.ItemState));
    const overdue = standing.filter((row) => row.due_at !== null && row.due_at < asOf);
    const score = evidence === undefined ? null : scoreOf(evidence, now);
    const share = spent === undefined ? undefined : concentration(spent.byAsset);
    const events = spent?.events ?? 0;
    const riskInterest = totals?.risk ?? zero;
    const headline = headlineOf(interest, before?.attributed ?? null, events, share);
    return {
      month,
      from,
      to,
      asOf,
      closed: statement?.closed_at !== null && statement?.closed_at !== undefined,
      headline,
      plain: plainPage(headline, account.principal, capacity, spent, overdue.length, atEnd.length),
      principal: account.principal,
      unit: "minutes" as const,
      principalHours,
      openItems: atEnd.length,
      newItems: account.movements.opened,
      movements: account.movements,
      interest,
      previousInterest: before?.attributed ?? null,
      measured: spent?.measured ?? null,
      events,
      channels: [...(spent?.channels ?? [])]
        .map(([channel, one]) => ({
          channel,
          measured: toRange(one.measured, one.events),
          attributed: toRange(one.attributed, one.events),
          events: one.events,
          group: channelGroups[channel],
        }))
        .sort((a, b) => b.measured.p50 - a.measured.p50),
      riskInterest,
      concentration: share ?? null,
      dsr: capacity === null || interest === null ? null : divide(interest, capacity),
      reworkRatio: capacity === null || spent === undefined ? null : divide(spent.measured, capacity),
      capacity,
      benchmarks,
      dearest: lines(
        ranked(
          standing.filter((row) => row.interest_p50 !== null),
          (row) => row.interest_p50 as number,
        ),
      ),
      growing: lines(
        ranked(
          standing.filter((row) => (row.growth ?? 0) > 0),
          (row) => row.growth as number,
        ),
      ),
      bestPayback: lines(
        ranked(
          standing.filter((row) => row.payback_p50 !== null),
          (row) => -(row.payback_p50 as number),
        ),
      ),
      overdue: overdue.sort((a, b) => (a.due_at as number) - (b.due_at as number)).map((row) => toLine(row, now)),
      called: standing.filter((row) => row.state === "called").map((row) => toLine(row, now)),
      plan: await planProgress(r, project, asOf, rows),
      notSeen: (await store.allUnseen(r, project)).map(({ source, what, remedy }) => ({ source, what, remedy })),
      modelError: modelErrorOf(statement?.forecast ?? null, spent),
      outlook: { ...outlook, ...insolvency(outlook, capacity, months, month) },
      score: score === null ? null : { low: score.low, high: score.high, unknown: score.unknown },
      series: await seriesOf(r, project, month, months),
      hash: account.hash,
    };
  });
}

interface Account {
  readonly principal: api.StatementPrincipal;
  readonly movements: api.Statement["movements"];
  readonly hash: string;
}

async function readAccount(r: Reader, project: string, from: number, to: number): Promise<Account> {
  const opening = await store.minutesBefore(r, project, from);
  const entries = (await store.entriesBetween(r, project, from, to)).map(toEntry);
  const within = balance(entries, from, to);
  const items: Record<keyof Account["movements"], Set<string>> = {
    opened: new Set(),
    paid: new Set(),
    writtenOff: new Set(),
    revalued: new Set(),
    vanished: new Set(),
  };
  for (const entry of entries) {
    const step = stepOfKind(entry.kind);
    if (step !== undefined) items[step].add(entry.item);
  }
  return {
    principal: { ...within, opening, closing: opening + within.closing },
    movements: {
      opened: items.opened.size,
      paid: items.paid.size,
      writtenOff: items.writtenOff.size,
      revalued: items.revalued.size,
      vanished: items.vanished.size,
    },
    hash: hashOfEntries(entries),
  };
}

/** Items that were open at an instant. */
function itemsAt(rows: readonly ItemRow[], at: number): ItemRow[] {
  return rows.filter((row) => row.opened_at < at && (row.closed_at === null || row.closed_at >= at));
}

/** Spread of the items around the booked hours: the book is exact, what repairs will really take is not. */
function principalAt(items: readonly ItemRow[], closingHours: number): Range {
  const mean = items.reduce((sum, row) => sum + row.principal_mean, 0);
  const variance = items.reduce((sum, row) => sum + row.principal_var, 0);
  if (mean <= 0) return { p10: closingHours, p50: closingHours, p90: closingHours, n: items.length };
  return rangeOfMoments(mean, variance, items.length);
}

function ranked(rows: readonly ItemRow[], value: (row: ItemRow) => number): ItemRow[] {
  return [...rows].sort((a, b) => value(b) - value(a) || (a.id < b.id ? -1 : 1));
}

function headlineOf(
  interest: Range | null,
  before: Range | null,
  events: number,
  share: { assets: number; share: number } | undefined,
): string {
  if (interest === null) return "What debt costs cannot be said: no evidence channel has seen anything in this month.";
  const trend = before === null ? "" : `, ${moved(interest, before)} ${interval(before)}`;
  const few =
    share === undefined
      ? ""
      : ` ${oneFigure(share.assets * 100)} % of the assets carry ${Math.round(share.share * 100)} % of the hours measured.`;
  return `Debt cost this team ${interval(interest)} h a week (${count(events, "event")})${trend}.${few}`;
}

/** A rise or fall is only called one when the ranges do not overlap at their middles. */
function moved(now: Range, before: Range): string {
  if (now.p10 > before.p50 && now.p50 > before.p90) return "up from";
  if (now.p90 < before.p50 && now.p50 < before.p10) return "down from";
  return "not distinguishable from";
}

/** One page for people who do not speak of debt: hours, what they are taken from, what was done, what is not known. */
function plainPage(
  headline: string,
  principal: api.StatementPrincipal,
  capacity: number | null,
  spent: MonthSpending | undefined,
  overdue: number,
  open: number,
): string[] {
  const by = { "lead-time": 0, operating: 0, quality: 0 };
  for (const [channel, one] of spent?.channels ?? [])
    by[channelGroups[channel]] += toRange(one.measured, one.events).p50;
  const lines = [headline];
  if (spent !== undefined) {
    lines.push(
      `Of the rework that was measured, about ${oneFigure(by["lead-time"])} h a week slowed changes down, ${oneFigure(by.operating)} h went into keeping things running, ${oneFigure(by.quality)} h into worse predictions.`,
    );
  }
  if (capacity !== null && spent !== undefined) {
    const left = {
      p10: Math.max(0, 1 - spent.measured.p90 / capacity),
      p90: Math.max(0, 1 - spent.measured.p10 / capacity),
    };
    lines.push(
      `That leaves ${Math.round(left.p10 * 100)} to ${Math.round(left.p90 * 100)} % of the team's ${oneFigure(capacity)} h a week for everything else.`,
    );
  }
  lines.push(
    `Putting right what is known would take about ${duration(principal.closing / 60)} (${count(open, "open item")}).`,
  );
  lines.push(
    principal.paid > 0
      ? `This month repairs worth ${duration(principal.paid / 60)} were done and proved.`
      : "This month no repair was proved.",
  );
  if (overdue > 0) lines.push(`${count(overdue, "item")} should have been repaid by now.`);
  return lines;
}

function modelErrorOf(stored: string | null, spent: MonthSpending | undefined): api.Statement["modelError"] {
  const forecast = stored === null ? null : (JSON.parse(stored) as Range);
  const outcome = spent === undefined ? null : spent.measured.p50;
  if (forecast === null) return { forecast, outcome, sentence: "There was no forecast for this month." };
  if (outcome === null)
    return {
      forecast,
      outcome,
      sentence: `A month before we said ${interval(forecast)} h a week; nothing was visible to hold it against.`,
    };
  const inside = outcome >= forecast.p10 && outcome <= forecast.p90;
  return {
    forecast,
    outcome,
    sentence: `A month before we said ${interval(forecast)} h a week of rework, it was ${oneFigure(outcome)}: ${inside ? "inside" : "outside"} the range.`,
  };
}

/** Principal in and out by week, as far back as there is a ledger. The first refresh is stock, not inflow. */
async function readOutlook(r: Reader, project: string, closing: number, now: number) {
  const first = await store.firstEntryAt(r, project);
  const weeks = first === undefined ? 0 : Math.min(52, Math.floor((now - first - 1) / week));
  const weekly = Array.from({ length: weeks }, () => ({ inflow: 0, outflow: 0 }));
  const from = now - weeks * week;
  for (const row of weeks === 0 ? [] : await store.entriesBetween(r, project, from, now)) {
    if (Number(row.at) === first) continue;
    const one = weekly[Math.min(weeks - 1, Math.floor((Number(row.at) - from) / week))];
    if (one === undefined || (row.kind as EntryKind) === "note") continue;
    const hours = Number(row.minutes) / 60;
    if (hours >= 0) one.inflow += hours;
    else one.outflow -= hours;
  }
  const outlook = outlookOf(weekly, closing / 60);
  return {
    shown: outlook.shown,
    why: outlook.why,
    next: outlook.next.map((one) => ({ ...one })),
    growing: outlook.growing,
  };
}

/** The month in which charged interest would pass half of capacity, by the trend of the last six months. */
function insolvency(
  outlook: { shown: boolean; growing: boolean },
  capacity: number | null,
  months: ReadonlyMap<string, MonthSpending>,
  month: string,
): { insolventMonth?: string } {
  if (!outlook.shown || capacity === null) return {};
  const points = Array.from({ length: 6 }, (_, i) => months.get(addMonths(month, i - 5))?.attributed.p50);
  const known = points.filter((one): one is number => one !== undefined);
  if (known.length < 6) return {};
  const slope = ((known[5] as number) - (known[0] as number)) / 5;
  const now = known[5] as number;
  if (now > capacity / 2) return { insolventMonth: month };
  if (slope <= 0) return {};
  const ahead = Math.ceil((capacity / 2 - now) / slope);
  return ahead <= 36 ? { insolventMonth: addMonths(month, ahead) } : {};
}

async function seriesOf(
  r: Reader,
  project: string,
  month: string,
  months: ReadonlyMap<string, MonthSpending>,
): Promise<api.Statement["series"]> {
  const series: api.Statement["series"] = [];
  for (let i = 11; i >= 0; i--) {
    const one = addMonths(month, -i);
    const spent = months.get(one);
    series.push({
      month: one,
      interest: spent?.attributed ?? null,
      measured: spent?.measured ?? null,
      channels: [...(spent?.channels ?? [])].map(([channel, spending]) => ({
        channel,
        attributed: toRange(spending.attributed, spending.events),
        events: spending.events,
      })),
      closing: await store.minutesBefore(r, project, monthBounds(one).to),
    });
  }
  return series;
}
