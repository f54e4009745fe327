import { mkdirSync, mkdtempSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Operation } from "@paydown/api/operation";
import { createExperiment, getExperiment, searchRuns } from "@paydown/api/tracking";
import { importExperiments, startImport } from "@paydown/api/tracking-import";
import Database from "better-sqlite3";
import * as fc from "fast-check";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openPostgres } from "#base/db/postgres.js";
import { silentLog } from "#base/log.js";
import { type PostgresServer, postgresMissing, startPostgres } from "#base/testing/postgres.js";
import { openStage, type Stage } from "#base/testing/stage.js";
import { registry } from "#capabilities/registry/index.js";
import { mlflowViews, modelSources, tracking } from "#capabilities/tracking/index.js";
import { fileStoreRoots, openFileStore, toNumber } from "./file-store.js";
import { Problems } from "./problems.js";
import type { Source } from "./source.js";
import { openSqliteStore, sqliteRoots } from "./store.sqlite.js";
import { Tally } from "./tally.js";
import { type Target, UnreadableFile } from "./target.js";
import { relocate, type TransferResult, transfer } from "./transfer.js";

const experimentId = "279399297226953189";
const runA = "a".repeat(32);
const runB = "b".repeat(32);

/** Writes a file with its folders. */
function put(root: string, path: string, text: string): void {
  const full = join(root, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, text);
}

/** An `mlruns` folder as 2.x writes it. */
function writeFileStore(root: string): void {
  const meta = (id: string, name: string, stage = "active") =>
    `artifact_location: file:///old/mlruns/${id}\ncreation_time: 1600000000000\nexperiment_id: '${id}'\nlast_update_time: 1600000000001\nlifecycle_stage: ${stage}\nname: ${name}\n`;
  put(root, "0/meta.yaml", meta("0", "Default"));
  put(root, `${experimentId}/meta.yaml`, meta(experimentId, "churn"));
  put(root, `${experimentId}/tags/team`, "risk");
  put(root, ".trash/5/meta.yaml", meta("5", "old", "deleted"));
  const run = (id: string, name: string, stage = "active") =>
    `artifact_uri: file:///old/mlruns/${experimentId}/${id}/artifacts\nend_time: 1700000000100\nentry_point_name: ''\nexperiment_id: '${experimentId}'\nlifecycle_stage: ${stage}\nrun_id: ${id}\nrun_name: ${name}\nrun_uuid: ${id}\nsource_name: ''\nsource_type: 4\nsource_version: ''\nstart_time: 1700000000000\nstatus: 3\ntags: []\nuser_id: ann\n`;
  put(root, `${experimentId}/${runA}/meta.yaml`, run(runA, "first"));
  put(root, `${experimentId}/${runA}/params/lr`, "0.1");
  put(root, `${experimentId}/${runA}/params/long`, "x".repeat(7000));
  put(root, `${experimentId}/${runA}/tags/mlflow.runName`, "first");
  put(root, `${experimentId}/${runA}/tags/mlflow.source.git.commit`, "c0ffee");
  put(
    root,
    `${experimentId}/${runA}/metrics/loss`,
    "1700000000000 0.5 0\n1700000000001 0.25 1\n1700000000001 0.25 1\n",
  );
  put(
    root,
    `${experimentId}/${runA}/metrics/deep/er`,
    "1700000000000 nan 0\n1700000000001 inf 1\n1700000000002 -inf 2\n",
  );
  put(root, `${experimentId}/${runA}/artifacts/model/MLmodel`, "flavors: {}\n");
  put(root, `${experimentId}/${runA}/artifacts/empty`, "");
  put(
    root,
    `${experimentId}/datasets/d1/meta.yaml`,
    "digest: abc\nname: flights\nprofile: null\nschema: '{}'\nsource: '{}'\nsource_type: local\n",
  );
  put(
    root,
    `${experimentId}/${runA}/inputs/i1/meta.yaml`,
    `destination_id: d1\ndestination_type: RUN\nsource_id: d1\nsource_type: DATASET\ntags:\n  mlflow.data.context: training\n`,
  );
  put(root, `${experimentId}/${runB}/meta.yaml`, run(runB, "gone", "deleted"));
  put(
    root,
    "models/risk/meta.yaml",
    "aliases: {}\ncreation_timestamp: 1700000000200\ndescription: what for\nlast_updated_timestamp: 1700000000300\nlatest_versions: []\nname: risk\ntags: {}\n",
  );
  put(root, "models/risk/tags/owner", "ann");
  put(root, "models/risk/aliases/champion", "2");
  const version = (n: number, stage: string) =>
    `creation_timestamp: 170000000020${n}\ncurrent_stage: ${stage}\ndescription: ''\nlast_updated_timestamp: 1700000000400\nname: risk\nrun_id: ${runA}\nrun_link: null\nsource: file:///old/mlruns/${experimentId}/${runA}/artifacts/model\nstatus: READY\nstatus_message: null\nuser_id: ann\nversion: ${n}\n`;
  put(root, "models/risk/version-1/meta.yaml", version(1, "Production"));
  put(root, "models/risk/version-2/meta.yaml", version(2, "None"));
  put(root, "models/risk/version-3/meta.yaml", version(3, "Deleted_Internal"));
}

