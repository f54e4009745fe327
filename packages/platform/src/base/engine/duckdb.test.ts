import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openDisk } from "../blobs/disk.js";
import { createIds } from "../ids.js";
import { fakeClock } from "../testing/clock.js";
import { seededBytes } from "../testing/random.js";
import { engineContract } from "./engine.contract.js";
import type { Engine } from "./engine.js";
import { openEngine } from "./open.js";

engineContract("DuckDB", (folder, readable) => openEngine({ url: "duckdb:?threads=2&memory=1GB", folder, readable }));

describe("DuckDB meets hostile and odd files", () => {
  let folder: string;
  let engine: Engine;

  /** Makes a Parquet file with a DuckDB of the test's own. */
  async function make(file: string, select: string): Promise<string> {
    const path = join(folder, file);
    const instance = await DuckDBInstance.create(":memory:");
    const connection = await instance.connect();
    await connection.run(`copy (${select}) to '${path}' (format parquet)`);
    connection.closeSync();
    instance.closeSync();
    return path;
  }

  const columns = (count: number) => Array.from({ length: count }, (_, i) => `${i} as c${i}`).join(", ");

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "paydown-duckdb-"));
    engine = await openEngine({ url: "duckdb:?threads=2", folder: join(folder, "engine"), readable: [folder] });
  });
  afterAll(async () => {
    await engine.close();
    await rm(folder, { recursive: true, force: true });
  });

  test("ten thousand columns are refused, a thousand are described", async () => {
    const many = await make("many.parquet", `select ${columns(10_000)}`);
    await expect(engine.describe({ format: "parquet", paths: [many] })).rejects.toMatchObject({
      code: "ENGINE_TOO_MANY_COLUMNS",
      message: expect.stringContaining("10000"),
    });
    const wide = await make("wide.parquet", `select ${columns(1000)}`);
    expect((await engine.describe({ format: "parquet", paths: [wide] })).columns).toHaveLength(1000);
  });

  test("absurd column names are refused, odd ones are quoted", async () => {
    for (const name of ["", "x".repeat(600), "a\u0000b", "a\nb"]) {
      const bytes = await readFile(
        await make("plain.parquet", `select 1 as "${"y".repeat(Math.max(1, name.length))}"`),
      );
      const path = join(folder, "renamed.parquet");
      await writeFile(path, renamed(bytes, "y".repeat(Math.max(1, name.length)), name === "" ? "\u0001" : name));
      await expect(engine.describe({ format: "parquet", paths: [path] })).rejects.toMatchObject({
        code: "ENGINE_COLUMN_NAMES_REFUSED",
      });
    }
    const odd = await make("odd.parquet", `select 1 as "sélect ""x"" 'y' 🚀 ; --", 2 as "group"`);
    for await (const facts of engine.profileColumns({ files: { format: "parquet", paths: [odd] } }, [
      { column: `sélect "x" 'y' 🚀 ; --`, bins: { parts: 4 }, keep: 5 },
      { column: "group", bins: { parts: 4 }, keep: 5 },
    ])) {
      expect(facts.rows).toBe(1);
    }
  });

  test("two names that differ by case only are refused", async () => {
    const bytes = await readFile(await make("cases.parquet", "select 1 as aaa1, 2 as bbb2"));
    const path = join(folder, "twins.parquet");
    await writeFile(path, renamed(bytes, "bbb2", "AAA1"));
    await expect(engine.describe({ format: "parquet", paths: [path] })).rejects.toMatchObject({
      code: "ENGINE_COLUMN_NAMES_REFUSED",
    });
  });

  test("damaged pages end in a coded error or in numbers, never in a crash", async () => {
    const path = await make("whole.parquet", "select range as a, md5(range::varchar) as b from range(100000)");
    const bytes = await readFile(path);
    const random = createHash("sha256");
    for (let attempt = 0; attempt < 12; attempt++) {
      const broken = Buffer.from(bytes);
      const at = random.copy().update(String(attempt)).digest().readUInt32LE(0) % (bytes.length - 5000);
      broken.fill(0xa5, at, at + 4000);
      const file = join(folder, `broken-${attempt}.parquet`);
      await writeFile(file, broken);
      const outcome = await engine.countBins({ files: { format: "parquet", paths: [file] } }, "a", [10]).then(
        (counted) => counted.counts.length,
        (error: { code: string }) => error.code,
      );
      expect([2, "ENGINE_FILE_UNREADABLE", "ENGINE_COLUMN_NOT_FOUND", "ENGINE_FAILED"]).toContain(outcome);
    }
    expect((await engine.describe({ format: "parquet", paths: [path] })).rows).toBe(100_000);
  });

  test("quantiles of a million values are DuckDB's own", async () => {
    const path = await make("million.parquet", "select (hash(range) % 700001)::double / 7 as a from range(1000000)");
    const ps = Array.from({ length: 29 }, (_, i) => (i + 1) / 30);
    const { values } = await engine.quantiles({ files: { format: "parquet", paths: [path] } }, "a", ps);
    const instance = await DuckDBInstance.create(":memory:");
    const connection = await instance.connect();
    const reader = await connection.runAndReadAll(
      `select unnest(quantile_cont(a, [${ps.join(", ")}])) as q from read_parquet('${path}')`,
    );
    const expected = reader.getColumnsJS()[0] as number[];
    connection.closeSync();
    instance.closeSync();
    for (const [i, value] of values.entries()) expect(value / (expected[i] as number)).toBeCloseTo(1, 12);
  });

  test("the bytes written do not depend on the number of threads", async () => {
    const path = await make("rows.parquet", "select range as a, hash(range) % 97 as b from range(400000)");
    const hashes = new Set<string>();
    for (const threads of [1, 2, 4]) {
      const at = join(folder, `engine-${threads}`);
      const other = await openEngine({ url: `duckdb:?threads=${threads}`, folder: at, readable: [folder] });
      const blobs = await openDisk({ root: join(folder, "blobs"), ids: createIds(fakeClock(), seededBytes(threads)) });
      const rows = { files: { format: "parquet" as const, paths: [path] }, window: { column: "b", from: 3 } };
      hashes.add((await other.writeParquet(rows, {}, blobs)).hash);
      await other.close();
    }
    expect(hashes.size).toBe(1);
  });

  test("every type DuckDB writes is profiled or counted", async () => {
    const path = await make(
      "types.parquet",
      `select 1::tinyint a, 2::uhugeint b, 1.25::decimal(9,2) c, 1.5::real d, date '2026-01-02' e,
       timestamptz '2026-01-02 03:04:05.000006+00' f, timestamp_ns '2026-01-02 00:00:00' g, time '01:02:03' h,
       interval 1 day i, [1, 2] j, {'x': 1} k, 'blob'::blob l, uuid '00000000-0000-0000-0000-000000000001' m, null::integer n`,
    );
    const described = await engine.describe({ format: "parquet", paths: [path] });
    const requests = described.columns.map((column) => ({ column: column.name, bins: { parts: 3 }, keep: 3 }));
    const seen: Record<string, unknown> = {};
    for await (const facts of engine.profileColumns({ files: { format: "parquet", paths: [path] } }, requests)) {
      seen[facts.column.name] = facts.kept[0]?.value ?? facts.column.kind;
      expect(facts.rows).toBe(1);
    }
    expect(seen).toMatchObject({
      a: "1",
      c: "1.25",
      d: "1.5",
      e: "2026-01-02T00:00:00.000Z",
      f: "2026-01-02T03:04:05.000006Z",
      g: "2026-01-02T00:00:00.000Z",
      j: "other",
      k: "other",
      l: "other",
      m: "00000000-0000-0000-0000-000000000001",
      n: "numeric",
    });
  });

  test("the head of a table is bounded whatever lies in a cell, a name or the number of columns", async () => {
    const path = await make(
      "cells.parquet",
      `select repeat('long ', 100000) a, [1, 2] b, range(1000000) c, [repeat('x', 100000)] d, {'x': [1]} e, map {'k': 1} f,
         'blob'::blob g, null::integer[] h, time '01:02:03' i, uuid '00000000-0000-0000-0000-000000000001' j, [[1]] k,
         'ünï🦆' l, null::struct(x integer) m, 'nan'::double n, 1.10::decimal(9,2) o, timestamp '2026-01-02 03:04:05' p,
         [1.10::decimal(9,2)] q from range(3)`,
    );
    const head = await engine.readHead({ format: "parquet", paths: [path] }, { rows: 2, columns: 50, text: 20 });
    expect(head.rows).toHaveLength(2);
    expect(head.rows[0]).toEqual([
      "long long long long l",
      "[1, 2]",
      "[0, 1, 2, 3, 4, 5, 6,",
      `[${"x".repeat(20)}`,
      "…",
      "…",
      "4 bytes",
      null,
      "01:02:03",
      "00000000-0000-0000-00",
      "…",
      "ünï🦆",
      null,
      "nan",
      "1.10",
      "2026-01-02 03:04:05",
      "[1.10]",
    ]);
    const twins = await make("twins-head.parquet", 'select 1 as aa, 2 as "bb"');
    const bytes = await readFile(twins);
    await writeFile(twins, renamed(bytes, "bb", "AA"));
    const odd = await engine.readHead({ format: "parquet", paths: [twins] }, { rows: 2, columns: 50, text: 20 });
    expect([odd.width, odd.rows]).toEqual([2, [["1", "2"]]]);
    const many = await make("many-head.parquet", `select ${columns(10_000)}`);
    const wide = await engine.readHead({ format: "parquet", paths: [many] }, { rows: 2, columns: 50, text: 20 });
    expect([wide.width, wide.columns.length, wide.rows[0]?.length]).toEqual([10_000, 50, 50]);
  });

  test("a memory that is too small is said, and the engine lives on", async () => {
    const small = await openEngine({
      url: "duckdb:?memory=20MB&threads=1",
      folder: join(folder, "small"),
      readable: [folder],
    });
    const path = await make("big.parquet", "select repeat(md5(range::varchar), 8) as b from range(600000)");
    const rows = { files: { format: "parquet" as const, paths: [path] } };
    const outcome = await small
      .profileColumns(rows, [{ column: "b", bins: { parts: 2 }, keep: 5 }])
      [Symbol.asyncIterator]()
      .next()
      .then(
        (one) => one.value?.rows,
        (error: { code: string }) => error.code,
      );
    expect([600_000, "ENGINE_OUT_OF_MEMORY"]).toContain(outcome);
    expect((await small.describe(rows.files)).rows).toBe(600_000);
    await small.close();
  });

  test("a setting that makes no sense is refused by name", async () => {
    for (const url of ["duckdb:?threads=many", "duckdb:?memory=lots", "sqlite:x"]) {
      await expect(openEngine({ url, folder })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    }
  });
});

/** Parquet bytes with a name replaced by one of the same length, wherever it occurs. */
function renamed(bytes: Buffer, from: string, to: string): Buffer {
  const copy = Buffer.from(bytes);
  for (let at = copy.indexOf(from); at >= 0; at = copy.indexOf(from, at + from.length)) copy.write(to, at, "latin1");
  return copy;
}
