import type { Blob, Blobs } from "../blobs/blobs.js";

/** File formats an engine reads as a table. csv has a header line; json is one object a line. */
export type TableFormat = "parquet" | "csv" | "json";

/** Files that together are one table: same columns in each, rows in the order given. Paths are local and absolute. */
export interface TableFiles {
  readonly format: TableFormat;
  readonly paths: readonly string[];
  /** What errors call each file; the last part of its path when absent. */
  readonly names?: readonly string[];
}

/** Half-open `[from, to)` on a numeric column, or on an instant in milliseconds since 1970 UTC. Rows without a value are outside. */
export interface Window {
  readonly column: string;
  readonly from?: number;
  readonly to?: number;
}

/** Rows of a table: all of them, or those inside the window. */
export interface Rows {
  readonly files: TableFiles;
  readonly window?: Window;
}

/**
 * How a column is treated. `numeric`: integers, floats, decimals as 64-bit floats. `instant`: dates and timestamps as
 * milliseconds since 1970 UTC, exact to the microsecond. `boolean` and `text`: values as text. `other`: lists,
 * structures, maps, bytes, times of day; only counted.
 */
export type ColumnKind = "numeric" | "instant" | "boolean" | "text" | "other";

export interface Column {
  readonly name: string;
  /** The engine's own word for the type. */
  readonly type: string;
  readonly kind: ColumnKind;
  /** Whether the files allow nulls; always true for csv and json. */
  readonly nullable: boolean;
}

export interface Description {
  readonly columns: readonly Column[];
  readonly rows: number;
  /** Rows of each file, in the order asked. */
  readonly files: readonly { readonly path: string; readonly rows: number }[];
}

/** What to count of one column. */
export interface ColumnRequest {
  readonly column: string;
  /** Inner edges to count in, or how many parts of equal size to cut the column into. Ignored unless numeric or instant. */
  readonly bins: { readonly edges: readonly number[] } | { readonly parts: number };
  /** Categories to count; the kept values when absent. Ignored unless boolean or text. */
  readonly categories?: readonly string[];
  /** Most values to keep with their counts. */
  readonly keep: number;
}

export interface ValueCount {
  /** See `canonicalNumber` for numbers; ISO 8601 for instants; texts over 256 characters are cut to 200 and end in `…#<md5>`. */
  readonly value: string;
  readonly count: number;
}

/** Sums of powers of deviations from the mean over `n` finite values. */
export interface Moments {
  readonly n: number;
  readonly mean: number;
  readonly m2: number;
  readonly m3: number;
  readonly m4: number;
}

/** Everything counted about one column in one pass. Counts are exact. */
export interface ColumnFacts {
  readonly column: Column;
  readonly rows: number;
  readonly nulls: number;
  readonly nans: number;
  readonly infinite: number;
  readonly empty: number;
  /** Of the finite values; absent when there is none. */
  readonly min?: number;
  readonly max?: number;
  readonly moments?: Moments;
  /** Distinct values, exact; NaN and null are none. Absent for `other`. */
  readonly distinct?: number;
  /** HyperLogLog registers of the distinct values, see `hyperloglog.ts`. Absent for `other`. */
  readonly registers?: Uint8Array;
  /** Values with more than `keptBound` rows, most frequent first, ties by text. */
  readonly kept: readonly ValueCount[];
  /** No value that is not kept has more rows; 0 when all are kept. */
  readonly keptBound: number;
  /** Strictly increasing inner edges; bin i is `[edges[i-1], edges[i])`, the outer bins are open. Infinities fall in the outer bins. */
  readonly edges?: readonly number[];
  /** `edges.length + 1` counts; NaN and null are in none. */
  readonly counts?: readonly number[];
  readonly categories?: readonly string[];
  /** `categories.length + 1` counts; the last is every other value. */
  readonly categoryCounts?: readonly number[];
}

export interface BinCounts {
  /** `edges.length + 1` counts of `[edges[i-1], edges[i])`. */
  readonly counts: readonly number[];
  readonly nulls: number;
  readonly nans: number;
}

export interface CategoryCounts {
  /** One count a category, in order. */
  readonly counts: readonly number[];
  readonly other: number;
  readonly nulls: number;
}

export interface Quantiles {
  /** Finite values seen. */
  readonly n: number;
  /** Exact, linear between order statistics (R type 7, numpy's default); empty when `n` is 0. */
  readonly values: readonly number[];
}

export type Cell = number | string | boolean | null;

export interface Sample {
  readonly columns: readonly string[];
  /** In file order. */
  readonly rows: readonly (readonly Cell[])[];
}

/** How much of a table's beginning is wanted. */
export interface HeadRequest {
  readonly rows: number;
  readonly columns: number;
  /** Most characters of a cell. */
  readonly text: number;
}

