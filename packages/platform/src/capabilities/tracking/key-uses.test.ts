import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { onBothDatabases } from "#base/testing/databases.js";
import { openStage, type Stage } from "#base/testing/stage.js";
import { createExperiment, createRun, logBatch, tracking } from "./index.js";
import { foldKeyUses, listKeys } from "./store/keys.js";

const project = "default";

/** What is known of names, by the rows themselves. */
interface Known {
  readonly runs: number;
  readonly varies: number;
}

onBothDatabases("counts of names", (fresh) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage([tracking], fresh());
  });
  afterAll(() => stage?.close());

  async function known(experiment: number): Promise<Record<string, Known>> {
    const keys = await stage.base.db.read((r) => listKeys(r, [experiment], "params"));
    return Object.fromEntries(keys.map((key) => [key.name, { runs: Number(key.runs), varies: Number(key.varies) }]));
  }

  const batch = fc.record({
    run: fc.nat(3),
    values: fc.dictionary(fc.constantFrom("depth", "rate", "seed"), fc.constantFrom("1", "2")),
    fold: fc.boolean(),
  });

  test("how many runs have a name, and whether its values vary, is exact whenever it is asked", async () => {
    let n = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(batch, { minLength: 1, maxLength: 12 }), async (batches) => {
        const { id } = await createExperiment(stage.ctx, { project, name: `names ${n++}` });
        const runs: string[] = [];
        for (let i = 0; i < 4; i++) runs.push((await createRun(stage.ctx, { project, experimentId: id })).run_id);
        const truth = new Map<string, Map<number, string>>();
        for (const { run, values, fold } of batches) {
          const own = Object.entries(values).filter(([name]) => !truth.get(name)?.has(run));
          for (const [name, value] of own) truth.set(name, (truth.get(name) ?? new Map()).set(run, value));
          const params = own.map(([key, value]) => ({ key, value }));
          await logBatch(stage.ctx, project, runs[run] as string, { metrics: [], params, tags: [] });
          if (fold) await stage.base.db.write(foldKeyUses);
          expect(await known(id)).toEqual(
            Object.fromEntries(
              [...truth].map(([name, of]) => [name, { runs: of.size, varies: new Set(of.values()).size > 1 ? 1 : 0 }]),
            ),
          );
        }
      }),
      { numRuns: 20, seed: 7 },
    );
  });

  test("runs that are created fold in what others counted", async () => {
    const { id } = await createExperiment(stage.ctx, { project, name: "folded" });
    for (let i = 0; i < 3; i++) {
      const { run_id } = await createRun(stage.ctx, { project, experimentId: id });
      const params = [{ key: "depth", value: String(i) }];
      await logBatch(stage.ctx, project, run_id, { metrics: [], params, tags: [] });
    }
    await stage.deliver();
    const left = await stage.base.db.read((r) => r.all({ sql: "select * from run_key_uses", parameters: [] }));
    expect(left).toEqual([]);
    expect(await known(id)).toEqual({ depth: { runs: 3, varies: 1 } });
  });
});
