import { readTable } from "@paydown/api/tracking";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openStage, type Stage } from "#base/testing/stage.js";
import { createExperiment, createRun, storeArtifact, tracking } from "./index.js";

const project = "default";
let stage: Stage;
let runId: string;

beforeAll(async () => {
  stage = await openStage([tracking]);
  const { id } = await createExperiment(stage.ctx, { project, name: "tables" });
  const run = await createRun(stage.ctx, { project, experimentId: id });
  runId = run.run_id;
  const csv = await stage.base.blobs.put(
    Buffer.from(
      `id,text\n${Array.from({ length: 500 }, (_, i) => `${i},${"🦆".repeat(i === 1 ? 300 : 1)}`).join("\n")}\n`,
    ),
  );
  const path = await stage.base.blobs.localPath(csv.hash);
  const table = await stage.base.engine.writeParquet({ files: { format: "csv", paths: [path] } }, {}, stage.base.blobs);
  const root = `${id}/${runId}/artifacts`;
  await storeArtifact(stage.ctx, project, `${root}/eval/rows.parquet`, await stage.base.blobs.open(table.hash), {});
  await storeArtifact(stage.ctx, project, `${root}/broken.parquet`, Buffer.from("PAR1 not whole"), {});
});
afterAll(() => stage.close());

test("a Parquet artifact is shown by its first rows, with how many rows and columns there are", async () => {
  const head = await stage.call(readTable, { project, runId, path: "eval/rows.parquet", rows: 3 });
  expect(head).toEqual({
    columns: [
      { name: "id", type: "BIGINT" },
      { name: "text", type: "VARCHAR" },
    ],
    width: 2,
    total: 500,
    rows: [
      ["0", "🦆"],
      ["1", `${"🦆".repeat(200)}…`],
      ["2", "🦆"],
    ],
  });
  const narrow = await stage.call(readTable, { project, runId, path: "eval/rows.parquet", columns: 1 });
  expect([narrow.rows.length, narrow.columns.length, narrow.width]).toEqual([40, 1, 2]);
});

test("a file that is no Parquet, or is not there, is told apart, by its own name", async () => {
  await expect(stage.call(readTable, { project, runId, path: "broken.parquet" })).rejects.toMatchObject({
    code: "ENGINE_FILE_UNREADABLE",
    message: expect.stringContaining("broken.parquet"),
  });
  for (const path of ["nope.parquet", "eval", "../rows.parquet"]) {
    await expect(stage.call(readTable, { project, runId, path })).rejects.toMatchObject({ status: expect.any(Number) });
  }
});
