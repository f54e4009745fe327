import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Blobs } from "../blobs/blobs.js";
import { openDisk } from "../blobs/disk.js";
import { createIds } from "../ids.js";
import { fakeClock } from "../testing/clock.js";
import { seededBytes } from "../testing/random.js";
import { binOf } from "./edges.js";
import type { Chunk, ColumnFacts, ColumnRequest, Engine, Rows } from "./engine.js";
import { addText, canonicalNumber, emptyRegisters, estimateDistinct } from "./hyperloglog.js";
import { seededRandom } from "./sampling.js";

interface Row {
  readonly id: number;
  readonly amount: number | null;
  readonly place: string | null;
  readonly open: boolean;
  readonly at: number;
}

const start = Date.UTC(2026, 0, 1);
const table = makeRows(5_000);

function makeRows(count: number): Row[] {
  const random = seededRandom(7);
  return Array.from({ length: count }, (_, id) => {
    const u = random();
    const amount =
      u < 0.05 ? null : u < 0.06 ? Number.NaN : u < 0.065 ? Number.POSITIVE_INFINITY : (random() - 0.3) ** 3 * 100;
    const place = random() < 0.1 ? null : `p${Math.floor(random() ** 2 * 40)}`;
    return { id, amount, place, open: random() < 0.7, at: start + id * 60_000 };
  });
}

function toCsv(rows: readonly Row[]): string {
  const lines = rows.map((row) =>
    [
      row.id,
      row.amount === null ? "" : Number.isNaN(row.amount) ? "nan" : row.amount === Infinity ? "inf" : row.amount,
      row.place ?? "",
      row.open,
      new Date(row.at).toISOString().slice(0, -1).replace("T", " "),
    ].join(","),
  );
  return ["id,amount,place,open,at", ...lines, ""].join("\n");
}

const amounts = table.map((row) => row.amount);
const finite = amounts.filter((x): x is number => x !== null && Number.isFinite(x)).sort((a, b) => a - b);

