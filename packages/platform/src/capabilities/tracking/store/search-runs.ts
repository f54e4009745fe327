import type { Dialect, Reader, Statement } from "#base/db/db.js";
import type { Condition } from "../search/condition.js";
import type { Order } from "../search/order.js";
import type { RunRecord } from "../tables.js";
import { findKeyUses } from "./keys.js";
import { compileCondition, headOf, inList, type KeyIds, longList, probe, type Sql, tableOf } from "./run-conditions.js";
import { candidatesOf, chooseDriver, type Driver, findFew } from "./run-drivers.js";

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

/** A sort term: never null, so that places compare by plain operators. */
interface Term {
  readonly sql: string;
  readonly descending: boolean;
}

/** Longer pages are not looked for among the first runs of the order: that look would cost as much as the rest. */
const shortPage = 1000;
/** How far that look goes: so many runs for each that is wanted, but not fewer than this. */
const [lookRatio, leastLook] = [10, 250];

/**
 * Runs in order, after a place, at most `limit`.
 *
 * The first sort key splits the result into segments: runs that have a value, for metrics then those where it is NaN,
 * then those without. Each segment walks the key's index by CROSS JOIN, which keeps SQLite's planner (wrong by 30 times
 * for broad ranges) from choosing another way.
 *
 * Where no condition finds few runs by its own index, the first runs of the order are looked through: most often they fill the
 * page, and where not, they say how long the walk would be.
 */
export async function searchRuns(r: Reader, search: RunSearch, limit: number, after?: Place): Promise<FoundRuns> {
  if (search.experimentIds.length === 0) return { runs: [], next: undefined };
  const keys = await findSearchKeys(r, search);
  const candidates = candidatesOf(search.condition, r.dialect, keys.ids);
  let driver = await findFew(r, candidates);
  if (driver === undefined && search.condition !== undefined) {
    const walk = compilerFor(r.dialect, search, keys, undefined);
    let walked: number | undefined;
    if (limit <= shortPage && walk.isWalk) {
      const look = Math.max(leastLook, lookRatio * limit);
      const near = await readPages(r, walk, limit, after, look);
      if (near.length > limit) return toFound(near, limit);
      walked = (limit * look) / Math.max(near.length, unseen);
    }
    driver = await chooseDriver(r, candidates, keys.most, limit, walked);
  }
  return toFound(await readPages(r, compilerFor(r.dialect, search, keys, driver), limit, after), limit);
}

const runColumns: readonly (keyof RunRecord)[] = [
  "id",
  "run_id",
  "project",
  "experiment_id",
  "name",
  "user_name",
  "status",
  "start_time",
  "end_time",
  "deleted",
  "artifact_uri",
  "deleted_at",
];

/** What a look that matched nothing is taken to have matched. */
const unseen = 0.5;

type Row = RunRecord & Record<string, string | number>;

interface FoundRow {
  readonly row: Row;
  readonly place: () => Place;
}

function toFound(found: readonly FoundRow[], limit: number): FoundRuns {
  const next = found.length > limit ? found[limit - 1]?.place() : undefined;
  return { runs: found.slice(0, limit).map((one) => one.row), next };
}

/** Reads one run more than the limit, segment by segment; with `look` only among so many first runs of the order. */
async function readPages(
  r: Reader,
  compiler: Compiler,
  limit: number,
  after: Place | undefined,
  look?: number,
): Promise<FoundRow[]> {
  const found: FoundRow[] = [];
  const first = compiler.keyed ? Number(after?.[0] ?? 0) : 0;
  const segments = look === undefined ? compiler.segments : first + 1;
  for (let segment = first; segment < segments && found.length <= limit; segment++) {
    const page = compiler.page(segment, segment === first ? after : undefined, limit + 1 - found.length, look);
    for (const row of await r.all<Row>(page.statement)) found.push({ row, place: () => page.placeOf(row) });
  }
  return found;
}

/** Exact number of matches; with `status` of those in that state. */
export async function countRuns(r: Reader, search: RunSearch, status?: string): Promise<number> {
  if (search.experimentIds.length === 0) return 0;
  const compiler = await compilerOfAll(r, search);
  return Number((await r.get<{ n: number }>(compiler.count(status)))?.n ?? 0);
}

/** The runs a search matches, in no order: the pieces of a `select ... from <from> where <where>` in which a run is `r`. */
export interface MatchingSql {
  readonly from: string;
  readonly where: string;
  readonly fromParameters: readonly unknown[];
  readonly whereParameters: readonly unknown[];
}

export async function matchingSql(r: Reader, search: Omit<RunSearch, "order">): Promise<MatchingSql> {
  return (await compilerOfAll(r, search)).pieces();
}

/** For what looks at every match, in no order. */
async function compilerOfAll(r: Reader, search: Omit<RunSearch, "order">): Promise<Compiler> {
  const all = { ...search, order: [] };
  const keys = await findSearchKeys(r, all);
  const candidates = candidatesOf(search.condition, r.dialect, keys.ids);
  const driver =
    (await findFew(r, candidates)) ?? (await chooseDriver(r, candidates, keys.most, Number.POSITIVE_INFINITY));
  return compilerFor(r.dialect, all, keys, driver, true);
}

export interface MatchingRun {
  readonly id: number;
  readonly run_id: string;
  readonly experiment_id: number;
  readonly start_time: number;
}

