import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  addVersion,
  createDataset,
  diffVersions,
  getColumn,
  getDataset,
  getProfile,
  getSource,
  getVersion,
  listDatasets,
  listFiles,
  listSources,
  listVersions,
  profileVersion,
  registerSource,
  updateDataset,
} from "@paydown/api/data";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openStage, type Stage } from "#base/testing/stage.js";
import { computeProfile, data } from "./index.js";

const project = "default";
let stage: Stage;
let folder: string;

beforeEach(async () => {
  stage = await openStage([data()]);
  folder = await mkdtemp(join(tmpdir(), "paydown-data-"));
});
afterEach(async () => {
  await stage.close();
  await rm(folder, { recursive: true, force: true });
});

async function put(text: string | Buffer): Promise<string> {
  return (await stage.base.blobs.put(Buffer.from(text as string))).hash;
}

/** Adds a version of one CSV file. */
async function addCsv(dataset: string, text: string, extra: object = {}) {
  const files = [{ path: "part.csv", hash: await put(text) }];
  return stage.call(addVersion, { project, dataset, files, create: true, ...extra });
}

async function events(): Promise<string[]> {
  const rows = await stage.base.db.read((r) =>
    r.all<{ name: string }>({ sql: "select name from outbox order by id", parameters: [] }),
  );
  return rows.map((row) => row.name);
}

async function countRows(table: string): Promise<number> {
  const row = await stage.base.db.read((r) =>
    r.get<{ n: number }>({ sql: `select count(*) as n from ${table}`, parameters: [] }),
  );
  return row?.n ?? 0;
}

describe("sources", () => {
  test("are registered, replaced and listed with their datasets", async () => {
    await stage.call(registerSource, { project, source: "bts", location: "https://bts.example/", owner: "data" });
    stage.clock.advance(1000);
    const replaced = await stage.call(registerSource, {
      project,
      source: "bts",
      location: "s3://bts/",
      external: true,
      freshnessHours: 24,
    });
    expect(replaced).toMatchObject({ location: "s3://bts/", external: true, contract: "unknown", freshnessHours: 24 });
    expect(replaced.owner).toBeUndefined();
    expect(replaced.updatedAt - replaced.createdAt).toBe(1000);
    await stage.call(createDataset, { project, dataset: "flights", source: "bts" });
    expect((await stage.call(getSource, { project, source: "bts" })).datasets).toEqual(["flights"]);
    await stage.call(registerSource, { project, source: "weather", location: "api" });
    const first = await stage.call(listSources, { project, limit: 1 });
    expect(first.items.map((one) => one.source)).toEqual(["bts"]);
    const second = await stage.call(listSources, { project, limit: 1, cursor: first.cursor as string });
    expect(second).toMatchObject({ items: [{ source: "weather" }] });
    expect(second.cursor).toBeUndefined();
  });

  test("that are not there are named", async () => {
    await expect(stage.call(getSource, { project, source: "no" })).rejects.toMatchObject({
      code: "DATA_SOURCE_NOT_FOUND",
    });
    await expect(stage.call(createDataset, { project, dataset: "a", source: "no" })).rejects.toMatchObject({
      code: "DATA_SOURCE_NOT_FOUND",
    });
  });
});

