import { tmpdir } from "node:os";
import { join } from "node:path";
import { addVersion } from "@paydown/api/data";
import { retrainModel } from "@paydown/api/flows";
import type { Operation } from "@paydown/api/operation";
import { createModel, createVersion, getVersion, setAlias } from "@paydown/api/registry";
import { ingestScan, type ScanFinding, type ScanReport } from "@paydown/api/scans";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadConfig } from "#base/config/config.js";
import type { Perform } from "#base/perform.js";
import { openStage, type Stage } from "#base/testing/stage.js";
import { createRun, ensureDefaultExperiment } from "#capabilities/tracking/index.js";
import { judge } from "#flows/compare-versions.js";
import { gatherTestEvidence } from "#flows/gather-test-evidence.js";
import { modelBehindItsData } from "#flows/rules/model-behind-its-data.js";
import { promotedPrototype } from "#flows/rules/promoted-prototype.js";
import { uselessInput } from "#flows/rules/useless-input.js";
import { writeModelCard } from "#flows/write-model-card.js";
import { furnish, type House } from "./capabilities.js";

const project = "default";
const model = "delay";

describe("flows over the whole house", () => {
  let stage: Stage;
  let house: House;
  const perform: Perform = (_ctx, operation, input) => stage.call(operation, input);

  beforeEach(async () => {
    const config = loadConfig({ flags: { data: join(tmpdir(), "unused") }, environment: {}, cwd: tmpdir() });
    house = furnish(config, {
      mlflowVersion: "3.3.2",
      perform: () => perform,
      tracking: async () => ({ url: "http://unused", token: undefined }),
    });
    stage = await openStage(house.all);
  });
  afterEach(async () => {
    house.serving.endpoint.close();
    await stage.close();
  });

  test("a model without a recipe is not trained again, and the answer says where the recipe goes", async () => {
    await expect(stage.call(retrainModel as Operation, { project, model, reason: "old" })).rejects.toMatchObject({
      code: "FLOW_RECIPE_MISSING",
      next: expect.stringContaining("paydown.yaml"),
    });
  });

  test("a card is written from records, and what no record says is marked unknown", async () => {
    await stage.call(createModel, { project, model });
    await stage.call(createVersion, { project, model, source: "mlflow-artifacts:/1/none/artifacts/model" });
    await stage.call(setAlias, { project, model, alias: "champion", version: 1, reason: "the first" });
    const written = await writeModelCard(stage.ctx, { perform }, { project, model, version: 1 });
    const { card, evidence } = await stage.call(getVersion, { project, model, version: 1 });
    expect(card).toMatchObject({ hash: written.hash });
    expect(card?.text).toContain("# delay, version 1");
    expect(card?.text.split("*Unknown.*").length).toBe(written.unknown + 1);
    expect(written.unknown).toBeGreaterThan(3);
    expect(evidence.card.state).toBe("yes");
  });

  test("the same records give the same card", async () => {
    await stage.call(createModel, { project, model });
    await stage.call(createVersion, { project, model, source: "mlflow-artifacts:/1/none/artifacts/model" });
    const first = await writeModelCard(stage.ctx, { perform }, { project, model, version: 1 });
    expect(await writeModelCard(stage.ctx, { perform }, { project, model, version: 1 })).toEqual(first);
  });

  test("rules over an empty project find nothing and claim nothing", async () => {
    expect(await modelBehindItsData({ perform }).check(stage.ctx, project)).toEqual({ findings: [], unseen: [] });
    expect(await uselessInput({ perform }).check(stage.ctx, project)).toEqual({ findings: [], unseen: [] });
    expect(await promotedPrototype({ perform }).check(stage.ctx, project)).toEqual({ findings: [], unseen: [] });
  });

  test("a live version trained by what the scan calls a prototype is found, once the scan of its commit is there", async () => {
    const commit = "0123456789abcdef0123456789abcdef01234567";
    await ensureDefaultExperiment(stage.ctx, project, 0);
    const { run_id: runId } = await createRun(stage.ctx, {
      project,
      experimentId: 0,
      tags: [{ key: "mlflow.source.git.commit", value: commit }],
    });
    await stage.call(createVersion, { project, model, source: "s3://bucket/model", runId });
    await stage.call(setAlias, { project, model, alias: "champion", version: 1, reason: "the first" });
    const before = await promotedPrototype({ perform }).check(stage.ctx, project);
    expect([before.findings.length, before.unseen.length]).toEqual([0, 1]);
    const finding = (at: number, slug: string): ScanFinding => ({
      rule: "MLD501",
      slug,
      path: "train.ipynb",
      line: at,
      confidence: "high",
      message: "Cells ran out of order.",
      evidence: [],
      principal: { p10: 0.1, p50: 0.2, p90: 0.3 },
      interest: null,
      fingerprint: `mark-${at}`,
      scope: "",
    });
    const report: ScanReport = {
      schema: "paydown-scan/1",
      tool: { name: "paydown-scan", version: "0.1.0" },
      root: "/home/me/delay",
      scannedAt: new Date(stage.clock.now()).toISOString(),
      profile: "default",
      findings: [1, 2, 3].map((at) => finding(at, "nb-out-of-order")),
      unseen: [],
      counted: [],
      suppressed: [],
      suppressions: [],
      inventory: {},
      history: null,
      totals: {},
    };
    await stage.call(ingestScan, { project, report, commit: commit.slice(0, 12) });
    const { findings, unseen } = await promotedPrototype({ perform }).check(stage.ctx, project);
    expect(unseen).toEqual([]);
    expect(findings).toMatchObject([{ asset: { kind: "model-version", id: "delay/1" }, size: 3 }]);
    expect(findings[0]?.message).toContain("3 nb-out-of-order");
  });

  test("what no record speaks of stays unknown in the test score's evidence", async () => {
    const { hash } = await stage.base.blobs.put(Buffer.from("a,b\n1,2\n"));
    await stage.call(addVersion, {
      project,
      dataset: "numbers",
      create: true,
      format: "csv",
      files: [{ path: "a.csv", hash }],
    });
    await stage.work();
    const evidence = await gatherTestEvidence(stage.ctx, perform, project);
    expect(evidence.schema?.declared).toBe(true);
    expect(evidence.rollback).toBeUndefined();
    expect(evidence.servingInvariants).toBeUndefined();
  });
});

describe("the verdict on a challenger", () => {
  const difference = (value: number, p: number) => ({
    value,
    p,
    error: 0.01,
    low: value - 0.02,
    high: value + 0.02,
    n: 1000,
  });

  test.each([
    ["better when it loses less and ranks no worse", -0.01, 0.001, 0, 0.9, "better"],
    ["better when it ranks better and loses no more", 0.001, 0.7, 0.02, 0.0001, "better"],
    ["not distinguishable when neither is beyond chance", -0.001, 0.3, 0.001, 0.4, "not-distinguishable"],
    [
      "not distinguishable when one gain just passes 5 %, since two were looked at",
      -0.01,
      0.04,
      0,
      0.9,
      "not-distinguishable",
    ],
    ["worse when it loses more", 0.02, 0.001, 0, 0.9, "worse"],
    ["not distinguishable when it wins one and loses the other", 0.02, 0.001, 0.02, 0.001, "not-distinguishable"],
  ])("is %s", (_what, loss, lossP, auc, aucP, verdict) => {
    expect(judge(difference(loss as number, lossP as number), difference(auc as number, aucP as number))).toBe(verdict);
  });
});
