import * as api from "@paydown/api/registry";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { RuleAnswer } from "#base/rule.js";
import { openStage, type Stage } from "#base/testing/stage.js";
import { registry } from "../index.js";
import { FakeSources, wholeRun } from "../testing/sources.js";
import { registryRules } from "./index.js";

let stage: Stage;
let sources: FakeSources;
const project = "default";
const model = "delay";
const dayMs = 86_400_000;

beforeEach(async () => {
  sources = new FakeSources();
  sources.runs.set("r", wholeRun);
  stage = await openStage([registry(sources)]);
});
afterEach(() => stage.close());

const pinned = "scikit-learn==1.5.0\n";
const mlmodel = (more = ""): string => `
flavors: {onnx: {data: model.onnx}}
signature: {inputs: '[{"type": "double", "name": "x", "required": true}]', outputs: null}
saved_input_example_info: {artifact_path: input_example.json, type: dataframe}
${more}`;
const whole = { MLmodel: mlmodel(), "requirements.txt": pinned };
const hostile = "cos\nsystem\n(S'true'\ntR.";
const harmless = "\x80\x04}.";

async function register(files: Readonly<Record<string, string>>, runId: string | undefined = "r"): Promise<number> {
  const bytes = Object.fromEntries(Object.entries(files).map(([path, text]) => [path, Buffer.from(text, "latin1")]));
  const source = await sources.store(stage.ctx, `mlflow-artifacts:/0/${stage.ctx.ids.hex(4)}`, bytes);
  const input = { project, model, source, ...(runId === undefined ? {} : { runId }) };
  const { version } = await stage.call(api.createVersion, input);
  await stage.work();
  return version;
}
const point = (version: number, alias = "champion") =>
  stage.call(api.setAlias, { project, model, alias, version, reason: "" });
const evaluate = (version: number) =>
  stage.call(api.recordEvaluation, {
    project,
    model,
    version,
    metrics: [{ name: "auc", value: 1 }],
    verdict: "passed",
  });
const external = (more: object) =>
  stage.call(api.registerExternal, { project, model, provider: "acme", name: "large", ...more });

async function check(code: string): Promise<RuleAnswer> {
  const rule = registryRules(sources).find((one) => one.code === code);
  if (rule === undefined) throw new RangeError(code);
  return rule.check(stage.ctx, project);
}

interface Story {
  readonly code: string;
  readonly bad: () => Promise<unknown>;
  readonly good: () => Promise<unknown>;
  readonly says: string;
}

