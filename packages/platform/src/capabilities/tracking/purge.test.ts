import { utimes } from "node:fs/promises";
import * as api from "@paydown/api/tracking";
import * as upkeep from "@paydown/api/tracking-upkeep";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { JobHandle } from "#base/capability.js";
import { openStage, type Stage } from "#base/testing/stage.js";
import { collectObjects } from "./actions/collect-objects.js";
import { continuePurge } from "./actions/purge.js";
import {
  createExperiment,
  createLoggedModel,
  createRun,
  deleteExperiment,
  deleteLoggedModel,
  deleteRun,
  ensureDefaultExperiment,
  logBatch,
  removeArtifacts,
  restoreRun,
  storeArtifact,
  trackingIn,
} from "./index.js";
import { nobodyElse, type TrackingNeeds, type VersionOrigin } from "./needs.js";

const project = "default";
const day = 86_400_000;
const reason = "the customer asked";
let stage: Stage;
let experimentId: number;
let versions: VersionOrigin[];
let named: Set<string>;
let days: number | undefined;

const needs: TrackingNeeds = {
  ...nobodyElse,
  versions: async () => versions,
  namedObjects: async (_r, hashes) => new Set(hashes.filter((hash) => named.has(hash))),
  retentionDays: () => days,
};

beforeEach(async () => {
  versions = [];
  named = new Set();
  days = undefined;
  stage = await openStage([trackingIn(needs)]);
  experimentId = (await createExperiment(stage.ctx, { project, name: "delay" })).id;
});
afterEach(() => stage.close());

async function newRun(files: Record<string, string> = {}, points = 10): Promise<string> {
  stage.clock.advance(1000);
  const run = await createRun(stage.ctx, { project, experimentId });
  await logBatch(stage.ctx, project, run.run_id, {
    metrics: Array.from({ length: points }, (_, step) => ({
      key: "loss",
      value: 1 / (step + 1),
      step,
      timestamp: step,
    })),
    params: [{ key: "lr", value: "0.1" }],
    tags: [],
  });
  for (const [name, text] of Object.entries(files)) {
    await storeArtifact(stage.ctx, project, `${experimentId}/${run.run_id}/artifacts/${name}`, Buffer.from(text), {});
  }
  return run.run_id;
}

const purge = (input: Partial<Parameters<typeof stage.call<typeof upkeep.purgeRuns>>[1]> = {}) =>
  stage.call(upkeep.purgeRuns, { project, ...input });
const storage = () => stage.call(upkeep.viewStorage, { project });
async function count(table: string): Promise<number> {
  const row = await stage.base.db.read((r) =>
    r.get<{ n: number }>({ sql: `select count(*) as n from ${table}`, parameters: [] }),
  );
  return Number(row?.n);
}
const tables = ["runs", "metric_points", "latest_metrics", "params", "run_tags", "artifact_files", "purge_remains"];

