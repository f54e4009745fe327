import { createHash } from "node:crypto";
import { copyFile, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DuckDBInstance } from "@duckdb/node-api";
import { addVersion, diffVersions, getProfile, getVersion } from "@paydown/api/data";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Rows } from "#base/engine/engine.js";
import { openStage, type Stage } from "#base/testing/stage.js";
import { type ColumnProfile, computeProfile, data, fromFacts, mergeProfiles, type Profile } from "./index.js";

const flights = fileURLToPath(new URL("../data/flights-3m.parquet", import.meta.resolve("vega-datasets")));
const project = "default";
/** Seconds on a machine of its own; it may be shared. */
const patience = 60_000;
const dataset = "flights";
const months = [1, 2, 3, 4, 5, 6].map((month) => ({
  from: Date.UTC(2001, month - 1, 1),
  to: Date.UTC(2001, month, 1),
}));

/** What DuckDB itself says, by SQL of the test's own. */
async function ask<T>(sql: string): Promise<T[]> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  const rows = (
    await connection.runAndReadAll(sql.replaceAll("FLIGHTS", `read_parquet('${flights}')`))
  ).getRowObjectsJS();
  connection.closeSync();
  instance.closeSync();
  return rows as T[];
}

/** Three million real flights, January to June 2001, cut into a Parquet object a month. */
describe("three million flights", { timeout: patience }, () => {
  let stage: Stage;
  let folder: string;
  let hashes: string[];
  let whole: Rows;
  let versions: string[];

  beforeAll(async () => {
    stage = await openStage([data()]);
    folder = await mkdtemp(join(tmpdir(), "paydown-flights-"));
    const { hash } = await stage.base.blobs.put(await readFile(flights));
    whole = { files: { format: "parquet", paths: [await stage.base.blobs.localPath(hash)] } };
    hashes = [];
    for (const { from, to } of months) {
      const window = { column: "date", from, to };
      hashes.push((await stage.base.engine.writeParquet({ ...whole, window }, {}, stage.base.blobs)).hash);
    }
    versions = [];
    for (const [i, hash] of hashes.entries()) {
      const files = [{ path: `2001-0${i + 1}.parquet`, hash }];
      versions.push((await stage.call(addVersion, { project, dataset, files, create: true })).version);
    }
    // January first: its bins are everybody's.
    await profileOf(0);
  }, patience);
  afterAll(async () => {
    await stage.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function profileOf(i: number): Promise<Profile> {
    const input = { project, dataset, version: versions[i] as string };
    return (await computeProfile(stage.ctx, input)).profile;
  }

  test("add up, month by month, to what DuckDB counts in the whole file", async () => {
    const parts = await Promise.all(months.map((_month, i) => profileOf(i)));
    const merged = parts.reduce((a, b) => mergeProfiles(a, b));
    const inside = "date < timestamp '2001-07-01'";
    const [truth] = await ask<Record<string, number | bigint>>(
      `select count(*) n, min(delay) low, max(delay) high, avg(delay) mean, var_pop(delay) variance,
              count(distinct delay) delays, count(distinct origin) origins,
              count(*) filter (origin = 'ATL') atlanta from FLIGHTS where ${inside}`,
    );
    const column = (name: string) => merged.columns.find((one) => one.name === name) as ColumnProfile;
    const delay = column("delay");
    expect(merged.rows).toBe(Number(truth?.n));
    expect(delay).toMatchObject({
      rows: Number(truth?.n),
      nulls: 0,
      min: Number(truth?.low),
      max: Number(truth?.high),
    });
    expect(delay.moments?.mean).toBeCloseTo(Number(truth?.mean), 9);
    expect((delay.moments?.m2 as number) / merged.rows / Number(truth?.variance)).toBeCloseTo(1, 10);
    expect(delay.kept).toHaveLength(Number(truth?.delays));
    expect(column("origin").kept).toHaveLength(Number(truth?.origins));
    expect(column("origin").kept.find((one) => one.value === "ATL")?.count).toBe(Number(truth?.atlanta));
    const edges = delay.edges as number[];
    const counted = await ask<{ b: number; n: bigint }>(
      `select ${edges.map((edge) => `(delay >= ${edge})::int`).join(" + ")} as b, count(*) as n
       from FLIGHTS where ${inside} group by 1 order by 1`,
    );
    expect(delay.counts).toEqual(counted.map((row) => Number(row.n)));
  });

  test("have the profile of the whole when the parts are merged", async () => {
    const parts = await Promise.all([0, 1, 2].map(profileOf));
    const merged = parts.reduce((a, b) => mergeProfiles(a, b));
    const first = parts[0] as Profile;
    const requests = first.columns.map((column) => ({
      column: column.name,
      bins: { edges: column.edges ?? [] },
      keep: 1000,
      ...(column.categories === undefined ? {} : { categories: column.categories }),
    }));
    const window = { column: "date", to: Date.UTC(2001, 3, 1) };
    let i = 0;
    for await (const facts of stage.base.engine.profileColumns({ ...whole, window }, requests)) {
      const { moments, kept, keptError, ...exact } = fromFacts(facts);
      const part = merged.columns[i++] as ColumnProfile;
      expect({ ...part, moments: undefined, kept: undefined, keptError: undefined }).toEqual({
        ...exact,
        moments: undefined,
        kept: undefined,
        keptError: undefined,
      });
      if (part.keptError === 0) expect(part.kept).toEqual(kept);
      else expect(keptError).toBeGreaterThan(0);
      for (const key of ["mean", "m2", "m4"] as const) {
        if (moments !== undefined) expect((part.moments?.[key] as number) / moments[key]).toBeCloseTo(1, 9);
      }
    }
  });

  test("give the same version ids again, wherever and however they are added", async () => {
    const other = await openStage([data()], { seed: 99 });
    const at = join(folder, "months");
    await mkdir(at);
    for (const [i, hash] of hashes.entries()) {
      await copyFile(await stage.base.blobs.localPath(hash), join(at, `2001-0${i + 1}.parquet`));
    }
    const byPath = await other.call(addVersion, { project, dataset, path: at, create: true, profile: false });
    const files = hashes.map((hash, i) => ({ path: `2001-0${i + 1}.parquet`, hash })).reverse();
    const byHash = await stage.call(addVersion, { project, dataset: "half-year", files, create: true, profile: false });
    expect(byPath.version).toBe(byHash.version);
    expect(byPath.rows).toBe(
      Number((await ask<{ n: bigint }>("select count(*) n from FLIGHTS where date < timestamp '2001-07-01'"))[0]?.n),
    );
    const { manifestHash, manifest } = await other.call(getVersion, { project, dataset, version: "latest" });
    const canonical = JSON.stringify(manifest.map(({ bytes, hash, path, rows }) => ({ bytes, hash, path, rows })));
    expect(manifestHash).toBe(createHash("sha256").update(canonical).digest("hex"));
    await other.close();
  });

  test("written twice are the same bytes", async () => {
    const window = { column: "date", ...months[1] };
    const again = await stage.base.engine.writeParquet({ ...whole, window }, {}, stage.base.blobs);
    expect(again.hash).toBe(hashes[1]);
  });

  test("cut short are refused, and no row of them stays", async () => {
    const bytes = await readFile(flights);
    const { hash } = await stage.base.blobs.put(bytes.subarray(0, bytes.length - 1));
    const files = [
      { path: "good.parquet", hash: hashes[0] as string },
      { path: "short.parquet", hash },
    ];
    await expect(stage.call(addVersion, { project, dataset: "cut", files, create: true })).rejects.toMatchObject({
      code: "ENGINE_FILE_UNREADABLE",
      status: 422,
      message: expect.stringMatching(/^short\.parquet cannot be read as parquet/),
    });
    await expect(stage.call(getVersion, { project, dataset: "cut", version: "latest" })).rejects.toMatchObject({
      code: "DATA_DATASET_NOT_FOUND",
    });
  });

  test("differ most in delay between January and February, and hardly in distance", async () => {
    await profileOf(1);
    const [from, to] = [versions[0] as string, versions[1] as string];
    const diff = await stage.call(diffVersions, { project, dataset, from, to });
    const effect = (name: string) => diff.columns.find((one) => one.column === name)?.change;
    expect(diff.schema).toEqual([]);
    expect(diff.columns.map((one) => one.column).slice(0, 2)).toEqual(["date", "delay"]);
    expect(effect("distance")?.psi).toBeLessThan(0.001);
    expect(effect("delay")?.psi).toBeGreaterThan(effect("distance")?.psi ?? 1);
    const profile = await stage.call(getProfile, { project, dataset, version: to, columns: ["delay"] });
    expect(profile.columns[0]?.referenceCounts?.reduce((a, b) => a + b, 0)).toBe(diff.from.rows);
  });
});
