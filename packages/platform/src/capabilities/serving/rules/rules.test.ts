import { createDeployment, declareConsumer, retireDeployment } from "@paydown/api/serving";
import { afterEach, describe, expect, test } from "vitest";
import type { EvidenceRule } from "#base/rule.js";
import { sigmoidModel } from "../testing/onnx-model.js";
import { column, openServingStage, type ServingStage } from "../testing/stage.js";
import contractViolations from "./contract-violations.js";
import deploymentWithoutLimits from "./deployment-without-limits.js";
import endpointWithoutContract from "./endpoint-without-contract.js";
import { rules } from "./index.js";
import undeclaredConsumer from "./undeclared-consumer.js";
import unusedDeployment from "./unused-deployment.js";

const project = "default";
const day = 86_400_000;
let stage: ServingStage;
afterEach(() => stage.close());

function call(consumer: string, a = 1) {
  const inputs = [column("a", [a]), column("b", [0])];
  return stage.serving.endpoint.infer(stage.ctx, { project, deployment: "delay", consumer, inputs });
}

async function keys(rule: EvidenceRule): Promise<string[]> {
  return (await rule.check(stage.ctx, project)).findings.map((finding) => `${finding.asset.id}:${finding.key}`);
}

describe("debt rules over deployments", () => {
  test("say that they see nothing where nothing is deployed", async () => {
    stage = await openServingStage();
    for (const rule of rules) {
      const answer = await rule.check(stage.ctx, project);
      expect(answer.findings, rule.code).toEqual([]);
      expect(answer.unseen.length, rule.code).toBeGreaterThan(0);
    }
  });

  test("have codes and slugs of their own", () => {
    expect(new Set(rules.map((rule) => rule.code)).size).toBe(rules.length);
    expect(new Set(rules.map((rule) => rule.slug)).size).toBe(rules.length);
  });

  test("find a caller nobody declared, until it is declared", async () => {
    stage = await openServingStage();
    await stage.deploy("delay", sigmoidModel());
    await stage.call(declareConsumer, { project, name: "delay", consumer: "ops-board", team: "ops" });
    expect(await keys(undeclaredConsumer)).toEqual([]);
    await call("ops-board");
    await call("10.1.4.7");
    const answer = await undeclaredConsumer.check(stage.ctx, project);
    expect(answer.findings).toMatchObject([{ key: "10.1.4.7", evidence: { requests: 1 } }]);
    await stage.call(declareConsumer, { project, name: "delay", consumer: "10.1.4.7", team: "billing" });
    expect(await keys(undeclaredConsumer)).toEqual([]);
  });

  test("find a deployment without limits, and leave one with limits alone", async () => {
    stage = await openServingStage();
    await stage.deploy("delay", sigmoidModel());
    const version = await stage.addVersion("eta", sigmoidModel());
    await stage.call(createDeployment, {
      project,
      name: "eta",
      model: "eta",
      version,
      limits: { rowsPerRequest: 100 },
    });
    expect(await keys(deploymentWithoutLimits)).toEqual(["delay:"]);
  });

  test("find an endpoint that is called and has no contract", async () => {
    stage = await openServingStage();
    await stage.deploy("delay", sigmoidModel());
    expect(await keys(endpointWithoutContract)).toEqual([]);
    await call("ops-board");
    expect(await keys(endpointWithoutContract)).toEqual(["delay:"]);
  });

  test("find a deployment that nobody calls for a month, and forget it once retired", async () => {
    stage = await openServingStage();
    await stage.deploy("delay", sigmoidModel());
    stage.clock.advance(29 * day);
    expect(await keys(unusedDeployment)).toEqual([]);
    stage.clock.advance(day);
    expect(await keys(unusedDeployment)).toEqual(["delay:"]);
    await call("ops-board");
    expect(await keys(unusedDeployment)).toEqual([]);
    stage.clock.advance(31 * day);
    expect(await keys(unusedDeployment)).toEqual(["delay:"]);
    await stage.call(retireDeployment, { project, name: "delay" });
    expect(await keys(unusedDeployment)).toEqual([]);
  });

  test("find who keeps breaking the contract, and say where there is none to break", async () => {
    stage = await openServingStage();
    await stage.deploy("delay", sigmoidModel(), { contract: { columns: [{ column: "a", max: 10 }] } });
    for (let i = 0; i < 12; i++) await call("nightly", 99);
    await call("ops-board", 99);
    expect(await keys(contractViolations)).toEqual(["delay:nightly"]);
    await stage.deploy("eta", sigmoidModel());
    const answer = await contractViolations.check(stage.ctx, project);
    expect(answer.unseen).toMatchObject([{ what: expect.stringContaining("eta") }]);
  });
});
