import { DOUBLE, type DuckDBType, type DuckDBValue, LIST, listValue, VARCHAR } from "@duckdb/node-api";
import type { Column, TableFiles, Window } from "../engine.js";

/*
 * Every SQL text of the DuckDB adapter. Paths, texts and lists travel as bound values; only identifiers (quoted by
 * `name`) and numbers (written by `real`) become part of the text.
 */

/** A statement with its named values. */
export interface Query {
  readonly sql: string;
  readonly values: Readonly<Record<string, DuckDBValue>>;
  readonly types: Readonly<Record<string, DuckDBType>>;
}

/** The one place that quotes identifiers. */
export function name(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}

/** A double that reads back as the same bits. */
function real(x: number): string {
  return `cast('${x}' as double)`;
}

function literal(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

/** Paths with the characters of patterns taken literally. */
function escapePath(path: string): string {
  return path.replace(/[*?[]/g, "[$&]");
}

const readers: Record<TableFiles["format"], string> = {
  parquet: "read_parquet($paths, hive_partitioning => false, union_by_name => false)",
  csv: "read_csv($paths, header => true, sample_size => -1, hive_partitioning => false, union_by_name => false)",
  json: "read_json($paths, format => 'newline_delimited', sample_size => -1, hive_partitioning => false, union_by_name => false)",
};

/** Where the rows of an operation come from: the files themselves, or a table they were loaded into. */
export interface From {
  readonly sql: string;
  readonly paths: readonly string[];
}

export function fromFiles(files: TableFiles): From {
  return { sql: readers[files.format], paths: files.paths };
}

export const staged: From = { sql: "staged", paths: [] };

function query(sql: string, from: From, values: Record<string, Bound> = {}): Query {
  const all: Record<string, Bound> =
    from.paths.length === 0 ? values : { ...values, paths: texts(from.paths.map(escapePath)) };
  return {
    sql,
    values: Object.fromEntries(Object.entries(all).map(([key, bound]) => [key, bound.value])),
    types: Object.fromEntries(Object.entries(all).map(([key, bound]) => [key, bound.type])),
  };
}

export interface Bound {
  readonly value: DuckDBValue;
  readonly type: DuckDBType;
}

function texts(values: readonly string[]): Bound {
  return { value: listValue([...values]), type: LIST(VARCHAR) };
}

function reals(values: readonly number[]): Bound {
  return { value: listValue([...values]), type: LIST(DOUBLE) };
}

export function stageTable(files: TableFiles): Query {
  const from = fromFiles(files);
  return query(`create or replace temp table staged as select * from ${from.sql}`, from);
}

/** The column as the number its statistics are about; null where it has none. */
export function number(column: Column): string {
  const quoted = name(column.name);
  if (column.kind === "instant") return `(cast(epoch_us(${instant(column)}) as double) / 1000.0)`;
  if (column.kind === "boolean") return `cast(cast(${quoted} as integer) as double)`;
  return `cast(${quoted} as double)`;
}

function instant(column: Column): string {
  return /WITH TIME ZONE/.test(column.type) ? name(column.name) : `cast(${name(column.name)} as timestamp)`;
}

/** What a column is grouped by: the value itself, microseconds for instants, texts cut to a bounded length. */
function groupKey(column: Column): string {
  const quoted = name(column.name);
  if (column.kind === "instant") return `epoch_us(${instant(column)})`;
  if (column.kind === "boolean") return `cast(${quoted} as varchar)`;
  if (column.kind === "text")
    return `(case when length(${text(column)}) > 256 then left(${text(column)}, 200) || '…#' || md5(${text(column)}) else ${text(column)} end)`;
  return quoted;
}

/** The column as text. */
export function text(column: Column): string {
  return column.type === "VARCHAR" ? name(column.name) : `cast(${name(column.name)} as varchar)`;
}

/** Canonical text of a group's value `v`, whose number is `x`; twin of `canonicalNumber`. */
function canonical(column: Column): string {
  if (column.kind === "text" || column.kind === "boolean") return "v";
  if (column.kind === "instant" || isInteger(column)) return "cast(v as varchar)";
  return "(case when x = trunc(x) and abs(x) < 9007199254740992.0 then cast(cast(x as bigint) as varchar) else cast(x as varchar) end)";
}

function isInteger(column: Column): boolean {
  return /^U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)$/.test(column.type);
}

export function inWindow(window: Window | undefined, columns: readonly Column[]): string {
  const column = columns.find((one) => one.name === window?.column);
  if (window === undefined || column === undefined) return "true";
  const value = number(column);
  const parts = [`${value} is not null`, `not isnan(${value})`];
  if (window.from !== undefined) parts.push(`${value} >= ${real(window.from)}`);
  if (window.to !== undefined) parts.push(`${value} < ${real(window.to)}`);
  return parts.join(" and ");
}

/** Distinct values of a column with their rows: what all its statistics are computed from. */
export function groupColumn(from: From, column: Column, where: string): Query {
  const numeric = column.kind === "numeric" || column.kind === "instant";
  const x = column.kind === "instant" ? "cast(v as double) / 1000.0" : "cast(v as double)";
  return query(
    `create or replace temp table grouped as
     select v, ${numeric ? x : "cast(null as double)"} as x, n
     from (select ${groupKey(column)} as v, count(*) as n from ${from.sql} where ${where} group by 1)`,
    from,
  );
}

/** Rows and nulls of a column that is only counted. */
export function countColumn(from: From, column: Column, where: string): Query {
  return query(
    `select cast(count(*) as double) as total, cast(count(*) - count(${name(column.name)}) as double) as nulls from ${from.sql} where ${where}`,
    from,
  );
}

const none: From = { sql: "", paths: [] };

export function groupedTotals(column: Column): Query {
  const numeric = column.kind === "numeric" || column.kind === "instant";
  const [nans, infinite, empty] = numeric
    ? [
        "coalesce(sum(n) filter (v is not null and isnan(x)), 0)",
        "coalesce(sum(n) filter (v is not null and isinf(x)), 0)",
        "0",
      ]
    : ["0", "0", "coalesce(sum(n) filter (v = ''), 0)"];
  return query(
    `select cast(coalesce(sum(n), 0) as double) as total,
            cast(coalesce(sum(n) filter (v is null), 0) as double) as nulls,
            cast(${nans} as double) as nans, cast(${infinite} as double) as infinite, cast(${empty} as double) as empty,
            cast(count(*) filter (${present(column)}) as double) as kinds
     from grouped`,
    none,
  );
}

function present(column: Column): string {
  return column.kind === "numeric" ? "v is not null and not isnan(x)" : "v is not null";
}

const finite = "select x, cast(n as double) as n from grouped where x is not null and isfinite(x)";

export const groupedMean: Query = query(
  `select sum(n) as n, sum(n * x) / sum(n) as mean, min(x) as low, max(x) as high, cast(count(*) as double) as kinds from (${finite})`,
  none,
);

/** Sums of powers of deviations from a value near the mean; the caller moves them to the mean. */
export function groupedPowers(around: number): Query {
  return query(
    `select sum(n * d) as s1, sum(n * d * d) as s2, sum(n * d * d * d) as s3, sum(n * d * d * d * d) as s4
     from (select n, x - ${real(around)} as d from (${finite}))`,
    none,
  );
}

/** How many rows the value has that is first beyond the most frequent `keep`. */
export function groupedBound(column: Column, keep: number): Query {
  return query(
    `select cast(n as double) as n from grouped where ${present(column)} order by n desc limit 1 offset ${Math.floor(keep)}`,
    none,
  );
}

/** Values with more rows than that. */
export function groupedAbove(column: Column, bound: number): Query {
  return query(
    `select ${canonical(column)} as value, cast(n as double) as n from grouped
     where ${present(column)} and n > ${Math.floor(bound)} order by n desc, value`,
    none,
  );
}

/** The highest rank of each register, as the lowest set bit of the rest of the hash; twin of `addText`. */
export function groupedRegisters(column: Column): Query {
  return query(
    `select register, cast(max(case when rest = 0 then 4503599627370496 else rest & -rest end) as double) as lowest
     from (select cast(hash & 4095 as integer) as register, cast(hash >> 12 as bigint) as rest
           from (select md5_number_lower(${canonical(column)}) as hash from grouped where ${present(column)}))
     group by 1`,
    none,
  );
}

/** Finite values in order with their rows: what quantiles are read from. */
export const sortGrouped: Query = query(`create or replace temp table sorted as ${finite} order by x`, none);

/**
 * The values that hold ranks (from 0, ascending) among the finite values in order: those before which fewer ranks lie than
 * up to which. `first` and `next` are indexes into the list of ranks. One pass, where an as-of join would sort again.
 */
export function sortedRanks(ranks: readonly number[]): Query {
  return query(
    `select x, first, next from (
       select x, ${bucket("upto - n - 0.5", ranks)} as first, ${bucket("upto - 0.5", ranks)} as next
       from (select x, n, sum(n) over (rows unbounded preceding) as upto from sorted))
     where next > first`,
    none,
  );
}

export const groupedDistinct: Query = query(`select distinct x from (${finite}) order by x`, none);

export function groupedBins(edges: readonly number[]): Query {
  return query(
    `select ${bucket("x", edges)} as bin, cast(sum(n) as double) as n from grouped
     where x is not null and not isnan(x) group by 1 order by 1`,
    none,
  );
}

export function groupedCategories(categories: readonly string[]): Query {
  return query("select v as value, cast(n as double) as n from grouped where v in (select unnest($categories))", none, {
    categories: texts(categories),
  });
}

/**
 * Index of the bin `[edges[i-1], edges[i])` of a number, by our own comparisons, since engines' histogram functions
 * differ at the edges. A balanced tree of cases: ten thousand edges cost fourteen comparisons a row.
 */
function bucket(x: string, edges: readonly number[]): string {
  const tree = (low: number, high: number): string => {
    if (low === high) return String(low);
    const middle = (low + high) >> 1;
    return `case when ${x} < ${real(edges[middle] as number)} then ${tree(low, middle)} else ${tree(middle + 1, high)} end`;
  };
  return tree(0, edges.length);
}

export function countBins(from: From, column: Column, where: string, edges: readonly number[]): Query {
  return query(
    `select case when x is null then -1 when isnan(x) then -2 else ${bucket("x", edges)} end as bin, cast(count(*) as double) as n
     from (select ${number(column)} as x from ${from.sql} where ${where}) group by 1`,
    from,
  );
}

/** Rows of the window with their position among them, in file order. The position's name is one no file may use. */
function positioned(from: From, where: string): string {
  return `(select *, row_number() over () - 1 as "\u0001position" from ${from.sql} where ${where})`;
}

export function selectRows(
  from: From,
  columns: readonly string[],
  where: string,
  positions: readonly number[] | undefined,
): Query {
  if (positions === undefined) return query(`select ${columns.join(", ")} from ${from.sql} where ${where}`, from);
  return query(
    `select ${columns.join(", ")} from ${positioned(from, where)}
     where "\u0001position" in (select unnest($positions)) order by "\u0001position"`,
    from,
    { positions: reals(positions) },
  );
}

/** The first rows as texts of at most so many characters, and one more where there are more. */
export function headRows(from: From, columns: readonly Column[], rows: number, most: number): Query {
  const cells = columns.map((column) => glimpse(column, most + 1));
  return query(`select ${cells.join(", ")} from ${from.sql} limit ${rows}`, from);
}

/** A bounded text of a value: what is within a value is never written out whole to be cut afterwards. */
function glimpse(column: Column, most: number): string {
  const quoted = name(column.name);
  const list = /^([A-Z0-9_ ]+(?:\(\d+,\s?\d+\))?)\[\d*\]$/.exec(column.type);
  if (column.type === "BLOB") return `cast(octet_length(${quoted}) as varchar) || ' bytes'`;
  if (list !== null && list[1] !== "BLOB") {
    const first = `list_transform(${quoted}[1:20], x -> left(cast(x as varchar), ${most}))`;
    return `left(cast(${first} as varchar) || (case when len(${quoted}) > 20 then ' …' else '' end), ${most})`;
  }
  if (/[[(]/.test(column.type) && column.kind === "other")
    return `(case when ${quoted} is null then null else '…' end)`;
  return `left(${text(column)}, ${most})`;
}

export function countRows(from: From, where: string): Query {
  return query(`select cast(count(*) as double) as n from ${from.sql} where ${where}`, from);
}

/** Rows in one group are written in one order; the group's size is part of the bytes and never changes. */
export function copyTo(select: Query, path: string): Query {
  return {
    ...select,
    sql: `copy (${select.sql}) to ${literal(path)} (format parquet, row_group_size 122880, compression zstd)`,
  };
}

/** Names and types of the columns of the first file, as they will be called. */
export function describe(files: TableFiles): Query {
  const from = fromFiles(files);
  return query(`describe select * from ${from.sql}`, from);
}

/** Rows of each Parquet file by its footer. */
export function parquetRows(paths: readonly string[]): Query {
  const from: From = { sql: "", paths };
  return query("select file_name as file, cast(num_rows as double) as n from parquet_file_metadata($paths)", from);
}

/** One row for each different layout among Parquet files, with one file that has it. */
export function parquetLayouts(paths: readonly string[]): Query {
  const from: From = { sql: "", paths };
  return query(
    `select layout, min(file) as file, count(*) as files from (
       select file_name as file, string_agg(concat(name, chr(0), coalesce(duckdb_type, ''), chr(0), coalesce(num_children, 0)), chr(1) order by name) as layout
       from parquet_schema($paths) group by 1) group by 1 order by 3 desc, 2 limit 2`,
    from,
  );
}

/** Nodes of one Parquet file's schema tree, root first. */
export function parquetSchema(path: string): Query {
  const from: From = { sql: "", paths: [path] };
  return query(
    "select name, repetition_type as repetition, cast(coalesce(num_children, 0) as double) as children from parquet_schema($paths)",
    from,
  );
}

/** The two sides of an as-of join with what names them. */
export interface AsOfSide {
  readonly from: From;
  readonly where: string;
  readonly time: Column;
  readonly keys: readonly Column[];
}

/**
 * Every left row with the latest right row of the same keys that is not younger. Of right rows with the same keys and
 * time the last one in file order counts. Wrapped in a structure, since a null value is an answer too.
 */
export function asOf(
  left: AsOfSide,
  right: AsOfSide,
  leftColumns: readonly Column[],
  added: readonly { readonly column: Column; readonly as: string }[],
  maxAge: number | undefined,
): Query {
  const keyList = (side: AsOfSide) => side.keys.map((key, i) => `${text(key)} as "\u0001k${i}"`).join(", ");
  const keyNames = left.keys.map((_key, i) => `"\u0001k${i}"`);
  const values = added.map(({ column }, i) => `"\u0001v${i}" := ${name(column.name)}`).join(", ");
  const age = maxAge === undefined ? "true" : `l."\u0001t" - r."\u0001t" < ${real(maxAge)}`;
  const on = [...keyNames.map((key) => `l.${key} = r.${key}`), 'l."\u0001t" >= r."\u0001t"'].join(" and ");
  const leftSql = left.from.sql.replace("$paths", "$leftPaths");
  const rightSql = right.from.sql.replace("$paths", "$rightPaths");
  return {
    sql: `
      select ${[
        ...leftColumns.map((column) => `l.${name(column.name)}`),
        ...added.map(({ as }, i) => `case when ${age} then r."\u0001row"."\u0001v${i}" end as ${name(as)}`),
      ].join(", ")}
      from (select *, ${[...(left.keys.length > 0 ? [keyList(left)] : []), `${number(left.time)} as "\u0001t"`, 'row_number() over () as "\u0001position"'].join(", ")}
            from ${leftSql} where ${left.where}) l
      asof left join (
        select ${[...keyNames, '"\u0001t"'].join(", ")}, max_by("\u0001row", "\u0001position") as "\u0001row" from (
          select ${[...(right.keys.length > 0 ? [keyList(right)] : []), `${number(right.time)} as "\u0001t"`, `struct_pack(${values}) as "\u0001row"`, 'row_number() over () as "\u0001position"'].join(", ")}
          from ${rightSql} where ${right.where}) where "\u0001t" is not null
        group by ${[...keyNames, '"\u0001t"'].join(", ")}) r
      on ${on}
      order by l."\u0001position"`,
    values: {
      leftPaths: texts(left.from.paths.map(escapePath)).value,
      rightPaths: texts(right.from.paths.map(escapePath)).value,
    },
    types: { leftPaths: LIST(VARCHAR), rightPaths: LIST(VARCHAR) },
  };
}
