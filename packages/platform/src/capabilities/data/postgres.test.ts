import * as api from "@paydown/api/data";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openPostgres } from "#base/db/postgres.js";
import { silentLog } from "#base/log.js";
import { type PostgresServer, postgresMissing, startPostgres } from "#base/testing/postgres.js";
import { openStage, type Stage } from "#base/testing/stage.js";
import { data } from "./index.js";
import { dataRules } from "./rules/index.js";

const missing = postgresMissing();
const project = "default";

describe.skipIf(missing !== undefined)("data on PostgreSQL", () => {
  let server: PostgresServer;
  let stage: Stage;

  beforeAll(async () => {
    server = await startPostgres();
    stage = await openStage([data()], {
      openDb: (clock) => openPostgres({ url: server.createDatabase(), clock, log: silentLog, connections: 5 }),
    });
  });
  afterAll(async () => {
    await stage?.close();
    server?.stop();
  });

  async function add(dataset: string, texts: readonly string[]) {
    const files = [];
    for (const [i, text] of texts.entries()) {
      files.push({ path: `${i}.csv`, hash: (await stage.base.blobs.put(Buffer.from(text))).hash });
    }
    return stage.call(api.addVersion, { project, dataset, files, create: true });
  }

  test("sources, datasets, versions, profiles, diffs and rules answer as on SQLite", async () => {
    await stage.call(api.registerSource, { project, source: "s", location: "a" });
    const source = await stage.call(api.registerSource, { project, source: "s", location: "b", freshnessHours: 1.5 });
    expect(source).toMatchObject({ location: "b", freshnessHours: 1.5, external: false });
    const one = await add("d", ["x,c\n1,a\n2,b\n"]);
    const two = await add("d", ["x,c\n1,a\n2,b\n", "x,c\n3,a\n"]);
    expect(await add("d", ["x,c\n1,a\n2,b\n"])).toMatchObject({ created: false, version: one.version });
    await stage.call(api.updateDataset, { project, dataset: "d", source: "s", freshnessHours: 2 });
    await stage.work();
    await stage.deliver();
    const { items } = await stage.call(api.listDatasets, { project, source: "s" });
    expect(items).toMatchObject([{ versions: 2, latest: { version: two.version, rows: 3, profile: "done" } }]);
    const page = await stage.call(api.listVersions, { project, dataset: "d", limit: 1 });
    expect(page).toMatchObject({ total: 2, items: [{ version: two.version }] });
    const next = await stage.call(api.listVersions, { project, dataset: "d", limit: 1, cursor: page.cursor as string });
    expect(next.items).toMatchObject([{ version: one.version }]);
    const diff = await stage.call(api.diffVersions, { project, dataset: "d", from: one.version, to: "latest" });
    expect(diff.rows).toMatchObject({ from: 2, to: 3, shared: 2, onlyTo: 1 });
    const profile = await stage.call(api.getProfile, { project, dataset: "d", version: "latest" });
    expect(profile).toMatchObject({ reference: one.version, rows: 3 });
    expect((await stage.call(api.getSource, { project, source: "s" })).datasets).toEqual(["d"]);
    await stage.call(api.updateDataset, { project, dataset: "d", reference: two.version });
    await stage.work();
    expect((await stage.call(api.getVersion, { project, dataset: "d", version: one.version })).profile).toBe("done");
    await add("copy", ["x,c\n1,a\n2,b\n", "x,c\n3,a\n"]);
    for (const rule of dataRules({})) await rule.check(stage.ctx, project);
    const copies = await dataRules({})
      .find((rule) => rule.slug === "copied-dataset")
      ?.check(stage.ctx, project);
    expect(copies?.findings).toMatchObject([{ asset: { id: "d" }, key: "copy" }]);
  });
});
