import { createServer, type IncomingMessage, type Server } from "node:http";
import { tmpdir } from "node:os";
import { afterEach, describe, expect, it } from "vitest";
import { Problems } from "./problems.js";
import { openServer } from "./server.js";
import type { FileOwner, Source, SourceExperiment } from "./source.js";

const experiment: SourceExperiment = {
  id: "1",
  name: "e",
  deleted: false,
  createdAt: 1,
  updatedAt: 1,
  location: "mlflow-artifacts:/1",
  tags: [],
};
const owner: FileOwner = { uri: "mlflow-artifacts:/1/r/artifacts", experiment, kind: "run", id: "r" };

describe("a server as a source", () => {
  let server: Server | undefined;
  let problems: Problems;
  let asked: IncomingMessage[];

  afterEach(() => server?.close());

  /** A server that gives these answers by path; anything else is `{}`. */
  async function open(
    answers: Readonly<Record<string, (url: URL) => unknown>>,
    options: { authorization?: string } = {},
  ): Promise<Source> {
    problems = new Problems();
    asked = [];
    server = createServer((request, response) => {
      asked.push(request);
      const url = new URL(request.url ?? "/", "http://x");
      const answer = answers[url.pathname.replace("/api/2.0/", "")]?.(url) ?? {};
      request.resume();
      if (typeof answer === "number") response.writeHead(answer, { location: "http://127.0.0.1:1/" }).end("{}");
      else response.end(typeof answer === "string" ? answer : JSON.stringify(answer));
    });
    await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
    const roots = { home: tmpdir(), allowed: [], stores: [] };
    const { authorization } = options;
    return openServer(
      { url, authorization, workspace: "default", roots, signal: new AbortController().signal },
      problems,
    );
  }

  async function paths(source: Source, of: FileOwner = owner): Promise<string[]> {
    const found = await source.filesAt(of);
    const list: string[] = [];
    if (found.kind === "files") for await (const file of found.files) list.push(file.path);
    return list;
  }

  it("is asked page by page, with the credentials given", async () => {
    const pages = [
      { experiments: [{ experiment_id: "1", name: "a", creation_time: "5" }], next_page_token: "t" },
      { experiments: [{ experiment_id: "2", name: "b", lifecycle_stage: "deleted" }] },
    ];
    let page = 0;
    const source = await open(
      { "mlflow/experiments/search": () => (page++ === 0 ? {} : pages[page - 2]) },
      { authorization: "Bearer s" },
    );
    const all: SourceExperiment[] = [];
    for await (const one of source.experiments()) all.push(one);
    expect(all.map((one) => [one.id, one.deleted, one.createdAt])).toEqual([
      ["1", false, 5],
      ["2", true, 0],
    ]);
    expect(asked.every((request) => request.headers.authorization === "Bearer s")).toBe(true);
  });

  it("that leads to another host, asks for a login or answers no JSON is refused by name", async () => {
    for (const [answer, code] of [
      [302, "CLI_IMPORT_SOURCE_REFUSED"],
      [401, "CLI_IMPORT_SOURCE_REFUSED"],
      ["<html>", "CLI_IMPORT_SOURCE_UNREACHABLE"],
    ] as const) {
      await expect(open({ "mlflow/experiments/search": () => answer })).rejects.toMatchObject({ code });
      server?.close();
    }
  });

  it("that gives the same page for ever is left", async () => {
    const source = await open({ "mlflow/runs/search": () => ({ runs: [], next_page_token: "again" }) });
    await expect(async () => {
      for await (const _ of source.runsOf(experiment));
    }).rejects.toMatchObject({ code: "CLI_IMPORT_SOURCE_UNREACHABLE" });
  });

  it("cannot name files outside a root, nor folders without end", async () => {
    const listing = (url: URL) =>
      (url.searchParams.get("path") ?? "").endsWith("artifacts")
        ? {
            files: ["../../etc/passwd", "/etc/passwd", "..", "a\\b", "ok.txt", ""].map((path) => ({
              path,
              file_size: 1,
            })),
          }
        : {};
    const source = await open({ "mlflow-artifacts/artifacts": listing });
    expect(await paths(source)).toEqual(["ok.txt"]);
    expect(problems.losses).toBe(5);
    server?.close();
    const deep = await open({ "mlflow-artifacts/artifacts": () => ({ files: [{ path: "a", is_dir: true }] }) });
    expect(await paths(deep)).toEqual([]);
    expect(problems.kept[0]?.text).toContain("deeper than 64 folders");
  });

  it("hands out the files of its own disk, and a bucket's stay there", async () => {
    const listing = (url: URL) =>
      url.searchParams.get("path") === "d"
        ? { files: [{ path: "d/b.txt", file_size: "2" }, { path: "e/c.txt" }] }
        : {
            files: [
              { path: "d", is_dir: true },
              { path: "a.txt", file_size: 1 },
            ],
          };
    const source = await open({ "mlflow/artifacts/list": listing });
    expect(await paths(source, { ...owner, uri: "file:///srv/mlruns/1/r/artifacts" })).toEqual(["d/b.txt", "a.txt"]);
    expect(await paths(source, { ...owner, uri: "/srv/mlruns/1/r/artifacts" })).toEqual(["d/b.txt", "a.txt"]);
    expect((await source.filesAt({ ...owner, uri: "gs://bucket/1/r/artifacts" })).kind).toBe("reference");
  });

  it("of an old line, without logged models and prompts, has none of them", async () => {
    const source = await open({
      "mlflow/logged-models/search": () => 404,
      "mlflow/registered-models/search": (url) =>
        url.searchParams.has("filter") ? 400 : { registered_models: [{ name: "m" }] },
    });
    for await (const _ of source.loggedModelsOf(experiment)) expect.unreachable();
    const names: string[] = [];
    for await (const model of source.models()) names.push(model.name);
    expect(names).toEqual(["m"]);
  });
});
