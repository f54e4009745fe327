import { createReadStream } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Blobs } from "#base/blobs/blobs.js";
import { areEdges } from "../edges.js";
import type {
  AsOfRequest,
  Cell,
  Chunk,
  Column,
  ColumnFacts,
  ColumnKind,
  ColumnRequest,
  Engine,
  Rows,
  WrittenTable,
} from "../engine.js";
import { engineErrors } from "../errors.js";
import { drawPositions } from "../sampling.js";
import { chunksOf } from "./chunks.js";
import { cutInto, type FiniteTotals, factsOf, finiteTotals, quantilesOf } from "./facts.js";
import { openSessions, type Session, type SessionOptions } from "./session.js";
import * as sql from "./sql.js";
import { about, describeTable, openTable, type Table } from "./table.js";

const binned: readonly ColumnKind[] = ["numeric", "instant"];
const readable: readonly ColumnKind[] = ["numeric", "instant", "boolean", "text"];
const defaultChunkRows = 65_536;

/** The embedded engine: DuckDB in this process, on its own threads. */
export function openDuckdb(options: SessionOptions): Engine {
  const sessions = openSessions(options);
  // How DuckDB cuts row groups depends on its threads, so tables are written on exactly one: the same bytes everywhere.
  const writers = openSessions({ ...options, threads: 1 });
  let written = 0;

  /** Writes to a file of our own, then into the blobs; the file goes whatever happens. */
  async function write(session: Session, select: sql.Query, into: Blobs): Promise<WrittenTable> {
    const path = join(writers.folder, `${++written}.parquet`);
    try {
      const [count] = await session.rows<Record<string, bigint>>(sql.copyTo(select, path));
      const blob = await into.put(createReadStream(path, { highWaterMark: 2 ** 20 }));
      return { ...blob, rows: Number(Object.values(count ?? {})[0] ?? 0) };
    } finally {
      await rm(path, { force: true });
    }
  }

  async function* profile(
    session: Session,
    rows: Rows,
    requests: readonly ColumnRequest[],
  ): AsyncIterable<ColumnFacts> {
    for (const request of requests) checkRequest(request);
    const table = await openTable(session, rows, true);
    for (const request of requests) yield await factsOf(session, table, request);
  }

  async function* read(
    session: Session,
    rows: Rows,
    columns: readonly string[],
    chunkRows: number,
    signal: AbortSignal | undefined,
  ): AsyncIterable<Chunk> {
    if (columns.length === 0) throw engineErrors.ENGINE_REQUEST_INVALID({ problem: "no column is named" });
    if (!Number.isInteger(chunkRows) || chunkRows < 1) {
      throw engineErrors.ENGINE_REQUEST_INVALID({ problem: `chunks of ${chunkRows} rows` });
    }
    const table = await openTable(session, rows);
    const wanted = columns.map((name) => table.columnOf(name, readable));
    const select = sql.selectRows(table.from, wanted.map(asCell), table.where, undefined);
    const result = await session.connection.stream(select.sql, { ...select.values }, { ...select.types });
    yield* chunksOf(result, wanted, chunkRows, signal);
  }

  return {
    describe: (files, signal) => sessions.use(about(files), signal, (session) => describeTable(session, files)),

    profileColumns: (rows, requests, signal) =>
      sessions.stream(about(rows.files), signal, (session) => profile(session, rows, requests)),

    quantiles: (rows, column, probabilities, signal) =>
      sessions.use(about(rows.files), signal, async (session) => {
        if (!probabilities.every((p) => p >= 0 && p <= 1)) {
          throw engineErrors.ENGINE_REQUEST_INVALID({ problem: "probabilities lie between 0 and 1" });
        }
        const { n } = await group(session, rows, column);
        return { n, values: n === 0 ? [] : await quantilesOf(session, n, probabilities) };
      }),

    quantileEdges: (rows, column, parts, signal) =>
      sessions.use(about(rows.files), signal, async (session) => {
        checkParts(parts);
        return cutInto(session, parts, await group(session, rows, column));
      }),

    countBins: (rows, column, edges, signal) =>
      sessions.use(about(rows.files), signal, async (session) => {
        checkEdges(edges);
        const table = await openTable(session, rows);
        const found = await session.rows<{ bin: number; n: number }>(
          sql.countBins(table.from, table.columnOf(column, binned), table.where, edges),
        );
        const at = new Map(found.map((row) => [row.bin, row.n]));
        const counts = Array.from({ length: edges.length + 1 }, (_, bin) => at.get(bin) ?? 0);
        return { counts, nulls: at.get(-1) ?? 0, nans: at.get(-2) ?? 0 };
      }),

    countCategories: (rows, column, categories, signal) =>
      sessions.use(about(rows.files), signal, async (session) => {
        const table = await openTable(session, rows);
        const request = { column, bins: { edges: [] }, categories, keep: 0 };
        table.columnOf(column, ["boolean", "text"]);
        const facts = await factsOf(session, table, request);
        const counts = facts.categoryCounts ?? [];
        return { counts: counts.slice(0, -1), other: counts.at(-1) ?? 0, nulls: facts.nulls };
      }),

    sampleRows: (rows, { size, seed, columns }, signal) =>
      sessions.use(about(rows.files), signal, async (session) => {
        const table = await openTable(session, rows);
        const wanted = columns?.map((name) => table.columnOf(name, readable)) ?? table.columns.filter(isReadable);
        const positions = await drawn(session, table, size, seed);
        const select = sql.selectRows(table.from, wanted.map(asCell), table.where, positions);
        const reader = await session.connection.runAndReadAll(select.sql, { ...select.values }, { ...select.types });
        return {
          columns: wanted.map((column) => column.name),
          rows: reader.getRows().map((row) => row.map((cell, i) => toCell(cell, wanted[i] as Column))),
        };
      }),

    readHead: (files, request, signal) =>
      sessions.use(about(files), signal, async (session) => {
        for (const [what, most] of Object.entries(request)) {
          if (!Number.isInteger(most) || most < 1) {
            throw engineErrors.ENGINE_REQUEST_INVALID({ problem: `${what} is ${most}, not a whole number above 0` });
          }
        }
        const { columns: all, from } = await openTable(session, { files });
        const columns = all.slice(0, request.columns);
        const total = files.format === "parquet" ? await rowsOf(session, files.paths) : undefined;
        const select = sql.headRows(from, columns, request.rows, request.text);
        const reader = await session.connection.runAndReadAll(select.sql, { ...select.values }, { ...select.types });
        return {
          columns,
          width: all.length,
          ...(total === undefined ? {} : { total }),
          rows: reader.getRows() as (string | null)[][],
        };
      }),

    readColumns: (rows, columns, options = {}) =>
      sessions.stream(about(rows.files), options.signal, (session) =>
        read(session, rows, columns, options.chunkRows ?? defaultChunkRows, options.signal),
      ),

    writeParquet: (rows, request, into, signal) =>
      writers.use(about(rows.files), signal, async (session) => {
        const table = await openTable(session, rows);
        const columns = request.columns?.map((name) => table.column(name)) ?? table.columns;
        if (columns.length === 0) throw engineErrors.ENGINE_REQUEST_INVALID({ problem: "no column is named" });
        const positions =
          request.sample === undefined
            ? undefined
            : await drawn(session, table, request.sample.size, request.sample.seed);
        const names = columns.map((column) => sql.name(column.name));
        return write(session, sql.selectRows(table.from, names, table.where, positions), into);
      }),

    asOfJoin: (request, into, signal) =>
      writers.use(about(request.left.files), signal, async (session) => {
        const left = await openTable(session, request.left);
        const right = await openTable(session, request.right);
        return write(session, joinOf(request, left, right), into);
      }),

    async close() {
      await sessions.close();
      await writers.close();
    },
  };
}

