import * as api from "@paydown/api/monitoring";
import { OutcomesRecorded } from "@paydown/api/serving";
import { afterEach, describe, expect, test } from "vitest";
import { openStage, type Stage } from "#base/testing/stage.js";
import { monitoring } from "./index.js";
import { parkMiller } from "./math/random.js";
import { listSignalRows, listWindows } from "./store.js";
import { traffic, type World, world, zero } from "./testing/traffic.js";
import { dayMs, hourMs } from "./thresholds/season.js";

const project = "default";
const monitor = {
  project,
  name: "credit-inputs",
  deployment: "credit",
  window: "hour" as const,
  reference: { kind: "dataset-version" as const, dataset: "loans", version: "abc" },
  calibration: { from: zero - 28 * dayMs, to: zero },
  prediction: {},
};

let stage: Stage;
afterEach(() => stage.close());

async function setUp(needs: World, extra: object = {}) {
  stage = await openStage([monitoring(needs)]);
  await stage.call(api.createMonitor, { ...monitor, ...extra });
}

async function evaluateAt(day: number) {
  stage.clock.advance(zero + day * dayMs - stage.ctx.clock.now());
  return stage.call(api.evaluateMonitor, { project, name: monitor.name });
}

describe("a deployment whose inputs do not change", () => {
  test("is learned from its reference windows, then watched without a page", async () => {
    const needs = world(traffic(-28, 14));
    await setUp(needs);
    const result = await evaluateAt(14);
    expect(result).toMatchObject({
      windows: 42 * 24,
      opened: [],
      rows: needs.rows.length,
      evaluatedTo: zero + 14 * dayMs,
    });
    const shown = await stage.call(api.getMonitor, { project, name: monitor.name });
    expect(shown.verdict).toBe("quiet");
    expect(shown.monitor.calibration).toMatchObject({ windowsWanted: 672, windowsSeen: 672, complete: true });
    expect(shown.alarms.calibrated).toBe(0);
    expect(shown.alarms.naive.find(({ rule }) => rule === "ks-005")!.windows).toBeGreaterThan(100);
    expect(shown.alarms.sentence).toContain("0 pages");
    const series = await stage.call(api.getSeries, { project, name: monitor.name, signal: "drift:age", from: zero });
    expect(series.series[0]).toMatchObject({ season: "hour-of-week", kind: "drift", subject: "age" });
    expect(series.series[0]!.points).toHaveLength(14 * 24);
    for (const point of series.series[0]!.points) expect(point.threshold).toBeGreaterThan(point.expected!);
  });

  test("evaluating twice changes nothing, also from the start again", async () => {
    const needs = world(traffic(-28, 2));
    await setUp(needs, { window: "day", quality: { metric: "auc" } });
    await evaluateAt(2);
    const id = 1;
    const dump = () =>
      stage.ctx.db.read(async (r) => [
        await listWindows(r, id, 0, Number.MAX_SAFE_INTEGER),
        ...(await Promise.all(
          ["drift:age", "missing:colour", "volume:rows", "quality:auc"].map((signal) =>
            listSignalRows(r, id, signal, 0, Number.MAX_SAFE_INTEGER),
          ),
        )),
      ]);
    const before = await dump();
    expect(await stage.call(api.evaluateMonitor, { project, name: monitor.name })).toMatchObject({
      windows: 0,
      rows: 0,
    });
    expect(
      await stage.call(api.evaluateMonitor, { project, name: monitor.name, from: zero - 3 * dayMs }),
    ).toMatchObject({ windows: 5, alarms: 0 });
    expect(await dump()).toEqual(before);
    await stage.call(api.evaluateMonitor, { project, name: monitor.name, from: 0 });
    expect(await dump()).toEqual(before);
  });

  test("is evaluated by its job when a window ends, and no more once it is retired", async () => {
    const needs = world(traffic(-28, 1));
    await setUp(needs);
    await stage.work();
    expect((await stage.call(api.getMonitor, { project, name: monitor.name })).monitor.evaluatedTo).toBe(zero);
    stage.clock.advance(hourMs + 2 * 60_000);
    await stage.work();
    expect((await stage.call(api.getMonitor, { project, name: monitor.name })).monitor.evaluatedTo).toBe(zero + hourMs);
    await stage.call(api.retireMonitor, { project, name: monitor.name });
    stage.clock.advance(3 * hourMs);
    await stage.work();
    expect((await stage.call(api.getMonitor, { project, name: monitor.name })).monitor).toMatchObject({
      evaluatedTo: zero + hourMs,
      retiredAt: expect.any(Number),
    });
    await expect(stage.call(api.evaluateMonitor, { project, name: monitor.name })).rejects.toMatchObject({
      code: "MONITORING_MONITOR_RETIRED",
    });
  });
});