const stories: readonly Story[] = [
  {
    code: "REG006",
    says: "would call os.system",
    bad: () => register({ ...whole, "model.pkl": hostile }),
    good: () => register({ ...whole, "model.pkl": harmless }),
  },
  {
    code: "REG007",
    says: "100 days ago",
    async bad() {
      const version = await register(whole);
      await point(version);
      await evaluate(version);
      stage.clock.advance(100 * dayMs);
    },
    async good() {
      const version = await register(whole);
      await point(version);
      stage.clock.advance(100 * dayMs);
      await evaluate(version);
    },
  },
  {
    code: "REG008",
    says: "leaves 1 of 2 packages open: numpy",
    bad: () => register({ ...whole, "requirements.txt": `${pinned}numpy>=1\n` }),
    good: () => register(whole),
  },
  {
    code: "REG009",
    says: "no fallback is recorded",
    bad: () => external({ pin: "2026-01", promptVersion: "3", evaluationSet: "faq@1", licence: "commercial" }),
    good: () =>
      external({
        pin: "2026-01",
        promptVersion: "3",
        evaluationSet: "faq@1",
        licence: "commercial",
        fallback: "rules",
      }),
  },
  {
    code: "REG010",
    says: "local put delay version 1 at the guarded alias champion",
    async bad() {
      const version = await register(whole);
      await stage.call(api.setPromotionPolicy, { project, settings: { aliases: ["champion"], direct: "finding" } });
      await point(version);
    },
    async good() {
      const version = await register(whole);
      await stage.call(api.setPromotionPolicy, { project, settings: { aliases: ["champion"], direct: "finding" } });
      await point(version);
      const next = await register(whole);
      await stage.call(api.requestPromotion, { project, model, version: next, alias: "champion", reason: "better" });
    },
  },
  {
    code: "REG011",
    says: "has no criticality tier",
    bad: async () => point(await register(whole)),
    async good() {
      await point(await register(whole));
      await stage.call(api.setTier, { project, model, tier: "standard", reason: "banners" });
    },
  },
  {
    code: "REG012",
    says: "was tuned from acme/base",
    bad: () => register({ ...whole, MLmodel: mlmodel("metadata: {base_model: acme/base}") }),
    good: () => register({ ...whole, MLmodel: mlmodel("metadata: {base_model: acme/base, license: apache-2.0}") }),
  },
  {
    code: "REG013",
    says: "was waived by local until 1 days ago",
    async bad() {
      await waived();
      stage.clock.advance(8 * dayMs);
    },
    async good() {
      await waived();
      await stage.call(api.attachCard, { project, model, version: 1, text: "What it is for." });
      stage.clock.advance(8 * dayMs);
    },
  },
  {
    code: "REG014",
    says: "names no run",
    bad: () => register(whole, ""),
    good: () => register(whole),
  },
  {
    code: "REG015",
    says: "neither signature nor input example nor card",
    bad: async () => point(await register({ MLmodel: "flavors: {onnx: {data: model.onnx}}\n" })),
    good: async () => point(await register(whole)),
  },
  {
    code: "REG016",
    says: "packs 3 models",
    bad: () => register({ ...whole, "a.pkl": harmless, "b.pkl": harmless, "c.pkl": harmless }),
    good: () => register({ ...whole, "a.pkl": harmless, "b.pkl": harmless }),
  },
  {
    code: "REG017",
    says: "200 days old",
    async bad() {
      await point(await register(whole));
      stage.clock.advance(200 * dayMs);
    },
    async good() {
      const version = await register(whole);
      await point(version);
      stage.clock.advance(200 * dayMs);
      await evaluate(version);
    },
  },
];

async function waived(): Promise<void> {
  const version = await register(whole);
  const settings: api.PolicySettings = { aliases: ["champion"], gates: { card: "refuse" }, fourEyes: false };
  await stage.call(api.setPromotionPolicy, { project, settings });
  const asked = await stage.call(api.requestPromotion, { project, model, version, alias: "champion", reason: "now" });
  const dueAt = stage.clock.now() + 7 * dayMs;
  const waiver = { project, promotion: asked.id, gate: "card" as const, reason: "next week", dueAt };
  const { state } = await stage.call(api.waiveGate, waiver);
  expect(state).toBe("promoted");
}

describe.each(stories)("$code", ({ code, says, bad, good }) => {
  test("finds the version it is about, and says so in a sentence", async () => {
    await bad();
    const { findings } = await check(code);
    expect(findings.map((finding) => finding.asset)).toEqual([{ kind: "model-version", id: "delay/1" }]);
    expect(findings[0]?.message).toContain(says);
  });

  test("passes over the version that is as it should be", async () => {
    await good();
    expect(await check(code)).toEqual({ findings: [], unseen: [] });
  });
});

test("of a version whose files are stored elsewhere nobody knows whether they are dangerous", async () => {
  await stage.call(api.createVersion, { project, model, source: "s3://bucket/model" });
  const { findings, unseen } = await check("REG006");
  expect([findings.length, unseen.length]).toEqual([0, 1]);
  expect(unseen[0]?.what).toContain("none of its files is stored here");
});

test("files that were not read, or not to their end, are unseen, not fine", async () => {
  await register({ ...whole, "model.pkl.xz": "\xfd7zXZ\x00" });
  const { findings, unseen } = await check("REG006");
  expect([findings.length, unseen.length]).toEqual([0, 1]);
  expect(unseen[0]?.what).toContain("xz");
});