interface Outcome extends TransferResult {
  readonly tally: Tally;
  readonly problems: Problems;
}

describe("importing MLflow", () => {
  let stage: Stage;
  let root: string;
  let uploads: number;

  beforeEach(async () => {
    stage = await openStage([tracking, registry(modelSources)]);
    root = realpathSync(mkdtempSync(join(tmpdir(), "paydown-import-")));
    uploads = 0;
  });
  afterEach(() => stage.close());

  /** The stage as a target: operations as calls, uploads into its blobs. */
  function target(onCall: (operation: Operation) => void = () => undefined): Target {
    return {
      project: "default",
      ask: (operation, input) => stage.call(operation, input),
      call: async (operation, input) => {
        onCall(operation);
        return stage.call(operation, { ...input, project: "default" } as never);
      },
      async upload(file) {
        uploads++;
        const stream = await file.open().catch((error: Error) => Promise.reject(new UnreadableFile(error.message)));
        return stage.ctx.blobs.put(stream);
      },
    };
  }

  async function move(
    source: Source,
    options: { resume?: boolean; target?: Target; problems?: Problems } = {},
  ): Promise<Outcome> {
    const tally = new Tally();
    const problems = options.problems ?? new Problems();
    const result = await transfer({
      source,
      target: options.target ?? target(),
      resume: options.resume ?? false,
      copyFiles: true,
      tally,
      problems,
      meter: { update: () => undefined, end: () => undefined },
      signal: new AbortController().signal,
    });
    return { ...result, tally, problems };
  }

  async function moveFolder(options: { resume?: boolean; target?: Target } = {}): Promise<Outcome> {
    const problems = new Problems();
    return move(await openFileStore(root, fileStoreRoots(root, []), problems), { ...options, problems });
  }

  /** Everything a client could read, as text. */
  async function all(): Promise<string> {
    const { ctx } = stage;
    const dump: unknown[] = [];
    const experiments = await mlflowViews.findExperiments(ctx, "default", {
      filter: "",
      order: ["name"],
      view: "ALL",
      limit: 100,
      token: undefined,
    });
    dump.push(experiments.items);
    const ids = experiments.items.map((item) => item.row.id);
    const runs = await mlflowViews.findRunPage(ctx, "default", {
      experimentIds: ids,
      filter: "",
      order: [],
      view: "ALL",
      limit: 1000,
      token: undefined,
    });
    dump.push(runs.items);
    for (const { run, metrics } of runs.items) {
      for (const { key } of metrics) {
        dump.push(
          await mlflowViews.metricHistory(ctx, "default", {
            runId: run.run_id,
            key,
            limit: undefined,
            token: undefined,
          }),
        );
      }
    }
    for (const table of [
      "artifact_files",
      "registered_models",
      "model_versions",
      "model_aliases",
      "model_changes",
      "run_keys",
      "logged_models",
    ]) {
      dump.push(await ctx.db.read((r) => r.all({ sql: `select * from ${table}`, parameters: [] })));
    }
    return JSON.stringify(dump);
  }

  it("keeps ids, times, values, files and numbers of an mlruns folder", async () => {
    writeFileStore(root);
    const { verified, problems, tally } = await moveFolder();
    expect(problems.kept.filter((one) => one.severity === "loss")).toEqual([]);
    expect(verified).toBe(true);
    expect(Object.fromEntries(tally.lines().map((line) => [line.kind, line.here]))).toMatchObject({
      experiments: 3,
      runs: 2,
      points: 5,
      params: 2,
      inputs: 1,
      models: 1,
      versions: 2,
      aliases: 1,
      files: 2,
      bytes: 12,
    });
    const { run, params, metrics, inputs } = await mlflowViews.getRun(stage.ctx, "default", runA);
    expect(run).toMatchObject({
      name: "first",
      user_name: "ann",
      status: "FINISHED",
      start_time: 1_700_000_000_000,
      end_time: 1_700_000_000_100,
    });
    expect(run.artifact_uri).toBe(`mlflow-artifacts:/${experimentId}/${runA}/artifacts`);
    expect(params.find((one) => one.key === "long")?.value).toHaveLength(7000);
    expect(metrics.map((one) => [one.key, one.value, one.nan])).toEqual(
      expect.arrayContaining([
        ["loss", 0.25, 0],
        ["deep/er", -Number.MAX_VALUE, 0],
      ]),
    );
    expect(inputs).toMatchObject([{ name: "flights", digest: "abc", context: "training" }]);
    expect((await mlflowViews.getRun(stage.ctx, "default", runB)).run.deleted).toBe(1);
    const [version] = await stage.ctx.db.read((r) =>
      r.all<{ location: string; stage: string; artifact_hash: string }>({
        sql: "select * from model_versions order by version",
        parameters: [],
      }),
    );
    expect(version?.location).toBe(`mlflow-artifacts:/${experimentId}/${runA}/artifacts/model`);
    expect(version?.artifact_hash).toMatch(/^[0-9a-f]{64}$/);
    const history = await stage.ctx.db.read((r) =>
      r.all<{ kind: string; door: string; at: number }>({
        sql: "select * from model_changes order by id",
        parameters: [],
      }),
    );
    expect(history.map((one) => [one.kind, one.door])).toEqual([
      ["version-created", "import"],
      ["stage-changed", "import"],
      ["version-created", "import"],
      ["alias-set", "import"],
    ]);
    expect(history[0]?.at).toBe(1_700_000_000_201);
  });

  it("does nothing the second time", async () => {
    writeFileStore(root);
    await moveFolder();
    const once = await all();
    const before = uploads;
    const { verified, tally } = await moveFolder();
    expect(verified).toBe(true);
    expect(tally.lines().every((line) => line.source === line.here)).toBe(true);
    expect(await all()).toBe(once);
    expect(uploads).toBe(before);
  });

  it("adds what the source got since, and leaves what is here with other content", async () => {
    writeFileStore(root);
    await moveFolder();
    put(
      root,
      `${experimentId}/${runA}/metrics/loss`,
      "1700000000000 0.5 0\n1700000000001 0.25 1\n1700000000009 0.1 2\n",
    );
    expect((await moveFolder()).verified).toBe(true);
    put(root, `${experimentId}/${runA}/params/lr`, "0.2");
    const { verified, problems } = await moveFolder();
    expect(verified).toBe(false);
    expect(problems.kept.map((one) => one.text)).toEqual([
      'It is here with other content: parameter lr "0.1" here, "0.2" at the source.',
    ]);
    const { params } = await mlflowViews.getRun(stage.ctx, "default", runA);
    expect(params.find((one) => one.key === "lr")?.value).toBe("0.1");
  });

  it("that was cut short anywhere goes on with --resume to what one go would give, and is refused without", async () => {
    writeFileStore(root);
    await moveFolder();
    const once = await all();
    const calls = (await callsOf(root)).length;
    for (let cut = 2; cut < calls; cut++) {
      await stage.close();
      stage = await openStage([tracking, registry(modelSources)]);
      let left = cut;
      const dying = target(() => {
        if (left-- === 0) throw new RangeError("killed");
      });
      await expect(moveFolder({ target: dying })).rejects.toThrow("killed");
      await expect(moveFolder()).rejects.toThrow(/was begun .* and not finished/);
      expect((await moveFolder({ resume: true })).verified).toBe(true);
      expect(await all(), `cut at call ${cut}`).toBe(once);
    }
  });

  async function callsOf(folder: string): Promise<string[]> {
    const other = await openStage([tracking, registry(modelSources)]);
    const names: string[] = [];
    const counting: Target = {
      project: "default",
      ask: (operation, input) => other.call(operation, input),
      call: async (operation, input) => {
        names.push(operation.name);
        return other.call(operation, { ...input, project: "default" } as never);
      },
      upload: async (file) => other.ctx.blobs.put(await file.open()),
    };
    await move(await openFileStore(folder, fileStoreRoots(folder, []), new Problems()), { target: counting });
    await other.close();
    return names;
  }

  it("takes the rest of a hostile folder and says what it left", async () => {
    writeFileStore(root);
    put(root, "9/meta.yaml", "a: &a [*a, *a]\nb: [*a]\n");
    put(root, "8/meta.yaml", `experiment_id: '8'\nname: ${"n".repeat(600)}\n`);
    put(root, `${experimentId}/${"c".repeat(32)}/meta.yaml`, "run_id: ../../etc\n");
    put(root, `${experimentId}/${"d".repeat(32)}/meta.yaml`, "\u0000\u0001: [");
    put(
      root,
      `${experimentId}/${runA}/metrics/bad`,
      "x y z\n1700000000000 1 2 3 4\n1700000000000 0.5 99999999999999999999\n1700000000000 2 1\n",
    );
    put(root, `${experimentId}/${runA}/metrics/endless`, "1".repeat(200_000));
    put(root, `${experimentId}/${runA}/params/bad#name`, "v");
    put(root, `${experimentId}/${runA}/artifacts/100%25/..%2f..%2fpasswd`, "v");
    symlinkSync("/etc/passwd", join(root, experimentId, runA, "artifacts/passwd"));
    symlinkSync("/etc/passwd", join(root, experimentId, runA, "params/passwd"));
    symlinkSync("/", join(root, experimentId, runA, "artifacts/all"));
    const { verified, problems } = await moveFolder();
    expect(verified).toBe(false);
    const text = problems.kept.map((one) => `${one.subject}: ${one.text}`).join("\n");
    for (const part of [
      "9/meta.yaml",
      "8:",
      "../../etc",
      "is no point: x y z",
      "beyond ±2^53",
      "longer than 1000",
      "bad#name",
      "passwd: It is a link",
      "its path cannot be kept",
    ]) {
      expect(text).toContain(part);
    }
    const { metrics, params } = await mlflowViews.getRun(stage.ctx, "default", runA);
    expect(metrics.map((one) => one.key).sort()).toEqual(["bad", "deep/er", "loss"]);
    expect(params.map((one) => one.key).sort()).toEqual(["long", "lr"]);
  });

  it("reads a database of 1.x, whose tables lack most of what later ones have", async () => {
    const path = join(root, "mlflow.db");
    const db = new Database(path);
    db.exec(`create table experiments (experiment_id integer primary key, name text, artifact_location text, lifecycle_stage text);
      create table runs (run_uuid text primary key, name text, user_id text, status text, start_time bigint, end_time bigint, lifecycle_stage text, artifact_uri text, experiment_id integer);
      create table metrics (key text, value float, timestamp bigint, run_uuid text, step bigint default 0, is_nan boolean default 0, primary key (key, timestamp, step, run_uuid, value, is_nan));
      create table params (key text, value text, run_uuid text); create table tags (key text, value text, run_uuid text);
      insert into experiments values (3, 'old', './mlruns/3', 'active');
      insert into runs values ('${runA}', null, 'ann', 'FINISHED', 1600000000000, null, 'active', './mlruns/3/${runA}/artifacts', 3);
      insert into metrics values ('m', 0, 1600000000001, '${runA}', 0, 1), ('m', 1.5, 1600000000002, '${runA}', 1, 0);
      insert into tags values ('mlflow.runName', 'named', '${runA}');`);
    db.close();
    put(root, `mlruns/3/${runA}/artifacts/a.txt`, "a");
    const problems = new Problems();
    const { verified } = await move(openSqliteStore(path, "default", await sqliteRoots(path, []), problems), {
      problems,
    });
    expect(problems.kept).toEqual([]);
    expect(verified).toBe(true);
    const { run, metrics } = await mlflowViews.getRun(stage.ctx, "default", runA);
    expect(run).toMatchObject({ name: "named", experiment_id: 3, end_time: null });
    expect(metrics).toMatchObject([{ key: "m", value: 1.5 }]);
  });

  it("gives an id that is taken to nobody: by name it is merged, else it is numbered anew", async () => {
    const { importId } = await stage.call(startImport, { project: "default", source: "/a", kind: "sqlite" });
    const one = (experimentId: string, name: string) => ({
      experimentId,
      name,
      deleted: false,
      createdAt: 1,
      updatedAt: 2,
      tags: [],
    });
    const first = await stage.call(importExperiments, {
      project: "default",
      importId,
      experiments: [one("4", "a"), one("12345678901234567", "big")],
    });
    expect(first.items.map((item) => [item.experimentId, item.outcome])).toEqual([
      ["4", "kept"],
      ["12345678901234567", "kept"],
    ]);
    const { importId: other } = await stage.call(startImport, { project: "default", source: "/b", kind: "sqlite" });
    const second = await stage.call(importExperiments, {
      project: "default",
      importId: other,
      experiments: [one("4", "b"), one("9", "a"), one("12345678901234567", "big")],
    });
    expect(second.items.map((item) => item.outcome)).toEqual(["renumbered", "merged", "same"]);
    expect(second.items[1]?.experimentId).toBe("4");
    expect(Number(second.items[0]?.experimentId)).toBeGreaterThan(4);
  });

  it("takes every series a file can hold, whatever the order and however often it is taken", async () => {
    const value = fc.oneof(
      fc.double({ noNaN: false }),
      fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 0),
    );
    const point = fc.record({
      step: fc.integer({ min: -5, max: 5 }),
      timestamp: fc.integer({ min: 0, max: 5 }),
      value,
    });
    await fc.assert(
      fc.asyncProperty(fc.array(point, { minLength: 1, maxLength: 40 }), async (points) => {
        await stage.close();
        stage = await openStage([tracking, registry(modelSources)]);
        root = mkdtempSync(join(tmpdir(), "paydown-import-"));
        writeFileStore(root);
        const python = (n: number) =>
          Number.isNaN(n) ? "nan" : n === Infinity ? "inf" : n === -Infinity ? "-inf" : String(n);
        put(
          root,
          `${experimentId}/${runA}/metrics/any`,
          points.map((p) => `${p.timestamp} ${python(p.value)} ${p.step}\n`).join(""),
        );
        expect((await moveFolder()).verified).toBe(true);
        const once = await all();
        expect((await moveFolder()).verified).toBe(true);
        expect(await all()).toBe(once);
      }),
      { numRuns: 6, seed: 7 },
    );
  });
});