describe("datasets", () => {
  test("are made once", async () => {
    const made = await stage.call(createDataset, { project, dataset: "flights", owner: "ops", freshnessHours: 2 });
    expect(made).toMatchObject({
      versions: 0,
      contract: "unknown",
      rights: "unknown",
      freshness: { state: "unknown" },
    });
    expect(made.consumers).toBeUndefined();
    await expect(stage.call(createDataset, { project, dataset: "flights" })).rejects.toMatchObject({
      code: "DATA_DATASET_EXISTS",
    });
  });

  test("grow late when no version arrives", async () => {
    await addCsv("a", "x\n1\n");
    await stage.call(updateDataset, { project, dataset: "a", freshnessHours: 2 });
    expect((await stage.call(getDataset, { project, dataset: "a" })).freshness.state).toBe("fresh");
    stage.clock.advance(3 * 3_600_000);
    expect((await stage.call(getDataset, { project, dataset: "a" })).freshness).toEqual({
      state: "late",
      objectiveHours: 2,
      ageHours: 3,
    });
  });

  test("are listed by page, source and owner, with their latest version", async () => {
    await stage.call(registerSource, { project, source: "s", location: "x" });
    for (const name of ["a", "b", "c"])
      await stage.call(createDataset, { project, dataset: name, owner: `team-${name}` });
    await stage.call(updateDataset, { project, dataset: "b", source: "s" });
    await addCsv("b", "x\n1\n");
    const { version } = await addCsv("b", "x\n1\n2\n");
    const page = await stage.call(listDatasets, { project, limit: 2 });
    expect(page.items.map((one) => one.dataset)).toEqual(["a", "b"]);
    expect(page.items[1]).toMatchObject({ versions: 2, latest: { version, rows: 2 } });
    const named = async (filter: object) =>
      (await stage.call(listDatasets, { project, ...filter })).items.map((one) => one.dataset);
    expect(await named({ cursor: page.cursor })).toEqual(["c"]);
    expect(await named({ source: "s" })).toEqual(["b"]);
    expect(await named({ owner: "team-c" })).toEqual(["c"]);
  });

  test("of another project are not seen", async () => {
    await addCsv("a", "x\n1\n");
    await expect(stage.call(getDataset, { project: "other", dataset: "a" })).rejects.toMatchObject({
      code: "DATA_DATASET_NOT_FOUND",
    });
    expect((await stage.call(listDatasets, { project: "other" })).items).toEqual([]);
  });
});

