import type { Db, Reader } from "#base/db/db.js";
import { placeholders } from "#base/db/rows.js";
import { compareText } from "#base/db/text-test.js";
import type { Condition, NumberTest } from "../search/condition.js";
import type { Order } from "../search/order.js";
import type { RunRecord } from "../tables.js";
import { findKeyUse } from "./keys.js";

type Dialect = Db["dialect"];

export interface RunSearch {
  readonly project: string;
  readonly experimentIds: readonly number[];
  /** 0: active, 1: deleted. */
  readonly deleted: readonly (0 | 1)[];
  readonly condition: Condition | undefined;
  readonly order: readonly Order[];
}

/**
 * A place in the result: what the last run given has in each sort term. A first sort key that runs may lack counts as
 * two, its rank (has it, is NaN, lacks it) and its value, so that a place means the same whichever way the runs are read.
 */
export type Place = readonly (string | number)[];

export interface FoundRuns {
  readonly runs: RunRecord[];
  readonly next: Place | undefined;
}

interface Sql {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** A sort term: never null, so that places compare by plain operators. */
interface Term {
  readonly sql: string;
  readonly descending: boolean;
}

/** A condition that matches at most so many runs is always read by its own index. */
const fewRuns = 500;
/** Matches are counted no further: reading more by index than this never pays, and counting costs too. */
const countedRuns = 5000;
/** Share of the runs that a condition is taken to match when nothing is known of it. */
const unknownShare = 0.5;
/** What a run costs, read by a condition's index and sorted, or passed on a walk along the order. */
const [probeCost, walkCost] = [5, 3];

/**
 * Runs in order, after a place, at most `limit`.
 *
 * The first sort key splits the result into segments: runs that have a value, for metrics then those where it is NaN,
 * then those without. Each segment walks the key's index by CROSS JOIN, which keeps SQLite's planner (wrong by 30 times
 * for broad ranges) from choosing another way.
 */
export async function searchRuns(
  r: Reader,
  dialect: Dialect,
  search: RunSearch,
  limit: number,
  after?: Place,
): Promise<FoundRuns> {
  if (search.experimentIds.length === 0) return { runs: [], next: undefined };
  const compiler = await compilerFor(r, dialect, search, limit);
  const found: RunRecord[] = [];
  const first = compiler.keyed ? Number(after?.[0] ?? 0) : 0;
  let last: Place | undefined;
  for (let segment = first; segment < compiler.segments && found.length <= limit; segment++) {
    const page = compiler.page(segment, segment === first ? after : undefined, limit + 1 - found.length);
    for (const row of await r.all<RunRecord & Record<string, string | number>>(page.statement)) {
      found.push(row);
      if (found.length === limit) last = page.placeOf(row);
    }
  }
  return { runs: found.slice(0, limit), next: found.length > limit ? last : undefined };
}

/** Exact number of matches; with `status` of those in that state. */
export async function countRuns(r: Reader, dialect: Dialect, search: RunSearch, status?: string): Promise<number> {
  if (search.experimentIds.length === 0) return 0;
  const compiler = await compilerFor(r, dialect, { ...search, order: [] }, Number.POSITIVE_INFINITY);
  return Number((await r.get<{ n: number }>(compiler.count(status)))?.n ?? 0);
}

/** The runs a search matches, in no order: the pieces of a `select ... from <from> where <where>` in which a run is `r`. */
export interface MatchingSql {
  readonly from: string;
  readonly where: string;
  readonly fromParameters: readonly unknown[];
  readonly whereParameters: readonly unknown[];
}

export async function matchingSql(r: Reader, dialect: Dialect, search: Omit<RunSearch, "order">): Promise<MatchingSql> {
  return (await compilerFor(r, dialect, { ...search, order: [] }, Number.POSITIVE_INFINITY)).pieces();
}

export interface MatchingRun {
  readonly id: number;
  readonly run_id: string;
  readonly experiment_id: number;
}

/** Every match, newest first: for what looks at all of them, without what it does not look at. */
export async function matchingRuns(r: Reader, dialect: Dialect, search: RunSearch): Promise<MatchingRun[]> {
  if (search.experimentIds.length === 0) return [];
  const runs = await matchingSql(r, dialect, search);
  return r.all({
    sql: `select r.id, r.run_id, r.experiment_id from ${runs.from} where ${runs.where} order by r.start_time desc, r.run_id`,
    parameters: [...runs.fromParameters, ...runs.whereParameters],
  });
}

/** The integers of the names a search speaks of, and how many runs have the most common of them. */
interface Keys {
  ids(kind: string, key: string): readonly number[];
  readonly most: number;
}

async function findSearchKeys(r: Reader, search: RunSearch): Promise<Keys> {
  const found = new Map<string, readonly number[]>();
  let most = 0;
  for (const [kind, key] of keysOf(search)) {
    const known = await findKeyUse(r, search.experimentIds, kind, key);
    found.set(`${kind}.${key}`, known.ids);
    most = Math.max(most, known.runs);
  }
  return { ids: (kind, key) => found.get(`${kind}.${key}`) ?? [], most };
}

async function compilerFor(r: Reader, dialect: Dialect, search: RunSearch, limit: number) {
  const keys = await findSearchKeys(r, search);
  const { ids } = keys;
  const scope = scopeOf(search, dialect, limit === Number.POSITIVE_INFINITY);
  const condition = search.condition === undefined ? undefined : compile(search.condition, dialect, ids);
  const driver = await chooseDriver(r, dialect, search.condition, keys, limit);
  const [first, ...others] = search.order;
  const keyed = first !== undefined && first.by !== "attribute" && driver === undefined ? first : undefined;
  const rest = keyed === undefined ? search.order : others;

  function tail(joins: Sql[]): Term[] {
    const terms: Term[] = rest.flatMap((order, i) => orderTerms(order, `o${i}`, dialect, ids, joins));
    const byStart = rest.some((order) => order.by === "attribute" && order.attribute === "start_time");
    if (!byStart) terms.push({ sql: "r.start_time", descending: true });
    return [...terms, { sql: "r.run_id", descending: false }];
  }

  return {
    keyed: keyed !== undefined,
    segments: keyed === undefined ? 1 : keyed.by === "metrics" ? 3 : 2,
    page(segment: number, place: Place | undefined, limit: number) {
      const joins: Sql[] = [];
      const lacking = keyed !== undefined && segment === (keyed.by === "metrics" ? 2 : 1);
      const where: Sql[] = [scope, ...(condition === undefined ? [] : [condition])];
      const terms: Term[] = [];
      let from = driver === undefined ? "runs r" : `(${driver.text}) d cross join runs r`;
      const fromValues = driver?.values ?? [];
      if (driver !== undefined) where.push({ text: "r.id = d.run_id", values: [] });
      if (keyed !== undefined) {
        const table = tableOf(keyed.by);
        const list = inList(ids(keyed.by, keyed.key), dialect);
        if (lacking) {
          where.push({
            text: `not ${probe(dialect, `${table} w where w.run_id = r.id and w.key_id ${list.text}`)}`,
            values: list.values,
          });
        } else {
          from = `${table} w cross join runs r`;
          where.unshift(
            { text: `w.key_id ${list.text}`, values: list.values },
            ...(keyed.by === "metrics" ? [{ text: "w.nan = ?", values: [segment] }] : []),
            { text: "r.id = w.run_id", values: [] },
          );
          if (keyed.by === "metrics") terms.push({ sql: "w.value", descending: !keyed.ascending });
          else {
            terms.push(
              { sql: "substr(w.value, 1, 200)", descending: !keyed.ascending },
              { sql: "w.value", descending: !keyed.ascending },
            );
          }
        }
      }
      terms.push(...tail(joins));
      const toTerms = (values: Place): Place => {
        if (keyed === undefined) return values;
        const [, value = "", ...others] = values;
        if (lacking) return others;
        return keyed.by === "metrics" ? [value, ...others] : [headOf(String(value)), value, ...others];
      };
      if (place !== undefined) where.push(...afterPlace(terms, toTerms(place)));
      const columns = terms.map((term, i) => `${term.sql} as s${i}`).join(", ");
      const order = terms.map((term) => `${term.sql}${term.descending ? " desc" : ""}`).join(", ");
      return {
        placeOf(row: Readonly<Record<string, unknown>>): Place {
          const values = terms.map((_, i) => row[`s${i}`] as string | number);
          if (keyed === undefined) return values;
          if (lacking) return [segment, keyed.by === "metrics" ? 0 : "", ...values];
          return [segment, ...(keyed.by === "metrics" ? values : values.slice(1))];
        },
        statement: {
          sql: `select r.*, ${columns} from ${from} ${joins.map((join) => join.text).join(" ")}
                where ${where.map((one) => one.text).join(" and ")} order by ${order} limit ?`,
          parameters: [
            ...fromValues,
            ...joins.flatMap((join) => join.values),
            ...where.flatMap((one) => one.values),
            limit,
          ],
        },
      };
    },
    pieces(): MatchingSql {
      const where: Sql[] = [scope, ...(condition === undefined ? [] : [condition])];
      if (driver !== undefined) where.push({ text: "r.id = d.run_id", values: [] });
      return {
        from: `${driver === undefined ? "" : `(${driver.text}) d cross join `}runs r`,
        where: where.map((one) => one.text).join(" and "),
        fromParameters: driver?.values ?? [],
        whereParameters: where.flatMap((one) => one.values),
      };
    },
    count(status: string | undefined) {
      const where: Sql[] = [scope, ...(condition === undefined ? [] : [condition])];
      if (driver !== undefined) where.push({ text: "r.id = d.run_id", values: [] });
      if (status !== undefined) where.push({ text: "r.status = ?", values: [status] });
      return {
        sql: `select count(*) as n from ${driver === undefined ? "" : `(${driver.text}) d cross join `}runs r
              where ${where.map((one) => one.text).join(" and ")}`,
        parameters: [...(driver?.values ?? []), ...where.flatMap((one) => one.values)],
      };
    },
  };
}

function keysOf(search: RunSearch): ["metrics" | "params" | "tags", string][] {
  const keys: ["metrics" | "params" | "tags", string][] = [];
  const visit = (condition: Condition): void => {
    if (condition.on === "and" || condition.on === "or") condition.parts.forEach(visit);
    else if (condition.on === "not") visit(condition.part);
    else if (condition.on === "present") keys.push([condition.kind, condition.key]);
    else if (condition.on === "metrics" || condition.on === "params" || condition.on === "tags") {
      keys.push([condition.on, condition.key]);
    }
  };
  if (search.condition !== undefined) visit(search.condition);
  for (const order of search.order) if (order.by !== "attribute") keys.push([order.by, order.key]);
  return keys;
}

/**
 * Looks whether a run has something, run by run along the chosen walk. The offset keeps PostgreSQL from joining the whole table
 * instead, which it takes for cheaper when a page of a hundred is wanted from many matches.
 */
function probe(dialect: Dialect, from: string): string {
  return `exists (select 1 from ${from}${dialect === "postgres" ? " offset 0" : ""})`;
}

function scopeOf(search: RunSearch, dialect: Dialect, all: boolean): Sql {
  const experiments = inList(search.experimentIds, dialect);
  const deleted = inList(search.deleted, dialect);
  // Of many experiments each has a few runs: the project's own order is walked, not theirs; the sign keeps planners from it.
  const many = search.experimentIds.length > longList ? "+" : "";
  // Of one experiment, or where no order is walked, SQLite, which keeps no statistics, must not walk the project.
  const hidden = dialect === "sqlite" && many === "" && (all || search.experimentIds.length === 1);
  const project = hidden ? "r.project || ''" : "r.project";
  return {
    text: `${many}r.experiment_id ${experiments.text} and r.deleted ${deleted.text} and ${project} = ?`,
    values: [...experiments.values, ...deleted.values, search.project],
  };
}

/** Longer lists travel as one value: databases bound how many there may be. */
const longList = 64;

function inList(values: readonly number[], dialect: Dialect): Sql {
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

function tableOf(kind: "metrics" | "params" | "tags"): string {
  return kind === "metrics" ? "latest_metrics" : kind === "params" ? "params" : "run_tags";
}

function orderTerms(order: Order, alias: string, dialect: Dialect, ids: Keys["ids"], joins: Sql[]): Term[] {
  const descending = !order.ascending;
  if (order.by === "attribute") {
    if (order.attribute !== "end_time") return [{ sql: `r.${order.attribute}`, descending }];
    return [
      { sql: "case when r.end_time is null then 1 else 0 end", descending: false },
      { sql: "coalesce(r.end_time, 0)", descending },
    ];
  }
  const list = inList(ids(order.by, order.key), dialect);
  joins.push({
    text: `left join ${tableOf(order.by)} ${alias} on ${alias}.run_id = r.id and ${alias}.key_id ${list.text}`,
    values: list.values,
  });
  if (order.by === "metrics") {
    return [
      { sql: `case when ${alias}.run_id is null then 2 else ${alias}.nan end`, descending: false },
      { sql: `coalesce(${alias}.value, 0)`, descending },
    ];
  }
  return [
    { sql: `case when ${alias}.run_id is null then 1 else 0 end`, descending: false },
    { sql: `coalesce(${alias}.value, '')`, descending },
  ];
}

/** `(a, b, c)` after the place, each term in its own direction; the first term also bounds the walk. */
function afterPlace(terms: readonly Term[], place: Place): Sql[] {
  const alternatives: string[] = [];
  const values: unknown[] = [];
  for (let i = 0; i < terms.length; i++) {
    const parts: string[] = [];
    for (let j = 0; j < i; j++) {
      parts.push(`${(terms[j] as Term).sql} = ?`);
      values.push(place[j]);
    }
    const term = terms[i] as Term;
    parts.push(`${term.sql} ${term.descending ? "<" : ">"} ?`);
    values.push(place[i]);
    alternatives.push(`(${parts.join(" and ")})`);
  }
  const first = terms[0] as Term;
  return [
    { text: `${first.sql} ${first.descending ? "<=" : ">="} ?`, values: [place[0]] },
    { text: `(${alternatives.join(" or ")})`, values },
  ];
}

/** The part of a text that the indexes by value hold: 200 characters, as the databases count them. */
function headOf(text: string): string {
  return text.length <= 200 ? text : [...text].slice(0, 200).join("");
}

const nothing: Sql = { text: "1 = 0", values: [] };
const anything: Sql = { text: "1 = 1", values: [] };

function compile(condition: Condition, dialect: Dialect, ids: Keys["ids"]): Sql {
  switch (condition.on) {
    case "and":
    case "or": {
      const parts = condition.parts.map((part) => compile(part, dialect, ids));
      return {
        text: `(${parts.map((part) => part.text).join(condition.on === "and" ? " and " : " or ")})`,
        values: parts.flatMap((part) => part.values),
      };
    }
    case "not": {
      const part = compile(condition.part, dialect, ids);
      return { text: `not coalesce(${part.text}, ${dialect === "postgres" ? "false" : "0"})`, values: part.values };
    }
    case "present": {
      const keys = ids(condition.kind, condition.key);
      if (keys.length === 0) return condition.present ? nothing : anything;
      const list = inList(keys, dialect);
      return {
        text: `${condition.present ? "" : "not "}${probe(dialect, `${tableOf(condition.kind)} x where x.run_id = r.id and x.key_id ${list.text}`)}`,
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
          `${tableOf(condition.on)} x where x.run_id = r.id and x.key_id ${list.text} and ${test.text}`,
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
        text: `exists (select 1 from run_inputs i join experiment_datasets e on e.id = i.dataset_id where i.run_id = r.id and ${test.text})`,
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

function compareNumber(column: string, test: NumberTest): Sql {
  return { text: `${column} ${test.op === "!=" ? "<>" : test.op} ?`, values: [test.number] };
}

interface Driver {
  readonly sql: Sql;
  /** Runs it finds; no more than were counted. */
  readonly runs: number;
}

/**
 * The way into the runs by one condition's own index, when that is cheaper than walking the order until `limit` runs match.
 * How far a walk gets is worked out from how many runs each condition matches, as if they were independent.
 */
async function chooseDriver(
  r: Reader,
  dialect: Dialect,
  condition: Condition | undefined,
  keys: Keys,
  limit: number,
): Promise<Sql | undefined> {
  const parts = condition === undefined ? [] : condition.on === "and" ? joinRanges(condition.parts) : [[condition]];
  // Equal texts are found by the fewest steps, and what they find bounds what is worth counting of the others.
  const found = parts
    .map((tests) => driverOf(tests, dialect, keys.ids))
    .sort((a, b) => Number(a?.ranged ?? true) - Number(b?.ranged ?? true));
  let best: Driver | undefined;
  let share = 1;
  for (const one of found) {
    const most = best?.runs ?? countedRuns;
    const runs = one === undefined ? most + 1 : await countFew(r, one.sql, most);
    if (one !== undefined && runs <= most && (best === undefined || runs < best.runs)) {
      share *= best === undefined ? 1 : unknownShare;
      best = { sql: one.sql, runs };
      if (runs <= fewRuns) return best.sql;
    } else share *= unknownShare;
  }
  if (best === undefined) return undefined;
  const walked = limit / Math.max(1e-9, share * (best.runs / Math.max(best.runs, keys.most)));
  return best.runs * probeCost <= walked * walkCost ? best.sql : undefined;
}

async function countFew(r: Reader, sql: Sql, most: number): Promise<number> {
  const row = await r.get<{ n: number }>({
    sql: `select count(*) as n from (${sql.text} limit ${most + 1}) few`,
    parameters: [...sql.values],
  });
  return Number(row?.n ?? 0);
}

/** Conditions of a conjunction, those on one metric together: they are one range of its index. */
function joinRanges(parts: readonly Condition[]): Condition[][] {
  const ranges = new Map<string, Condition[]>();
  const all: Condition[][] = [];
  for (const part of parts) {
    const range = part.on === "metrics" && part.test.op !== "!=" ? ranges.get(part.key) : undefined;
    if (range !== undefined) range.push(part);
    else {
      const tests = [part];
      all.push(tests);
      if (part.on === "metrics" && part.test.op !== "!=") ranges.set(part.key, tests);
    }
  }
  return all;
}

function driverOf(
  tests: readonly Condition[],
  dialect: Dialect,
  ids: Keys["ids"],
): { readonly sql: Sql; readonly ranged: boolean } | undefined {
  const [condition] = tests;
  if (condition === undefined) return undefined;
  if (condition.on === "metrics" && condition.test.op !== "!=") {
    const list = inList(ids("metrics", condition.key), dialect);
    const range = tests.flatMap((one) => (one.on === "metrics" ? [compareNumber("x.value", one.test)] : []));
    return {
      ranged: !tests.some((one) => one.on === "metrics" && one.test.op === "="),
      sql: {
        text: `select x.run_id from latest_metrics x where x.key_id ${list.text} and x.nan = 0 and ${range.map((one) => one.text).join(" and ")}`,
        values: [...list.values, ...range.flatMap((one) => one.values)],
      },
    };
  }
  if (
    (condition.on === "params" || condition.on === "tags") &&
    (condition.test.op === "=" || condition.test.op === "IN")
  ) {
    const list = inList(ids(condition.on, condition.key), dialect);
    const texts = "texts" in condition.test ? condition.test.texts : [condition.test.text];
    if (texts.length === 0) return undefined;
    const heads = placeholders(texts.map(headOf));
    const test = compareText("x.value", condition.test, dialect);
    return {
      ranged: false,
      sql: {
        text: `select x.run_id from ${tableOf(condition.on)} x where x.key_id ${list.text} and substr(x.value, 1, 200) in (${heads.sql}) and ${test.text}`,
        values: [...list.values, ...heads.parameters, ...test.values],
      },
    };
  }
  return undefined;
}
