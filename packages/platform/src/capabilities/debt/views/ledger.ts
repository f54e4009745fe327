import type * as api from "@paydown/api/debt";
import type { Ctx } from "#base/context.js";
import type { Reader } from "#base/db/db.js";
import { errors } from "../errors.js";
import { rangeOfMoments } from "../model/draws.js";
import { toSort } from "../model/query.js";
import type { ItemRow } from "../tables.js";
import { type Condition, readQuery, refuse, sortColumns, toConditions, where } from "./ledger-query.js";
import { toItem } from "./wire.js";

interface ListInput {
  readonly project: string;
  readonly q?: string | undefined;
  readonly state?: api.ItemState | undefined;
  readonly family?: string | undefined;
  readonly rule?: string | undefined;
  readonly severity?: api.DebtSeverity | undefined;
  readonly kind?: string | undefined;
  readonly asset?: string | undefined;
  readonly newSince?: number | undefined;
  readonly sort?: string | undefined;
  readonly group?: "rule" | undefined;
  readonly cursor?: string | undefined;
  readonly limit?: number | undefined;
}

type ListReply = {
  items: api.DebtItem[];
  cursor?: string;
  total: number;
  newTotal: number;
  facets: Record<string, { value: string; count: number }[]>;
  groups?: GroupReply[];
  unknownSort: number;
};

type GroupReply = {
  rule: string;
  slug: string;
  family: string;
  severity: api.DebtSeverity;
  count: number;
  principal: api.Price["principal"];
  interest: api.Price["interest"];
  unknownInterest: number;
  fixable: number;
};

/** A page of the ledger with exact total, facets and, when asked for, sums by rule. */
export async function viewLedger(ctx: Ctx, input: ListInput): Promise<ListReply> {
  const now = ctx.clock.now();
  const query = readQuery(input.q ?? "", now);
  const conditions = [...toConditions(query), ...fieldConditions(input)];
  const sort =
    input.sort === undefined ? (query.sort ?? { key: "rate", descending: true }) : toSort(input.sort, refuse);
  const { column, width } = sortColumns[sort.key as keyof typeof sortColumns];
  const limit = input.limit ?? 100;
  const direction = sort.descending ? "desc" : "asc";
  const after = input.cursor === undefined ? undefined : readCursor(input.cursor, sort);
  return ctx.db.read(async (r) => {
    const filter = where(input.project, conditions);
    const page = after === undefined ? filter : withCursor(filter, after, column, width, sort.descending);
    const rows = await r.all<ItemRow & { sort_value: number | null; sort_width: number }>({
      sql: `select *, ${column} as sort_value, ${width} as sort_width from debt_items where ${page.sql}
        order by case when ${column} is null then 1 else 0 end, ${column} ${direction}, ${width}, id limit ${limit + 1}`,
      parameters: page.parameters,
    });
    const counts = await r.get<{ total: number; fresh: number | null; unknown: number | null }>({
      sql: `select count(*) as total, sum(is_new) as fresh, sum(case when ${column} is null then 1 else 0 end) as unknown from debt_items where ${filter.sql}`,
      parameters: filter.parameters,
    });
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    return {
      items: items.map((row) => toItem(row, now)),
      ...(rows.length > limit && last !== undefined
        ? { cursor: writeCursor(last.sort_value, last.sort_width, last.id, sort) }
        : {}),
      total: Number(counts?.total ?? 0),
      newTotal: Number(counts?.fresh ?? 0),
      unknownSort: Number(counts?.unknown ?? 0),
      facets: await countFacets(r, input.project, conditions),
      ...(input.group === "rule" ? { groups: await groupByRule(r, filter) } : {}),
    };
  });
}

function fieldConditions(input: ListInput): Condition[] {
  const conditions: Condition[] = [];
  const equals = (column: string, value: unknown, facet: string) => {
    if (value !== undefined) conditions.push({ sql: `${column} = ?`, parameters: [value], facet });
  };
  equals("state", input.state, "state");
  equals("family", input.family, "family");
  equals("severity", input.severity, "sev");
  equals("asset_kind", input.kind, "kind");
  if (input.rule !== undefined) {
    conditions.push({
      sql: "(rule = ? or slug = ?)",
      parameters: [input.rule.toUpperCase(), input.rule],
      facet: "rule",
    });
  }
  if (input.asset !== undefined) {
    const colon = input.asset.indexOf(":");
    conditions.push({
      sql: "(asset_kind = ? and asset_id = ?)",
      parameters: [input.asset.slice(0, Math.max(0, colon)), input.asset.slice(colon + 1)],
      facet: "",
    });
  }
  if (input.newSince !== undefined) conditions.push({ sql: "opened_at >= ?", parameters: [input.newSince], facet: "" });
  return conditions;
}

type Cursor = readonly [sort: string, value: number | null, width: number, id: string];
interface Sort {
  readonly key: string;
  readonly descending: boolean;
}

function writeCursor(value: number | null, width: number, id: string, sort: Sort): string {
  const cursor: Cursor = [`${sort.descending ? "-" : ""}${sort.key}`, value, width, id];
  return Buffer.from(JSON.stringify(cursor)).toString("base64url");
}

function readCursor(text: string, sort: Sort): Cursor {
  let cursor: unknown;
  try {
    cursor = JSON.parse(Buffer.from(text, "base64url").toString());
  } catch (cause) {
    throw errors.DEBT_CURSOR_INVALID({ cursor: text }, { cause });
  }
  const fits =
    Array.isArray(cursor) &&
    cursor.length === 4 &&
    cursor[0] === `${sort.descending ? "-" : ""}${sort.key}` &&
    (cursor[1] === null || typeof cursor[1] === "number") &&
    typeof cursor[2] === "number" &&
    typeof cursor[3] === "string";
  if (!fits) throw errors.DEBT_CURSOR_INVALID({ cursor: text });
  return cursor as unknown as Cursor;
}