describe("versions", () => {
  test("are the same for the same content, whatever the order of the files", async () => {
    const files = [
      { path: "b.csv", hash: await put("x\n1\n") },
      { path: "a.csv", hash: await put("x\n2\n3\n") },
    ];
    const one = await stage.call(addVersion, { project, dataset: "d", files, create: true });
    const two = await stage.call(addVersion, { project, dataset: "d", files: files.toReversed() });
    expect(one).toMatchObject({ created: true, rows: 3, files: 2, columns: 1, format: "csv", profile: "waiting" });
    expect(two).toMatchObject({ created: false, version: one.version });
    const shown = await stage.call(getVersion, { project, dataset: "d", version: "latest" });
    expect(shown.manifest).toEqual([
      { path: "a.csv", hash: files[1]?.hash, bytes: 6, rows: 2 },
      { path: "b.csv", hash: files[0]?.hash, bytes: 4, rows: 1 },
    ]);
    expect(shown.schema).toEqual([{ name: "x", type: "BIGINT", kind: "numeric", nullable: true }]);
    expect((await stage.base.blobs.read(shown.manifestHash)).toString()).toContain('"path":"a.csv"');
    expect(await events()).toEqual(["data.dataset-created", "data.version-added"]);
    expect((await stage.call(listVersions, { project, dataset: "d" })).total).toBe(1);
  });

  test("name parents that are there", async () => {
    const { version } = await addCsv("raw", "x\n1\n");
    const child = await addCsv("clean", "x\n2\n", { parents: [`raw@${version}`], message: "cleaned" });
    expect(child).toMatchObject({ parents: [`raw@${version}`], message: "cleaned" });
    for (const parent of ["raw@0000000000000000", "raw", "no@x"]) {
      await expect(addCsv("clean", "x\n3\n", { parents: [parent] })).rejects.toMatchObject({
        code: "DATA_PARENT_INVALID",
      });
    }
  });

  test("are taken from a folder of the server's own disk by its local user only", async () => {
    await mkdir(join(folder, "2026"));
    await writeFile(join(folder, "2026", "a.jsonl"), '{"x":1}\n');
    await writeFile(join(folder, "b.jsonl"), '{"x":2}\n{"x":3}\n');
    await writeFile(join(folder, "_SUCCESS"), "");
    const added = await stage.call(addVersion, { project, dataset: "d", path: folder, create: true });
    expect(added).toMatchObject({ rows: 3, files: 2, format: "json" });
    const page = await stage.call(listFiles, { project, dataset: "d", version: added.version, limit: 1 });
    expect(page).toMatchObject({ items: [{ path: "2026/a.jsonl" }], total: 2 });
    const stranger = { kind: "token", name: "ci", roles: { "*": "admin" } } as const;
    const { addVersion: action } = await import("./index.js");
    await expect(
      action({ ...stage.ctx, principal: stranger }, { project, dataset: "d", path: folder }),
    ).rejects.toMatchObject({
      code: "DATA_PATH_FORBIDDEN",
    });
  });

  test("are not taken from links, relative paths, empty folders or nothing", async () => {
    await mkdir(join(folder, "empty"));
    await symlink("/etc/passwd", join(folder, "link.csv"));
    for (const path of ["relative/x", join(folder, "missing"), join(folder, "empty"), folder, "/dev/null"]) {
      await expect(stage.call(addVersion, { project, dataset: "d", path, create: true })).rejects.toMatchObject({
        code: "DATA_PATH_UNREADABLE",
      });
    }
    expect(await countRows("data_datasets")).toBe(0);
  });

  test("that cannot be are refused, and nothing of them stays", async () => {
    const hash = await put("x\n1\n");
    const bad: [object, string][] = [
      [{}, "DATA_FILES_OR_PATH"],
      [{ files: [{ path: "a.csv", hash }], path: folder }, "DATA_FILES_OR_PATH"],
      [{ files: [{ path: "../a.csv", hash }] }, "PATH_REFUSED"],
      [{ files: [{ path: "a.csv", hash: "0".repeat(64) }] }, "DATA_OBJECT_MISSING"],
      [
        {
          files: [
            { path: "a.csv", hash },
            { path: "a.csv", hash },
          ],
        },
        "DATA_PATH_TWICE",
      ],
      [
        {
          files: [
            { path: "a.csv", hash },
            { path: "b.parquet", hash },
          ],
        },
        "DATA_FORMAT_MIXED",
      ],
      [{ files: [{ path: "a.parquet", hash }] }, "ENGINE_FILE_UNREADABLE"],
      [
        {
          files: [
            { path: "a.csv", hash },
            { path: "b.csv", hash: await put("y\n1\n") },
          ],
        },
        "ENGINE_SCHEMAS_DIFFER",
      ],
      [{ files: [{ path: "a.csv", hash }], source: "nowhere" }, "DATA_SOURCE_NOT_FOUND"],
    ];
    for (const [input, code] of bad) {
      await expect(stage.call(addVersion, { project, dataset: "d", create: true, ...input })).rejects.toMatchObject({
        code,
      });
    }
    await expect(
      stage.call(addVersion, { project, dataset: "d", files: [{ path: "a.csv", hash }] }),
    ).rejects.toMatchObject({
      code: "DATA_DATASET_NOT_FOUND",
    });
    for (const table of ["data_datasets", "data_versions", "data_files", "jobs", "outbox"]) {
      expect([table, await countRows(table)]).toEqual([table, 0]);
    }
  });

  test("of files that are no table are versioned without a profile", async () => {
    const files = [{ path: "cat.png", hash: await put("meow") }];
    const added = await stage.call(addVersion, { project, dataset: "cats", files, create: true });
    expect(added).toMatchObject({ format: "files", columns: 0, profile: "none", bytes: 4 });
    expect(added.rows).toBeUndefined();
    await expect(stage.call(getProfile, { project, dataset: "cats", version: "latest" })).rejects.toMatchObject({
      code: "DATA_NOT_TABULAR",
    });
    expect(
      (await stage.call(diffVersions, { project, dataset: "cats", from: "latest", to: "latest" })).files.shared,
    ).toBe(1);
  });
});

