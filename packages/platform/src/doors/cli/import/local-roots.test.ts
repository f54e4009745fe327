import { mkdir, mkdtemp, realpath, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { findLocal, type LocalRoots } from "./local-roots.js";
import { Problems } from "./problems.js";
import type { FoundFiles, SourceExperiment } from "./source.js";

const experiment: SourceExperiment = {
  id: "7",
  name: "e",
  deleted: false,
  createdAt: 0,
  updatedAt: 0,
  location: "",
  tags: [],
};

describe("where artifacts may be read", () => {
  let home: string;
  let roots: LocalRoots;

  beforeEach(async () => {
    home = await realpath(await mkdtemp(join(tmpdir(), "paydown-roots-")));
    await mkdir(join(home, "mlruns/7/r1/artifacts/deep"), { recursive: true });
    await writeFile(join(home, "mlruns/7/r1/artifacts/deep/a.txt"), "a");
    await mkdir(join(home, "secret/r1/artifacts"), { recursive: true });
    await writeFile(join(home, "secret/r1/artifacts/key"), "k");
    roots = { home, allowed: [join(home, "mlruns")], stores: [] };
  });

  async function find(uri: string, id = "r1"): Promise<{ kind: string; paths: string[]; problems: Problems }> {
    const problems = new Problems();
    const found: FoundFiles = await findLocal(roots, { uri, experiment, kind: "run", id }, problems);
    const paths: string[] = [];
    if (found.kind === "files") for await (const file of found.files) paths.push(file.path);
    return { kind: found.kind, paths, problems };
  }

  it("are found by path, by file URL and relative to the source", async () => {
    for (const uri of [
      join(home, "mlruns/7/r1/artifacts"),
      `file://${join(home, "mlruns/7/r1/artifacts")}`,
      "./mlruns/7/r1/artifacts",
      "mlruns/7/r1/artifacts",
    ]) {
      expect(await find(uri), uri).toMatchObject({ kind: "files", paths: ["deep/a.txt"] });
    }
  });

  it("are found by their last parts when the source was moved", async () => {
    expect(await find("file:///home/ann/old/mlruns/7/r1/artifacts")).toMatchObject({ paths: ["deep/a.txt"] });
    expect(await find("/home/ann/other/7/r1/artifacts")).toMatchObject({ paths: ["deep/a.txt"] });
  });

  it("are none, not lost, for a run that wrote none", async () => {
    expect(await find("./mlruns/7/r2/artifacts", "r2")).toMatchObject({ kind: "files", paths: [] });
  });

  it("are never read outside the source, however the root is spelled", async () => {
    for (const uri of [
      join(home, "secret/r1/artifacts"),
      `file://${home}/secret/r1/artifacts`,
      `${home}/mlruns/../secret/r1/artifacts`,
      `file://${home}/mlruns/%2e%2e/secret/r1/artifacts`,
      `file://${home}/mlruns/%252e%252e/secret/r1/artifacts`,
      "/etc",
      "file:///etc",
      "file://host/etc",
      "mlflow-artifacts:/../../etc",
    ]) {
      expect(await find(uri), uri).toMatchObject({ kind: "reference" });
    }
  });

  it("are not read through links", async () => {
    await symlink(join(home, "secret"), join(home, "mlruns/7/r1/artifacts/link"));
    await symlink(join(home, "secret/r1/artifacts/key"), join(home, "mlruns/7/r1/artifacts/key"));
    await symlink(join(home, "secret"), join(home, "mlruns/8"));
    const { paths, problems } = await find("./mlruns/7/r1/artifacts");
    expect(paths).toEqual(["deep/a.txt"]);
    expect(problems.losses).toBe(2);
    expect(await find("./mlruns/8/r1/artifacts")).toMatchObject({ kind: "reference" });
  });

  it("of a bucket stay where they are", async () => {
    const found = await findLocal(
      roots,
      { uri: "s3://user:secret@bucket/7/r1/artifacts", experiment, kind: "run", id: "r1" },
      new Problems(),
    );
    expect(found).toEqual({ kind: "reference", why: "its files lie in s3://bucket, which is not copied" });
  });

  it("of a server's store are read from the folder that --artifacts names", async () => {
    expect(await find("mlflow-artifacts:/7/r1/artifacts")).toMatchObject({ kind: "reference" });
    roots = { ...roots, stores: [join(home, "mlruns")] };
    for (const uri of [
      "mlflow-artifacts:/7/r1/artifacts",
      "mlflow-artifacts://old:5000/7/r1/artifacts",
      "http://old:5000/api/2.0/mlflow-artifacts/artifacts/7/r1/artifacts",
    ]) {
      expect(await find(uri), uri).toMatchObject({ paths: ["deep/a.txt"] });
    }
  });
});
