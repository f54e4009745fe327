import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { EvidenceRule } from "#base/rule.js";
import { openStage, type Stage } from "#base/testing/stage.js";
import { setRetention } from "../actions/retention.js";
import { setConfigSchema } from "../actions/set-config-schema.js";
import {
  changeRun,
  createExperiment,
  createLoggedModel,
  createRun,
  deleteRun,
  logInputs,
  logParam,
  noteClient,
  recordModel,
  storeArtifact,
  trackingIn,
} from "../index.js";
import { type LiveVersion, nobodyElse, type TrackingNeeds, type VersionOrigin } from "../needs.js";
import { upsertFile } from "../store/artifacts.js";
import { trackingRules } from "./index.js";

let stage: Stage;
let experimentId: number;
let live: LiveVersion[];
let versions: VersionOrigin[];
const project = "default";
const day = 86_400_000;
const needs: TrackingNeeds = { ...nobodyElse, versions: async () => versions, liveVersions: async () => live };

beforeEach(async () => {
  live = [];
  versions = [];
  stage = await openStage([trackingIn(needs)]);
  stage.clock.advance(100 * day);
  experimentId = (await createExperiment(stage.ctx, { project, name: "delay" })).id;
});
afterEach(() => stage.close());

interface Example {
  readonly client?: string;
  readonly lr?: string;
  readonly digest?: string;
  readonly source?: string;
  readonly sourceType?: string;
  readonly python?: string;
}

async function train({
  client,
  lr,
  digest,
  source = "a.csv",
  sourceType = "local",
  python,
}: Example = {}): Promise<string> {
  stage.clock.advance(1000);
  const { run_id } = await createRun(stage.ctx, { project, experimentId });
  if (client !== undefined) await noteClient(stage.ctx, project, run_id, client);
  if (lr !== undefined) await logParam(stage.ctx, project, run_id, { key: "lr", value: lr });
  if (python !== undefined)
    await recordModel(stage.ctx, project, run_id, { flavors: { python_function: { python_version: python } } });
  if (digest !== undefined) {
    const input = {
      name: "flights",
      digest,
      sourceType,
      source,
      schema: undefined,
      profile: undefined,
      tags: [],
      context: undefined,
    };
    await logInputs(stage.ctx, project, run_id, [input], []);
  }
  await changeRun(stage.ctx, project, run_id, { status: "FINISHED", endTime: stage.clock.now() });
  return run_id;
}

function origin(runId: string | undefined): VersionOrigin {
  return {
    model: "churn",
    version: 1,
    runId,
    loggedModelId: undefined,
    location: "x",
    source: "x",
    createdAt: stage.clock.now(),
  };
}

const serve = () => {
  live = [{ model: "churn", version: 1, deployment: "churn-eu" }];
};

const setSchema = () =>
  setConfigSchema(stage.ctx, {
    project,
    experimentId: String(experimentId),
    schema: { properties: { lr: { type: "number", maximum: 1 } } },
    reason: "agreed",
  });

/** A large file that is only named: the rule looks at records. */
const nameBigFile = (runId: string) =>
  stage.base.db.write((tx) =>
    upsertFile(tx, project, `${experimentId}/${runId}/artifacts/w`, { hash: "0".repeat(64), size: 2 ** 31 }, 0),
  );

/** For each rule a state of the records that is debt, one that is not, and what is answered of a project without records. */
const examples: Record<
  string,
  { bad: () => Promise<unknown>; good: () => Promise<unknown>; asset: string; says: string }
