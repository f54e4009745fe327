import * as api from "@paydown/api/tracking";
import * as upkeep from "@paydown/api/tracking-upkeep";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { JobHandle } from "#base/capability.js";
import type { Tx } from "#base/db/db.js";
import { onBothDatabases } from "#base/testing/databases.js";
import { openStage, type Stage } from "#base/testing/stage.js";
import { sweepTraces } from "./actions/sweep-traces.js";
import {
  assessTrace,
  createExperiment,
  createRun,
  ensureDefaultExperiment,
  linkTracesToRun,
  logSpans,
  planTraceSweep,
  setTraceTag,
  storeArtifact,
  trackingIn,
} from "./index.js";
import { nobodyElse, type TrackingNeeds } from "./needs.js";

const project = "default";
const day = 86_400_000;
const inside = ["trace_tags", "trace_metadata", "trace_runs", "trace_spans", "trace_assessments"];
const hex = (n: number, size: number) => n.toString(16).padStart(size, "0");
const traceIdOf = (n: number) => `tr-${hex(n, 32)}`;

onBothDatabases("the retention of traces", (fresh) => {
  let stage: Stage;
  let days: number | undefined;
  const needs: TrackingNeeds = { ...nobodyElse, traceDays: () => days };

  beforeEach(async () => {
    days = undefined;
    stage = await openStage([trackingIn(needs)], fresh());
    await ensureDefaultExperiment(stage.ctx, project, 0);
  });
  afterEach(() => stage.close());

  /** A trace that began so many days ago, with as many spans as asked for. */
  async function trace(n: number, ago: number, more: { project?: string; experimentId?: number; spans?: number } = {}) {
    const startNs = BigInt(stage.clock.now() - ago * day) * 1_000_000n;
    await logSpans(stage.ctx, {
      project: more.project ?? project,
      experimentId: more.experimentId ?? 0,
      spans: Array.from({ length: more.spans ?? 2 }, (_, i) => ({
        traceId: hex(n, 32),
        spanId: hex(i + 1, 16),
        parentId: i === 0 ? undefined : hex(1, 16),
        name: `span ${i}`,
        status: "OK" as const,
        startNs,
        endNs: startNs + 1_000_000n,
        attributes: [],
        rest: {},
        service: undefined,
      })),
    });
  }

  async function left(of = project): Promise<number[]> {
    const { items } = await stage.call(api.listTraces, { project: of, limit: 1000 });
    return items.map((one) => Number.parseInt(one.traceId.slice(3), 16)).sort((a, b) => a - b);
  }

  async function count(table: string): Promise<number> {
    const row = await stage.base.db.read((r) =>
      r.get<{ n: number }>({ sql: `select count(*) as n from ${table}`, parameters: [] }),
    );
    return Number(row?.n);
  }

  /** As a server does that starts. */
  async function start(): Promise<void> {
    await planTraceSweep(stage.ctx, project);
    await stage.work();
  }

  test("without the setting every trace stays, however old", async () => {
    await trace(1, 5000);
    await start();
    stage.clock.advance(400 * day);
    await stage.work();
    expect(await left()).toEqual([1]);
  });

  test("with it, what began longer ago goes with all that hangs on it, and what is younger stays", async () => {
    days = 30;
    const run = await createRun(stage.ctx, { project, experimentId: 0 });
    for (const [n, ago] of [
      [1, 31],
      [2, 29],
    ] as const) {
      await trace(n, ago);
      await linkTracesToRun(stage.ctx, project, run.run_id, [traceIdOf(n)]);
      await setTraceTag(stage.ctx, project, traceIdOf(n), "team", "risk");
      const body = { source: { source_type: "HUMAN", source_id: "ada" }, feedback: { value: 1 } };
      await assessTrace(stage.ctx, project, traceIdOf(n), { name: "quality", kind: "feedback", value: 1, body });
      const path = `0/traces/${traceIdOf(n)}/artifacts/image.png`;
      await storeArtifact(stage.ctx, project, path, Buffer.from(`image ${n}`), { limit: 100 });
    }
    const whole = await Promise.all(inside.map(count));
    await start();
    expect(await left()).toEqual([2]);
    expect(await Promise.all(inside.map(count))).toEqual(whole.map((rows) => rows / 2));
    expect(await count("artifact_files")).toBe(1);
    // Its object goes a day later, as that of any file nobody names.
    expect(await count("loose_objects")).toBe(1);
  });

  test("every project is looked at, at the start and then once a day as long as the setting stands", async () => {
    days = 30;
    await ensureDefaultExperiment(stage.ctx, "other", undefined);
    const [other] = (await stage.call(api.listExperiments, { project: "other" })).items;
    const elsewhere = (await createExperiment(stage.ctx, { project, name: "elsewhere" })).id;
    await trace(1, 40, { project: "other", experimentId: Number(other?.experimentId) });
    await trace(2, 40, { experimentId: elsewhere });
    await trace(3, 28.5, { experimentId: elsewhere });
    await trace(4, 10);
    await start();
    await start();
    expect([await left(), await left("other")]).toEqual([[3, 4], []]);
    stage.clock.advance(day);
    await stage.work();
    expect(await left()).toEqual([3, 4]);
    stage.clock.advance(day);
    await stage.work();
    expect(await left()).toEqual([4]);
    days = undefined;
    stage.clock.advance(100 * day);
    await stage.work();
    expect(await left()).toEqual([4]);
    expect(
      await stage.base.db.read((r) => r.all({ sql: "select 1 from jobs where state = 'queued'", parameters: [] })),
    ).toEqual([]);
  });

  test("it goes in steps of bounded size, and a crash between them leaves the rest for the next time", async () => {
    days = 30;
    for (let n = 1; n <= 4; n++) await trace(n, 100 - n, { spans: 2000 });
    for (let n = 5; n <= 120; n++) await trace(n, 60);
    const seen: { traces: number; spans: number }[] = [];
    let writes = 0;
    const db = {
      ...stage.base.db,
      read: stage.base.db.read.bind(stage.base.db),
      write: (async (work: (tx: Tx) => Promise<unknown>) => {
        if (++writes === 3) throw new Error("killed");
        const answer = await stage.base.db.write(work);
        seen.push({ traces: await count("traces"), spans: await count("trace_spans") });
        return answer;
      }) as typeof stage.base.db.write,
    };
    const handle: JobHandle = { id: "x", project, progress: async () => {} };
    await expect(sweepTraces({ ...stage.ctx, db }, needs, handle)).rejects.toThrow("killed");
    expect(await left()).not.toEqual([]);
    expect(await sweepTraces({ ...stage.ctx, db }, needs, handle)).toEqual({ traces: seen[1]?.traces });
    expect(await left()).toEqual([]);
    const before = [{ traces: 120, spans: 8232 }, ...seen];
    for (const [at, now] of seen.entries()) {
      expect((before[at]?.traces ?? 0) - now.traces).toBeLessThanOrEqual(100);
      expect((before[at]?.spans ?? 0) - now.spans).toBeLessThanOrEqual(5000);
    }
  });

  test("the storage page says what traces hold, how long they are kept and what is due", async () => {
    await trace(1, 40);
    await trace(2, 10, { spans: 3 });
    const ever = (await stage.call(upkeep.viewStorage, { project })).traces;
    expect(ever).toEqual({ traces: 2, spans: 5, bytes: expect.any(Number), keptDays: null });
    days = 30;
    const now = (await stage.call(upkeep.viewStorage, { project })).traces;
    expect(now).toMatchObject({ traces: 2, spans: 5, bytes: ever.bytes, keptDays: 30, due: { traces: 1, spans: 2 } });
    expect(now.due?.bytes).toBeGreaterThan(0);
    expect(now.due?.bytes).toBeLessThan(ever.bytes);
  });
});

describe("a trace with more spans than go in one step", () => {
  test("goes whole all the same", async () => {
    const needs: TrackingNeeds = { ...nobodyElse, traceDays: () => 1 };
    const stage = await openStage([trackingIn(needs)]);
    await ensureDefaultExperiment(stage.ctx, project, 0);
    for (let batch = 0; batch < 6; batch++) {
      const spans = Array.from({ length: 1000 }, (_, i) => ({
        traceId: hex(1, 32),
        spanId: hex(1 + batch * 1000 + i, 16),
        parentId: undefined,
        name: "s",
        status: "OK" as const,
        startNs: 1n,
        endNs: 2n,
        attributes: [],
        rest: {},
        service: undefined,
      }));
      await logSpans(stage.ctx, { project, experimentId: 0, spans });
    }
    await planTraceSweep(stage.ctx, project);
    await stage.work();
    expect((await stage.call(api.listTraces, { project })).items).toEqual([]);
    await stage.close();
  });
});