describe("what changes is found and grouped", () => {
  test("a shift of two standard deviations, a burst of missing values and lost traffic page within a day, once", async () => {
    const begin = zero + 3 * dayMs;
    const needs = world(traffic(-28, 6, ({ at, age }) => (at >= begin ? { age: age + 20 } : {})));
    await setUp(needs);
    await evaluateAt(6);
    const { items } = await stage.call(api.listIncidents, { project });
    expect(items).toHaveLength(1);
    const [incident] = items;
    expect(incident).toMatchObject({ state: "open", monitor: monitor.name });
    expect(incident!.title).toMatch(/age|Scores/);
    expect((incident!.openedAt - begin) / hourMs).toBeLessThanOrEqual(24);
    expect(Math.abs(incident!.firstEffectAt - begin)).toBeLessThanOrEqual(6 * hourMs);
    const shown = await stage.call(api.getIncident, { project, incident: incident!.id });
    expect(shown.members.map(({ signal }) => signal)).toEqual(
      expect.arrayContaining(["drift:age", "prediction:score"]),
    );
    expect(shown.timeline[0]!.what).toBe("first-effect");
    expect(shown.postMortem).toContain("## Cause");
    const list = await stage.call(api.listMonitors, { project });
    expect(list.items[0]).toMatchObject({ verdict: "alarm", openIncidents: 1 });
    expect(list.items[0]!.sparkline.length).toBe(30);
  });

  test("missing values and silence are their own signals", async () => {
    const burst = zero + 2 * dayMs;
    const silence = zero + 4 * dayMs;
    const random = parkMiller(3);
    const rows = traffic(-28, 6, ({ at }) => (at >= burst && random() < 0.3 ? { colour: "" } : {})).filter(
      ({ at }) => at < silence,
    );
    const needs = world(rows);
    await setUp(needs);
    await evaluateAt(6);
    const { items } = await stage.call(api.listIncidents, { project });
    const members = (await stage.call(api.getIncident, { project, incident: items[0]!.id })).members;
    const found = (signal: string) => members.find((member) => member.signal === signal);
    expect(found("missing:colour")!.firstAlarmAt - burst).toBeLessThan(12 * hourMs);
    expect(found("volume:rows")!.firstAlarmAt - silence).toBeLessThan(24 * hourMs);
    expect(found("missing:colour")!.windows).toBeGreaterThan(found("drift:colour")?.windows ?? 0);
  });

  test("an incident closes itself when its signals were quiet for a day; a person's verdict is kept", async () => {
    const [begin, end] = [zero + 2 * dayMs, zero + 4 * dayMs];
    const needs = world(traffic(-28, 12, ({ at, age }) => (at >= begin && at < end ? { age: age + 25 } : {})));
    await setUp(needs, { owner: "ml-team" });
    await evaluateAt(3);
    const [open] = (await stage.call(api.listIncidents, { project, state: "open" })).items;
    const taken = await stage.call(api.acknowledgeIncident, { project, incident: open!.id, note: "asked upstream" });
    expect(taken).toMatchObject({ state: "acknowledged", acknowledgedBy: "local" });
    await expect(
      stage.call(api.acknowledgeIncident, { project, incident: open!.id, snoozeUntil: 5 }),
    ).rejects.toMatchObject({ code: "MONITORING_SNOOZE_PAST" });
    await evaluateAt(12);
    const [closed] = (await stage.call(api.listIncidents, { project })).items;
    expect(closed).toMatchObject({ id: open!.id, state: "closed", outcome: "went-quiet", closedBy: "paydown" });
    expect((closed!.closedAt! - end) / dayMs).toBeLessThan(5);
    await expect(stage.call(api.closeIncident, { project, incident: open!.id, outcome: "real" })).rejects.toMatchObject(
      { code: "MONITORING_INCIDENT_CLOSED" },
    );
  });

  test("a proposed promise is replayed over what was seen, and changes nothing", async () => {
    const begin = zero + 3 * dayMs;
    const needs = world(traffic(-28, 6, ({ at, age }) => (at >= begin ? { age: age + 3 } : {})));
    await setUp(needs);
    await evaluateAt(6);
    const replay = (falsePagesPerWeek: number) =>
      stage.call(api.replayMonitor, { project, name: monitor.name, promise: { falsePagesPerWeek, shiftInSigmas: 2 } });
    const loose = await replay(50);
    const strict = await replay(1e-9);
    expect(loose.windows).toBe(6 * 24);
    expect(loose.alarms.length).toBeGreaterThanOrEqual(strict.alarms.length);
    expect(loose.pagesNow).toBe((await stage.call(api.listIncidents, { project })).items.length);
  });
});