describe("purging runs", () => {
  test("first says what would go and touches nothing", async () => {
    const gone = await newRun({ "model/weights.bin": "0123456789", "note.txt": "hello" });
    const kept = await newRun({ "note.txt": "hello" });
    await deleteRun(stage.ctx, project, gone);
    const before = await Promise.all(tables.map(count));
    const preview = await purge();
    expect(preview).toMatchObject({
      state: "preview",
      counts: { runs: 1, points: 10, texts: 2, files: 2, bytes: 15, freed: 10 },
      refusedTotal: 0,
    });
    expect(preview.id).toBeUndefined();
    expect(await Promise.all(tables.map(count))).toEqual(before);
    expect((await stage.call(api.getRun, { project, runId: kept })).lifecycle).toBe("active");
  });

  test("removes every row and file of a deleted run, leaves the others, and says who did it and why", async () => {
    const gone = await newRun({ "note.txt": "hello", "deep/er/still.txt": "deep" });
    const kept = await newRun({ "note.txt": "hello" });
    await deleteRun(stage.ctx, project, gone);
    const begun = await purge({ confirm: true, reason });
    expect(begun.state).toBe("running");
    await stage.work();
    const done = await stage.call(upkeep.getPurge, { project, purge: begun.id as string });
    const said = await stage.base.db.read((r) =>
      r.all<{ payload: string }>({
        sql: "select payload from outbox where name = 'tracking.record-purged'",
        parameters: [],
      }),
    );
    expect(said.map((event) => JSON.parse(event.payload))).toEqual([{ kind: "run", id: gone, purge: begun.id }]);
    expect(done).toMatchObject({
      state: "done",
      by: "local",
      reason,
      counts: { runs: 1, points: 10, texts: 2, files: 2, bytes: 9, freed: 4 },
    });
    await expect(stage.call(api.getRun, { project, runId: gone })).rejects.toMatchObject({
      code: "TRACKING_RUN_NOT_FOUND",
    });
    await expect(restoreRun(stage.ctx, project, gone)).rejects.toMatchObject({ code: "TRACKING_RUN_NOT_FOUND" });
    expect(await Promise.all(tables.map(count))).toEqual([1, 10, 1, 1, 1, 1, 0]);
    expect(
      await stage.base.db.read((r) =>
        r.all({ sql: "select * from artifact_folders where path like ?", parameters: [`%${gone}%`] }),
      ),
    ).toEqual([]);
    expect((await stage.call(api.getRun, { project, runId: kept })).artifacts.files).toBe(1);
    const { items } = await stage.call(api.listColumns, { project, kind: "params" });
    expect(items[0]).toMatchObject({ key: "lr", runs: 1 });
    expect((await stage.call(upkeep.listPurges, { project })).items).toEqual([done]);
  });

  test("demands a reason, and leaves what is not deleted alone", async () => {
    await newRun();
    await expect(purge({ confirm: true })).rejects.toMatchObject({ code: "TRACKING_PURGE" });
    await purge({ confirm: true, reason });
    await stage.work();
    expect(await count("runs")).toBe(1);
  });

  test("keeps a run that a version names, and one whose files a version uses, and says which version", async () => {
    const [byRun, byFile, free] = [await newRun(), await newRun({ "model/MLmodel": "x" }), await newRun()];
    for (const run of [byRun, byFile, free]) await deleteRun(stage.ctx, project, run);
    const version = { model: "churn", version: 3, loggedModelId: undefined, source: "", createdAt: 0 };
    versions = [
      { ...version, runId: byRun, location: "elsewhere" },
      {
        ...version,
        version: 4,
        runId: undefined,
        location: `mlflow-artifacts:/${experimentId}/${byFile}/artifacts/model`,
      },
    ];
    const preview = await purge();
    const begun = await purge({ confirm: true, reason });
    await stage.work();
    const done = await stage.call(upkeep.getPurge, { project, purge: begun.id as string });
    for (const answer of [preview, done]) {
      expect(answer.refused.map((one) => [one.id, one.why])).toEqual([
        [byRun, "Version 3 of model churn names it as its origin."],
        [byFile, "The files of version 4 of model churn lie below it."],
      ]);
      expect(answer.refusedTotal).toBe(2);
      expect(answer.counts.runs).toBe(1);
    }
    expect(await count("runs")).toBe(2);
  });

  test("takes only what was deleted long enough ago", async () => {
    const old = await newRun();
    await deleteRun(stage.ctx, project, old);
    stage.clock.advance(10 * day);
    await deleteRun(stage.ctx, project, await newRun());
    expect((await purge({ olderThanDays: 7 })).counts.runs).toBe(1);
    expect((await purge({ olderThanDays: 0 })).counts.runs).toBe(2);
    expect((await purge({ runIds: [old] })).counts.runs).toBe(1);
  });

  test("goes on after a crash at any step, and counts nothing twice", async () => {
    const runs = [await newRun({ a: "aa", b: "bb" }, 900), await newRun({ a: "aa" }, 900), await newRun()];
    for (const run of runs.slice(0, 2)) await deleteRun(stage.ctx, project, run);
    const begun = await purge({ confirm: true, reason });
    // Each attempt is cut off at a later write; what it had not committed is undone, as by kill -9.
    for (let writes = 1; ; writes++) {
      let left = writes;
      const db = {
        ...stage.base.db,
        write: (async (work: never) => {
          if (left-- === 0) throw new RangeError("killed");
          return stage.base.db.write(work);
        }) as typeof stage.base.db.write,
      };
      const handle: JobHandle = { id: "x", project, progress: async () => {} };
      const ended = await continuePurge({ ...stage.ctx, db }, needs, handle, begun.id as string).catch(
        (error: Error) => {
          if (error.message !== "killed") throw error;
          return undefined;
        },
      );
      if (ended !== undefined) break;
    }
    const done = await stage.call(upkeep.getPurge, { project, purge: begun.id as string });
    expect(done).toMatchObject({ state: "done", counts: { runs: 2, points: 1800, texts: 4, files: 3, bytes: 6 } });
    expect(await Promise.all(tables.map(count))).toEqual([1, 10, 1, 1, 1, 0, 0]);
  });
});

