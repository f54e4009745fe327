import { strict as assert } from "node:assert";
import { execFile, spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as after } from "node:timers/promises";
import { promisify } from "node:util";
import { createClient } from "@paydown/api/client";
import { addVersion, getVersion } from "@paydown/api/data";
import { startPostgres } from "../../packages/platform/src/base/testing/postgres.ts";
import { s3Credentials, startS3 } from "../../packages/platform/src/base/testing/s3.ts";
import { checksOf, type SuiteResult } from "../checks.ts";
import { prepareClient, runChecks } from "../mlflow/run.ts";
import { mainFile, root, startServer } from "../server.ts";

const project = "default";
const gateway = "github.com/versity/versitygw/cmd/versitygw@v1.8.0";
const client = "3.17.2";

/** Two servers with folders of their own share what lies in one bucket of a real S3 server, and one PostgreSQL. */
export async function s3Suite(): Promise<SuiteResult> {
  await installGateway();
  const { check, result } = checksOf("s3");
  const folder = mkdtempSync(join(tmpdir(), "paydown-s3-suite-"));
  const [s3, database] = [await startS3(), await startPostgres()];
  const [artifacts, url] = [s3.createBucket(), database.createDatabase()];
  const environment = { ...process.env, ...s3Credentials };
  const words = (name: string): string[] => [
    ...["--data", join(folder, name), "--port", "0", "--database", url],
    ...["--artifacts", artifacts, "--log-level", "error"],
  ];
  const first = await startServer(words("first"), environment);
  const second = await startServer(words("second"), environment);
  let [passed, failed] = [0, 0];
  const artifact = (server: { url: string }, path: string) =>
    `${server.url}/api/2.0/mlflow-artifacts/artifacts/0/interop/artifacts/${path}`;
  try {
    await check("the object store keeps its contract", () => {
      const vitest = spawnSync(
        process.execPath,
        [join(root, "node_modules/vitest/vitest.mjs"), "run", "packages/platform/src/base/blobs/s3.test.ts"],
        { cwd: root, encoding: "utf8", env: { ...process.env, NO_COLOR: "1" } },
      );
      assert.equal(vitest.status, 0, vitest.stdout);
      assert.doesNotMatch(vitest.stdout, /skipped/);
    });

    await prepareClient(client);
    const lines = await runChecks(client, [join(root, "interop/mlflow/checks.py"), first.url]);
    passed = lines.filter((line) => line.startsWith("ok ")).length;
    failed = lines.filter((line) => line.startsWith("FAIL ")).length + (passed === 0 ? 1 : 0);

    const long = randomBytes(40 * 1024 * 1024);
    await check("a large artifact that one server took comes back from the other, whole and in ranges", async () => {
      const put = await fetch(artifact(first, "long.bin"), { method: "PUT", body: long });
      assert.equal(put.status, 200, await put.text());
      const got = Buffer.from(await (await fetch(artifact(second, "long.bin"))).arrayBuffer());
      assert.equal(createHash("sha256").update(got).digest("hex"), createHash("sha256").update(long).digest("hex"));
      const part = await fetch(artifact(second, "long.bin"), { headers: { range: "bytes=20000000-20000099" } });
      assert.equal(part.status, 206);
      assert.ok(Buffer.from(await part.arrayBuffer()).equals(long.subarray(20_000_000, 20_000_100)));
    });

    await check("an upload that breaks off is never seen", async () => {
      await cutUpload(artifact(first, "cut.bin"), long.subarray(0, 10_000_000));
      assert.equal((await fetch(artifact(second, "cut.bin"))).status, 404);
    });

    await check("a dataset that one server took is profiled, and read by the other", async () => {
      const [a, b] = [createClient({ baseUrl: first.url }), createClient({ baseUrl: second.url })];
      const body = Buffer.from("a,b\n1,2\n3,4\n");
      const put = await fetch(`${first.url}/api/v1/projects/${project}/objects`, { method: "PUT", body });
      const { hash } = (await put.json()) as { hash: string };
      const files = [{ path: "a.csv", hash }];
      const added = { project, dataset: "numbers", create: true, format: "csv" as const, files };
      const { version } = await a.call(addVersion, added);
      for (let i = 0; i < 200; i++) {
        if ((await b.call(getVersion, { project, dataset: "numbers", version })).profile === "done") break;
        await after(100);
      }
      assert.equal((await b.call(getVersion, { project, dataset: "numbers", version })).profile, "done");
    });

    await check("nothing but copies for engines is kept in the folders of the servers", () => {
      for (const name of ["first", "second"]) {
        const objects = join(folder, name, "objects");
        assert.deepEqual(readdirSync(objects).sort(), ["cache", "incoming"]);
        assert.deepEqual(readdirSync(join(objects, "incoming")), []);
      }
    });

    await check("a server that may not use the bucket says so and does not start", () => {
      const refused = spawnSync(process.execPath, [mainFile, "up", ...words("third")], {
        encoding: "utf8",
        env: { ...environment, AWS_SECRET_ACCESS_KEY: "wrong" },
        timeout: 30_000,
      });
      assert.equal(refused.status, 2);
      assert.match(refused.stderr, /BLOB_STORE_UNAVAILABLE/);
      assert.match(refused.stderr, /credentials/);
    });

    await check("while the bucket is away an upload is refused with what to do, and the rest goes on", async () => {
      s3.stop();
      const put = await fetch(artifact(first, "late.txt"), { method: "PUT", body: "late" });
      assert.equal(put.status, 503);
      assert.match(await put.text(), /bucket .* cannot be used/);
      assert.equal((await fetch(`${first.url}/health`)).status, 200);
    });
  } finally {
    await Promise.all([first.stop(), second.stop()]);
    s3.stop();
    database.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  const own = result();
  return { name: "s3", passed: own.passed + passed, failed: own.failed + failed };
}

/** A real S3 server, built from its source as the Go module proxy has it; kept between runs. */
async function installGateway(): Promise<void> {
  const folder = join(root, ".interop", "bin");
  if (existsSync(join(folder, "versitygw"))) return;
  mkdirSync(folder, { recursive: true });
  console.log(`building ${gateway} ...`);
  // Where Go's own installer puts it, for shells that do not look there.
  const path = `${process.env.PATH}:/usr/local/go/bin`;
  const env = { ...process.env, PATH: path, GOBIN: folder };
  await promisify(execFile)("go", ["install", gateway], { cwd: tmpdir(), env });
}

/** Announces twice as much as it sends, and goes away. */
function cutUpload(url: string, body: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const upload = request(url, { method: "PUT", headers: { "content-length": body.length * 2 } });
    upload.on("error", () => resolve());
    upload.write(body, () => upload.destroy());
    upload.on("close", () => resolve());
  });
}