/** What comes after the cursor in (unknown last, value, width, id). */
function withCursor(
  filter: { sql: string; parameters: unknown[] },
  [, value, width, id]: Cursor,
  column: string,
  widthColumn: string,
  descending: boolean,
): { sql: string; parameters: unknown[] } {
  const beyondWidth = `(${widthColumn} > ? or (${widthColumn} = ? and id > ?))`;
  if (value === null) {
    return {
      sql: `${filter.sql} and ${column} is null and ${beyondWidth}`,
      parameters: [...filter.parameters, width, width, id],
    };
  }
  return {
    sql: `${filter.sql} and (${column} is null or ${column} ${descending ? "<" : ">"} ? or (${column} = ? and ${beyondWidth}))`,
    parameters: [...filter.parameters, value, value, width, width, id],
  };
}

const facetColumns: Readonly<Record<string, string>> = {
  state: "state",
  family: "family",
  rule: "slug",
  kind: "asset_kind",
  sev: "severity",
  team: "coalesce(team, 'none')",
  channel: "channels",
  confidence: "confidence",
  source: "source",
  fixable: "case when fixable = 1 then 'yes' else 'no' end",
  new: "case when is_new = 1 then 'yes' else 'no' end",
};

/** Counts by facet, each without its own conditions, so that the other choices of a facet stay visible. */
async function countFacets(r: Reader, project: string, conditions: readonly Condition[]): Promise<ListReply["facets"]> {
  const facets: ListReply["facets"] = {};
  for (const [facet, column] of Object.entries(facetColumns)) {
    const { sql, parameters } = where(
      project,
      conditions.filter((one) => one.facet !== facet),
    );
    const rows = await r.all<{ value: string; n: number }>({
      sql: `select ${column} as value, count(*) as n from debt_items where ${sql} group by ${column}`,
      parameters,
    });
    const counts = new Map<string, number>();
    for (const row of rows) {
      // An item may cost on several channels: it counts under each.
      const values = facet === "channel" ? row.value.split(" ").filter((one) => one !== "") : [row.value];
      for (const value of values) counts.set(value, (counts.get(value) ?? 0) + Number(row.n));
    }
    facets[facet] = [...counts]
      .map(([value, count]) => ({ value, count }))
      .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1));
  }
  return facets;
}

async function groupByRule(r: Reader, filter: { sql: string; parameters: unknown[] }): Promise<GroupReply[]> {
  const rows = await r.all<
    Record<"rule" | "slug" | "family" | "severity", string> &
      Record<"n" | "pm" | "pv" | "im" | "iv" | "events" | "known" | "fixable", number>
  >({
    sql: `select rule, min(slug) as slug, min(family) as family, min(severity) as severity, count(*) as n,
      sum(principal_mean) as pm, sum(principal_var) as pv, sum(interest_mean) as im, sum(interest_var) as iv,
      sum(interest_n) as events, sum(case when interest_p50 is null then 0 else 1 end) as known, sum(fixable) as fixable
      from debt_items where ${filter.sql} group by rule`,
    parameters: filter.parameters,
  });
  return rows
    .map((row) => ({
      rule: row.rule,
      slug: row.slug,
      family: row.family,
      severity: row.severity as api.DebtSeverity,
      count: Number(row.n),
      principal: rangeOfMoments(Number(row.pm), Number(row.pv), Number(row.n)),
      interest: Number(row.known) === 0 ? null : rangeOfMoments(Number(row.im), Number(row.iv), Number(row.events)),
      unknownInterest: Number(row.n) - Number(row.known),
      fixable: Number(row.fixable),
    }))
    .sort((a, b) => (b.interest?.p50 ?? -1) - (a.interest?.p50 ?? -1) || b.count - a.count);
}

/** Debt taken on purpose, called first, then by due date. */
export async function viewPrudent(
  ctx: Ctx,
  input: { project: string; cursor?: string | undefined; limit?: number | undefined },
): Promise<{ items: { item: api.DebtItem; prudent: api.PrudentRecord }[]; cursor?: string; total: number }> {
  const now = ctx.clock.now();
  const limit = input.limit ?? 100;
  const rank = "case when state = 'called' then 0 when state = 'prudent' then 1 else 2 end";
  const after =
    input.cursor === undefined ? undefined : readCursor(input.cursor, { key: "prudent", descending: false });
  return ctx.db.read(async (r) => {
    const clause =
      after === undefined ? "" : ` and (${rank} > ? or (${rank} = ? and (due_at > ? or (due_at = ? and id > ?))))`;
    const rows = await r.all<ItemRow & { rank: number }>({
      sql: `select *, ${rank} as rank from debt_items where project = ? and prudent is not null${clause} order by ${rank}, due_at, id limit ${limit + 1}`,
      parameters: [input.project, ...(after === undefined ? [] : [after[1], after[1], after[2], after[2], after[3]])],
    });
    const total = await r.get<{ n: number }>({
      sql: "select count(*) as n from debt_items where project = ? and prudent is not null",
      parameters: [input.project],
    });
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    return {
      items: items.map((row) => ({
        item: toItem(row, now),
        prudent: JSON.parse(row.prudent as string) as api.PrudentRecord,
      })),
      ...(rows.length > limit && last !== undefined
        ? {
            cursor: writeCursor(Number(last.rank), Number(last.due_at ?? 0), last.id, {
              key: "prudent",
              descending: false,
            }),
          }
        : {}),
      total: Number(total?.n ?? 0),
    };
  });
}