describe("purging experiments", () => {
  test("frees the name and removes runs, models and files", async () => {
    await newRun({ a: "aa" });
    const model = await createLoggedModel(stage.ctx, {
      project,
      experimentId,
      name: "m",
      params: [{ key: "k", value: "v" }],
      tags: [],
    });
    await storeArtifact(
      stage.ctx,
      project,
      `${experimentId}/models/${model.model_id}/artifacts/MLmodel`,
      Buffer.from("x"),
      {},
    );
    await deleteExperiment(stage.ctx, project, experimentId);
    await expect(createExperiment(stage.ctx, { project, name: "delay" })).rejects.toMatchObject({
      code: "TRACKING_EXPERIMENT_EXISTS",
    });
    const preview = await stage.call(upkeep.purgeExperiments, { project });
    expect(preview.counts).toMatchObject({ experiments: 1, runs: 1, models: 1, files: 2, bytes: 3, freed: 3 });
    const begun = await stage.call(upkeep.purgeExperiments, { project, confirm: true, reason });
    await stage.work();
    const done = await stage.call(upkeep.getPurge, { project, purge: begun.id as string });
    expect(done.counts).toMatchObject({ experiments: 1, runs: 1, models: 1, files: 2, bytes: 3, freed: 3 });
    expect(await Promise.all(tables.map(count))).toEqual([0, 0, 0, 0, 0, 0, 0]);
    for (const table of ["experiments", "run_keys", "logged_models", "logged_model_params", "artifact_folders"]) {
      expect([table, await count(table)]).toEqual([table, 0]);
    }
    const said = await stage.base.db.read((r) =>
      r.all<{ payload: string }>({
        sql: "select payload from outbox where name = 'tracking.record-purged' order by id",
        parameters: [],
      }),
    );
    expect(said.map((event) => JSON.parse(event.payload).kind)).toEqual(["experiment", "run", "logged-model"]);
    expect(JSON.parse(said[0]?.payload as string).id).toBe(String(experimentId));
    const again = await createExperiment(stage.ctx, { project, name: "delay" });
    expect(again.id).not.toBe(experimentId);
  });

  test("keeps one with a run that was brought back, or that a version needs", async () => {
    const run = await newRun();
    await deleteExperiment(stage.ctx, project, experimentId);
    await restoreRun(stage.ctx, project, run);
    const preview = await stage.call(upkeep.purgeExperiments, { project });
    expect(preview.refused[0]?.why).toBe("1 of its runs is not deleted.");
    await deleteRun(stage.ctx, project, run);
    versions = [
      { model: "churn", version: 1, runId: run, loggedModelId: undefined, location: "", source: "", createdAt: 0 },
    ];
    const second = await stage.call(upkeep.purgeExperiments, { project });
    expect(second.refused[0]?.why).toContain("Version 1 of model churn");
  });
});

test("the experiment of clients that name none is never purged", async () => {
  await ensureDefaultExperiment(stage.ctx, project, 0);
  await deleteExperiment(stage.ctx, project, 0);
  const preview = await stage.call(upkeep.purgeExperiments, { project });
  expect(preview.refused[0]?.why).toContain("Clients that name no experiment log to it");
});

