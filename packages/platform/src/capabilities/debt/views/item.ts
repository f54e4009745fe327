import type * as api from "@paydown/api/debt";
import type { Input, Reply } from "@paydown/api/operation";
import type { Ctx } from "#base/context.js";
import type { Reader } from "#base/db/db.js";
import { getItemRow } from "../actions/find-item.js";
import { mayExplain } from "../model/attribution.js";
import { createRandom, drawBeta, drawCount, sample, tidy, toRange } from "../model/draws.js";
import { count, duration, interval, oneFigure } from "../model/figures.js";
import { type Derivation, isBetterWrittenOff } from "../model/pricing.js";
import type { DebtNeeds, RuleText } from "../needs.js";
import * as store from "../store.js";
import type { ItemRow } from "../tables.js";
import { toItem, toPayment, toPrice } from "./wire.js";

type ItemReply = Reply<typeof api.getItem>;

const shownEvents = 200;
const zero: api.Price["principal"] = { p10: 0, p50: 0, p90: 0, n: 0 };

/** An item with everything its page shows. */
export async function viewItem(ctx: Ctx, needs: DebtNeeds, input: Input<typeof api.getItem>): Promise<ItemReply> {
  const now = ctx.clock.now();
  const { row, derivation, events, entries, payments } = await ctx.db.read((r) =>
    readItem(r, input.project, input.item),
  );
  const item = toItem(row, now);
  const price = toPrice(row);
  const text = await describe(needs, row);
  const spent = costSoFar(row, events);
  return {
    item,
    price,
    summary: summarise(row, price, events.length),
    ...text,
    evidence: JSON.parse(row.evidence),
    numbers: { impact: price.expected, severity: item.severity, delay: price.delay, reach: item.reach },
    channels: (derivation?.channels ?? []).map(({ channel, phi, measured, charged, prior, items }) => ({
      channel,
      phi,
      measured,
      charged,
      prior,
      items,
    })),
    events: events.slice(0, shownEvents),
    eventsTotal: events.length,
    conservation: derivation?.conservation ?? { items: 1, charged: zero, measured: zero, unattributed: zero },
    ...(row.prudent === null ? {} : { prudent: JSON.parse(row.prudent) as api.PrudentRecord }),
    payments: payments.map(toPayment),
    history: entries.map((entry) => ({
      at: Number(entry.at),
      kind: entry.kind,
      minutes: Number(entry.minutes),
      principal: Number(entry.principal),
      by: entry.by_name,
      note: entry.note,
    })),
    costSoFar: spent,
    ...(row.closed_at === null && isBetterWrittenOff(price, derivation?.hazard ?? 0) ? { advice: "write-off" } : {}),
  };
}

async function readItem(r: Reader, project: string, id: string) {
  const row = await getItemRow(r, project, id);
  const stored = await store.findDerivation(r, project, row.id);
  const derivation = stored === undefined ? undefined : (JSON.parse(stored) as Derivation);
  return {
    row,
    derivation,
    events: await readEvents(r, row, derivation),
    entries: await store.entriesOfItem(r, project, row.id),
    payments: await store.paymentsOfItem(r, project, row.id),
  };
}

/** Events of the item's asset with the share of each that it is charged with, newest first. */
export async function readEvents(
  r: Reader,
  row: ItemRow,
  derivation: Derivation | undefined,
): Promise<api.ChargedEvent[]> {
  const { project, asset_kind, asset_id } = row;
  const costs = await store.costsOfAsset(r, project, asset_kind, asset_id);
  if (costs.length === 0) return [];
  const spread = await store.spreadOfEvents(r, project);
  const explainers = new Map<string, string[]>();
  for (const claim of await store.claimsOfAsset(r, project, asset_kind, asset_id)) {
    if (claim.explained !== 1) continue;
    const key = `${claim.event} ${claim.channel}`;
    explainers.set(key, [...(explainers.get(key) ?? []), claim.item]);
  }
  const channels = new Map((derivation?.channels ?? []).map((one) => [one.channel as string, one]));
  return costs.flatMap((cost): api.ChargedEvent[] => {
    const channel = channels.get(cost.channel);
    const by = mayExplain(cost.channel as api.DebtChannel)
      ? (explainers.get(`${cost.event} ${cost.channel}`) ?? [])
      : [];
    const explained = by.includes(row.id);
    // Explained by others: nothing of it is this item's.
    if (channel === undefined || (by.length > 0 && !explained)) return [];
    const share = 1 / (spread.get(cost.event) ?? 1);
    return [
      {
        id: cost.event,
        channel: cost.channel as api.DebtChannel,
        at: Number(cost.at),
        hours: { low: cost.low, high: cost.high },
        phi: tidy(share * (explained ? 1 / by.length : channel.sharedPhi)),
        explained,
        sharedWith: explained ? by.length - 1 : Math.max(0, channel.items - 1),
        what: cost.what,
      },
    ];
  });
}

/** Hours charged to the item since it was opened: whole events, the rest by the avoidable share. */
function costSoFar(row: ItemRow, events: readonly api.ChargedEvent[]): api.Price["principal"] {
  const own = events.filter(
    (event) => event.at >= Number(row.opened_at) && (row.closed_at === null || event.at <= Number(row.closed_at)),
  );
  if (own.length === 0) return zero;
  const random = createRandom(`${row.id}/so-far`);
  const mean = 0.1;
  const draws = sample(drawCount, () => {
    const avoidable = drawBeta(random, 1, 9) / mean;
    return own.reduce((sum, event) => {
      const hours = event.hours.low + random() * (event.hours.high - event.hours.low);
      return sum + hours * event.phi * (event.explained ? 1 : avoidable);
    }, 0);
  });
  return toRange(draws, own.length);
}

/** Why and remedy of a rule, from the rule itself or from the scanner's catalogue. */
async function describe(needs: DebtNeeds, row: Pick<ItemRow, "rule" | "source">): Promise<RuleText> {
  if (row.source === "declared") {
    return {
      why: "A shortcut taken on purpose costs until it is repaid.",
      remedy: "Repay it as planned, then prove it with evidence.",
      origin: "declared by a person",
    };
  }
  const rule = needs.rules().find((one) => one.code === row.rule);
  if (rule !== undefined) return { why: rule.why, remedy: rule.remedy, origin: rule.origin };
  const text = await needs.describeRule?.(row.rule);
  return (
    text ?? {
      why: `Rule ${row.rule} is not part of this version; its text is unknown.`,
      remedy: "See the rule's page of the version that found it.",
      origin: "unknown",
    }
  );
}

/** Price and cause in one sentence. */
function summarise(row: ItemRow, price: api.Price, events: number): string {
  const message = /[.!?]$/.test(row.message) ? row.message : `${row.message}.`;
  const principal = `repaying takes ${duration(price.principal.p10)} to ${duration(price.principal.p90)}`;
  if (price.interest === null)
    return `${message} What it costs is not known: no evidence channel covers it; ${principal}.`;
  if (events === 0 && price.interest.n === 0)
    return `${message} It has cost nothing yet that was measured; ${principal}.`;
  const payback =
    price.payback === null ? "" : ` and has earned that back after about ${oneFigure(price.payback.p50)} weeks`;
  return `${message} It costs about ${interval(price.interest)} h a week (${count(price.interest.n, "event")}); ${principal}${payback}.`;
}