/** Every match, newest first: for what looks at all of them, without what it does not look at. */
export async function matchingRuns(r: Reader, search: RunSearch): Promise<MatchingRun[]> {
  if (search.experimentIds.length === 0) return [];
  const runs = await matchingSql(r, search);
  return r.all({
    columns: ["id", "run_id", "experiment_id", "start_time"],
    sql: `select r.id, r.run_id, r.experiment_id, r.start_time from ${runs.from} where ${runs.where} order by r.start_time desc, r.run_id`,
    parameters: [...runs.fromParameters, ...runs.whereParameters],
  });
}

/** The integers of the names a search speaks of, and how many runs have the most common of them. */
interface Keys {
  readonly ids: KeyIds;
  readonly most: number;
}

async function findSearchKeys(r: Reader, search: RunSearch): Promise<Keys> {
  const found = await findKeyUses(r, search.experimentIds, keysOf(search));
  return {
    ids: (kind, key) => found.get(`${kind}.${key}`)?.ids ?? [],
    most: Math.max(0, ...[...found.values()].map((use) => use.runs)),
  };
}

type Compiler = ReturnType<typeof compilerFor>;

/** `all`: no order is walked, every match is read. */
function compilerFor(dialect: Dialect, search: RunSearch, keys: Keys, driver: Driver | undefined, all = false) {
  const { ids } = keys;
  const scope = scopeOf(search, dialect, all);
  const left = driver === undefined ? search.condition : driver.rest;
  // What the index finds is tested before its run is read.
  const condition =
    left === undefined ? undefined : compileCondition(left, dialect, ids, driver === undefined ? "r.id" : "d.run_id");
  const [first, ...others] = search.order;
  const keyed = first !== undefined && first.by !== "attribute" && driver === undefined ? first : undefined;
  const rest = keyed === undefined ? search.order : others;

  function tail(joins: Sql[]): Term[] {
    const terms: Term[] = rest.flatMap((order, i) => orderTerms(order, `o${i}`, dialect, ids, joins));
    const byStart = rest.some((order) => order.by === "attribute" && order.attribute === "start_time");
    if (!byStart) terms.push({ sql: "r.start_time", descending: true });
    return [...terms, { sql: "r.run_id", descending: false }];
  }

  const fromAll = `${driver === undefined ? "" : `(${driver.sql.text}) d cross join `}runs r`;

  return {
    keyed: keyed !== undefined,
    /** Whether an index gives the runs in their order, so that the first of them cost little. */
    isWalk:
      driver === undefined &&
      (keyed === undefined ? rest.every(isStart) : keyed.by === "metrics" && rest.every(isStart)),
    segments: keyed === undefined ? 1 : keyed.by === "metrics" ? 3 : 2,
    page(segment: number, place: Place | undefined, limit: number, look?: number) {
      const joins: Sql[] = [];
      const lacking = keyed !== undefined && segment === (keyed.by === "metrics" ? 2 : 1);
      const near = look === undefined ? undefined : condition;
      const where: Sql[] = [scope, ...(condition === undefined || near !== undefined ? [] : [condition])];
      const terms: Term[] = [];
      let from = driver === undefined ? "runs r" : `(${driver.sql.text}) d cross join runs r`;
      const fromValues = driver?.sql.values ?? [];
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
      const direction = (term: Term) => (term.descending ? " desc" : "");
      const order = terms.map((term) => `${term.sql}${direction(term)}`).join(", ");
      const statement = (most: number): Statement<Row> => ({
        columns: [...runColumns, ...terms.map((_, i) => `s${i}`)],
        sql: `select r.*, ${columns} from ${from} ${joins.map((join) => join.text).join(" ")}
              where ${where.map((one) => one.text).join(" and ")} order by ${order} limit ?`,
        parameters: [
          ...fromValues,
          ...joins.flatMap((join) => join.values),
          ...where.flatMap((one) => one.values),
          most,
        ],
      });
      const nearStatement = (walk: Statement<Row>, test: Sql): Statement<Row> => ({
        ...walk,
        sql: `select r.* from (${walk.sql}) r where ${test.text}
              order by ${terms.map((term, i) => `s${i}${direction(term)}`).join(", ")} limit ?`,
        parameters: [...walk.parameters, ...test.values, limit],
      });
      return {
        placeOf(row: Readonly<Record<string, unknown>>): Place {
          const values = terms.map((_, i) => row[`s${i}`] as string | number);
          if (keyed === undefined) return values;
          if (lacking) return [segment, keyed.by === "metrics" ? 0 : "", ...values];
          return [segment, ...(keyed.by === "metrics" ? values : values.slice(1))];
        },
        statement: near === undefined ? statement(limit) : nearStatement(statement(look as number), near),
      };
    },
    pieces(): MatchingSql {
      const where: Sql[] = [scope, ...(condition === undefined ? [] : [condition])];
      if (driver !== undefined) where.push({ text: "r.id = d.run_id", values: [] });
      return {
        from: fromAll,
        where: where.map((one) => one.text).join(" and "),
        fromParameters: driver?.sql.values ?? [],
        whereParameters: where.flatMap((one) => one.values),
      };
    },
    count(status: string | undefined) {
      const where: Sql[] = [scope, ...(condition === undefined ? [] : [condition])];
      if (driver !== undefined) where.push({ text: "r.id = d.run_id", values: [] });
      if (status !== undefined) where.push({ text: "r.status = ?", values: [status] });
      return {
        sql: `select count(*) as n from ${fromAll}
              where ${where.map((one) => one.text).join(" and ")}`,
        parameters: [...(driver?.sql.values ?? []), ...where.flatMap((one) => one.values)],
      };
    },
  };
}

const isStart = (order: Order): boolean => order.by === "attribute" && order.attribute === "start_time";

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

function orderTerms(order: Order, alias: string, dialect: Dialect, ids: KeyIds, joins: Sql[]): Term[] {
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