> = {
  TRK006: {
    async bad() {
      versions = [origin(undefined)];
    },
    async good() {
      versions = [origin(await train())];
    },
    asset: "model-version",
    says: "Version 1 of model churn names no run",
  },
  TRK007: {
    async bad() {
      versions = [origin(await train({ python: "3.10.1" }))];
      await train({ python: "3.12.4" });
      serve();
    },
    async good() {
      versions = [origin(await train({ python: "3.12.4" }))];
      await train({ python: "3.12.4" });
      serve();
    },
    asset: "model-version",
    says: "python 3.10.1 -> 3.12.4",
  },
  TRK008: {
    async bad() {
      await train({ client: "2.22.5" });
      await train({ client: "3.3.0" });
    },
    async good() {
      await train({ client: "2.22.5" });
      await train({ client: "2.21.0" });
    },
    asset: "experiment",
    says: "2 major versions: 2.22.5, 3.3.0",
  },
  TRK009: {
    async bad() {
      await setSchema();
      await train({ lr: "10" });
    },
    async good() {
      await setSchema();
      await train({ lr: "0.1" });
    },
    asset: "experiment",
    says: "1 of 1 runs",
  },
  TRK010: {
    async bad() {
      await train({ digest: "11111111" });
      await train({ digest: "22222222" });
    },
    async good() {
      await train({ digest: "11111111" });
      await train({ digest: "22222222", source: "b.csv" });
      await train({ digest: "0123456789abcdef" });
      await train({ digest: "fedcba9876543210" });
    },
    asset: "experiment",
    says: "2 different contents of flights",
  },
  TRK011: {
    async bad() {
      const run = await train();
      await nameBigFile(run);
      await deleteRun(stage.ctx, project, run);
      stage.clock.advance(31 * day);
    },
    async good() {
      const run = await train();
      await nameBigFile(run);
      await deleteRun(stage.ctx, project, run);
      stage.clock.advance(31 * day);
      await setRetention(stage.ctx, needs, { project, deletedDays: "forever", reason: "audit" });
    },
    asset: "project",
    says: "2.0 GiB",
  },
};

const rules: EvidenceRule[] = trackingRules(needs).filter((rule) => examples[rule.code] !== undefined);

test("every rule with needs or over many runs has its examples", () => {
  expect(rules.map((rule) => rule.code)).toEqual(Object.keys(examples));
});

describe.each(rules.map((rule) => [rule.code, rule.slug, rule] as const))("%s %s", (code, _slug, rule) => {
  const example = examples[code];
  if (example === undefined) throw new RangeError(code);

  test("finds the bad example", async () => {
    await example.bad();
    const { findings } = await rule.check(stage.ctx, project);
    expect(findings).toHaveLength(1);
    expect(findings[0]?.asset.kind).toBe(example.asset);
    expect(findings[0]?.message).toContain(example.says);
  });

  test("passes over the good example", async () => {
    await example.good();
    expect((await rule.check(stage.ctx, project)).findings).toEqual([]);
  });

  test("says what it could not see in a project without records", async () => {
    const { findings, unseen } = await rule.check(stage.ctx, "empty");
    expect(findings).toEqual([]);
    expect(unseen.length).toBeGreaterThan(0);
  });
});

describe("training outside runs", () => {
  const check = () => rules[0]?.check(stage.ctx, project);

  test("is seen in logged models and in files that belong to nothing", async () => {
    const run = await train();
    await createLoggedModel(stage.ctx, { project, experimentId, name: "m", params: [], tags: [] });
    await storeArtifact(stage.ctx, project, `${experimentId}/${run}/artifacts/a`, Buffer.from("a"), {});
    await storeArtifact(stage.ctx, project, "by-hand/model.bin", Buffer.from("b"), {});
    await storeArtifact(stage.ctx, project, `${experimentId}/old-model/w`, Buffer.from("c"), {});
    const found = (await check())?.findings.map((one) => [one.key, one.evidence.folders ?? one.evidence.total]);
    expect(found).toEqual([
      ["logged-model", 1],
      ["files", ["by-hand", `${experimentId}/old-model`]],
    ]);
  });
});

test("a live version without a run, or with a run that says nothing, is unknown, not fine", async () => {
  const rule = rules[1];
  versions = [origin(undefined)];
  serve();
  expect((await rule?.check(stage.ctx, project))?.unseen[0]?.what).toContain("it names no run");
  versions = [origin(await train())];
  expect((await rule?.check(stage.ctx, project))?.unseen[0]?.what).toContain("With which versions churn/1");
});

test("data whose source is the training code has no place to have changed in", async () => {
  await train({ digest: "11111111", sourceType: "code" });
  await train({ digest: "22222222", sourceType: "code" });
  const answer = await rules[4]?.check(stage.ctx, project);
  expect(answer?.findings).toEqual([]);
  expect(answer?.unseen[0]?.what).toContain("Where 2 datasets came from");
});
