import type { Dialect, Reader, Statement } from "#base/db/db.js";
import { placeholders } from "#base/db/rows.js";
import { compareText } from "#base/db/text-test.js";
import type { ExperimentCondition, ExperimentOrder } from "../search/experiments.js";
import type { ExperimentRow } from "../tables.js";

export interface ExperimentSearch {
  readonly project: string;
  readonly deleted: readonly (0 | 1)[];
  readonly condition: ExperimentCondition | undefined;
  readonly order: readonly ExperimentOrder[];
}

/** Experiments in order; newest first unless told, ties by id. */
export function searchExperiments(
  r: Reader,
  search: ExperimentSearch,
  limit: number,
  offset: number,
): Promise<ExperimentRow[]> {
  const where = whereOf(search, r.dialect);
  const order =
    search.order.length === 0
      ? ["e.created_at desc", "e.id"]
      : search.order.map((one) => `e.${one.by}${one.ascending ? "" : " desc"}`);
  if (!search.order.some((one) => one.by === "id")) order.push("e.id");
  return r.all({
    sql: `select e.* from experiments e where ${where.sql} order by ${[...new Set(order)].join(", ")} limit ? offset ?`,
    parameters: [...where.parameters, limit, offset],
  });
}

export async function countExperiments(r: Reader, search: ExperimentSearch): Promise<number> {
  const where = whereOf(search, r.dialect);
  const row = await r.get<{ n: number }>({
    sql: `select count(*) as n from experiments e where ${where.sql}`,
    parameters: where.parameters,
  });
  return Number(row?.n ?? 0);
}

function whereOf(search: ExperimentSearch, dialect: Dialect): Statement {
  const deleted = placeholders(search.deleted);
  const condition = search.condition === undefined ? undefined : compile(search.condition, dialect);
  return {
    sql: `e.project = ? and e.deleted in (${deleted.sql})${condition === undefined ? "" : ` and ${condition.sql}`}`,
    parameters: [search.project, ...deleted.parameters, ...(condition?.parameters ?? [])],
  };
}

function compile(condition: ExperimentCondition, dialect: Dialect): Statement {
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
      return { sql: `not ${part.sql}`, parameters: part.parameters };
    }
    case "id": {
      const test = compareText("cast(e.id as text)", condition.test, dialect);
      return { sql: `(${test.text})`, parameters: test.values };
    }
    case "name": {
      const test = compareText("e.name", condition.test, dialect);
      return { sql: `(${test.text})`, parameters: test.values };
    }
    case "number":
      return {
        sql: `(e.${condition.attribute} ${condition.test.op === "!=" ? "<>" : condition.test.op} ?)`,
        parameters: [condition.test.number],
      };
    case "tags": {
      const test = compareText("t.value", condition.test, dialect);
      return {
        sql: `exists (select 1 from experiment_tags t where t.experiment_id = e.id and t.key = ? and ${test.text})`,
        parameters: [condition.key, ...test.values],
      };
    }
    case "present":
      return {
        sql: `${condition.present ? "" : "not "}exists (select 1 from experiment_tags t where t.experiment_id = e.id and t.key = ?)`,
        parameters: [condition.key],
      };
  }
}