describe("profiles", () => {
  test("come in the background, on the bins of the first version", async () => {
    const one = await addCsv("d", "x,c\n1,a\n2,b\n3,a\n");
    await expect(stage.call(getProfile, { project, dataset: "d", version: one.version })).rejects.toMatchObject({
      code: "DATA_PROFILE_NOT_READY",
    });
    await stage.work();
    const two = await addCsv("d", "x,c\n3,a\n9,\n9,z\n");
    await stage.work();
    const profile = await stage.call(getProfile, { project, dataset: "d", version: "latest", sort: "change" });
    expect(profile).toMatchObject({ version: two.version, reference: one.version, rows: 3 });
    const x = profile.columns.find((column) => column.name === "x");
    expect(x).toMatchObject({ edges: [2, 3], counts: [0, 0, 3], referenceCounts: [1, 1, 1], mean: 7, min: 3, max: 9 });
    const c = profile.columns.find((column) => column.name === "c");
    expect(c).toMatchObject({
      nulls: 1,
      categories: ["a", "b"],
      categoryCounts: [1, 0, 1],
      newCategories: [{ value: "z", count: 1 }],
      missingCategories: ["b"],
      change: { nullShareTo: 1 / 3 },
    });
    expect(c?.usedBy).toBeUndefined();
    expect((await events()).filter((name) => name === "data.profile-computed")).toHaveLength(2);
  });

  test("are computed once, however often they are asked for", async () => {
    const { version } = await addCsv("d", "x\n1\n2\n");
    const input = { project, dataset: "d", version };
    const [one, two] = await Promise.all([computeProfile(stage.ctx, input), computeProfile(stage.ctx, input)]);
    expect(one.hash).toBe(two?.hash);
    await stage.work();
    expect(await stage.call(profileVersion, input)).toMatchObject({ profile: "done" });
    await stage.work();
    expect((await events()).filter((name) => name === "data.profile-computed")).toHaveLength(1);
  });

  test("of a first version that cannot be profiled do not keep the second from its own", async () => {
    const hash = await put("x\n1\n");
    await stage.call(addVersion, { project, dataset: "d", files: [{ path: "a.csv", hash }], create: true });
    await stage.base.blobs.remove(hash);
    const two = await addCsv("d", "x\n5\n6\n7\n");
    const computed = await computeProfile(stage.ctx, { project, dataset: "d", version: two.version });
    expect(computed.reference).toBe(two.version);
    await stage.work();
    expect((await stage.call(getDataset, { project, dataset: "d" })).reference).toBe(two.version);
  });

  test("of two first versions at once agree on one reference, the first added", async () => {
    const one = await addCsv("d", "x\n1\n2\n3\n");
    const two = await addCsv("d", "x\n5\n6\n7\n");
    const both = await Promise.all(
      [two, one].map(({ version }) => computeProfile(stage.ctx, { project, dataset: "d", version })),
    );
    expect(both.map((computed) => computed.reference)).toEqual([one.version, one.version]);
    expect(both[0]?.profile.columns[0]?.edges).toEqual(both[1]?.profile.columns[0]?.edges);
  });

  test("are computed again when the reference changes", async () => {
    const one = await addCsv("d", "x\n1\n2\n3\n");
    const two = await addCsv("d", "x\n5\n6\n");
    await stage.work();
    await stage.call(updateDataset, { project, dataset: "d", reference: two.version });
    await stage.work();
    for (const { version } of [one, two]) {
      const profile = await stage.call(getProfile, { project, dataset: "d", version });
      expect(profile.reference).toBe(two.version);
      expect(profile.columns[0]?.edges).toEqual([6]);
    }
  });

  test("that fail say why, and can be asked for again", async () => {
    const hash = await put("x\n1\n");
    const added = await stage.call(addVersion, {
      project,
      dataset: "d",
      files: [{ path: "a.csv", hash }],
      create: true,
    });
    await stage.base.blobs.remove(hash);
    await stage.work();
    const failed = await stage.call(getVersion, { project, dataset: "d", version: added.version });
    expect(failed.profile).toBe("failed");
    expect(failed.profileProblem).toContain(hash);
    await put("x\n1\n");
    expect(await stage.call(profileVersion, { project, dataset: "d", version: "latest" })).toMatchObject({
      profile: "waiting",
    });
    await stage.work();
    expect((await stage.call(getVersion, { project, dataset: "d", version: "latest" })).profile).toBe("done");
  });

  test("of a version without rows lend no bins", async () => {
    await addCsv("d", "x\n");
    await stage.work();
    expect((await stage.call(getDataset, { project, dataset: "d" })).reference).toBeUndefined();
    const full = await addCsv("d", "x\n1\n2\n");
    await stage.work();
    expect((await stage.call(getDataset, { project, dataset: "d" })).reference).toBe(full.version);
  });

  test("say which runs used a column when somebody can", async () => {
    const knowing = await openStage([data({ columnsUsed: async () => ({ runs: 3, columns: { x: 2 } }) })]);
    const { hash } = await knowing.base.blobs.put(Buffer.from("x,y\n1,2\n"));
    await knowing.call(addVersion, { project, dataset: "d", files: [{ path: "a.csv", hash }], create: true });
    await knowing.work();
    const { columns } = await knowing.call(getProfile, { project, dataset: "d", version: "latest" });
    expect(columns.map((column) => column.usedBy)).toEqual([2, 0]);
    await knowing.close();
  });
});

