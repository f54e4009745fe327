import * as api from "@paydown/api/monitoring";
import { afterEach, describe, expect, test } from "vitest";
import type { EvidenceRule } from "#base/rule.js";
import { openStage, type Stage } from "#base/testing/stage.js";
import { monitoring } from "../index.js";
import { parkMiller } from "../math/random.js";
import { traffic, type World, world, zero } from "../testing/traffic.js";
import { dayMs } from "../thresholds/season.js";
import { monitoringRules } from "./index.js";

const project = "default";
const monitor = {
  project,
  name: "credit-inputs",
  deployment: "credit",
  window: "day" as const,
  reference: { kind: "dataset-version" as const, dataset: "loans", version: "abc" },
  calibration: { from: zero - 28 * dayMs, to: zero },
};

let stage: Stage;
afterEach(() => stage.close());

async function check(needs: World, slug: string) {
  const rule = monitoringRules(needs).find((each) => each.slug === slug) as EvidenceRule;
  return rule.check(stage.ctx, project);
}

async function watched(needs: World, day: number, extra: object = {}) {
  stage = await openStage([monitoring(needs)]);
  await stage.call(api.createMonitor, { ...monitor, ...extra });
  stage.clock.advance(day * dayMs);
  await stage.call(api.evaluateMonitor, { project, name: monitor.name });
}

describe("every rule", () => {
  test("has its own code, explains itself, and is silent about a project with nothing live", async () => {
    const needs = world([]);
    needs.deployments = [];
    stage = await openStage([monitoring(needs)]);
    const rules = monitoringRules(needs);
    expect(new Set(rules.map(({ code }) => code)).size).toBe(rules.length);
    for (const rule of rules) {
      expect(rule.why.length).toBeGreaterThan(40);
      expect((await rule.check(stage.ctx, project)).findings).toEqual([]);
    }
  });
});

test("a live deployment without a monitor is found; with one it is not", async () => {
  const needs = world([]);
  stage = await openStage([monitoring(needs)]);
  const { findings } = await check(needs, "deployment-without-monitor");
  expect(findings).toMatchObject([
    { asset: { kind: "deployment", id: "credit" }, evidence: { model: "scorer", version: 1 } },
  ]);
  await stage.call(api.createMonitor, monitor);
  expect((await check(needs, "deployment-without-monitor")).findings).toEqual([]);
});

test("an input no monitor follows is found; unknown inputs are said to be unseen", async () => {
  const needs = world([]);
  stage = await openStage([monitoring(needs)]);
  await stage.call(api.createMonitor, { ...monitor, features: ["age"] });
  const { findings } = await check(needs, "unmonitored-input");
  expect(findings.map(({ key }) => key)).toEqual(["colour"]);
  needs.deployments = needs.deployments.map(({ inputs: _inputs, ...rest }) => rest);
  const blind = await check(needs, "unmonitored-input");
  expect(blind.findings).toEqual([]);
  expect(blind.unseen[0]!.what).toContain("credit");
});

describe("a model past its decay", () => {
  test("is found with the days it costs, and billed only with hours people reported", async () => {
    const needs = world(traffic(-28, 14));
    const random = parkMiller(5);
    for (const row of needs.rows) if (row.at >= zero + 5 * dayMs) row.outcome = random() < 0.5 ? 1 : 0;
    await watched(needs, 14, { quality: { metric: "auc" } });
    const [incident] = (await stage.call(api.listIncidents, { project })).items;
    await stage.call(api.closeIncident, {
      project,
      incident: incident!.id,
      outcome: "real",
      hours: 6,
      cause: "labels shifted",
    });
    const { findings } = await check(needs, "model-past-its-decay");
    expect(findings).toMatchObject([
      { asset: { kind: "model-version", id: "scorer/1" }, evidence: { daysBelow: 9, metric: "auc" } },
    ]);
    const events = findings[0]!.events;
    expect(events.filter(({ channel }) => channel === "quality-loss")).toHaveLength(9);
    expect(events.every(({ explained }) => explained)).toBe(true);
    expect(events.reduce((sum, { hours }) => sum + hours.high, 0)).toBe(6);
  });

  test("is not found while quality holds, and unseen without labels or a plan", async () => {
    const needs = world(traffic(-28, 8));
    await watched(needs, 8, { quality: { metric: "log-loss" } });
    expect(await check(needs, "model-past-its-decay")).toEqual({ findings: [], unseen: [] });
    await stage.call(api.createMonitor, { ...monitor, name: "plain" });
    const { findings, unseen } = await check(needs, "model-past-its-decay");
    expect(findings).toEqual([]);
    expect(unseen[0]!.what).toContain("no quality plan");
  });
});

test("a monitor that learned from an empty period can never alarm, and is found", async () => {
  const needs = world(traffic(0, 5));
  await watched(needs, 5);
  const { findings } = await check(needs, "uncalibrated-monitor");
  expect(findings).toMatchObject([{ key: monitor.name, evidence: { count: 2 } }]);
});

test("labels that do not come within their delay are found; a hundredth of them is enough", async () => {
  const needs = world(traffic(-28, 5));
  needs.labelsUntil = 0;
  await watched(needs, 5, { quality: { metric: "auc", labelDelayHours: 24 } });
  expect((await check(needs, "labels-that-never-arrive")).findings).toMatchObject([
    { evidence: { labels: 0, labelDelayHours: 24 } },
  ]);
  needs.labelsUntil = zero - 20 * dayMs;
  await stage.call(api.evaluateMonitor, { project, name: monitor.name, from: 0 });
  expect((await check(needs, "labels-that-never-arrive")).findings).toEqual([]);
});

test("a monitor whose pages people close as false is found with the hours they cost", async () => {
  const bumps = [2, 9, 16, 23].map((day) => zero + day * dayMs);
  const needs = world(
    traffic(-28, 30, ({ at, age }) =>
      bumps.some((bump) => at >= bump && at < bump + 2 * dayMs) ? { age: age + 40 } : {},
    ),
  );
  stage = await openStage([monitoring(needs)]);
  await stage.call(api.createMonitor, monitor);
  for (let day = 1; day <= 30; day++) {
    stage.clock.advance(dayMs);
    await stage.call(api.evaluateMonitor, { project, name: monitor.name });
    for (const { id } of (await stage.call(api.listIncidents, { project, state: "open" })).items) {
      await stage.call(api.closeIncident, { project, incident: id, outcome: "false-alarm", hours: 1 });
    }
  }
  const { findings } = await check(needs, "monitor-that-cries-wolf");
  expect(findings).toHaveLength(1);
  expect(findings[0]!.events.length).toBeGreaterThanOrEqual(4);
});
