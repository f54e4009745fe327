import * as api from "@paydown/api/registry";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Principal, Role } from "#base/auth/principal.js";
import { inNameOf } from "#base/caller.js";
import type { Ctx } from "#base/context.js";
import { openStage, type Stage } from "#base/testing/stage.js";
import { approvePromotion, requestPromotion, waiveGate, withdrawPromotion } from "./actions/promote-version.js";
import { deleteModel, deleteVersion, moveToStage, registry, setAlias } from "./index.js";
import { FakeSources, wholeRun } from "./testing/sources.js";

let stage: Stage;
let sources: FakeSources;
const project = "default";
const model = "delay";
const dayMs = 86_400_000;

const signed = `
flavors:
  onnx: {data: model.onnx}
signature:
  inputs: '[{"type": "double", "name": "x", "required": true}]'
  outputs: null
saved_input_example_info: {artifact_path: input_example.json, type: dataframe}
metadata: {license: apache-2.0}
`;

beforeEach(async () => {
  sources = new FakeSources();
  sources.runs.set("r", wholeRun);
  stage = await openStage([registry(sources)]);
});
afterEach(() => stage.close());

function as(name: string, role: Role = "approver"): Ctx {
  const principal: Principal = { kind: "user", name, roles: { [project]: role } };
  return { ...stage.ctx, principal };
}

async function register(): Promise<number> {
  const uri = `mlflow-artifacts:/0/r/artifacts/${stage.ctx.ids.ulid()}`;
  await sources.store(stage.ctx, uri, { MLmodel: signed, "requirements.txt": "scikit-learn==1.5.0\n" });
  const made = await stage.call(api.createVersion, { project, model, source: uri, runId: "r" });
  await stage.work();
  return made.version;
}

const policy = (settings: api.PolicySettings, of?: string) =>
  stage.call(api.setPromotionPolicy, { project, settings, ...(of === undefined ? {} : { model: of }) });
const ask = (by: Ctx, version: number, target: { alias?: string; stage?: "Production" } = { alias: "champion" }) =>
  inNameOf({ by: by.principal.name, door: "test" }, () =>
    requestPromotion(by, sources, { project, model, version, ...target, reason: "better on October" }),
  );
const approve = (by: Ctx, promotion: string) =>
  inNameOf({ by: by.principal.name, door: "test" }, () =>
    approvePromotion(by, sources, { project, promotion, reason: "looked at it" }),
  );
const waive = (by: Ctx, promotion: string, gate: api.GateName) =>
  inNameOf({ by: by.principal.name, door: "test" }, () =>
    waiveGate(by, sources, { project, promotion, gate, reason: "one week", dueAt: stage.clock.now() + 7 * dayMs }),
  );
const champion = async () => (await stage.call(api.getModel, { project, model })).aliases.champion;

describe("a fresh server", () => {
  test("guards nothing, and a request moves the alias at once", async () => {
    const version = await register();
    const { effective } = await stage.call(api.getPromotionPolicy, { project, model });
    expect(effective).toMatchObject({ aliases: [], stages: [], approvals: 0, direct: "allow" });
    await stage.call(api.setAlias, { project, model, alias: "champion", version, reason: "" });
    const asked = await ask(as("ann", "editor"), version, { alias: "other" });
    expect(asked).toMatchObject({ state: "promoted", approvals: 0, blocked: false });
  });
});