describe("quality", () => {
  test("is unknown until labels come, then measured for their windows alone, and a worse model is found", async () => {
    const begin = zero + 3 * dayMs;
    const needs = world(traffic(-28, 10));
    const random = parkMiller(77);
    for (const row of needs.rows) if (row.at >= begin) row.outcome = random() < 0.5 ? 1 : 0;
    needs.labelsUntil = zero;
    await setUp(needs, { quality: { metric: "auc", labelDelayHours: 24 } });
    await evaluateAt(10);
    const before = await stage.call(api.getMonitor, { project, name: monitor.name });
    expect(before.verdict).toBe("unknown");
    expect(before.reason).toContain("no label");
    expect((await stage.call(api.listIncidents, { project })).items).toHaveLength(0);

    const until = zero + 5 * dayMs;
    needs.labelsUntil = until;
    needs.read = 0;
    await stage.ctx.db.write((tx) =>
      tx.emit(OutcomesRecorded, project, {
        deployment: "credit",
        recorded: 1,
        from: zero,
        to: until - 1,
        at: stage.ctx.clock.now(),
      }),
    );
    await stage.deliver();
    const late = await stage.call(api.evaluateMonitor, { project, name: monitor.name });
    expect(late).toMatchObject({ windows: 0, relabelled: 5 * 24 });
    expect(needs.read).toBe(needs.rows.filter(({ at }) => at >= zero && at < until).length);
    const { series } = await stage.call(api.getSeries, {
      project,
      name: monitor.name,
      signal: "quality:auc",
      from: zero,
    });
    const values = series[0]!.points;
    expect(values[0]!.statistic).toBeGreaterThan(0.6);
    expect(values[0]!.low).toBeLessThan(values[0]!.high!);
    expect(values[5 * 24]!.statistic).toBeNull();
    const [incident] = (await stage.call(api.listIncidents, { project })).items;
    expect(incident!.title).toMatch(/auc|outcome/);
    expect(Math.abs(incident!.firstEffectAt - begin)).toBeLessThan(24 * hourMs);
    expect(await stage.call(api.evaluateMonitor, { project, name: monitor.name })).toMatchObject({
      relabelled: 0,
      rows: 0,
    });
  });
});

describe("each kind of alarm on its own", () => {
  async function membersAfter(
    change: (row: { at: number; outcome: number; score: number; age: number }, random: () => number) => number,
  ) {
    const needs = world(traffic(-28, 6));
    const random = parkMiller(31);
    for (const row of needs.rows) if (row.at >= zero + 2 * dayMs) row.outcome = change(row, random);
    await setUp(needs, { window: "day", quality: { metric: "brier" } });
    await evaluateAt(6);
    const [incident] = (await stage.call(api.listIncidents, { project })).items;
    const { members } = await stage.call(api.getIncident, { project, incident: incident!.id });
    return members.map(({ signal }) => signal);
  }

  test("a link between input and outcome that vanishes, while every distribution stays", async () => {
    const signals = await membersAfter((_row, random) => (random() < 0.53 ? 1 : 0));
    expect(signals).toContain("association:age");
    expect(signals).toContain("quality:brier");
    expect(signals.filter((signal) => signal.startsWith("drift") || signal.startsWith("prediction"))).toEqual([]);
  });

  test("scores that promise too much, while they still rank as well", async () => {
    const signals = await membersAfter(({ score }, random) => (random() < score * 0.6 ? 1 : 0));
    expect(signals).toContain("bias:score");
    expect(signals.filter((signal) => signal.startsWith("drift"))).toEqual([]);
  });
});