describe("differences", () => {
  test("show schema first, then rows, then the most changed column", async () => {
    const shared = { path: "a.csv", hash: await put("x,y,old\n1,5,1\n2,5,1\n") };
    const base = [shared, { path: "b.csv", hash: await put("x,y,old\n3,5,1\n4,6,1\n") }];
    const from = await stage.call(addVersion, { project, dataset: "d", files: base, create: true });
    const next = [shared, { path: "c.csv", hash: await put("x,y,old\n3,50,1\n4,60,1\n3,70,1\n") }];
    const to = await stage.call(addVersion, { project, dataset: "d", files: next });
    await stage.work();
    const diff = await stage.call(diffVersions, { project, dataset: "d", from: from.version, to: to.version });
    expect(diff).toMatchObject({
      schema: [],
      rows: { from: 4, to: 5, shared: 2, onlyFrom: 2, onlyTo: 3 },
      files: { shared: 1, onlyFrom: 1, onlyTo: 1 },
      columnsTotal: 3,
    });
    expect(diff.columns.map((column) => column.column)).toEqual(["y", "x", "old"]);
    expect(diff.columns[2]?.change?.jsDistance).toBe(0);
    expect(diff.affected).toBeUndefined();
  });

  test("of a renamed column are a removal and an addition; without a profile nothing is claimed", async () => {
    const one = await addCsv("d", "x,y\n1,2\n", { profile: false });
    const two = await addCsv("d", "x,z\n1,2\n", { profile: false });
    const diff = await stage.call(diffVersions, { project, dataset: "d", from: one.version, to: two.version });
    expect(diff.schema.map(({ column, change }) => [column, change])).toEqual([
      ["y", "removed"],
      ["z", "added"],
    ]);
    expect(diff.columns).toEqual([
      { column: "x", kind: "numeric", incomparable: `version ${one.version} has no profile` },
    ]);
  });

  test("through time are one column's history", async () => {
    for (const rows of ["1\n2\n3\n", "1\n2\n4\n", "7\n8\n9\n"]) await addCsv("d", `x\n${rows}`);
    await stage.work();
    await addCsv("d", "x\n5\n");
    const history = await stage.call(getColumn, { project, dataset: "d", column: "x" });
    expect(history.unseen).toBe(1);
    expect(history.history.map((one) => one.profile.mean)).toEqual([2, expect.closeTo(7 / 3, 10), 8]);
    expect(history.history[0]?.profile.change).toBeUndefined();
    expect(history.history[2]?.profile.change?.jsDistance).toBeGreaterThan(0.5);
    await stage.work();
    await expect(stage.call(getColumn, { project, dataset: "d", column: "nope" })).rejects.toMatchObject({
      code: "DATA_COLUMN_NOT_FOUND",
    });
  });
});
