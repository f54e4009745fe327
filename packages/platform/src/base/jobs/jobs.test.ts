import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Capability, defineCapability, job } from "../capability.js";
import { baseErrors } from "../errors.js";
import { openStage, type Stage } from "../testing/stage.js";
import { enqueue, viewJob } from "./queue.js";
import { claimJob, listDue } from "./store.js";
import { createWorker } from "./worker.js";

const ran: unknown[] = [];
let failures = 0;
/** What dusting waits for. */
let tidy: Promise<void> = Promise.resolve();
/** Milliseconds dusting takes. */
let slow = 0;
let stage: Stage;

const chores: Capability = defineCapability({
  name: "chores",
  jobs: [
    job<{ what: string }>("chores.wash", async (_ctx, payload, handle) => {
      await handle.progress(0.5, `washing ${payload.what}`);
      ran.push(payload.what);
      return { washed: payload.what };
    }),
    job(
      "chores.flaky",
      async () => {
        failures++;
        if (failures < 3) throw new RangeError("not yet");
        return "done";
      },
      { attempts: 5 },
    ),
    job("chores.refused", async () => {
      failures++;
      throw baseErrors.INPUT_INVALID({ field: "x", problem: "is wrong" });
    }),
    job<{ what: string }>(
      "chores.dust",
      async (_ctx, { what }) => {
        stage.clock.advance(slow);
        ran.push(what);
        await tidy;
      },
      { behind: true },
    ),
  ],
});

describe("background work", () => {
  const add = (kind: string, payload: unknown, dedupe?: string): Promise<string> =>
    stage.base.db.write((tx) =>
      enqueue(tx, stage.base, { kind, project: "p", payload, ...(dedupe === undefined ? {} : { dedupe }) }),
    );
  const view = (id: string) => stage.base.db.read((r) => viewJob(r, id));

  beforeEach(async () => {
    ran.length = 0;
    failures = 0;
    stage = await openStage([chores]);
  });
  afterEach(() => stage.close());

  test("a job runs after the action that asked for it committed", async () => {
    const id = await add("chores.wash", { what: "cups" });
    await stage.work();
    expect(ran).toEqual(["cups"]);
    expect(await view(id)).toMatchObject({
      state: "done",
      share: 1,
      result: { washed: "cups" },
      doing: "washing cups",
    });
  });

  test("a job of an action that failed never runs", async () => {
    const failing = stage.base.db.write(async (tx) => {
      await enqueue(tx, stage.base, { kind: "chores.wash", project: "p", payload: { what: "cups" } });
      throw new RangeError("stop");
    });
    await expect(failing).rejects.toThrow("stop");
    await stage.work();
    expect(ran).toEqual([]);
  });

  test("asking for the same work twice runs it once, and again when it is done", async () => {
    const first = await add("chores.wash", { what: "cups" }, "cups");
    expect(await add("chores.wash", { what: "cups" }, "cups")).toBe(first);
    await stage.work();
    expect(ran).toEqual(["cups"]);
    await add("chores.wash", { what: "cups" }, "cups");
    await stage.work();
    expect(ran).toEqual(["cups", "cups"]);
  });

  test("a failure is tried again later, and later still", async () => {
    const id = await add("chores.flaky", {});
    await stage.work();
    expect(await view(id)).toMatchObject({ state: "queued", attempts: 1, problem: "RangeError: not yet" });
    stage.clock.advance(60_000);
    await stage.work();
    stage.clock.advance(60_000);
    await stage.work();
    expect(await view(id)).toMatchObject({ state: "done", attempts: 3 });
  });

  test("what nobody waits for runs when nothing else is due, however much of it came first", async () => {
    for (const what of ["shelf", "lamp"]) {
      await add("chores.dust", { what });
      stage.clock.advance(1000);
    }
    await add("chores.wash", { what: "cups" });
    await stage.work();
    expect(ran).toEqual(["cups", "shelf", "lamp"]);
  });

  test("what nobody waits for leaves a worker free for what somebody does", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    tidy = promise;
    for (const what of ["shelf", "lamp", "clock"]) {
      await add("chores.dust", { what });
      stage.clock.advance(1);
    }
    const worker = createWorker(stage.base, [chores], 2);
    worker.start();
    try {
      await vi.waitFor(() => expect(ran).toEqual(["shelf"]));
      await add("chores.wash", { what: "cups" });
      await vi.waitFor(() => expect(ran).toEqual(["shelf", "cups"]), 5000);
      resolve();
      await vi.waitFor(() => expect(ran).toEqual(["shelf", "cups", "lamp", "clock"]), 5000);
    } finally {
      resolve();
      tidy = Promise.resolve();
      await worker.stop();
    }
  });

  test("what nobody waits for rests three times as long as it worked", async () => {
    for (const what of ["shelf", "lamp"]) {
      await add("chores.dust", { what });
      stage.clock.advance(1);
    }
    slow = 1000;
    const worker = createWorker(stage.base, [chores], 2);
    worker.start();
    try {
      await vi.waitFor(() => expect(ran).toEqual(["shelf"]));
      await add("chores.wash", { what: "cups" });
      await vi.waitFor(() => expect(ran).toEqual(["shelf", "cups"]), 5000);
      stage.clock.advance(2999);
      await add("chores.wash", { what: "plates" });
      await vi.waitFor(() => expect(ran).toEqual(["shelf", "cups", "plates"]), 5000);
      stage.clock.advance(1);
      await vi.waitFor(() => expect(ran).toEqual(["shelf", "cups", "plates", "lamp"]), 5000);
    } finally {
      slow = 0;
      await worker.stop();
    }
  });

  test("a refusal is not tried again", async () => {
    const id = await add("chores.refused", {});
    await stage.work();
    stage.clock.advance(3_600_000);
    await stage.work();
    expect(failures).toBe(1);
    expect(await view(id)).toMatchObject({ state: "failed" });
  });

  test("a job whose worker died is taken over when its lease runs out, not before", async () => {
    const id = await add("chores.wash", { what: "cups" });
    const now = stage.clock.now();
    await stage.base.db.write(async (tx) => {
      const [row] = await listDue(tx, ["chores.wash"], now, 1);
      if (row !== undefined) await claimJob(tx, row, "a worker that was killed", now + 60_000);
    });
    await stage.work();
    expect(ran).toEqual([]);
    stage.clock.advance(60_001);
    await stage.work();
    expect(await view(id)).toMatchObject({ state: "done", attempts: 2 });
  });

  test("two workers never claim the same job", async () => {
    await add("chores.wash", { what: "cups" });
    const now = stage.clock.now();
    const [row] = await stage.base.db.read((r) => listDue(r, ["chores.wash"], now, 1));
    if (row === undefined) throw new RangeError("no job");
    const claims = await Promise.all(
      ["a", "b"].map((by) => stage.base.db.write((tx) => claimJob(tx, row, by, now + 1))),
    );
    expect(claims.filter(Boolean)).toHaveLength(1);
  });
});
