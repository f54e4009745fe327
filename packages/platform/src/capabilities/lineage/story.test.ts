import { OwnerAssigned } from "@paydown/api/accounts";
import { SourceRegistered, VersionAdded } from "@paydown/api/data";
import * as api from "@paydown/api/lineage";
import { VersionCreated } from "@paydown/api/registry";
import { ConsumerDeclared, ConsumerSeen, DeploymentCreated, VersionSwitched } from "@paydown/api/serving";
import { ExperimentRenamed, InputsLogged, RunCreated, RunTagged } from "@paydown/api/tracking";
import { RecordPurged, RunCorrected, RunMoved } from "@paydown/api/tracking-upkeep";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Tx } from "#base/db/db.js";
import { openStage, type Stage } from "#base/testing/stage.js";
import { lineage, viewDownstream } from "./index.js";
import { correctionCascade } from "./rules/correction-cascade.js";
import { feedbackLoop } from "./rules/feedback-loop.js";
import { unownedAsset } from "./rules/unowned-asset.js";
import { untracedLiveModel } from "./rules/untraced-live-model.js";

const project = "flights";
const run = "91bc0000000000000000000000000000";
const version = "4f1c000000000000";
const hour = 3_600_000;

describe("from source to consumer", () => {
  let stage: Stage;
  let predictionAt: number | undefined;

  beforeEach(async () => {
    predictionAt = undefined;
    const capability = lineage({
      findPrediction: async (_ctx, _project, id) =>
        id === "req-1/0" && predictionAt !== undefined
          ? { deployment: "delay-api", model: "delay", version: 7, at: predictionAt, consumer: "ops-board" }
          : undefined,
    });
    stage = await openStage([capability]);
  });
  afterEach(() => stage.close());

  /** Lets the other capabilities say what happened, then lets the graph hear it. */
  async function happened(say: (tx: Tx, now: number) => Promise<void>): Promise<void> {
    await stage.base.db.write((tx) => say(tx, stage.clock.now()));
    await stage.deliver();
    stage.clock.advance(hour);
  }

  async function tellStory(): Promise<void> {
    await happened((tx) =>
      tx.emit(SourceRegistered, project, {
        source: "bts",
        location: "https://example.org/bts",
        modality: "table" as never,
        external: true,
        owner: "data-team",
      }),
    );
    await happened((tx, now) =>
      tx.emit(VersionAdded, project, {
        dataset: "flights",
        version,
        manifestHash: "00",
        format: "parquet" as never,
        source: "bts",
        parents: [],
        rows: 10,
        bytes: 100,
        files: 1,
        createdAt: now,
      }),
    );
    await happened(async (tx, now) => {
      await tx.emit(RunCreated, project, {
        runId: run,
        name: "xgb",
        experimentId: "1",
        experimentName: "delay",
        user: "ada",
        startedAt: now,
        commit: "a".repeat(40),
        configHash: "c".repeat(64),
        environmentHash: "e".repeat(64),
      });
      await tx.emit(InputsLogged, project, {
        runId: run,
        datasets: [{ name: "flights", digest: version, sourceType: "local", source: "", strength: "content" }],
        models: [],
      });
    });
    await happened((tx) =>
      tx.emit(VersionCreated, project, { model: "delay", version: 7, runId: run, source: "runs:/x", location: "blob" }),
    );
    await happened((tx, now) =>
      tx.emit(DeploymentCreated, project, {
        deployment: "delay-api",
        model: "delay",
        version: 7,
        modelHash: "ab",
        owner: "serving-team",
        at: now,
      }),
    );
    await happened((tx, now) =>
      tx.emit(ConsumerSeen, project, {
        deployment: "delay-api",
        consumer: "ops-board",
        declared: false,
        model: "delay",
        version: 7,
        at: now,
      }),
    );
  }

  test("the whole way can be walked down from the source", async () => {
    await tellStory();
    const reply = await stage.call(api.downstream, { project, node: "source:bts" });
    expect(reply.nodes.map((node) => `${node.hops} ${node.kind}:${node.name}`)).toEqual([
      "0 source:bts",
      "1 dataset:flights",
      "2 dataset-version:flights@4f1c000",
      "3 run:xgb",
      "4 model-version:delay v7",
      "5 deployment:delay-api",
      "6 consumer:ops-board",
    ]);
    expect(reply.truncated).toBe(false);
    expect(reply.gaps).toEqual([]);
    expect(reply.edges.at(-1)).toMatchObject({ relation: "read-by", evidence: "observed", door: "system", count: 1 });
  });

  test("a model's upstream names code, configuration and environment beside the data", async () => {
    await tellStory();
    const reply = await stage.call(api.upstream, { project, node: "model-version:delay/7" });
    expect(reply.nodes.map((node) => node.kind).sort()).toEqual(
      ["commit", "config", "dataset", "dataset-version", "environment", "model-version", "run", "source"].sort(),
    );
  });

  const commitsOf = async (asOf?: number) => {
    const { nodes } = await stage.call(api.upstream, { project, node: `run:${run}`, ...(asOf ? { asOf } : {}) });
    return nodes.filter((node) => node.kind === "commit").map((node) => node.name);
  };

  test("a run whose commit was corrected came from the right one, and earlier from the one it was taken for", async () => {
    await tellStory();
    const before = stage.clock.now();
    stage.clock.advance(hour);
    await happened((tx) => tx.emit(RunTagged, project, { runId: run, commit: "b".repeat(40) }));
    expect(await commitsOf()).toEqual(["bbbbbbb"]);
    expect(await commitsOf(before)).toEqual(["aaaaaaa"]);
    await happened((tx) => tx.emit(RunTagged, project, { runId: run, commit: "b".repeat(40) }));
    expect(await commitsOf()).toEqual(["bbbbbbb"]);
    await happened((tx) => tx.emit(RunTagged, project, { runId: run, commit: "" }));
    expect(await commitsOf()).toEqual([]);
  });

  test("evidence whose tag was removed is unknown again, and earlier it is what it was", async () => {
    await tellStory();
    const factsOf = async (asOf?: number) => {
      const at = asOf === undefined ? {} : { asOf };
      const { node } = await stage.call(api.getNode, { project, node: `run:${run}`, ...at });
      const { nodes } = await stage.call(api.downstream, { project, node: `commit:${"a".repeat(40)}`, ...at });
      expect(nodes.filter((one) => one.kind === "run").map((one) => one.facts)).toEqual([node.facts]);
      const { items } = await stage.call(api.listNodes, { project, kind: "run", ...at });
      expect(items.map((one) => one.facts)).toEqual([node.facts]);
      return { dirty: node.facts.dirty, seed: node.facts.seed };
    };
    const untold = stage.clock.now();
    stage.clock.advance(hour);
    await happened((tx) => tx.emit(RunTagged, project, { runId: run, dirty: true, seed: "7" }));
    const told = stage.clock.now();
    stage.clock.advance(hour);
    await happened((tx) => tx.emit(RunTagged, project, { runId: run, dirty: null, seed: "" }));
    const unsaid = stage.clock.now();
    stage.clock.advance(hour);
    await happened((tx) => tx.emit(RunTagged, project, { runId: run, seed: "8" }));
    expect(await factsOf()).toEqual({ seed: "8" });
    expect(await factsOf(unsaid)).toEqual({});
    expect(await factsOf(told)).toEqual({ dirty: true, seed: "7" });
    expect(await factsOf(untold)).toEqual({});
  });

  test("of a purged run the graph keeps its id and when it was there, not its name or what was known of it", async () => {
    await tellStory();
    const before = stage.clock.now();
    stage.clock.advance(hour);
    await happened((tx) => tx.emit(RecordPurged, project, { kind: "run", id: run, purge: "p" }));
    const { node } = await stage.call(api.getNode, { project, node: `run:${run}` });
    expect(node).toMatchObject({ name: run, facts: { purgedAt: expect.any(Number) } });
    expect(JSON.stringify(node)).not.toMatch(/xgb|ada/);
    const then = await stage.call(api.getNode, { project, node: `run:${run}`, asOf: before });
    expect(JSON.stringify(then)).not.toMatch(/xgb|ada/);
    expect((await stage.call(api.searchNodes, { project, q: "xgb" })).groups).toEqual([]);
    expect(await commitsOf()).toEqual([]);
    expect(await commitsOf(before)).toEqual(["aaaaaaa"]);
    await happened((tx) => tx.emit(RecordPurged, project, { kind: "run", id: "never heard of", purge: "p" }));
    await expect(stage.call(api.getNode, { project, node: "run:never heard of" })).rejects.toThrow();
  });

  test("a run that was renamed is called so", async () => {
    await tellStory();
    const renamed = { runId: run, what: "name" as const, before: "xgb", after: "xgb, 2nd", points: 0 };
    const said = { id: "01", key: "", by: "ada", door: "http", reason: "a slip", at: stage.clock.now() };
    await happened((tx) => tx.emit(RunCorrected, project, { ...renamed, ...said }));
    expect((await stage.call(api.getNode, { project, node: `run:${run}` })).node.name).toBe("xgb, 2nd");
    const then = { project, node: `run:${run}`, asOf: said.at - 1 };
    expect((await stage.call(api.getNode, then)).node.name).toBe("xgb");
    expect((await stage.call(api.upstream, then)).nodes[0]?.name).toBe("xgb");
  });

  const experimentOf = async (asOf?: number) => {
    const at = asOf === undefined ? {} : { asOf };
    const { node } = await stage.call(api.getNode, { project, node: `run:${run}`, ...at });
    const { nodes } = await stage.call(api.downstream, { project, node: "source:bts", ...at });
    expect(nodes.find((one) => one.kind === "run")?.facts).toEqual(node.facts);
    return node.facts.experiment;
  };

  test("a run is shown in the experiment it is in, by the name that has, and earlier as it was then", async () => {
    await tellStory();
    const told: number[] = [];
    const then = async (say: (tx: Tx) => Promise<void>) => {
      told.push(stage.clock.now());
      stage.clock.advance(hour);
      await happened(say);
    };
    await then((tx) => tx.emit(ExperimentRenamed, project, { experimentId: "1", before: "delay", name: "delays" }));
    await then((tx) =>
      tx.emit(RunMoved, project, { runId: run, from: "1", experimentId: "2", experimentName: "night" }),
    );
    await then((tx) => tx.emit(ExperimentRenamed, project, { experimentId: "2", before: "night", name: "by night" }));
    await then((tx) => tx.emit(ExperimentRenamed, project, { experimentId: "1", before: "delays", name: "other" }));
    expect(await experimentOf()).toBe("by night");
    expect(await Promise.all(told.map(experimentOf))).toEqual(["delay", "delays", "night", "by night"]);
    expect((await stage.call(api.searchNodes, { project, q: run })).groups[0]?.nodes[0]?.facts).toMatchObject({
      experiment: "by night",
      experimentId: "2",
    });
    expect((await stage.call(api.impact, { project, node: `run:${run}` })).origins[0]?.facts.experiment).toBe(
      "by night",
    );
  });

  test("an experiment that was renamed before it had a run keeps both names", async () => {
    await happened((tx) => tx.emit(ExperimentRenamed, project, { experimentId: "1", before: "draft", name: "delays" }));
    // The run was begun before the new name was known where it began, and is heard of after it.
    await tellStory();
    expect(await experimentOf()).toBe("delays");
  });

  test("of a purged experiment no name is kept, not even of the time before", async () => {
    await tellStory();
    const before = stage.clock.now();
    stage.clock.advance(hour);
    await happened((tx) =>
      tx.emit(RunMoved, project, { runId: run, from: "1", experimentId: "2", experimentName: "night" }),
    );
    await happened((tx) => tx.emit(RecordPurged, project, { kind: "experiment", id: "1", purge: "p" }));
    expect(await experimentOf()).toBe("night");
    expect(await experimentOf(before)).toBeUndefined();
  });

  test("a walk that was cut says so and how to see the rest", async () => {
    await tellStory();
    const near = await stage.call(api.downstream, { project, node: "source:bts", depth: 2 });
    expect(near.nodes).toHaveLength(3);
    expect(near).toMatchObject({ truncated: true, hidden: expect.stringContaining("2 hops") });
    const few = await stage.call(api.downstream, { project, node: "source:bts", limit: 4 });
    expect(few.nodes).toHaveLength(4);
    expect(few).toMatchObject({ truncated: true, hidden: expect.stringContaining("4 nodes") });
    const all = await stage.call(api.downstream, { project, node: "source:bts", depth: 6 });
    expect(all).toMatchObject({ truncated: false });
  });

  test("the graph is shown as it was", async () => {
    await tellStory();
    const before = stage.clock.now();
    await happened((tx, now) =>
      tx.emit(VersionSwitched, project, {
        deployment: "delay-api",
        model: "delay",
        previous: 7,
        version: 8,
        modelHash: "cd",
        reason: "better",
        at: now,
      }),
    );
    const now = await stage.call(api.upstream, { project, node: "deployment:delay-api", depth: 1 });
    expect(now.nodes.map((node) => node.id)).toEqual(["delay-api", "delay/8"]);
    const then = await stage.call(api.upstream, { project, node: "deployment:delay-api", depth: 1, asOf: before - 1 });
    expect(then.nodes.map((node) => node.id)).toEqual(["delay-api", "delay/7"]);
    await expect(
      stage.call(api.getNode, { project, node: "model-version:delay/8", asOf: before - 1 }),
    ).rejects.toMatchObject({
      code: "LINEAGE_NODE_NOT_FOUND",
    });
  });

  test("impact lists what a faulty dataset version reaches, with the path and who must know", async () => {
    await tellStory();
    await happened((tx) =>
      tx.emit(OwnerAssigned, project, { asset: { kind: "consumer", id: "ops-board" }, team: "ops", role: "owner" }),
    );
    const reply = await stage.call(api.impact, { project, node: `dataset-version:flights@${version}` });
    expect(reply.counts).toEqual({
      nodes: 4,
      datasets: 0,
      models: 1,
      endpoints: 1,
      consumers: 1,
      undeclared: 1,
      teams: 2,
      unowned: 2,
    });
    expect(reply.teams.map((one) => one.team).sort()).toEqual(["ops", "serving-team"]);
    expect(reply.reached.at(-1)?.path).toEqual([
      `dataset-version:flights@${version}`,
      `run:${run}`,
      "model-version:delay/7",
      "deployment:delay-api",
      "consumer:ops-board",
    ]);
  });

  test("a fault is carried on only by edges seen after it, with the delay", async () => {
    await tellStory();
    const start = Date.UTC(2026, 0, 1);
    const early = await stage.call(api.impact, { project, node: `dataset-version:flights@${version}`, since: start });
    const delays = Object.fromEntries(early.reached.map((one) => [one.node.kind, (one.delayMs ?? 0) / hour]));
    expect(delays).toEqual({ run: 2, "model-version": 3, deployment: 4, consumer: 5 });
    const late = await stage.call(api.impact, {
      project,
      node: `dataset-version:flights@${version}`,
      since: start + 3 * hour,
    });
    expect(late.reached).toEqual([]);
  });

  test("a diff is judged before it is merged, and files nobody knows are said to be unknown", async () => {
    await tellStory();
    await stage.call(api.recordLinks, {
      project,
      links: [{ from: "file:train.py", to: `run:${run}`, relation: "code", evidence: "static" }],
    });
    const reply = await stage.call(api.previewChange, { project, files: ["./train.py", "README.md"] });
    expect(reply.counts).toMatchObject({ models: 1, endpoints: 1, consumers: 1 });
    expect(reply.reached.every((one) => one.evidence === "static")).toBe(true);
    expect(reply.unknown).toEqual(["file:README.md"]);
    await expect(stage.call(api.previewChange, { project })).rejects.toMatchObject({ code: "LINEAGE_PREVIEW_EMPTY" });
  });

  test("the program a run logged is found by its path in the repository, wherever it ran", async () => {
    await tellStory();
    await happened((tx, now) =>
      tx.emit(RunCreated, project, {
        runId: run,
        name: "xgb",
        experimentId: "1",
        experimentName: "delay",
        user: "ada",
        startedAt: now,
        entryPoint: "/home/ada/flights/jobs/train_100%.py",
      }),
    );
    const reply = await stage.call(api.previewChange, { project, files: ["jobs/train_100%.py"] });
    expect(reply.counts).toMatchObject({ models: 1, endpoints: 1 });
    expect(reply.unknown).toEqual([]);
    const other = await stage.call(api.previewChange, { project, files: ["jobs/train_1000.py", "train_100%.p"] });
    expect(other.reached).toEqual([]);
    expect(other.unknown).toHaveLength(2);
  });

  test("the breadcrumb leads through the node, with siblings counted and unknown links said", async () => {
    await tellStory();
    const whole = await stage.call(api.path, { project, node: "model-version:delay/7" });
    expect(whole.steps.map((step) => [step.kind, step.node?.name, step.current])).toEqual([
      ["source", "bts", false],
      ["dataset", "flights", false],
      ["dataset-version", "flights@4f1c000", false],
      ["run", "xgb", false],
      ["model-version", "delay v7", true],
      ["deployment", "delay-api", false],
      ["consumer", "ops-board", false],
    ]);
    await happened((tx) =>
      tx.emit(VersionCreated, project, { model: "stray", version: 1, source: "s", location: "l" }),
    );
    const broken = await stage.call(api.path, { project, node: "model-version:stray/1" });
    expect(broken.steps.map((step) => [step.kind, step.unknown])).toEqual([
      ["source", true],
      ["dataset-version", true],
      ["run", true],
      ["model-version", false],
    ]);
    expect(broken.steps[2]?.remedy).toContain("register");
  });

  test("a prediction leads back to its source although it is not stored in the graph", async () => {
    await tellStory();
    predictionAt = stage.clock.now();
    const up = await stage.call(api.upstream, { project, node: "prediction:req-1/0" });
    expect(up.focus).toMatchObject({ kind: "prediction", facts: { model: "delay", version: 7 } });
    expect(up.nodes.map((node) => node.kind)).toContain("source");
    const { steps } = await stage.call(api.path, { project, node: "prediction:req-1/0" });
    expect(steps.map((step) => step.kind)).toEqual([
      "source",
      "dataset",
      "dataset-version",
      "run",
      "model-version",
      "deployment",
      "prediction",
      "consumer",
    ]);
    await expect(stage.call(api.getNode, { project, node: "prediction:other/0" })).rejects.toMatchObject({
      code: "LINEAGE_NODE_NOT_FOUND",
    });
  });

  test("a node is found by any id, name, hash prefix or part of a name", async () => {
    await tellStory();
    const byPrefix = await stage.call(api.searchNodes, { project, q: "91bc" });
    expect(byPrefix.groups[0]).toMatchObject({ kind: "run", total: 1 });
    const byName = await stage.call(api.searchNodes, { project, q: "DELAY" });
    expect(byName.groups.map((group) => group.kind).sort()).toEqual(["deployment", "model-version"]);
    const whole = await stage.call(api.searchNodes, { project, q: "model-version:delay/7" });
    expect(whole.exact).toEqual({ kind: "model-version", id: "delay/7" });
    expect((await stage.call(api.searchNodes, { project, q: "100%_\\" })).groups).toEqual([]);
  });

  test("neighbours are counted by kind", async () => {
    await tellStory();
    const links = Array.from({ length: 12 }, (_, i) => ({ from: "deployment:delay-api", to: `consumer:c${i}` }));
    await stage.call(api.recordLinks, { project, links });
    const reply = await stage.call(api.neighbours, { project, node: "deployment:delay-api", each: 3 });
    expect(reply.downstream).toMatchObject([{ kind: "consumer", count: 13 }]);
    expect(reply.downstream[0]?.nodes).toHaveLength(3);
    expect(reply.upstream).toMatchObject([{ kind: "model-version", count: 1 }]);
  });

  test("the list pages through every node once, and the overview counts them", async () => {
    await tellStory();
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await stage.call(api.listNodes, { project, limit: 3, ...(cursor === undefined ? {} : { cursor }) });
      seen.push(...page.items.map((node) => `${node.kind}:${node.id}`));
      cursor = page.cursor;
    } while (cursor !== undefined);
    const counts = await stage.call(api.overview, { project });
    expect(seen).toHaveLength(counts.nodes);
    expect(new Set(seen).size).toBe(counts.nodes);
    expect(counts.flows).toContainEqual({ from: "deployment", to: "consumer", count: 1 });
  });

  test("a dataset version takes its dataset's owner, and a later owner reaches its versions", async () => {
    await happened((tx) =>
      tx.emit(OwnerAssigned, project, { asset: { kind: "dataset", id: "flights" }, team: "data-team", role: "owner" }),
    );
    await tellStory();
    const node = `dataset-version:flights@${version}`;
    expect((await stage.call(api.getNode, { project, node })).node.team).toBe("data-team");
    await happened((tx) =>
      tx.emit(OwnerAssigned, project, { asset: { kind: "dataset", id: "flights" }, team: "other", role: "owner" }),
    );
    expect((await stage.call(api.getNode, { project, node })).node.team).toBe("other");
  });

  test("predictions that come back as training data are a feedback loop", async () => {
    await tellStory();
    expect((await feedbackLoop.check(stage.ctx, project)).findings).toEqual([]);
    await stage.call(api.recordLinks, {
      project,
      links: [{ from: "consumer:ops-board", to: "source:bts", evidence: "observed" }],
    });
    const answer = await feedbackLoop.check(stage.ctx, project);
    expect(answer.findings).toMatchObject([{ asset: { kind: "model-version", id: "delay/7" }, key: "delay" }]);
    expect(answer.findings[0]?.message).toContain("consumer:ops-board -> source:bts");
    expect((await correctionCascade.check(stage.ctx, project)).findings).toEqual([]);
    // The circle does not keep a walk from ending.
    expect((await stage.call(api.downstream, { project, node: "source:bts" })).truncated).toBe(false);
  });

  test("a consumer that is also a source closes the loop by its name, without anybody having seen it", async () => {
    await tellStory();
    await happened((tx) =>
      tx.emit(SourceRegistered, project, {
        source: "ops-board",
        location: "x",
        modality: "table" as never,
        external: false,
      }),
    );
    await stage.call(api.recordLinks, { project, links: [{ from: "source:ops-board", to: "dataset:flights" }] });
    const { items } = await stage.call(api.listLoops, { project });
    expect(items).toMatchObject([{ kind: "feedback-loop", evidence: "static" }]);
  });

  test("a model trained on another model's output is a correction cascade", async () => {
    await tellStory();
    await stage.call(api.recordLinks, {
      project,
      links: [
        { from: "deployment:delay-api", to: "source:delay-log" },
        { from: "source:delay-log", to: "dataset:delays" },
        { from: "dataset:delays", to: "run:r2" },
        { from: "run:r2", to: "model-version:price/1" },
      ],
    });
    const answer = await correctionCascade.check(stage.ctx, project);
    expect(answer.findings).toMatchObject([{ asset: { kind: "model-version", id: "price/1" }, key: "delay" }]);
    expect((await feedbackLoop.check(stage.ctx, project)).findings).toEqual([]);
  });

  test("a live model whose way is not known is said to be unknown, with the remedy", async () => {
    expect((await untracedLiveModel.check(stage.ctx, project)).unseen).toHaveLength(1);
    await tellStory();
    expect(await stage.call(api.coverage, { project })).toMatchObject({ live: 1, complete: 1 });
    await happened(async (tx, now) => {
      await tx.emit(VersionCreated, project, { model: "stray", version: 1, source: "s", location: "l" });
      await tx.emit(DeploymentCreated, project, {
        deployment: "stray-api",
        model: "stray",
        version: 1,
        modelHash: "ab",
        at: now,
      });
    });
    const { live, complete, items } = await stage.call(api.coverage, { project });
    expect([live, complete]).toEqual([2, 1]);
    expect(items[0]?.gaps.map((gap) => gap.missing)).toEqual(["run", "dataset-version", "source"]);
    expect((await untracedLiveModel.check(stage.ctx, project)).findings).toMatchObject([
      { asset: { kind: "model-version", id: "stray/1" } },
    ]);
  });

  test("assets that nobody answers for are found", async () => {
    await tellStory();
    const { findings } = await unownedAsset.check(stage.ctx, project);
    expect(findings.map((one) => `${one.asset.kind}:${one.asset.id}`).sort()).toEqual(["consumer:ops-board"]);
  });

  test("blast radius gets every downstream node with what each edge stops", async () => {
    await tellStory();
    const below = await viewDownstream(stage.ctx, project, { kind: "dataset", id: "flights" });
    expect(below?.nodes.map((one) => one.node.kind)).toContain("consumer");
    expect(below?.edges.find((edge) => edge.to.kind === "deployment")?.containment).toBe(0.5);
    expect(await viewDownstream(stage.ctx, project, { kind: "dataset", id: "none" })).toBeUndefined();
  });

  test("a declared consumer is no longer counted as undeclared", async () => {
    await tellStory();
    await happened((tx, now) =>
      tx.emit(ConsumerDeclared, project, {
        deployment: "delay-api",
        consumer: "ops-board",
        team: "ops",
        purpose: "board",
        seenBefore: true,
        at: now,
      }),
    );
    const { counts } = await stage.call(api.impact, { project, node: "model-version:delay/7" });
    expect(counts).toMatchObject({ consumers: 1, undeclared: 0 });
  });
});