test("a deleted logged model goes with its files", async () => {
  const model = await createLoggedModel(stage.ctx, { project, experimentId, name: "m", params: [], tags: [] });
  await storeArtifact(
    stage.ctx,
    project,
    `${experimentId}/models/${model.model_id}/artifacts/w`,
    Buffer.from("weights"),
    {},
  );
  await deleteLoggedModel(stage.ctx, project, model.model_id);
  const begun = await stage.call(upkeep.purgeLoggedModels, { project, confirm: true, reason });
  await stage.work();
  const done = await stage.call(upkeep.getPurge, { project, purge: begun.id as string });
  expect(done.counts).toMatchObject({ models: 1, files: 1, bytes: 7 });
  expect(await count("logged_models")).toBe(0);
});

describe("objects", () => {
  const collect = (wait = 0) => collectObjects(stage.ctx, needs, project, wait);
  const stored = async (hash: string) => (await stage.base.blobs.stat(hash)) !== undefined;

  test("go only when their last name went, wherever it was", async () => {
    const shared = await storeArtifact(stage.ctx, project, "x/shared", Buffer.from("shared"), {});
    const lone = await storeArtifact(stage.ctx, project, "x/lone", Buffer.from("lone"), {});
    const claimed = await storeArtifact(stage.ctx, project, "x/claimed", Buffer.from("claimed"), {});
    await storeArtifact(stage.ctx, "another", "y/same", Buffer.from("shared"), {});
    named.add(claimed.hash);
    await removeArtifacts(stage.ctx, project, "x");
    expect((await storage()).waiting.objects).toBe(2);
    expect(await collect()).toEqual({ objects: 1, bytes: 4 });
    expect([await stored(shared.hash), await stored(lone.hash), await stored(claimed.hash)]).toEqual([
      true,
      false,
      true,
    ]);
    expect((await storage()).waiting.objects).toBe(0);
  });

  test("stay for a day, so that an upload of the same content is safe at every moment", async () => {
    const { hash } = await storeArtifact(stage.ctx, project, "x/a", Buffer.from("same"), {});
    await removeArtifacts(stage.ctx, project, "x");
    expect(await collect(day)).toEqual({ objects: 0, bytes: 0 });
    stage.clock.advance(day);
    // Its day is over by our clock, but the bytes were put a moment ago by the store's: an upload may be under way.
    expect(await collect(day)).toEqual({ objects: 0, bytes: 0 });
    expect(await stored(hash)).toBe(true);
  });

  test("an upload that comes between two looks keeps its object", async () => {
    const { hash } = await storeArtifact(stage.ctx, project, "x/a", Buffer.from("same"), {});
    await removeArtifacts(stage.ctx, project, "x");
    let looks = 0;
    const racing: TrackingNeeds = {
      ...needs,
      namedObjects: async () => {
        if (++looks === 2) return new Set([hash]);
        return new Set();
      },
    };
    expect(await collectObjects(stage.ctx, racing, project, 0)).toEqual({ objects: 0, bytes: 0 });
    expect(await stored(hash)).toBe(true);
  });

  test("an upload of old content whose record is not written yet keeps the object; without it the object goes", async () => {
    const age = async (hash: string) => {
      const long = (stage.clock.now() - 30 * day) / 1000;
      await utimes(await stage.base.blobs.localPath(hash), long, long);
    };
    for (const uploading of [true, false]) {
      const { hash } = await storeArtifact(stage.ctx, project, "x/a", Buffer.from("contended"), {});
      await removeArtifacts(stage.ctx, project, "x");
      await age(hash);
      stage.clock.advance(2 * day);
      if (uploading) await stage.base.blobs.put(Buffer.from("contended"));
      expect((await collect(day)).objects).toBe(uploading ? 0 : 1);
      expect(await stored(hash)).toBe(uploading);
    }
  });

  test("an object that a dataset version is about to name by its hash stays", async () => {
    const { hash } = await storeArtifact(stage.ctx, project, "x/a", Buffer.from("rows"), {});
    await removeArtifacts(stage.ctx, project, "x");
    const path = await stage.base.blobs.localPath(hash);
    await utimes(path, 1, 1);
    stage.clock.advance(2 * day);
    expect(await stage.base.blobs.claim(hash)).toMatchObject({ hash });
    expect((await collect(day)).objects).toBe(0);
    expect(await stored(hash)).toBe(true);
  });

  test("a file that is replaced lets its old object go", async () => {
    const first = await storeArtifact(stage.ctx, project, "x/a", Buffer.from("one"), {});
    await storeArtifact(stage.ctx, project, "x/a", Buffer.from("two"), {});
    expect(await collect()).toEqual({ objects: 1, bytes: 3 });
    expect(await stored(first.hash)).toBe(false);
  });
});