async function rowsOf(session: Session, paths: readonly string[]): Promise<number> {
  const counted = await session.rows<{ n: number }>(sql.parquetRows(paths));
  return counted.reduce((sum, one) => sum + one.n, 0);
}

async function group(session: Session, rows: Rows, name: string): Promise<FiniteTotals> {
  const table = await openTable(session, rows);
  await session.run(sql.groupColumn(table.from, table.columnOf(name, binned), table.where));
  return finiteTotals(session);
}

async function drawn(session: Session, table: Table, size: number, seed: number): Promise<number[] | undefined> {
  if (!Number.isInteger(size) || size < 0 || !Number.isInteger(seed)) {
    throw engineErrors.ENGINE_REQUEST_INVALID({ problem: "a sample has a whole size and a whole seed" });
  }
  const [counted] = await session.rows<{ n: number }>(sql.countRows(table.from, table.where));
  const total = counted?.n ?? 0;
  return size >= total ? undefined : drawPositions(total, size, seed);
}

function joinOf(request: AsOfRequest, left: Table, right: Table): sql.Query {
  const taken = new Set(left.columns.map((column) => column.name.toLowerCase()));
  for (const { as } of request.columns) {
    if (taken.has(as.toLowerCase())) {
      throw engineErrors.ENGINE_REQUEST_INVALID({ problem: `two columns would be called ${as}` });
    }
    taken.add(as.toLowerCase());
  }
  if (request.columns.length === 0) throw engineErrors.ENGINE_REQUEST_INVALID({ problem: "no column is added" });
  return sql.asOf(
    {
      from: left.from,
      where: left.where,
      time: left.columnOf(request.leftTime, binned),
      keys: request.keys.map((key) => left.columnOf(key.left, readable)),
    },
    {
      from: right.from,
      where: right.where,
      time: right.columnOf(request.rightTime, binned),
      keys: request.keys.map((key) => right.columnOf(key.right, readable)),
    },
    left.columns,
    request.columns.map(({ column, as }) => ({ column: right.column(column), as })),
    request.maxAge,
  );
}

function isReadable(column: Column): boolean {
  return readable.includes(column.kind);
}

function asCell(column: Column): string {
  return column.kind === "text" ? sql.text(column) : sql.number(column);
}

function toCell(value: unknown, column: Column): Cell {
  if (value === null || column.kind === "text") return value as string | null;
  return column.kind === "boolean" ? value === 1 : (value as number);
}

function checkRequest(request: ColumnRequest): void {
  if ("edges" in request.bins) checkEdges(request.bins.edges);
  else checkParts(request.bins.parts);
  if (!Number.isInteger(request.keep) || request.keep < 0) {
    throw engineErrors.ENGINE_REQUEST_INVALID({ problem: `${request.keep} values cannot be kept` });
  }
}

function checkEdges(edges: readonly number[]): void {
  if (!areEdges(edges)) {
    throw engineErrors.ENGINE_REQUEST_INVALID({ problem: "edges must be finite and strictly increasing" });
  }
}

function checkParts(parts: number): void {
  if (!Number.isInteger(parts) || parts < 1 || parts > 10_000) {
    throw engineErrors.ENGINE_REQUEST_INVALID({ problem: `a column is cut into 1 to 10,000 parts, not ${parts}` });
  }
}