describe("while it learns", () => {
  test("says so, measures, and never pages", async () => {
    const needs = world(traffic(0, 3, ({ at, age }) => (at > zero + dayMs ? { age: age + 30 } : {})));
    await setUp(needs, { calibration: undefined });
    await evaluateAt(3);
    const shown = await stage.call(api.getMonitor, { project, name: monitor.name });
    expect(shown.verdict).toBe("learning");
    const drift = (await stage.call(api.getSeries, { project, name: monitor.name, signal: "drift:age" })).series[0]!;
    expect(drift.betweenWindows).toBeNull();
    expect(drift.points.at(-1)).toMatchObject({
      calibrated: false,
      threshold: null,
      p: expect.closeTo(0.005, 6),
      reason: "learning",
    });
    expect((await stage.call(api.listIncidents, { project })).items).toHaveLength(0);
  });
});

describe("what is refused", () => {
  test("unknown deployments, datasets, inputs, bad bins and names taken", async () => {
    const needs = world([]);
    await setUp(needs);
    const make = (extra: object) => stage.call(api.createMonitor, { ...monitor, name: "other", ...extra });
    const code = (name: string) => ({ code: name });
    await expect(make({ deployment: "none" })).rejects.toMatchObject(code("MONITORING_DEPLOYMENT_NOT_FOUND"));
    await expect(make({ reference: { kind: "dataset-version", dataset: "x", version: "1" } })).rejects.toMatchObject(
      code("MONITORING_REFERENCE_NOT_FOUND"),
    );
    await expect(make({ features: ["height"] })).rejects.toMatchObject(code("MONITORING_FEATURE_NOT_IN_REFERENCE"));
    needs.deployments = [{ ...needs.deployments[0]!, inputs: ["age", "height"] }];
    expect((await make({ name: "partial" })).features).toEqual(["age"]);
    needs.deployments = [{ ...needs.deployments[0]!, inputs: ["height"] }];
    await expect(make({})).rejects.toMatchObject(code("MONITORING_NO_COMMON_INPUT"));
    await expect(make({ name: monitor.name, features: ["age"] })).rejects.toMatchObject(
      code("MONITORING_MONITOR_EXISTS"),
    );
    needs.deployments = [{ ...needs.deployments[0]!, inputs: ["age", "colour", "a"] }];
    await expect(make({ calibration: { from: 5, to: 5 } })).rejects.toMatchObject(code("MONITORING_RANGE_INVALID"));
    await expect(make({ prediction: { edges: [0.5, 0.5] } })).rejects.toMatchObject(
      code("MONITORING_REFERENCE_INVALID"),
    );
    const counts = (feature: object) => make({ reference: { kind: "counts", features: [feature] } });
    await expect(
      counts({ feature: "a", kind: "numeric", edges: [2, 1], counts: [1, 1, 1], missing: 0 }),
    ).rejects.toMatchObject(code("MONITORING_REFERENCE_INVALID"));
    await expect(
      counts({ feature: "a", kind: "categorical", categories: ["x"], counts: [1], missing: 0 }),
    ).rejects.toMatchObject(code("MONITORING_REFERENCE_INVALID"));
    await expect(stage.call(api.getMonitor, { project, name: "none" })).rejects.toMatchObject(
      code("MONITORING_MONITOR_NOT_FOUND"),
    );
    await expect(stage.call(api.getIncident, { project, incident: "none" })).rejects.toMatchObject(
      code("MONITORING_INCIDENT_NOT_FOUND"),
    );
  });
});
