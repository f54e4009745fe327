import { addVersion, createDataset, registerSource, updateDataset } from "@paydown/api/data";
import { afterEach, describe, expect, test } from "vitest";
import type { RuleAnswer } from "#base/rule.js";
import { openStage, type Stage } from "#base/testing/stage.js";
import { data } from "./index.js";
import type { DataNeeds } from "./needs.js";
import { dataRules } from "./rules/index.js";

const project = "default";
let stage: Stage;

async function open(needs: DataNeeds = {}): Promise<(slug: string) => Promise<RuleAnswer>> {
  stage = await openStage([data(needs)]);
  return async (slug) => {
    const rule = dataRules(needs).find((one) => one.slug === slug);
    return rule?.check(stage.ctx, project) ?? { findings: [], unseen: [{ what: `no rule ${slug}`, remedy: "" }] };
  };
}

async function add(dataset: string, text: string, extra: object = {}) {
  const { hash } = await stage.base.blobs.put(Buffer.from(text));
  return stage.call(addVersion, { project, dataset, files: [{ path: "a.csv", hash }], create: true, ...extra });
}

afterEach(() => stage.close());

const slugs = dataRules({}).map((rule) => rule.slug);

describe("every data rule", () => {
  test.each(slugs)("%s says that it sees nothing where nothing is registered", async (slug) => {
    const check = await open();
    const { findings, unseen } = await check(slug);
    expect(findings).toEqual([]);
    expect(unseen.length).toBeGreaterThan(0);
  });

  test("has its own code, slug and words", () => {
    const rules = dataRules({});
    expect(new Set(rules.map((rule) => rule.code)).size).toBe(rules.length);
    for (const rule of rules) expect(rule.code).toMatch(/^DAT\d{3}$/);
    return open();
  });
});

describe("DAT001 unowned-dataset", () => {
  test("finds a dataset nobody answers for, and not one with an owner", async () => {
    const check = await open();
    await stage.call(createDataset, { project, dataset: "mine", owner: "ops" });
    await add("nobodys", "x\n1\n");
    const { findings, unseen } = await check("unowned-dataset");
    expect(findings.map((one) => one.asset)).toEqual([{ kind: "dataset", id: "nobodys" }]);
    expect(findings[0]?.message).toBe("Dataset nobodys has 1 version and no owner.");
    expect(unseen).toEqual([]);
  });
});

describe("DAT002 unprofiled-version", () => {
  test("finds versions without a profile, but lets a job have its day", async () => {
    const check = await open();
    await add("fresh", "x\n1\n");
    await add("skipped", "x\n2\n", { profile: false });
    const found = async () => (await check("unprofiled-version")).findings.map((one) => one.asset.id);
    expect(await found()).toEqual(["skipped"]);
    stage.clock.advance(25 * 3_600_000);
    expect(await found()).toEqual(["fresh", "skipped"]);
    await stage.work();
    expect(await found()).toEqual(["skipped"]);
  });

  test("names why profiling failed", async () => {
    const check = await open();
    await add("broken", "x\n1\n");
    for await (const blob of stage.base.blobs.list()) await stage.base.blobs.remove(blob.hash);
    await stage.work();
    const { findings } = await check("unprofiled-version");
    expect(findings[0]?.message).toContain("failed: No stored object has the hash");
  });
});

describe("DAT003 unused-column", () => {
  test("is unknown while no run says what it used", async () => {
    for (const needs of [{}, { columnsUsed: async () => ({ runs: 0, columns: {} }) }]) {
      const check = await open(needs);
      await add("d", "x,y\n1,2\n");
      const { findings, unseen } = await check("unused-column");
      expect(findings).toEqual([]);
      expect(unseen.map((one) => one.what)).toEqual(["No run says which columns of d it used"]);
      if (Object.keys(needs).length === 0) await stage.close();
    }
  });

  test("finds the columns that no run used, one finding each", async () => {
    const check = await open({ columnsUsed: async () => ({ runs: 4, columns: { x: 4, z: 0 } }) });
    await add("d", "x,y,z\n1,2,3\n");
    const { findings } = await check("unused-column");
    expect(findings.map((one) => one.key)).toEqual(["y", "z"]);
    expect(findings[0]?.message).toBe("Column y of d was used by none of 4 runs that trained on it.");
  });
});

describe("DAT004 unbounded-freshness and DAT005 late-dataset", () => {
  test("ask for an objective where versions arrive", async () => {
    const check = await open();
    await stage.call(createDataset, { project, dataset: "empty" });
    await add("d", "x\n1\n");
    expect((await check("unbounded-freshness")).findings.map((one) => one.asset.id)).toEqual(["d"]);
    await stage.call(updateDataset, { project, dataset: "d", freshnessHours: 2 });
    expect((await check("unbounded-freshness")).findings).toEqual([]);
  });

  test("find the dataset that is late, and say when nothing can be late", async () => {
    const check = await open();
    await add("d", "x\n1\n");
    expect((await check("late-dataset")).unseen.map((one) => one.what)).toEqual([
      "No dataset has a freshness objective",
    ]);
    await stage.call(updateDataset, { project, dataset: "d", freshnessHours: 2 });
    expect(await check("late-dataset")).toEqual({ findings: [], unseen: [] });
    stage.clock.advance(5 * 3_600_000);
    expect((await check("late-dataset")).findings[0]?.message).toBe(
      "The latest version of d is 5 hours old; the objective is 2.",
    );
  });
});

describe("DAT006 source-without-contract", () => {
  test("is unknown where nothing knows of contracts, and finds the absent one", async () => {
    const check = await open();
    await stage.call(registerSource, { project, source: "s", location: "x" });
    expect((await check("source-without-contract")).unseen).toHaveLength(1);
    await stage.close();
    const knowing = await open({ contractOf: async (_ctx, _p, _k, name) => (name === "bare" ? "absent" : "kept") });
    await stage.call(registerSource, { project, source: "bare", location: "ftp://x", external: true });
    await stage.call(registerSource, { project, source: "good", location: "y" });
    const { findings, unseen } = await knowing("source-without-contract");
    expect(findings.map((one) => one.message)).toEqual([
      "Source bare (ftp://x) has no contract and is outside the team's control.",
    ]);
    expect(unseen).toEqual([]);
  });
});

describe("DAT007 copied-dataset", () => {
  test("finds the copy by content, not two datasets that share a small file", async () => {
    const check = await open();
    await add("train", "x\n1\n2\n3\n");
    await add("train_copy", "x\n1\n2\n3\n");
    await add("other", "x\n9\n");
    const put = async (text: string) => (await stage.base.blobs.put(Buffer.from(text))).hash;
    const files = [
      { path: "small.csv", hash: await put("x\n9\n") },
      { path: "big.csv", hash: await put(`x\n${"5\n".repeat(50)}`) },
    ];
    await stage.call(addVersion, { project, dataset: "big", files, create: true });
    const { findings } = await check("copied-dataset");
    expect(findings.map((one) => [one.asset.id, one.key])).toEqual([
      ["other", "big"],
      ["train_copy", "train"],
    ]);
    expect(findings[1]?.message).toBe("train_copy shares 100 % of its bytes with train, file by file.");
  });

  test("forgets a copy once its dataset has moved on", async () => {
    const check = await open();
    await add("a", "x\n1\n");
    await add("b", "x\n1\n");
    await add("b", "x\n2\n");
    expect((await check("copied-dataset")).findings).toEqual([]);
  });
});
