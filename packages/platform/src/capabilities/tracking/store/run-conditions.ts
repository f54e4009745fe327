import type { Dialect } from "#base/db/db.js";
import { placeholders } from "#base/db/rows.js";
import { compareText } from "#base/db/text-test.js";
import type { Condition, NumberTest } from "../search/condition.js";

/** A piece of a statement with its values. */
export interface Sql {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** The integers of the names a search speaks of. */
export type KeyIds = (kind: string, key: string) => readonly number[];

/**
 * Looks whether a run has something, run by run along the chosen walk. The offset keeps PostgreSQL from joining the whole table
 * instead, which it takes for cheaper when a page of a hundred is wanted from many matches.
 */
export function probe(dialect: Dialect, from: string): string {
  return `exists (select 1 from ${from}${dialect === "postgres" ? " offset 0" : ""})`;
}

/** Longer lists travel as one value: databases bound how many there may be. */
export const longList = 64;

export function inList(values: readonly number[], dialect: Dialect): Sql {
  if (values.length === 0) return { text: "in (-1)", values: [] };
  if (values.length === 1) return { text: "= ?", values };
  if (values.length > longList) {
    const text =
      dialect === "postgres"
        ? "in (select one::bigint from json_array_elements_text(?::json) one)"
        : "in (select value from json_each(?))";
    return { text, values: [JSON.stringify(values)] };
  }
  const list = placeholders(values);
  return { text: `in (${list.sql})`, values: list.parameters };
}

export function tableOf(kind: "metrics" | "params" | "tags"): string {
  return kind === "metrics" ? "latest_metrics" : kind === "params" ? "params" : "run_tags";
}

/** How many characters of a text the indexes by value hold, as the databases count them. */
export const headLength = 200;

export function headOf(text: string): string {
  return text.length <= headLength ? text : [...text].slice(0, headLength).join("");
}

const nothing: Sql = { text: "1 = 0", values: [] };
const anything: Sql = { text: "1 = 1", values: [] };

/** A condition on the run `r`; whose id may be had from elsewhere, so that `r` itself is read of fewer runs. */
export function compileCondition(condition: Condition, dialect: Dialect, ids: KeyIds, runId = "r.id"): Sql {
  switch (condition.on) {
    case "and":
    case "or": {
      const parts = condition.parts.map((part) => compileCondition(part, dialect, ids, runId));
      return {
        text: `(${parts.map((part) => part.text).join(condition.on === "and" ? " and " : " or ")})`,
        values: parts.flatMap((part) => part.values),
      };
    }
    case "not": {
      const part = compileCondition(condition.part, dialect, ids, runId);
      return { text: `not coalesce(${part.text}, ${dialect === "postgres" ? "false" : "0"})`, values: part.values };
    }
    case "present": {
      const keys = ids(condition.kind, condition.key);
      if (keys.length === 0) return condition.present ? nothing : anything;
      const list = inList(keys, dialect);
      return {
        text: `${condition.present ? "" : "not "}${probe(dialect, `${tableOf(condition.kind)} x where x.run_id = ${runId} and x.key_id ${list.text}`)}`,
        values: list.values,
      };
    }
    case "metrics":
    case "params":
    case "tags": {
      const keys = ids(condition.on, condition.key);
      if (keys.length === 0) return nothing;
      const list = inList(keys, dialect);
      const test =
        condition.on === "metrics"
          ? compareMetric("x", condition.test)
          : compareText("x.value", condition.test, dialect);
      return {
        text: probe(
          dialect,
          `${tableOf(condition.on)} x where x.run_id = ${runId} and x.key_id ${list.text} and ${test.text}`,
        ),
        values: [...list.values, ...test.values],
      };
    }
    case "text":
      return compareText(`r.${condition.attribute}`, condition.test, dialect);
    case "number":
      return compareNumber(`r.${condition.attribute}`, condition.test);
    case "dataset": {
      const column = condition.field === "context" ? "i.context" : `e.${condition.field}`;
      const test = compareText(column, condition.test, dialect);
      return {
        text: `exists (select 1 from run_inputs i join experiment_datasets e on e.id = i.dataset_id where i.run_id = ${runId} and ${test.text})`,
        values: test.values,
      };
    }
  }
}

/**
 * NaN is stored as a flag beside 0; as for any number system it differs from everything and compares to nothing. The plus
 * signs keep SQLite from looking for each run in the index by value, which it takes for cheap: the run's own row is.
 */
function compareMetric(alias: string, test: NumberTest): Sql {
  const { text, values } = compareNumber(`+${alias}.value`, test);
  return test.op === "!="
    ? { text: `(+${alias}.nan = 1 or ${text})`, values }
    : { text: `+${alias}.nan = 0 and ${text}`, values };
}

export function compareNumber(column: string, test: NumberTest): Sql {
  return { text: `${column} ${test.op === "!=" ? "<>" : test.op} ?`, values: [test.number] };
}
