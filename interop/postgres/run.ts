import { strict as assert } from "node:assert";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as after } from "node:timers/promises";
import { createClient } from "@paydown/api/client";
import { addVersion, getVersion } from "@paydown/api/data";
import { getStatement, refreshLedger } from "@paydown/api/debt";
import { getNode } from "@paydown/api/lineage";
import { createModel, createWebhook, getModel } from "@paydown/api/registry";
import { createExperiment, listExperiments } from "@paydown/api/tracking";
import { startPostgres } from "../../packages/platform/src/base/testing/postgres.ts";
import { checksOf, type SuiteResult } from "../checks.ts";
import { startServer } from "../server.ts";

const project = "default";

const clients = 32;
const pointsOfRun = 100;

/** Clients that log point after point at one server or the other, and send again what had no answer; halfway one server dies. */
async function underLoad(urls: readonly [string, string], experiment: string, kill: () => void): Promise<string[]> {
  let logged = 0;
  async function ask<T>(turn: number, path: string, body: object): Promise<T> {
    const call = (url: string) =>
      fetch(`${url}/api/2.0/mlflow${path}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
    const answer = await call(urls[turn % 2] as string).catch(() => call(urls[1]));
    const text = await answer.text();
    assert.equal(answer.status, 200, text);
    return JSON.parse(text) as T;
  }
  async function write(client: number): Promise<string> {
    const created = await ask<{ run: { info: { run_id: string } } }>(1, "/runs/create", { experiment_id: experiment });
    const { run_id } = created.run.info;
    for (let step = 0; step < pointsOfRun; step++) {
      const point = { run_id, key: "loss", value: 1 / (step + 1), timestamp: 1_700_000_000_000 + step, step };
      await ask(client + step, "/runs/log-metric", point);
      if (step % 10 === 0) await ask(client + step + 1, "/runs/log-metric", point);
      logged += 1;
      if (logged === (clients * pointsOfRun) / 2) kill();
    }
    return run_id;
  }
  return Promise.all(Array.from({ length: clients }, (_, client) => write(client)));
}

async function pointsOf(url: string, run: string): Promise<number> {
  const answer = await fetch(
    `${url}/api/2.0/mlflow/metrics/get-history?run_id=${run}&metric_key=loss&max_results=1000`,
  );
  return ((await answer.json()) as { metrics: unknown[] }).metrics.length;
}

/** Two stateless servers on one PostgreSQL and one object folder behave as one. */
export async function postgresSuite(): Promise<SuiteResult> {
  const { check, result } = checksOf("postgres");
  const folder = mkdtempSync(join(tmpdir(), "paydown-pg-suite-"));
  const database = await startPostgres();
  const url = database.createDatabase();
  const words = (name: string): string[] => [
    ...["--data", join(folder, name), "--port", "0", "--database", url],
    ...["--artifacts", `file:${join(folder, "objects")}`, "--log-level", "warn", "--secrets-key", "the same for both"],
    ...["--webhook-schemes", "http", "--webhook-private-ips", "allow"],
  ];
  const first = await startServer(words("first"));
  const second = await startServer(words("second"));
  try {
    const [a, b] = [createClient({ baseUrl: first.url }), createClient({ baseUrl: second.url })];

    await check("what one server wrote the other reads", async () => {
      await a.call(createExperiment, { project, name: "from the first" });
      await b.call(createExperiment, { project, name: "from the second" });
      const names = (await b.call(listExperiments, { project })).items.map((one) => one.name);
      assert.ok(names.includes("from the first") && names.includes("from the second"));
    });

    await check("of many who create the same thing through both servers at once, one succeeds", async () => {
      const tries = await Promise.allSettled(
        Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? a : b).call(createModel, { project, model: "contested" })),
      );
      assert.equal(tries.filter((one) => one.status === "fulfilled").length, 1);
      const refusals = new Set(tries.flatMap((one) => (one.status === "rejected" ? [one.reason.code] : [])));
      assert.deepEqual([...refusals], ["REGISTRY_MODEL_EXISTS"]);
      assert.equal((await a.call(getModel, { project, model: "contested" })).versions, 0);
    });

    await check("a job asked for at one server is done, and its event reaches the graph once", async () => {
      const body = Buffer.from("a,b\n1,2\n3,4\n");
      const put = await fetch(`${first.url}/api/v1/projects/${project}/objects`, { method: "PUT", body });
      const { hash } = (await put.json()) as { hash: string };
      const { version } = await a.call(addVersion, {
        project,
        dataset: "numbers",
        create: true,
        format: "csv",
        files: [{ path: "a.csv", hash }],
      });
      for (let i = 0; i < 200; i++) {
        if ((await b.call(getVersion, { project, dataset: "numbers", version })).profile === "done") break;
        await after(100);
      }
      assert.equal((await b.call(getVersion, { project, dataset: "numbers", version })).profile, "done");
      const { node } = await b.call(getNode, { project, node: `dataset-version:numbers@${version}` });
      assert.equal(node.kind, "dataset-version");
    });

    await check("of what happens at either server a webhook is told once, and signed", async () => {
      const told: { name: string; signature: string | undefined; delivery: string | undefined }[] = [];
      const receiver = createServer((request, answer) => {
        let text = "";
        request.on("data", (chunk: Buffer) => {
          text += chunk.toString();
        });
        request.on("end", () => {
          const header = (name: string) => request.headers[name]?.toString();
          const { name } = (JSON.parse(text) as { data: { name: string } }).data;
          told.push({ name, signature: header("x-mlflow-signature"), delivery: header("x-mlflow-delivery-id") });
          answer.end();
        });
      });
      await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
      const target = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
      const events = ["registered_model.created" as const];
      await a.call(createWebhook, { project, name: "replicas", url: target, events, secret: "between us" });
      const models = Array.from({ length: 40 }, (_, i) => `told-${i}`);
      await Promise.all(models.map((model, i) => (i % 2 === 0 ? a : b).call(createModel, { project, model })));
      for (let i = 0; i < 300 && told.length < models.length; i++) await after(100);
      // Another delivery of one of them would come at once.
      await after(2000);
      assert.deepEqual(told.map((one) => one.name).sort(), [...models].sort());
      assert.equal(new Set(told.map((one) => one.delivery)).size, models.length);
      assert.ok(told.every((one) => one.signature?.startsWith("v1,")));
      receiver.close();
    });

    await check("the ledger is refreshed on one server and its statement balances on the other", async () => {
      await a.call(refreshLedger, { project });
      const { principal } = await b.call(getStatement, { project });
      const { opening, opened, paid, writtenOff, revalued, vanished, closing } = principal;
      assert.equal(opening + opened - paid - writtenOff + revalued + vanished, closing);
      assert.ok(opened > 0);
    });

    await check(
      "of 32 clients that log through both, one of which is killed, none loses a point or counts one twice",
      async () => {
        const { experimentId } = await a.call(createExperiment, { project, name: "under load" });
        const runs = await underLoad([first.url, second.url], experimentId, () => void first.stop("SIGKILL"));
        for (const run of runs) assert.equal(await pointsOf(second.url, run), pointsOfRun);
      },
    );

    await check("a killed server's work is taken over by the other", async () => {
      await first.stop("SIGKILL");
      await b.call(createExperiment, { project, name: "after the crash" });
      const names = (await b.call(listExperiments, { project })).items.map((one) => one.name);
      assert.ok(names.includes("after the crash"));
    });
  } finally {
    await Promise.all([first.stop(), second.stop()]);
    database.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  return result();
}
