import type { Dialect, Reader } from "#base/db/db.js";
import { placeholders } from "#base/db/rows.js";
import { compareText } from "#base/db/text-test.js";
import type { Condition } from "../search/condition.js";
import { compareNumber, headLength, headOf, inList, type KeyIds, type Sql, tableOf } from "./run-conditions.js";

/** A condition that matches at most so many runs is always read by its own index. */
const fewRuns = 500;
/** Matches are counted no further: reading more by index than this never pays, and counting costs too. */
const countedRuns = 5000;
/** They are counted in rounds, each this many times as far, so that one way with few is not found after many of the others. */
const roundRatio = 3;
/** Share of the runs that a condition is taken to match when nothing is known of it. */
const unknownShare = 0.5;
/** What a run costs, read by a condition's index and sorted, or passed on a walk along the order. */
const [probeCost, walkCost] = [5, 3];

/** A way into the runs by one condition's own index. */
export interface Driver {
  /** Selects `run_id`. */
  readonly sql: Sql;
  /** What is left to test of each run it finds. */
  readonly rest: Condition | undefined;
}

/** The ways there are, and how many conditions there are in all. */
export interface Candidates {
  readonly ways: readonly Driver[];
  readonly conditions: number;
}

export function candidatesOf(condition: Condition | undefined, dialect: Dialect, ids: KeyIds): Candidates {
  const parts = condition === undefined ? [] : condition.on === "and" ? joinRanges(condition.parts) : [[condition]];
  const ways = parts.flatMap((tests) => {
    const sql = driverOf(tests, dialect, ids);
    if (sql === undefined || condition === undefined) return [];
    const others = condition.on === "and" ? condition.parts.filter((part) => !tests.includes(part)) : [];
    return [{ sql, rest: others.length === 0 ? undefined : ({ on: "and", parts: others } as const) }];
  });
  return { ways, conditions: parts.length };
}

/** A way that finds so few runs that no other is worth a look. */
export async function findFew(r: Reader, candidates: Candidates): Promise<Driver | undefined> {
  for (const way of candidates.ways) if ((await countFew(r, way.sql, fewRuns)) <= fewRuns) return way;
  return undefined;
}

/**
 * The cheapest way when it is cheaper than walking the order until `limit` runs match. `walked`: how many runs that will pass by,
 * where a look at the first of them has told; else it is worked out from how many runs each condition matches, as if they were
 * independent.
 */
export async function chooseDriver(
  r: Reader,
  candidates: Candidates,
  mostOfKey: number,
  limit: number,
  walked?: number,
): Promise<Driver | undefined> {
  const counted = walked === undefined ? countedRuns : Math.min(countedRuns, (walked * walkCost) / probeCost);
  let most = Math.min(counted, fewRuns);
  let best: { readonly way: Driver; readonly runs: number } | undefined;
  while (best === undefined && most < counted) {
    most = Math.min(counted, most * roundRatio);
    for (const way of candidates.ways) {
      const runs: number = await countFew(r, way.sql, best?.runs ?? most);
      if (runs <= most && (best === undefined || runs < best.runs)) best = { way, runs };
    }
  }
  if (best === undefined) return undefined;
  const share = unknownShare ** (candidates.conditions - 1);
  const passed = walked ?? limit / Math.max(1e-9, share * (best.runs / Math.max(best.runs, mostOfKey)));
  return best.runs * probeCost <= passed * walkCost ? best.way : undefined;
}

async function countFew(r: Reader, sql: Sql, most: number): Promise<number> {
  const row = await r.get<{ n: number }>({
    sql: `select count(*) as n from (${sql.text} limit ?) few`,
    parameters: [...sql.values, Math.floor(most) + 1],
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

function driverOf(tests: readonly Condition[], dialect: Dialect, ids: KeyIds): Sql | undefined {
  const [condition] = tests;
  if (condition === undefined) return undefined;
  if (condition.on === "metrics" && condition.test.op !== "!=") {
    const list = inList(ids("metrics", condition.key), dialect);
    const range = tests.flatMap((one) => (one.on === "metrics" ? [compareNumber("x.value", one.test)] : []));
    return {
      text: `select x.run_id from latest_metrics x where x.key_id ${list.text} and x.nan = 0 and ${range.map((one) => one.text).join(" and ")}`,
      values: [...list.values, ...range.flatMap((one) => one.values)],
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
    // A head that is shorter than heads may be is all of its text: then the index alone is read.
    const whole = texts.every((text) => text.length < headLength);
    const test = whole ? { text: "1 = 1", values: [] } : compareText("x.value", condition.test, dialect);
    return {
      text: `select x.run_id from ${tableOf(condition.on)} x where x.key_id ${list.text} and substr(x.value, 1, 200) in (${heads.sql}) and ${test.text}`,
      values: [...list.values, ...heads.parameters, ...test.values],
    };
  }
  return undefined;
}