const missing = postgresMissing();

describe.skipIf(missing !== undefined)(
  `importing on PostgreSQL${missing === undefined ? "" : ` (skipped: ${missing})`}`,
  () => {
    let server: PostgresServer;
    let stage: Stage;
    beforeAll(async () => {
      server = await startPostgres();
      const url = server.createDatabase();
      stage = await openStage([tracking, registry(modelSources)], {
        openDb: (clock) => openPostgres({ url, clock, log: silentLog }),
      });
    }, 60_000);
    afterAll(async () => {
      await stage?.close();
      server?.stop();
    });

    it("takes the same, once, and goes on numbering after the ids it was given", async () => {
      const root = realpathSync(mkdtempSync(join(tmpdir(), "paydown-import-")));
      writeFileStore(root);
      put(root, "17/meta.yaml", "experiment_id: '17'\nname: seventeen\ncreation_time: 1\n");
      const target: Target = {
        project: "default",
        ask: (operation, input) => stage.call(operation, input),
        call: (operation, input) => stage.call(operation, { ...input, project: "default" } as never),
        upload: async (file) => stage.ctx.blobs.put(await file.open()),
      };
      for (const time of ["first", "second"]) {
        const tally = new Tally();
        const problems = new Problems();
        const { verified } = await transfer({
          source: await openFileStore(root, fileStoreRoots(root, []), problems),
          target,
          resume: false,
          copyFiles: true,
          tally,
          problems,
          meter: { update: () => undefined, end: () => undefined },
          signal: new AbortController().signal,
        });
        expect(problems.kept, time).toEqual([
          { severity: "note", subject: `run ${runA}`, text: "Metric loss has 1 exact repeats, which are kept once." },
        ]);
        expect(verified, time).toBe(true);
      }
      const next = await stage.call(createExperiment, { project: "default", name: "made here" });
      expect(Number(next.experimentId)).toBeGreaterThan(17);
      const found = await stage.call(getExperiment, { project: "default", experimentId });
      expect(found).toMatchObject({ experimentId, name: "churn", runs: 1 });
      const page = await stage.call(searchRuns, { project: "default", experimentIds: [experimentId] });
      expect(page.items.map((item) => [item.runId, item.experimentId])).toEqual([[runA, experimentId]]);
    });
  },
);

