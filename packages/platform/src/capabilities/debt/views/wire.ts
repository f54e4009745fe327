import type * as api from "@paydown/api/debt";
import type { PaymentRow } from "../store.js";
import type { ItemRow } from "../tables.js";

const day = 86_400_000;

/** An item as the contract shows it. Before its first pricing only the principal is known, and everything else says so. */
export function toItem(row: ItemRow, now: number): api.DebtItem {
  const price = row.price === null ? undefined : (JSON.parse(row.price) as api.Price);
  const open = row.closed_at === null;
  return {
    id: row.id,
    rule: row.rule,
    slug: row.slug,
    family: row.family,
    severity: row.severity as api.DebtSeverity,
    confidence: row.confidence as api.DebtItem["confidence"],
    source: row.source,
    asset: { kind: row.asset_kind, id: row.asset_id },
    ...(row.place === null ? {} : { place: row.place }),
    message: row.message,
    state: row.state as api.ItemState,
    team: row.team,
    fixable: row.fixable === 1,
    isNew: row.is_new === 1,
    channels: row.channels.split(" ").filter((one) => one !== "") as api.DebtChannel[],
    openedAt: Number(row.opened_at),
    lastSeenAt: Number(row.last_seen_at),
    ...(row.closed_at === null ? {} : { closedAt: Number(row.closed_at) }),
    ...(row.due_at === null ? {} : { dueAt: Number(row.due_at) }),
    ...(open && row.due_at !== null && row.due_at < now ? { daysOverdue: Math.floor((now - row.due_at) / day) } : {}),
    deferrals: row.deferrals,
    principal: price?.principal ?? unpriced(row),
    interest: price?.interest ?? null,
    expected: price?.expected ?? null,
    riskInterest: price?.riskInterest ?? null,
    rate: price?.rate ?? null,
    payback: price?.payback ?? null,
    delay: price?.delay ?? null,
    reach: row.reach === null ? null : (JSON.parse(row.reach) as api.Reach),
    exposure: JSON.parse(row.exposure) as api.Exposure,
  };
}

/** The prior of an item nobody priced yet: its median and a factor 3.6 to each side. */
export function unpriced(row: Pick<ItemRow, "minutes">): api.Price["principal"] {
  const hours = row.minutes / 60;
  const factor = Math.exp(1.2815515655446004);
  return { p10: hours / factor, p50: hours, p90: hours * factor, n: 0 };
}

export function toPrice(row: ItemRow): api.Price {
  if (row.price !== null) return JSON.parse(row.price) as api.Price;
  return {
    principal: unpriced(row),
    principalDots: [],
    interest: null,
    interestDots: [],
    expected: null,
    riskInterest: null,
    rate: null,
    payback: null,
    delay: null,
    netValue: null,
    priceAt: Number(row.opened_at),
  };
}

export function toPayment(row: PaymentRow): api.Payment {
  return {
    id: row.id,
    item: row.item,
    state: row.state as api.Payment["state"],
    how: row.how as api.Payment["how"],
    what: row.what,
    evidence: JSON.parse(row.evidence),
    hours: row.hours,
    startedAt: Number(row.started_at),
    ...(row.ended_at === null ? {} : { endedAt: Number(row.ended_at) }),
    ...(row.problem === null ? {} : { problem: row.problem }),
    ...(row.job === null ? {} : { job: row.job }),
  };
}

export function toLine(row: ItemRow, now: number): api.Statement["dearest"][number] {
  const item = toItem(row, now);
  return {
    id: item.id,
    message: item.message,
    rule: item.rule,
    slug: item.slug,
    asset: item.asset,
    state: item.state,
    severity: item.severity,
    principal: item.principal,
    interest: item.interest,
    payback: item.payback,
    growth: row.growth,
    ...(item.dueAt === undefined ? {} : { dueAt: item.dueAt }),
    ...(item.daysOverdue === undefined ? {} : { daysOverdue: item.daysOverdue }),
  };
}
