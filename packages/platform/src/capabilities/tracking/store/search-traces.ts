import type { Dialect, Reader, Statement } from "#base/db/db.js";
import { placeholders } from "#base/db/rows.js";
import { compareText, type SqlPart } from "#base/db/text-test.js";
import { trackingErrors } from "../errors.js";
import type { TraceCondition, TraceNumber, TraceOrder, TraceText } from "../search/traces.js";
import type { TraceRow } from "../tables.js";

export interface TraceSearch {
  readonly project: string;
  /** All of the project's when undefined. */
  readonly experiments: readonly number[] | undefined;
  readonly condition: TraceCondition | undefined;
  readonly order: readonly TraceOrder[];
}

/** Where a page ends: the values of its last row's sort terms. */
export type TracePlace = readonly (string | number)[];

interface Term {
  readonly sql: string;
  readonly parameters: readonly unknown[];
  readonly ascending: boolean;
  readonly number: boolean;
}

const columns: Readonly<Record<TraceText | TraceNumber, string>> = {
  trace_id: "t.trace_id",
  state: "t.state",
  name: "t.name",
  client_request_id: "t.client_request_id",
  started_at: "t.started_at",
  duration: "t.duration",
  ended_at: "(t.started_at + t.duration)",
};

/** One page in order, newest first unless told; the place is where the next one begins. */
export async function searchTraces(
  r: Reader,
  search: TraceSearch,
  limit: number,
  after: TracePlace | undefined,
): Promise<{ rows: TraceRow[]; next: TracePlace | undefined }> {
  if (search.experiments?.length === 0) return { rows: [], next: undefined };
  const terms = termsOf(search.order);
  const where = whereOf(search, r.dialect);
  const from = after === undefined ? undefined : beyond(terms, after);
  const keys = terms.map((term, i) => `${term.sql} as k${i}`).join(", ");
  const found = await r.all<TraceRow & Record<string, string | number>>({
    sql: `select t.*, ${keys} from traces t where ${where.sql}${from === undefined ? "" : ` and ${from.text}`}
          order by ${terms.map((term, i) => `k${i} ${term.ascending ? "asc" : "desc"}`).join(", ")} limit ?`,
    parameters: [...terms.flatMap((term) => term.parameters), ...where.parameters, ...(from?.values ?? []), limit + 1],
  });
  const rows = found.slice(0, limit);
  const last = rows.at(-1);
  const next = found.length > limit && last !== undefined ? terms.map((_, i) => last[`k${i}`] as string) : undefined;
  return { rows, next };
}

/** Sort terms that end in the id, so that no two rows are equal; what is missing sorts before all else. */
function termsOf(order: readonly TraceOrder[]): Term[] {
  const terms = order.map(termOf);
  const byTime = order.some((one) => one.by === "started_at");
  if (!byTime) terms.push({ sql: "t.started_at", parameters: [], ascending: false, number: true });
  const ascending = terms.at(-1)?.ascending ?? false;
  return [...terms, { sql: "t.id", parameters: [], ascending, number: true }];
}

function termOf({ by, ascending }: TraceOrder): Term {
  const term = (sql: string, number: boolean, parameters: readonly unknown[] = []) => ({
    sql,
    parameters,
    ascending,
    number,
  });
  if (typeof by === "object") {
    const sql = `coalesce((select x.value from trace_${by.on} x where x.trace = t.id and x.key = ?), '')`;
    return term(sql, false, [by.key]);
  }
  if (by === "run") {
    return term("coalesce((select min(x.run_id) from trace_runs x where x.trace = t.id), '')", false);
  }
  if (by === "started_at" || by === "experiment_id") return term(`t.${by}`, true);
  if (by === "duration" || by === "ended_at") return term(`coalesce(${columns[by]}, -1)`, true);
  return term(`coalesce(${columns[by]}, '')`, false);
}

/** Rows after a place: later by the first term, or equal by it and later by the next, and so on. */
function beyond(terms: readonly Term[], place: TracePlace): SqlPart {
  const fits =
    place.length === terms.length && terms.every((term, i) => (typeof place[i] === "number") === term.number);
  if (!fits) throw trackingErrors.TRACKING_PAGE_TOKEN_INVALID();
  const parts = terms.map((term, i) => {
    const equal = terms.slice(0, i).map((one) => `${one.sql} = ?`);
    return {
      text: [...equal, `${term.sql} ${term.ascending ? ">" : "<"} ?`].join(" and "),
      values: terms.slice(0, i + 1).flatMap((one, j) => [...one.parameters, place[j]]),
    };
  });
  // The first term alone bounds the walk of its index.
  const [first] = terms as [Term];
  return {
    text: `${first.sql} ${first.ascending ? ">=" : "<="} ? and (${parts.map((part) => `(${part.text})`).join(" or ")})`,
    values: [...first.parameters, place[0], ...parts.flatMap((part) => part.values)],
  };
}

