import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Reader, Tx } from "#base/db/db.js";
import { toStatement } from "#base/db/statement.js";
import { openStage, type Stage } from "#base/testing/stage.js";
import { createExperiment, createRun, findExperimentsOf, logBatch, tracking } from "./index.js";
import { insertMetrics } from "./store/log-metrics.js";
import { findRuns } from "./store/runs.js";

const project = "default";
let stage: Stage;
const ids: string[] = [];

beforeAll(async () => {
  stage = await openStage([tracking]);
  const { id } = await createExperiment(stage.ctx, { project, name: "plans" });
  for (let i = 0; i < 5; i++) {
    const { run_id } = await createRun(stage.ctx, { project, experimentId: id });
    ids.push(run_id);
    await logBatch(stage.ctx, project, run_id, { metrics: [point("loss")], params: [], tags: [] });
  }
});
afterAll(() => stage.close());

function point(key: string) {
  return { key, value: 1, step: 0, timestamp: 1 };
}

/** How SQLite reads what the work asks for. It keeps no statistics, so the plan is the same whatever there is. */
async function plansOf(work: (tx: Tx) => Promise<unknown>): Promise<string[]> {
  const asked: { sql: string; parameters: readonly unknown[] }[] = [];
  await stage.base.db.write(async (tx) => {
    const note = <R>(run: (query: Parameters<Reader["all"]>[0]) => R) => {
      return (query: Parameters<Reader["all"]>[0]): R => {
        asked.push(toStatement(query));
        return run(query);
      };
    };
    await work({ ...tx, all: note(tx.all) as Tx["all"], get: note(tx.get) as Tx["get"] });
  });
  const plans: string[] = [];
  for (const { sql, parameters } of asked) {
    if (!/^\s*select/i.test(sql)) continue;
    const rows = await stage.base.db.read((r) =>
      r.all<{ detail: string }>({ sql: `explain query plan ${sql}`, parameters }),
    );
    plans.push(rows.map((row) => row.detail).join("; "));
  }
  return plans;
}

describe("what every log call reads costs the same however many runs a project has", () => {
  test.each([1, 2, 5])("%i runs are found by their own ids", async (n) => {
    const plans = await plansOf((tx) => findRuns(tx, project, ids.slice(0, n)));
    expect(plans).toEqual(["SEARCH runs USING INDEX sqlite_autoindex_runs_1 (run_id=?)"]);
  });

  test.each([1, 2, 5])("the series of %i runs are found by run and name", async (n) => {
    const runs = await stage.base.db.read((r) => findRuns(r, project, ids.slice(0, n)));
    const points = ["loss", "auc", "f1"].slice(0, n).map(point);
    const [first = ""] = await plansOf((tx) =>
      insertMetrics(
        tx,
        runs.map((run) => ({ run, points })),
      ),
    );
    expect(first).toContain("SEARCH r USING INDEX sqlite_autoindex_runs_1 (run_id=?)");
    expect(first).toContain("SEARCH l USING PRIMARY KEY (run_id=? AND key_id=?)");
    expect(first).not.toMatch(/SCAN/);
  });

  test("the experiments of runs are found by the runs' own ids", async () => {
    const asked: string[] = [];
    const read = stage.ctx.db.read.bind(stage.ctx.db);
    const db = {
      ...stage.ctx.db,
      read: <R>(work: (r: Reader) => Promise<R>) =>
        read((r) =>
          work({
            ...r,
            all: (query) => {
              asked.push(toStatement(query).sql);
              return r.all(query);
            },
          }),
        ),
    };
    const what = { runs: ids.slice(0, 3), loggedModels: [], traces: [] };
    expect(await findExperimentsOf({ ...stage.ctx, db }, project, what)).toHaveLength(1);
    const parameters = [project, ...ids.slice(0, 4)];
    const plans = await read((r) => r.all<{ detail: string }>({ sql: `explain query plan ${asked[0]}`, parameters }));
    expect(plans.map((row) => row.detail).join("; ")).toContain("sqlite_autoindex_runs_1 (run_id=?)");
  });
});