describe("a guarded alias", () => {
  test("moves only when enough people other than who asked approved, and the history names them", async () => {
    const version = await register();
    await policy({ aliases: ["champion"], approvals: 2, direct: "refuse" });
    const asked = await ask(as("ann"), version);
    expect(asked).toMatchObject({ state: "open", approvalsNeeded: 2, fourEyes: true });
    await expect(approve(as("ann"), asked.id)).rejects.toMatchObject({ code: "REGISTRY_FOUR_EYES" });
    expect(await approve(as("bob"), asked.id)).toMatchObject({ state: "open", approvals: 1 });
    await expect(approve(as("bob"), asked.id)).rejects.toMatchObject({ code: "REGISTRY_DECIDED_ALREADY" });
    expect(await champion()).toBeUndefined();
    expect(await approve(as("eve"), asked.id)).toMatchObject({ state: "promoted", approvals: 2 });
    expect(await champion()).toBe(version);
    const { history } = await stage.call(api.getModel, { project, model });
    expect(history[0]).toMatchObject({ kind: "alias-set", promotion: asked.id, approvers: ["bob", "eve"] });
    await expect(approve(as("dan"), asked.id)).rejects.toMatchObject({ code: "REGISTRY_PROMOTION_CLOSED" });
    const { items } = await stage.call(api.listStandings, { project, at: stage.clock.now() });
    expect(items).toEqual([
      expect.objectContaining({ model, name: "champion", version, promotion: asked.id, approvers: ["bob", "eve"] }),
    ]);
  });

  test("is refused to every direct way, also by taking it away", async () => {
    const version = await register();
    await stage.call(api.setAlias, { project, model, alias: "champion", version, reason: "" });
    await moveToStage(stage.ctx, project, model, version, "Production", false);
    await policy({ aliases: ["champion"], stages: ["Production"], direct: "refuse" });
    const next = await register();
    const guarded = { code: "REGISTRY_GUARDED", status: 403 };
    const change = { project, name: model, alias: "champion", reason: "" };
    await expect(setAlias(stage.ctx, { ...change, version: next })).rejects.toMatchObject(guarded);
    await expect(stage.call(api.removeAlias, { project, model, alias: "champion", reason: "" })).rejects.toMatchObject(
      guarded,
    );
    await expect(moveToStage(stage.ctx, project, model, next, "production", true)).rejects.toMatchObject(guarded);
    await expect(moveToStage(stage.ctx, project, model, version, "Archived", false)).rejects.toMatchObject(guarded);
    await expect(deleteVersion(stage.ctx, project, model, version)).rejects.toMatchObject(guarded);
    await expect(deleteModel(stage.ctx, project, model)).rejects.toMatchObject(guarded);
    // Where it stands already nothing changes, and nothing is refused.
    expect(await setAlias(stage.ctx, { ...change, version })).toBe(version);
  });

  test("may be moved directly where the policy only writes it down", async () => {
    const version = await register();
    await policy({ aliases: ["champion"], direct: "finding" });
    await stage.call(api.setAlias, { project, model, alias: "champion", version, reason: "at night" });
    const { history } = await stage.call(api.getModel, { project, model });
    expect(history[0]).toMatchObject({ kind: "alias-set", unapproved: true });
  });
});

describe("gates", () => {
  test("that refuse keep a version back until the evidence is there", async () => {
    const version = await register();
    await policy({
      aliases: ["champion"],
      gates: { evaluation: "refuse", data: "refuse", scan: "refuse" },
      approvals: 1,
    });
    const asked = await ask(as("ann"), version);
    expect(asked.blocked).toBe(true);
    expect(asked.gates.filter((gate) => gate.blocks).map((gate) => gate.gate)).toEqual(["evaluation"]);
    await expect(approve(as("bob"), asked.id)).rejects.toMatchObject({
      code: "REGISTRY_GATES_CLOSED",
      message: expect.stringContaining("No evaluation was recorded"),
    });
    const metrics = [{ name: "auc", value: 0.8 }];
    await stage.call(api.recordEvaluation, { project, model, version, metrics, verdict: "passed" });
    expect((await approve(as("bob"), asked.id)).state).toBe("promoted");
    const closed = await stage.call(api.getPromotion, { project, promotion: asked.id });
    expect(closed.gates.find((gate) => gate.gate === "evaluation")).toMatchObject({ state: "yes", mode: "refuse" });
  });

  test("can be waived by somebody else, with a reason and a date", async () => {
    const version = await register();
    await policy({ aliases: ["champion"], gates: { card: "refuse" }, approvals: 1 });
    const { id } = await ask(as("ann"), version);
    await expect(waive(as("ann"), id, "card")).rejects.toMatchObject({ code: "REGISTRY_FOUR_EYES" });
    await expect(waive(as("bob"), id, "data")).rejects.toMatchObject({ code: "REGISTRY_WAIVER_NOT_NEEDED" });
    const waived = await waive(as("bob"), id, "card");
    expect(waived).toMatchObject({ state: "open", blocked: false, waivers: [{ gate: "card", by: "bob" }] });
    stage.clock.advance(8 * dayMs);
    await expect(approve(as("bob"), id)).rejects.toMatchObject({ code: "REGISTRY_GATES_CLOSED" });
    await waive(as("bob"), id, "card");
    expect((await approve(as("bob"), id)).state).toBe("promoted");
  });

  test("an evaluation that is stale or lost does not pass", async () => {
    const version = await register();
    const gate = async () =>
      (await stage.call(api.checkPromotion, { project, model, version })).gates.find(
        (one) => one.gate === "evaluation",
      );
    const record = (verdict: "better" | "worse") =>
      stage.call(api.recordEvaluation, { project, model, version, metrics: [{ name: "auc", value: 0.8 }], verdict });
    await record("better");
    expect(await gate()).toMatchObject({ state: "yes" });
    stage.clock.advance(100 * dayMs);
    expect(await gate()).toMatchObject({ state: "no", evidence: expect.stringContaining("100 days ago") });
    await record("worse");
    expect(await gate()).toMatchObject({ state: "no", evidence: expect.stringContaining("worse") });
  });
});

