import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openStage, type Stage } from "#base/testing/stage.js";
import { changeRun, createExperiment, createRun, logInputs, logMetric, logParam, setTags, tracking } from "../index.js";
import { signatureOf } from "../model/error-signature.js";
import { runRules } from "./index.js";

let stage: Stage;
const project = "default";
let experimentId: number;

beforeEach(async () => {
  stage = await openStage([tracking]);
  experimentId = (await createExperiment(stage.ctx, { project, name: "delay" })).id;
});
afterEach(() => stage.close());

interface Example {
  readonly tags?: Record<string, string>;
  readonly params?: Record<string, string>;
  readonly score?: number;
  readonly digest?: string;
  readonly status?: "FINISHED" | "FAILED";
}

async function train({ tags = {}, params = {}, score, digest, status = "FINISHED" }: Example): Promise<string> {
  const run = await createRun(stage.ctx, {
    project,
    experimentId,
    tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
  });
  for (const [key, value] of Object.entries(params)) await logParam(stage.ctx, project, run.run_id, { key, value });
  if (score !== undefined)
    await logMetric(stage.ctx, project, run.run_id, { key: "auc", value: score, step: 0, timestamp: 1 });
  if (digest !== undefined) {
    const input = {
      name: "flights",
      digest,
      sourceType: "local",
      source: "{}",
      schema: undefined,
      profile: undefined,
      tags: [],
      context: "training",
    };
    await logInputs(stage.ctx, project, run.run_id, [input], []);
  }
  await changeRun(stage.ctx, project, run.run_id, { status, endTime: stage.ctx.clock.now() + 3_600_000 });
  return run.run_id;
}

function check(code: string) {
  const rule = runRules.find((one) => one.code === code);
  if (rule === undefined) throw new RangeError(code);
  return rule.check(stage.ctx, project);
}

const commit = { "mlflow.source.git.commit": "a".repeat(40) };
const content = "0123456789abcdef";

/** For each rule a run that is debt and one that is not. */
const examples: Record<string, { bad: Example; good: Example }> = {
  TRK001: { bad: {}, good: { tags: commit } },
  TRK002: {
    bad: { tags: { ...commit, "paydown.source.dirty": "true" } },
    good: { tags: { ...commit, "paydown.source.dirty": "false" } },
  },
  TRK003: { bad: { params: { random_state: "None" } }, good: { params: { random_state: "7" } } },
  TRK004: { bad: { digest: "0123abcd" }, good: { digest: content } },
  TRK005: {
    bad: { status: "FAILED", tags: { "paydown.error": "Traceback\nModuleNotFoundError: No module named 'xgboost'" } },
    good: { status: "FAILED", tags: { "paydown.error": "ValueError: the learning rate must be positive" } },
  },
};

describe.each(runRules.map((rule) => [rule.code, rule.slug] as const))("%s %s", (code) => {
  test("finds the bad example and names its run", async () => {
    const run = await train(examples[code]?.bad ?? {});
    const { findings } = await check(code);
    expect(findings).toHaveLength(1);
    expect(findings[0]?.asset).toEqual({ kind: "experiment", id: String(experimentId) });
    expect(findings[0]?.evidence.runs).toEqual([run]);
    expect(findings[0]?.message).toContain("delay: 1 of 1 runs");
  });

  test("passes over the good example", async () => {
    await train(examples[code]?.good ?? {});
    expect((await check(code)).findings).toEqual([]);
  });

  test("says it saw nothing when there were no runs", async () => {
    const { findings, unseen } = await check(code);
    expect(findings).toEqual([]);
    expect(unseen).toHaveLength(1);
  });

  test("leaves runs older than the window alone", async () => {
    await train(examples[code]?.bad ?? {});
    stage.clock.advance(91 * 86_400_000);
    expect((await check(code)).findings).toEqual([]);
  });
});

test("a run repeated for another score is a cost that the missing seed explains", async () => {
  const same = { tags: commit, params: { lr: "0.1" }, digest: content };
  await train({ ...same, score: 0.7 });
  stage.clock.advance(1000);
  const again = await train({ ...same, score: 0.8 });
  await train({ ...same, params: { lr: "0.2" }, score: 0.9 });
  const { findings } = await check("TRK003");
  expect(findings[0]?.events).toEqual([expect.objectContaining({ id: again, channel: "re-runs", explained: true })]);
});

test("a commit without a word on the tree is unknown, not fine", async () => {
  await train({ tags: commit });
  const { findings, unseen } = await check("TRK002");
  expect(findings).toEqual([]);
  expect(unseen[0]?.what).toContain("1 runs that name a commit");
});

test("failed runs cost once each, by cause; without an error the cause is unseen", async () => {
  const one = await train({ status: "FAILED", tags: { "paydown.error": "KeyError: 'dep_delay'" } });
  const two = await train({ status: "FAILED" });
  await setTags(stage.ctx, project, two, [{ key: "paydown.error", value: "KeyError: 'arr_delay'" }]);
  await train({ status: "FAILED" });
  const { findings, unseen } = await check("TRK005");
  expect(findings.map((finding) => finding.key)).toEqual(["missing-schema"]);
  expect(findings[0]?.events.map((event) => event.id).sort()).toEqual([one, two].sort());
  expect(unseen[0]?.what).toContain("Why 1 failed runs failed");
});

describe("error signatures", () => {
  test.each([
    ["ImportError: cannot import name 'foo' from 'bar'", "unpinned-environment"],
    ["pkg_resources.VersionConflict: (numpy 2.0)", "unpinned-environment"],
    ["KeyError: \"['dep_delay'] not in index\"", "missing-schema"],
    ["ValueError: could not convert string to float: 'n/a'", "missing-schema"],
    ["ValueError: Input X contains NaN.", "unchecked-values"],
    ["FileNotFoundError: [Errno 2] No such file or directory: '/home/ann/x.csv'", "hard-coded-path"],
    ["torch.cuda.OutOfMemoryError: CUDA out of memory.", "no-resource-limit"],
    ["requests.exceptions.ConnectionError: HTTPSConnectionPool", "unstable-upstream"],
    ["ValueError: n_estimators must be positive", undefined],
  ])("%s", (error, slug) => {
    expect(signatureOf(error)?.slug).toBe(slug);
  });

  test("an error that was handled before the last one explains nothing", () => {
    const text =
      "Traceback (most recent call last):\nImportError: no fast path\n\nDuring handling of the above exception, another exception occurred:\n  File x\n  y = f()\nValueError: wrong shape";
    expect(signatureOf(text)).toBeUndefined();
  });
});
