import type { Reader } from "#base/db/db.js";
import { errors } from "../errors.js";
import { parseQuery, type Query, type SortKey, type Term } from "../model/query.js";
import type { ItemRow } from "../tables.js";

/** A condition in SQL with its values; `facet` names the facet it narrows, so that the facet can be counted without it. */
export interface Condition {
  readonly sql: string;
  readonly parameters: readonly unknown[];
  readonly facet: string;
}

export function refuse(problem: string): Error {
  return errors.DEBT_QUERY_INVALID({ problem });
}

export function readQuery(text: string, now: number): Query {
  return parseQuery(text, now, refuse);
}

export function toConditions(query: Query): Condition[] {
  return query.terms.map((term) => {
    const { sql, parameters, facet } = positive(term);
    return { sql: term.negated ? `not (${sql})` : `(${sql})`, parameters, facet };
  });
}

const columns: Readonly<Record<string, string>> = {
  state: "state",
  family: "family",
  kind: "asset_kind",
  confidence: "confidence",
  source: "source",
};

function positive(term: Term): Condition {
  switch (term.key) {
    case "words":
      return { sql: "search like ? escape '\\'", parameters: [`%${escapeLike(term.text.toLowerCase())}%`], facet: "" };
    case "sev":
      return oneOf("severity", term.values, "sev");
    case "new":
      if (term.baseline !== undefined) return { sql: "is_new = ?", parameters: [term.baseline ? 1 : 0], facet: "new" };
      return { sql: "opened_at >= ?", parameters: [term.from], facet: "" };
    case "due":
      if (term.absent === true) return { sql: "due_at is null", parameters: [], facet: "" };
      return { sql: "coalesce(due_at, 9007199254740991) < ?", parameters: [term.before], facet: "" };
    case "rule":
      return {
        sql: `rule in (${marks(term.values)}) or slug in (${marks(term.values)})`,
        parameters: [...term.values.map((one) => one.toUpperCase()), ...term.values],
        facet: "rule",
      };
    case "team": {
      const named = term.values.filter((one) => one !== "none");
      const parts = [
        ...(named.length === 0 ? [] : [`coalesce(team, '') in (${marks(named)})`]),
        ...(named.length === term.values.length ? [] : ["team is null"]),
      ];
      return { sql: parts.join(" or "), parameters: named, facet: "team" };
    }
    case "channel":
      return {
        sql: term.values.map(() => "channels like ? escape '\\'").join(" or "),
        parameters: term.values.map((one) => `% ${escapeLike(one)} %`),
        facet: "channel",
      };
    case "asset":
      return {
        sql: term.values
          .map((one) => (one.includes(":") ? "(asset_kind = ? and asset_id = ?)" : "asset_id = ?"))
          .join(" or "),
        parameters: term.values.flatMap((one) =>
          one.includes(":") ? [one.slice(0, one.indexOf(":")), one.slice(one.indexOf(":") + 1)] : [one],
        ),
        facet: "",
      };
    case "fixable":
      return { sql: "fixable = ?", parameters: [term.values[0] === "yes" ? 1 : 0], facet: "fixable" };
    default:
      return oneOf(columns[term.key] as string, term.values, term.key);
  }
}

function oneOf(column: string, values: readonly string[], facet: string): Condition {
  if (values.length === 0) return { sql: "1 = 0", parameters: [], facet };
  return { sql: `${column} in (${marks(values)})`, parameters: values, facet };
}

function marks(values: readonly unknown[]): string {
  return values.map(() => "?").join(", ");
}

function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, (one) => `\\${one}`);
}

/** The where clause of a project and its conditions. */
export function where(project: string, conditions: readonly Condition[]): { sql: string; parameters: unknown[] } {
  return {
    sql: ["project = ?", ...conditions.map((one) => one.sql)].join(" and "),
    parameters: [project, ...conditions.flatMap((one) => one.parameters)],
  };
}

/** The column of a sort and the width that breaks its ties. Unknown values come last whatever the direction. */
export const sortColumns: Readonly<Record<SortKey, { readonly column: string; readonly width: string }>> = {
  rate: { column: "rate_p50", width: "interest_width" },
  principal: { column: "principal_p50", width: "principal_width" },
  interest: { column: "interest_p50", width: "interest_width" },
  expected: { column: "expected_p50", width: "interest_width" },
  risk: { column: "risk_p50", width: "principal_width" },
  payback: { column: "payback_p50", width: "interest_width" },
  delay: { column: "delay_p50", width: "interest_width" },
  reach: { column: "reach_score", width: "principal_width" },
  exposure: { column: "predictions", width: "principal_width" },
  netvalue: { column: "net_p50", width: "interest_width" },
  severity: {
    column: "case severity when 'SEV0' then 0 when 'SEV1' then 1 when 'SEV2' then 2 else 3 end",
    width: "interest_width",
  },
  opened: { column: "opened_at", width: "interest_width" },
  due: { column: "due_at", width: "interest_width" },
};

/** Every item that matches a filter. */
export function matchingItems(r: Reader, project: string, q: string, now: number): Promise<ItemRow[]> {
  const { sql, parameters } = where(project, toConditions(readQuery(q, now)));
  return r.all<ItemRow>({ sql: `select * from debt_items where ${sql} order by id`, parameters });
}