test("a tier raises what is asked for; a model's own setting goes before it", async () => {
  const version = await register();
  await policy({ approvals: 1, gates: { licence: "refuse" } });
  await stage.call(api.setTier, { project, model, tier: "critical", reason: "loans are decided on it" });
  const { effective, origins } = await stage.call(api.getPromotionPolicy, { project, model });
  expect(effective).toMatchObject({ approvals: 2, direct: "refuse", aliases: ["champion", "production"] });
  expect(effective.gates).toMatchObject({ evaluation: "refuse", licence: "refuse" });
  expect(origins).toMatchObject({ approvals: "tier", "gates.licence": "project", unversionedData: "tier" });
  await policy({ approvals: 0, aliases: [] }, model);
  const own = await stage.call(api.getPromotionPolicy, { project, model });
  expect(own.effective).toMatchObject({ approvals: 0, aliases: [] });
  expect(own.origins.approvals).toBe("model");
  await stage.call(api.setAlias, { project, model, alias: "champion", version, reason: "" });
});

test("a request is made once, withdrawn by who made it or an approver, and goes with its version", async () => {
  const version = await register();
  await policy({ aliases: ["champion"], approvals: 1 });
  const { id } = await ask(as("ann"), version);
  await expect(ask(as("bob"), version)).rejects.toMatchObject({ code: "REGISTRY_PROMOTION_OPEN" });
  const other = as("kim", "editor");
  await expect(withdrawPromotion(other, sources, { project, promotion: id })).rejects.toMatchObject({
    code: "REGISTRY_PROMOTION_NOT_YOURS",
  });
  expect((await withdrawPromotion(as("ann", "editor"), sources, { project, promotion: id })).state).toBe("withdrawn");
  stage.clock.advance(1000);
  const again = await ask(as("ann"), version);
  await deleteVersion(stage.ctx, project, model, version);
  expect((await stage.call(api.getPromotion, { project, promotion: again.id })).state).toBe("withdrawn");
  const { items } = await stage.call(api.listPromotions, { project, model });
  expect(items.map((one) => one.id)).toEqual([again.id, id]);
});

test("a stage is taken over through a request, and what stood there is archived", async () => {
  const first = await register();
  await moveToStage(stage.ctx, project, model, first, "Production", false);
  const before = stage.clock.now();
  stage.clock.advance(1000);
  await policy({ stages: ["Production"], approvals: 1, direct: "refuse" });
  const second = await register();
  const { id } = await ask(as("ann"), second, { stage: "Production" });
  expect(await approve(as("bob"), id)).toMatchObject({ state: "promoted", previous: first });
  const { items } = await stage.call(api.getModel, { project, model });
  expect(items.map((one) => one.stage)).toEqual(["Production", "Archived"]);
  const at = async (moment: number) =>
    (await stage.call(api.listStandings, { project, at: moment, stage: "Production" })).items.map((one) => one.version);
  expect(await at(before)).toEqual([first]);
  expect(await at(stage.clock.now())).toEqual([second]);
});

test("a version without a named version of its data is taken, written down or refused, by policy", async () => {
  await stage.call(api.createVersion, { project, model, source: "s3://b/1" });
  await policy({ unversionedData: "finding" });
  await stage.call(api.createVersion, { project, model, source: "s3://b/2" });
  await policy({ unversionedData: "refuse" });
  await expect(stage.call(api.createVersion, { project, model, source: "s3://b/3" })).rejects.toMatchObject({
    code: "REGISTRY_DATA_VERSION_MISSING",
    status: 403,
  });
  await register();
  const { history } = await stage.call(api.getModel, { project, model });
  expect(history.map((one) => [one.version, one.unapproved ?? false])).toEqual([
    [3, false],
    [2, true],
    [1, false],
  ]);
});

test("what stood where is answered for a model that is gone, until the moment it went", async () => {
  const version = await register();
  await stage.call(api.setAlias, { project, model, alias: "champion", version, reason: "the first" });
  await moveToStage(stage.ctx, project, model, version, "Production", false);
  const before = stage.clock.now();
  stage.clock.advance(1000);
  await deleteModel(stage.ctx, project, model);
  const at = async (moment: number) =>
    (await stage.call(api.listStandings, { project, at: moment })).items.map((one) => `${one.model} ${one.name}`);
  expect(await at(before)).toEqual(["delay champion", "delay Production"]);
  expect(await at(stage.clock.now())).toEqual([]);
});