describe("numbers as Python writes them", () => {
  it.each([
    ["1e-05", 1e-5],
    ["-inf", -Infinity],
    ["inf", Infinity],
    ["1.", 1],
    [".5", 0.5],
    ["0x10", undefined],
    ["", undefined],
    ["1 2", undefined],
  ])("%s", (text, value) => expect(toNumber(text)).toBe(value));
});

describe("a URI below an experiment's old root", () => {
  const placed = [
    { source: { location: "file:///old/mlruns/1" }, root: "mlflow-artifacts:/1", kept: false },
    { source: { location: "s3://b/2" }, root: "mlflow-artifacts:/2", kept: true },
    { source: { location: "mlflow-artifacts:/3" }, root: "mlflow-artifacts:/8", kept: false },
  ];
  it.each([
    ["file:///old/mlruns/1/r/artifacts/model", "mlflow-artifacts:/1/r/artifacts/model"],
    ["/old/mlruns/1/r/artifacts/model", "mlflow-artifacts:/1/r/artifacts/model"],
    ["file:///old/mlruns/10/r/artifacts", "file:///old/mlruns/10/r/artifacts"],
    ["s3://b/2/r/artifacts", "s3://b/2/r/artifacts"],
    ["mlflow-artifacts:/3/r", "mlflow-artifacts:/8/r"],
    ["models:/m-1", "models:/m-1"],
  ])("%s", (uri, here) => expect(relocate(uri, placed)).toBe(here));
});