export interface Head {
  /** The first ones, with the names and types the file gives. */
  readonly columns: readonly Column[];
  /** How many columns there are in all. */
  readonly width: number;
  /** Rows there are in all; absent for formats that do not say without being read whole. */
  readonly total?: number;
  /** In file order, a text a cell, with one character more than was asked for where it goes on. Nested values are only marked as there, bytes only counted. */
  readonly rows: readonly (readonly (string | null)[])[];
}

/** Values of one column of a chunk. */
export type ColumnChunk =
  | {
      readonly kind: "numbers";
      /** NaN where missing. Instants are milliseconds, booleans 0 and 1. */
      readonly values: Float64Array;
      /** 1 where null; absent when no value is. */
      readonly missing?: Uint8Array;
    }
  | { readonly kind: "texts"; readonly values: readonly (string | null)[] };

export interface Chunk {
  readonly rows: number;
  /** In the order asked. */
  readonly columns: readonly ColumnChunk[];
}

export interface ParquetRequest {
  /** Columns to write, in order; all when absent. */
  readonly columns?: readonly string[];
  /** Write only this many rows, drawn without replacement by the seed, in file order. */
  readonly sample?: { readonly size: number; readonly seed: number };
}

/** Joins to every left row the latest right row that is not younger, per key. */
export interface AsOfRequest {
  readonly left: Rows;
  readonly right: Rows;
  /** Pairs of columns that must be equal. */
  readonly keys: readonly { readonly left: string; readonly right: string }[];
  /** Instants or numbers, compared with `right <= left`. */
  readonly leftTime: string;
  readonly rightTime: string;
  /** Columns of the right side to add, with the names they get. */
  readonly columns: readonly { readonly column: string; readonly as: string }[];
  /** A right row at least this much older counts as none: milliseconds for instants, the column's unit else. Without end when absent. */
  readonly maxAge?: number;
}

export interface WrittenTable extends Blob {
  readonly rows: number;
}

/**
 * Computes over tables in files, away from the event loop. A small set of named operations; never SQL from outside.
 * Reads only below the folders it was opened with. All throw ENGINE_FILE_UNREADABLE for files that are not what they
 * claim, ENGINE_COLUMN_NOT_FOUND, ENGINE_COLUMN_KIND, and ENGINE_INTERRUPTED when `signal` aborts.
 */
export interface Engine {
  /** Columns and rows. Throws ENGINE_SCHEMAS_DIFFER, ENGINE_TOO_MANY_COLUMNS, ENGINE_COLUMN_NAMES_REFUSED. */
  describe(files: TableFiles, signal?: AbortSignal): Promise<Description>;
  /** One answer a request, in order, each after one pass over its column. */
  profileColumns(rows: Rows, requests: readonly ColumnRequest[], signal?: AbortSignal): AsyncIterable<ColumnFacts>;
  /** Probabilities in [0, 1]. Numeric and instant columns. */
  quantiles(rows: Rows, column: string, probabilities: readonly number[], signal?: AbortSignal): Promise<Quantiles>;
  /** Inner edges that cut a column into at most `parts` parts of about equal size; fewer when values repeat. */
  quantileEdges(rows: Rows, column: string, parts: number, signal?: AbortSignal): Promise<readonly number[]>;
  /** Edges strictly increasing and finite. */
  countBins(rows: Rows, column: string, edges: readonly number[], signal?: AbortSignal): Promise<BinCounts>;
  countCategories(
    rows: Rows,
    column: string,
    categories: readonly string[],
    signal?: AbortSignal,
  ): Promise<CategoryCounts>;
  /** The same rows for the same seed, drawn without replacement; all rows when there are fewer. */
  sampleRows(
    rows: Rows,
    options: { readonly size: number; readonly seed: number; readonly columns?: readonly string[] },
    signal?: AbortSignal,
  ): Promise<Sample>;
  /** The beginning of a table, to look at it: bounded, whatever the file holds. Takes names that `describe` refuses. */
  readHead(files: TableFiles, request: HeadRequest, signal?: AbortSignal): Promise<Head>;
  /** Columns as arrays, in file order, in chunks of `chunkRows` (65,536 when absent; the last one is shorter). */
  readColumns(
    rows: Rows,
    columns: readonly string[],
    options?: { readonly chunkRows?: number; readonly signal?: AbortSignal },
  ): AsyncIterable<Chunk>;
  /** Writes rows in file order. The same rows give the same bytes with the same version of the engine. */
  writeParquet(rows: Rows, request: ParquetRequest, into: Blobs, signal?: AbortSignal): Promise<WrittenTable>;
  /** Writes all left rows in file order with the columns added; null where no right row fits. Ties in time: the later row in file order wins. */
  asOfJoin(request: AsOfRequest, into: Blobs, signal?: AbortSignal): Promise<WrittenTable>;
  close(): Promise<void>;
}