describe("retention", () => {
  test("is for ever until somebody says otherwise", async () => {
    expect(await stage.call(upkeep.getRetention, { project })).toEqual({ deletedDays: null, from: "default" });
    await deleteRun(stage.ctx, project, await newRun());
    stage.clock.advance(1000 * day);
    await stage.work();
    expect(await count("runs")).toBe(1);
  });

  test("of a project purges by itself when the days are over, and not before", async () => {
    await stage.call(upkeep.setRetention, { project, deletedDays: 7, reason: "policy 12" });
    const gone = await newRun();
    await deleteRun(stage.ctx, project, gone);
    stage.clock.advance(6 * day);
    await stage.work();
    expect(await count("runs")).toBe(1);
    stage.clock.advance(3 * day);
    await stage.work();
    expect(await count("runs")).toBe(0);
    const [record] = (await stage.call(upkeep.listPurges, { project })).items;
    expect(record).toMatchObject({
      door: "job",
      counts: { runs: 1 },
      reason: expect.stringContaining("retention of the project"),
    });
  });

  test("of the server holds where the project says nothing; a project may keep for ever", async () => {
    days = 3;
    expect(await stage.call(upkeep.getRetention, { project })).toEqual({ deletedDays: 3, from: "config" });
    await stage.call(upkeep.setRetention, { project, deletedDays: "forever", reason: "audit" });
    await deleteRun(stage.ctx, project, await newRun());
    stage.clock.advance(30 * day);
    await stage.work();
    expect(await count("runs")).toBe(1);
    await stage.call(upkeep.setRetention, { project, deletedDays: "default", reason: "audit is over" });
    await stage.work();
    expect(await count("runs")).toBe(0);
  });

  test("does not begin again and again for what a version needs", async () => {
    const run = await newRun();
    versions = [
      { model: "churn", version: 1, runId: run, loggedModelId: undefined, location: "", source: "", createdAt: 0 },
    ];
    await stage.call(upkeep.setRetention, { project, deletedDays: 1, reason: "policy" });
    await deleteRun(stage.ctx, project, run);
    for (let i = 0; i < 5; i++) {
      stage.clock.advance(day);
      await stage.work();
    }
    expect((await stage.call(upkeep.listPurges, { project })).items).toEqual([]);
  });
});

test("storage says where the bytes are and what a purge would free", async () => {
  const gone = await newRun({ a: "same bytes", b: "own" });
  await newRun({ a: "same bytes" });
  await deleteRun(stage.ctx, project, gone);
  const answer = await storage();
  expect(answer.points).toEqual({ rows: 20, bytes: 820 });
  expect(answer.params).toEqual({ rows: 2, bytes: 6 });
  expect(answer.artifacts).toEqual({ files: 3, bytes: 23, objects: 2, stored: 13 });
  expect(answer.experiments).toEqual([
    { experimentId: String(experimentId), name: "delay", deleted: false, runs: 2, points: 20, files: 3, bytes: 23 },
  ]);
  expect(answer.deleted.now).toMatchObject({ runs: 1, points: 10, files: 2, bytes: 13, freed: 3 });
  expect(answer.deleted.byRetention).toBeUndefined();
});