function whereOf(search: TraceSearch, dialect: Dialect): Statement {
  const parts: Statement[] = [{ sql: "t.project = ?", parameters: [search.project] }];
  if (search.experiments?.length === 1) {
    parts.push({ sql: "t.experiment_id = ?", parameters: [search.experiments[0]] });
  } else if (search.experiments !== undefined) {
    const list = placeholders(search.experiments);
    parts.push({ sql: `t.experiment_id in (${list.sql})`, parameters: list.parameters });
  }
  if (search.condition !== undefined) parts.push(compile(search.condition, dialect));
  return {
    sql: parts.map((part) => part.sql).join(" and "),
    parameters: parts.flatMap((part) => [...part.parameters]),
  };
}

function compile(condition: TraceCondition, dialect: Dialect): Statement {
  const text = (column: string, test: Parameters<typeof compareText>[1]) => compareText(column, test, dialect);
  const exists = (from: string, parameters: readonly unknown[], test: SqlPart): Statement => ({
    sql: `exists (select 1 from ${from} and ${test.text})`,
    parameters: [...parameters, ...test.values],
  });
  switch (condition.on) {
    case "and":
    case "or": {
      const parts = condition.parts.map((part) => compile(part, dialect));
      return {
        sql: `(${parts.map((part) => part.sql).join(condition.on === "and" ? " and " : " or ")})`,
        parameters: parts.flatMap((part) => [...part.parameters]),
      };
    }
    case "not": {
      const part = compile(condition.part, dialect);
      // A comparison with what is missing is unknown, and NOT of it must be true, as it is for a key that is not there.
      return { sql: `not coalesce(${asBoolean(part.sql, dialect)})`, parameters: part.parameters };
    }
    case "text": {
      const test = text(columns[condition.attribute], condition.test);
      return { sql: `(${test.text})`, parameters: test.values };
    }
    case "number":
      return {
        sql: `(${columns[condition.attribute]} ${condition.test.op === "!=" ? "<>" : condition.test.op} ?)`,
        parameters: [condition.test.number],
      };
    case "tags":
    case "metadata":
      return exists(
        `trace_${condition.on} x where x.trace = t.id and x.key = ?`,
        [condition.key],
        text("x.value", condition.test),
      );
    case "present":
      return {
        sql: `${condition.present ? "" : "not "}exists (select 1 from trace_${condition.kind} x where x.trace = t.id and x.key = ?)`,
        parameters: [condition.key],
      };
    case "run":
      return exists("trace_runs x where x.trace = t.id", [], text("x.run_id", condition.test));
    case "span":
      return exists("trace_spans s where s.trace = t.id", [], text(`s.${condition.field}`, condition.test));
    case "span-attribute":
      return dialect === "sqlite"
        ? exists(
            "trace_spans s, json_each(s.body, '$.attributes') a where s.trace = t.id and json_extract(a.value, '$.key') = ?",
            [condition.key],
            text(
              "cast(coalesce(json_extract(a.value, '$.value.string_value'), json_extract(a.value, '$.value.int_value'), json_extract(a.value, '$.value.double_value'), case json_extract(a.value, '$.value.bool_value') when 1 then 'true' when 0 then 'false' end) as text)",
              condition.test,
            ),
          )
        : exists(
            "trace_spans s, jsonb_array_elements(s.body::jsonb -> 'attributes') a where s.trace = t.id and a ->> 'key' = ?",
            [condition.key],
            text(
              "coalesce(a -> 'value' ->> 'string_value', a -> 'value' ->> 'int_value', a -> 'value' ->> 'double_value', a -> 'value' ->> 'bool_value')",
              condition.test,
            ),
          );
    case "assessment": {
      const from = "trace_assessments x where x.trace = t.id and x.valid = 1 and x.kind = ? and x.name = ?";
      const of = [condition.kind, condition.name];
      if ("present" in condition.test) {
        return { sql: `${condition.test.present ? "" : "not "}exists (select 1 from ${from})`, parameters: of };
      }
      if ("number" in condition.test) {
        const { op, number } = condition.test.number;
        return exists(from, of, { text: `x.number ${op === "!=" ? "<>" : op} ?`, values: [number] });
      }
      return exists(from, of, text("x.value", condition.test.text));
    }
  }
}

function asBoolean(sql: string, dialect: Dialect): string {
  return dialect === "sqlite" ? `(${sql}), 0` : `(${sql}), false`;
}
