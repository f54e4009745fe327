import type { Price } from "@paydown/api/debt";
import type { PlanInput, PlannedItem } from "../model/frontier.js";
import { hazardOf, weightsOfWeeks } from "../model/pricing.js";
import { setupShare } from "../model/principal.js";
import type { DebtNeeds } from "../needs.js";
import type { ItemRow } from "../tables.js";

interface Pins {
  readonly pinIn?: ReadonlySet<string>;
  readonly pinOut?: ReadonlySet<string>;
  readonly includeRisk?: boolean;
}

const severityRank: Readonly<Record<string, number>> = { SEV0: 0, SEV1: 1, SEV2: 2, SEV3: 3 };

/** Only SEV0, SEV1, called loans, passed due dates and pins override the optimiser. Prudent debt waits for its date. */
function mustBePaid(row: Pick<ItemRow, "severity" | "state" | "due_at">, now: number): boolean {
  if (row.state === "called") return true;
  if (row.state === "prudent" || row.state === "disputed") return false;
  return row.severity === "SEV0" || row.severity === "SEV1" || (row.due_at !== null && row.due_at <= now);
}

/** Open items as the planner wants them. Disputed ones stay out: nobody works on what may not exist. */
export function toCandidates(
  rows: readonly ItemRow[],
  needs: Pick<DebtNeeds, "prerequisites">,
  now: number,
  pins: Pins,
): PlanInput {
  const payable = rows.filter(
    (row) => (row.state !== "disputed" && row.state !== "prudent") || pins.pinIn?.has(row.id),
  );
  const kept = payable.filter((row) => !pins.pinOut?.has(row.id));
  const byAssetRule = new Map(kept.map((row) => [`${row.asset_kind}:${row.asset_id} ${row.rule}`, row.id]));
  const rowsOfRule = new Map<string, ItemRow[]>();
  for (const row of kept) rowsOfRule.set(row.rule, [...(rowsOfRule.get(row.rule) ?? []), row]);
  const setups = new Map<string, number>();
  for (const [rule, list] of rowsOfRule) {
    if (list.length > 1) setups.set(rule, Math.floor(setupShare * Math.min(...list.map((row) => row.minutes))));
  }
  const ceilings = new Map<string, number>();
  const items = kept.map((row): PlannedItem => {
    const asset = `${row.asset_kind}:${row.asset_id}`;
    const price = row.price === null ? undefined : (JSON.parse(row.price) as Price);
    const weight = weightsOfWeeks(row.growth ?? 0, hazardOf(0, 0));
    const risk = pins.includeRisk ? (price?.riskInterest?.p50 ?? 0) : 0;
    const gain = ((row.solo ?? 0) + risk) * weight;
    ceilings.set(asset, Math.max(ceilings.get(asset) ?? 0, (row.ceiling + risk) * weight, gain));
    const setup = setups.get(row.rule);
    const required = (needs.prerequisites?.[row.rule] ?? []).flatMap(
      (rule) => byAssetRule.get(`${asset} ${rule}`) ?? [],
    );
    return {
      candidate: {
        id: row.id,
        minutes: row.minutes,
        ...(setup === undefined || setup <= 0 ? {} : { setup: { group: row.rule, minutes: setup } }),
        lossPerMinute: row.principal_mean / Math.max(1 / 60, row.minutes / 60) / 60,
        asset,
        gain,
        mustPay: mustBePaid(row, now) || pins.pinIn?.has(row.id) === true,
        urgency: (severityRank[row.severity] ?? 3) * 1e15 + (row.due_at ?? 9e14),
        ...(row.team === null ? {} : { team: row.team }),
        requires: required,
      },
      solo: row.solo,
      weight,
      principalDots: price?.principalDots ?? [],
      expectedDots: JSON.parse(row.expected_dots) as number[],
      events: row.interest_n,
    };
  });
  return { items, ceilings };
}
