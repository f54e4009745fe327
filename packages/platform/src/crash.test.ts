import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as after } from "node:timers/promises";
import { createClient } from "@paydown/api/client";
import { addVersion, getVersion } from "@paydown/api/data";
import { getNode } from "@paydown/api/lineage";
import { createExperiment, listExperiments } from "@paydown/api/tracking";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { seededRandom } from "#base/testing/random.js";

const root = join(import.meta.dirname, "../../..");
const project = "default";
const rounds = 5;

interface Running {
  readonly url: string;
  readonly process: ChildProcess;
}

/** Starts the server as users do and waits for its `ready` line. */
async function start(data: string): Promise<Running> {
  const main = join(root, "packages/platform/src/main.ts");
  const words = ["-C", "source", "--import", "tsx", main, "up", "--data", data, "--port", "0", "--log-level", "silent"];
  const child = spawn(process.execPath, words, { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  const url = await new Promise<string>((resolve, reject) => {
    let text = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      const found = /^ready (\S+)$/m.exec(text)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once("exit", (code) => reject(new RangeError(`the server ended with ${code}`)));
  });
  return { url, process: child };
}

async function mlflow(url: string, call: string, body: object): Promise<unknown> {
  const reply = await fetch(`${url}/api/2.0/mlflow/${call}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!reply.ok) throw new RangeError(`${call} was answered with ${reply.status}: ${await reply.text()}`);
  return reply.json();
}

function kill(server: Running, signal: NodeJS.Signals): Promise<void> {
  return new Promise((resolve) => {
    server.process.once("exit", () => resolve());
    server.process.kill(signal);
  });
}

describe("kill -9 at any moment", () => {
  let data: string;
  beforeAll(() => {
    data = mkdtempSync(join(tmpdir(), "paydown-crash-"));
  });
  afterAll(() => rmSync(data, { recursive: true, force: true }));

  test("nothing acknowledged is lost, no half object is visible, background work goes on", {
    timeout: 120_000,
  }, async () => {
    const random = seededRandom(20_011_231);
    const objects = new Map<string, number>();
    const experiments = new Set<string>();
    const versions = new Map<string, string>();
    /** Last acknowledged step by run. */
    const metrics = new Map<string, number>();
    let n = 0;

    for (let round = 0; round < rounds; round++) {
      const server = await start(data);
      const client = createClient({ baseUrl: server.url });
      let killed = false;

      /** Writes until the server is gone; remembers only what was acknowledged. */
      const write = async (worker: number): Promise<void> => {
        while (!killed) {
          const name = `r${round}-w${worker}-${n++}`;
          try {
            if (worker === 0) {
              const body = Buffer.from(
                `when,size\n${name},1\n${"2001-01-01,2\n".repeat(1 + Math.floor(random() * 50_000))}`,
              );
              const reply = await fetch(`${server.url}/api/v1/projects/${project}/objects`, { method: "PUT", body });
              const { hash, size } = (await reply.json()) as { hash: string; size: number };
              objects.set(hash, size);
              const added = await client.call(addVersion, {
                project,
                dataset: name,
                create: true,
                format: "csv",
                files: [{ path: "a.csv", hash }],
              });
              versions.set(name, added.version);
            } else if (worker === 1) {
              // What stock MLflow clients do: one metric a request, answered when it is on disk.
              const run = await mlflow(server.url, "runs/create", { experiment_id: "0", start_time: 1 });
              const runId = (run as { run: { info: { run_id: string } } }).run.info.run_id;
              for (let step = 0; step < 200; step++) {
                await mlflow(server.url, "runs/log-metric", {
                  run_id: runId,
                  key: "loss",
                  value: step,
                  timestamp: step,
                  step,
                });
                metrics.set(runId, step);
              }
            } else {
              await client.call(createExperiment, { project, name });
              experiments.add(name);
            }
          } catch (error) {
            if (!killed) throw error;
          }
        }
      };
      const writing = Promise.all([0, 1, 2, 3].map(write));
      await after(100 + random() * 1500);
      killed = true;
      await kill(server, "SIGKILL");
      await writing;
    }

    const server = await start(data);
    const client = createClient({ baseUrl: server.url });
    const names = new Set<string>();
    for (let cursor: string | undefined; ; ) {
      const page = await client.call(listExperiments, {
        project,
        limit: 1000,
        ...(cursor === undefined ? {} : { cursor }),
      });
      for (const one of page.items) names.add(one.name);
      cursor = page.cursor;
      if (cursor === undefined) break;
    }
    expect([...experiments].filter((name) => !names.has(name))).toEqual([]);

    for (const [runId, step] of metrics) {
      const reply = await fetch(`${server.url}/api/2.0/mlflow/metrics/get-history?run_id=${runId}&metric_key=loss`);
      const { metrics: points = [] } = (await reply.json()) as { metrics?: { step: number }[] };
      const seen = new Set(points.map((point) => point.step));
      expect(Array.from({ length: step + 1 }, (_, i) => i).filter((i) => !seen.has(i))).toEqual([]);
    }

    for (const [dataset, version] of versions) {
      // Profiling is a job and lineage an event: both were cut off and must come to their end by themselves.
      await expect
        .poll(async () => (await client.call(getVersion, { project, dataset, version })).profile, {
          timeout: 60_000,
          interval: 100,
        })
        .toBe("done");
      await expect
        .poll(
          () =>
            client.call(getNode, { project, node: `dataset-version:${dataset}@${version}` }).then(
              () => true,
              () => false,
            ),
          { timeout: 30_000, interval: 100 },
        )
        .toBe(true);
    }
    await kill(server, "SIGTERM");

    const { openDisk } = await import("#base/blobs/disk.js");
    const { createIds } = await import("#base/ids.js");
    const { systemClock } = await import("#base/clock.js");
    const blobs = await openDisk({ root: join(data, "objects"), ids: createIds(systemClock) });
    const seen = new Set<string>();
    for await (const blob of blobs.list()) {
      seen.add(blob.hash);
      expect(
        createHash("sha256")
          .update(await blobs.read(blob.hash))
          .digest("hex"),
      ).toBe(blob.hash);
    }
    expect([...objects.keys()].filter((hash) => !seen.has(hash))).toEqual([]);
    expect(experiments.size).toBeGreaterThan(rounds);
    expect(versions.size).toBeGreaterThan(0);
    expect(metrics.size).toBeGreaterThan(0);
  });
});