function typeSeven(sorted: readonly number[], p: number): number {
  const place = (sorted.length - 1) * p;
  const low = sorted[Math.floor(place)] as number;
  return low + ((sorted[Math.ceil(place)] as number) - low) * (place - Math.floor(place));
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** What every engine adapter must answer. `open` gets the folder for its own files and the folders it may read. */
export function engineContract(
  name: string,
  open: (folder: string, readable: readonly string[]) => Promise<Engine>,
): void {
  describe(`${name} answers what was asked`, () => {
    let folder: string;
    let engine: Engine;
    let blobs: Blobs;
    let csv: Rows;
    let rows: Rows;

    async function put(text: string): Promise<string> {
      return blobs.localPath((await blobs.put(Buffer.from(text))).hash);
    }

    async function facts(of: Rows, request: Partial<ColumnRequest> & { column: string }): Promise<ColumnFacts> {
      const all = await collect(engine.profileColumns(of, [{ bins: { parts: 10 }, keep: 1000, ...request }]));
      return all[0] as ColumnFacts;
    }

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "paydown-engine-"));
      blobs = await openDisk({ root: join(folder, "blobs"), ids: createIds(fakeClock(), seededBytes(1)) });
      engine = await open(join(folder, "engine"), [join(folder, "blobs")]);
      csv = { files: { format: "csv", paths: [await put(toCsv(table))] } };
      const written = await engine.writeParquet(csv, {}, blobs);
      rows = { files: { format: "parquet", paths: [await blobs.localPath(written.hash)] } };
    });
    afterAll(async () => {
      await engine.close();
      await rm(folder, { recursive: true, force: true });
    });

    test("a table is described by its columns, kinds and rows", async () => {
      const described = await engine.describe(rows.files);
      expect(described.rows).toBe(5000);
      expect(described.columns.map((column) => [column.name, column.kind])).toEqual([
        ["id", "numeric"],
        ["amount", "numeric"],
        ["place", "text"],
        ["open", "boolean"],
        ["at", "instant"],
      ]);
      expect(described.files).toEqual([{ path: rows.files.paths[0], rows: 5000 }]);
    });

    test("rows of files follow each other in the order asked", async () => {
      const path = rows.files.paths[0] as string;
      expect((await engine.describe({ format: "parquet", paths: [path, path] })).rows).toBe(10_000);
    });

    test("a numeric column is counted exactly", async () => {
      const amount = await facts(rows, { column: "amount" });
      expect(amount).toMatchObject({
        rows: 5000,
        nulls: amounts.filter((x) => x === null).length,
        nans: amounts.filter((x) => Number.isNaN(x)).length,
        infinite: amounts.filter((x) => x === Infinity).length,
        min: finite[0],
        max: finite.at(-1),
        distinct: new Set(amounts.filter((x) => x !== null && !Number.isNaN(x))).size,
      });
    });

    test("moments are those of the finite values", async () => {
      const { moments } = await facts(rows, { column: "amount" });
      const mean = finite.reduce((sum, x) => sum + x, 0) / finite.length;
      const power = (k: number) => finite.reduce((sum, x) => sum + (x - mean) ** k, 0);
      expect(moments?.n).toBe(finite.length);
      expect(moments?.mean).toBeCloseTo(mean, 10);
      for (const [k, m] of [
        [2, moments?.m2],
        [3, moments?.m3],
        [4, moments?.m4],
      ] as const) {
        expect(Math.abs((m as number) / power(k) - 1)).toBeLessThan(1e-9);
      }
    });

    test("quantiles are exact and linear between order statistics", async () => {
      const ps = [0, 0.1, 1 / 3, 0.5, 0.999, 1];
      const { n, values } = await engine.quantiles(rows, "amount", ps);
      expect(n).toBe(finite.length);
      for (const [i, p] of ps.entries()) expect(values[i]).toBeCloseTo(typeSeven(finite, p), 10);
    });

    test("a value on an edge belongs to the bin above it, outer bins are open, and NaN and null are in none", async () => {
      const values = await put('x\n-5\n0\n0\n1\n2\n2\n9\nnan\n""\ninf\n-inf\n');
      const counted = await engine.countBins({ files: { format: "csv", paths: [values] } }, "x", [0, 2]);
      expect(counted).toEqual({ counts: [2, 3, 4], nulls: 1, nans: 1 });
    });

    test("a column is cut into parts of about equal size and counted in them", async () => {
      const amount = await facts(rows, { column: "amount" });
      const edges = amount.edges as number[];
      expect(edges).toHaveLength(9);
      expect(edges).toEqual(await engine.quantileEdges(rows, "amount", 10));
      const expected = new Array(10).fill(0);
      for (const x of amounts) if (x !== null && !Number.isNaN(x)) expected[binOf(edges, x)]++;
      expect(amount.counts).toEqual(expected);
      expect((await engine.countBins(rows, "amount", edges)).counts).toEqual(expected);
    });

    test("given edges are used as they are, also a thousand of them", async () => {
      const edges = Array.from({ length: 1000 }, (_, i) => i * 5 + 0.5);
      const id = await facts(rows, { column: "id", bins: { edges } });
      expect(id.counts).toEqual([1, ...new Array(999).fill(5), 5000 - 1 - 999 * 5]);
    });

    test("few distinct values get a bin each, and a constant is told from both its sides", async () => {
      const few = await put("x,c\n3,7\n1,7\n1,7\n2,7\n");
      const of: Rows = { files: { format: "csv", paths: [few] } };
      expect(await facts(of, { column: "x" })).toMatchObject({ edges: [2, 3], counts: [2, 1, 1] });
      expect(await facts(of, { column: "c" })).toMatchObject({ counts: [0, 4, 0] });
    });

    test("categories are counted, the rest is other, and unknown ones are zero", async () => {
      const count = (place: string) => table.filter((row) => row.place === place).length;
      const counted = await engine.countCategories(rows, "place", ["p0", "nowhere", "p5"]);
      const present = table.filter((row) => row.place !== null).length;
      expect(counted).toEqual({
        counts: [count("p0"), 0, count("p5")],
        other: present - count("p0") - count("p5"),
        nulls: 5000 - present,
      });
    });

    test("the most frequent values are kept, and what is cut is bounded", async () => {
      const all = await facts(rows, { column: "place" });
      expect(all.keptBound).toBe(0);
      expect(all.kept.reduce((sum, one) => sum + one.count, 0)).toBe(table.filter((row) => row.place !== null).length);
      const some = await facts(rows, { column: "place", keep: 5 });
      expect(some.kept.length).toBeLessThanOrEqual(5);
      expect(some.kept).toEqual(all.kept.filter((one) => one.count > some.keptBound));
      expect(all.kept.filter((one) => one.count > some.keptBound).length).toBe(some.kept.length);
    });

    test("values that all occur once are not kept at random", async () => {
      expect(await facts(rows, { column: "id", keep: 10 })).toMatchObject({ kept: [], keptBound: 1, distinct: 5000 });
    });

    test("registers are those our own code makes of the same values", async () => {
      const expected = emptyRegisters();
      for (const x of amounts) {
        if (x !== null && Number.isFinite(x)) addText(expected, canonicalNumber(x));
        else if (x === Infinity) addText(expected, "inf");
      }
      const amount = await facts(rows, { column: "amount" });
      expect(amount.registers).toEqual(expected);
      expect(Math.abs(estimateDistinct(expected) / (amount.distinct as number) - 1)).toBeLessThan(0.05);
      const places = emptyRegisters();
      for (const row of table) if (row.place !== null) addText(places, row.place);
      expect((await facts(rows, { column: "place" })).registers).toEqual(places);
    });

    test("booleans are categories, instants are milliseconds", async () => {
      const open = await facts(rows, { column: "open" });
      expect(open.kept).toEqual([
        { value: "true", count: table.filter((row) => row.open).length },
        { value: "false", count: table.filter((row) => !row.open).length },
      ]);
      const at = await facts(rows, { column: "at", keep: 5000 });
      expect(at).toMatchObject({ min: start, max: start + 4999 * 60_000, distinct: 5000 });
      expect(at.kept[0]).toEqual({ value: "2026-01-01T00:00:00.000Z", count: 1 });
    });

    test("a half-open window takes its first instant and leaves its last", async () => {
      const window = { column: "at", from: start + 60_000, to: start + 120_000 };
      expect((await facts({ ...rows, window }, { column: "id" })).kept).toEqual([{ value: "1", count: 1 }]);
      const written = await engine.writeParquet({ ...rows, window: { column: "id", to: 3 } }, {}, blobs);
      expect(written.rows).toBe(3);
    });

    test("text formats give the same facts as Parquet", async () => {
      const lines = table.map((row) => JSON.stringify({ id: row.id, place: row.place })).join("\n");
      const json: Rows = { files: { format: "json", paths: [await put(lines)] } };
      for (const column of ["id", "place"]) {
        const { column: described, moments, ...expected } = await facts(rows, { column });
        for (const other of [csv, json]) {
          const { column: its, moments: same, ...counted } = await facts(other, { column });
          expect(its.kind).toBe(described.kind);
          expect(counted).toEqual(expected);
          expect(same?.mean).toBe(moments?.mean);
          // Sums of doubles depend on the order of the groups, so in their last digits only.
          expect((same?.m4 ?? 1) / (moments?.m4 ?? 1)).toBeCloseTo(1, 12);
        }
      }
    });

    test("a sample is the same for the same seed, without repetition, in file order", async () => {
      const one = await engine.sampleRows(rows, { size: 50, seed: 3, columns: ["id", "open"] });
      expect(one).toEqual(await engine.sampleRows(rows, { size: 50, seed: 3, columns: ["id", "open"] }));
      const ids = one.rows.map((row) => row[0] as number);
      expect(new Set(ids).size).toBe(50);
      expect([...ids].sort((a, b) => a - b)).toEqual(ids);
      expect(one.rows.every(([id, open]) => table[id as number]?.open === open)).toBe(true);
      const other = await engine.sampleRows(rows, { size: 50, seed: 4, columns: ["id"] });
      expect(other.rows.map((row) => row[0])).not.toEqual(ids);
    });

    test("a sample larger than the table is the table", async () => {
      expect((await engine.sampleRows(rows, { size: 9999, seed: 1 })).rows).toHaveLength(5000);
    });

    test("the head of a table is its first rows and columns as text, and says how much there is", async () => {
      const head = await engine.readHead(rows.files, { rows: 3, columns: 4, text: 10 });
      expect(head.columns.map((column) => column.name)).toEqual(["id", "amount", "place", "open"]);
      expect([head.width, head.total, head.rows.length]).toEqual([5, 5000, 3]);
      expect(head.rows.map((row) => [row[0], row[2], row[3]])).toEqual(
        table.slice(0, 3).map((row) => [String(row.id), row.place, String(row.open)]),
      );
      for (const cell of head.rows.flat()) expect(cell === null || cell.length <= 11).toBe(true);
      const text = await engine.readHead(csv.files, { rows: 2, columns: 1, text: 10 });
      expect(text).toMatchObject({ width: 5, rows: [["0"], ["1"]] });
      expect(text.total).toBeUndefined();
      await expect(engine.readHead(rows.files, { rows: 0, columns: 1, text: 1 })).rejects.toMatchObject({
        code: "ENGINE_REQUEST_INVALID",
      });
    });

    test("columns come as arrays in file order, whatever the size of the chunks", async () => {
      const chunks = await collect(engine.readColumns(rows, ["amount", "place", "open"], { chunkRows: 1500 }));
      expect(chunks.map((chunk) => chunk.rows)).toEqual([1500, 1500, 1500, 500]);
      const flat = (i: number) => chunks.flatMap((chunk: Chunk) => [...(chunk.columns[i]?.values ?? [])]);
      expect(flat(1)).toEqual(table.map((row) => row.place));
      expect(flat(2)).toEqual(table.map((row) => (row.open ? 1 : 0)));
      expect(flat(0)).toEqual(amounts.map((x) => x ?? Number.NaN));
      const first = chunks[0]?.columns[0];
      const missing = first?.kind === "numbers" ? first.missing : undefined;
      expect([...(missing ?? [])]).toEqual(amounts.slice(0, 1500).map((x) => (x === null ? 1 : 0)));
    });

    test("who stops reading early leaves nothing open", async () => {
      for await (const chunk of engine.readColumns(rows, ["id"], { chunkRows: 10 })) {
        expect(chunk.rows).toBe(10);
        break;
      }
      expect((await engine.describe(rows.files)).rows).toBe(5000);
    });

    test("the same rows are written as the same bytes", async () => {
      const request = { columns: ["place", "amount"], sample: { size: 700, seed: 5 } };
      const one = await engine.writeParquet(rows, request, blobs);
      const two = await engine.writeParquet(rows, request, blobs);
      expect(one).toEqual(two);
      expect(one.rows).toBe(700);
      const back = await engine.describe({ format: "parquet", paths: [await blobs.localPath(one.hash)] });
      expect(back.columns.map((column) => column.name)).toEqual(["place", "amount"]);
    });

    test("an as-of join takes the latest row that is not younger, of the same key, and nothing older than allowed", async () => {
      const left: Rows = { files: { format: "csv", paths: [await put("k,t\na,10\nb,10\na,3\nc,5\na,\n")] } };
      const right: Rows = {
        files: {
          format: "csv",
          paths: [await put("k,t,v\na,1,one\na,4,four\na,10,ten\na,10,last\na,11,late\nb,2,two\n")],
        },
      };
      const join = async (maxAge?: number) => {
        const keys = [{ left: "k", right: "k" }];
        const columns = [{ column: "v", as: "feature" }];
        const request = { left, right, keys, leftTime: "t", rightTime: "t", columns };
        const written = await engine.asOfJoin({ ...request, ...(maxAge === undefined ? {} : { maxAge }) }, blobs);
        const path = await blobs.localPath(written.hash);
        const read = await engine.sampleRows({ files: { format: "parquet", paths: [path] } }, { size: 99, seed: 1 });
        return read.rows.map((row) => row[2]);
      };
      expect(await join()).toEqual(["last", "two", "one", null, null]);
      expect(await join(8)).toEqual(["last", null, "one", null, null]);
    });

    test("a file cut short is refused", async () => {
      const bytes = await readFile(rows.files.paths[0] as string);
      const path = await blobs.localPath((await blobs.put(bytes.subarray(0, bytes.length - 100))).hash);
      await expect(engine.describe({ format: "parquet", paths: [path] })).rejects.toMatchObject({
        code: "ENGINE_FILE_UNREADABLE",
      });
    });

    test("a file of another format, or of none, is refused", async () => {
      for (const text of ["", "no parquet at all", "PAR1"]) {
        const path = await put(text);
        await expect(engine.describe({ format: "parquet", paths: [path] })).rejects.toMatchObject({
          code: "ENGINE_FILE_UNREADABLE",
        });
        const head = engine.readHead({ format: "parquet", paths: [path] }, { rows: 1, columns: 1, text: 1 });
        await expect(head).rejects.toMatchObject({ code: "ENGINE_FILE_UNREADABLE" });
      }
    });

    test("files with different columns are no table", async () => {
      const one = await engine.writeParquet(rows, { columns: ["id"] }, blobs);
      const paths = [rows.files.paths[0] as string, await blobs.localPath(one.hash)];
      await expect(engine.describe({ format: "parquet", paths })).rejects.toMatchObject({
        code: "ENGINE_SCHEMAS_DIFFER",
      });
      const texts = [await put("a,b\n1,2\n"), await put("a,b\n1,x\n")];
      await expect(engine.describe({ format: "csv", paths: texts })).rejects.toMatchObject({
        code: "ENGINE_SCHEMAS_DIFFER",
        message: expect.stringContaining("b is VARCHAR instead of BIGINT"),
      });
    });

    test("a column that is not there, or of the wrong kind, is named", async () => {
      await expect(engine.countBins(rows, "nope", [1])).rejects.toMatchObject({ code: "ENGINE_COLUMN_NOT_FOUND" });
      await expect(engine.countBins(rows, "place", [1])).rejects.toMatchObject({ code: "ENGINE_COLUMN_KIND" });
      await expect(engine.countBins(rows, "id", [2, 1])).rejects.toMatchObject({ code: "ENGINE_REQUEST_INVALID" });
    });

    test("names and paths are data, whatever they look like", async () => {
      const evil = `a"; drop table x; --`;
      const path = await put(`"a""; drop table x; --",b\n1,2\n`);
      const of: Rows = { files: { format: "csv", paths: [path] } };
      expect((await engine.describe(of.files)).columns.map((column) => column.name)).toEqual([evil, "b"]);
      expect(await facts(of, { column: evil })).toMatchObject({ rows: 1, min: 1 });
      const odd = join(folder, "blobs", "we*rd' [1]?.csv");
      await writeFile(odd, "x\n1\n");
      await writeFile(join(folder, "blobs", "weXrd' 1X.csv"), "x\n2\n");
      expect(await facts({ files: { format: "csv", paths: [odd] } }, { column: "x" })).toMatchObject({
        rows: 1,
        min: 1,
      });
    });

    test("a name with control characters is refused", async () => {
      await expect(
        engine.describe({ format: "csv", paths: [await put('x,"bad\tname"\n1,2\n')] }),
      ).rejects.toMatchObject({
        code: "ENGINE_COLUMN_NAMES_REFUSED",
      });
    });

    test("nothing outside the readable folders is read", async () => {
      const outside = join(folder, "outside.csv");
      await writeFile(outside, "x\n1\n");
      await expect(engine.describe({ format: "csv", paths: [outside] })).rejects.toMatchObject({
        code: "ENGINE_FILE_UNREADABLE",
      });
    });

    test("reading stops when it is aborted in between", async () => {
      const gone = new AbortController();
      const reading = async () => {
        for await (const chunk of engine.readColumns(rows, ["id"], { chunkRows: 100, signal: gone.signal })) {
          expect(chunk.rows).toBe(100);
          gone.abort();
        }
      };
      await expect(reading()).rejects.toMatchObject({ code: "ENGINE_INTERRUPTED" });
    });

    test("an aborted question is not answered", async () => {
      await expect(engine.describe(rows.files, AbortSignal.abort())).rejects.toMatchObject({
        code: "ENGINE_INTERRUPTED",
      });
    });
  });
}
