import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { freePort } from "./port.js";

export interface S3Server {
  /** What AWS's clients call endpoint. */
  readonly endpoint: string;
  /** `s3://` URL of a bucket of its own, empty. */
  createBucket(): string;
  stop(): void;
}

export const s3Credentials = { AWS_ACCESS_KEY_ID: "paydown", AWS_SECRET_ACCESS_KEY: "paydown-secret" } as const;

/** Why no server can be started here; undefined when one can. */
export function s3Missing(): string | undefined {
  return binary() === undefined ? "versitygw is not installed; `npm run interop -- --only s3` does so" : undefined;
}

/** A throw-away S3 server on loopback: the Versity gateway over a folder. */
export async function startS3(): Promise<S3Server> {
  const program = binary();
  if (program === undefined) throw new TypeError(s3Missing());
  const folder = mkdtempSync(join(tmpdir(), "paydown-s3-"));
  const root = join(folder, "root");
  mkdirSync(root);
  mkdirSync(join(folder, "meta"));
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const server = spawn(
    program,
    [
      ...["--port", `127.0.0.1:${port}`, "--health", "/health", "--quiet"],
      "posix",
      "--sidecar",
      join(folder, "meta"),
      root,
    ],
    {
      env: {
        ...process.env,
        ROOT_ACCESS_KEY: s3Credentials.AWS_ACCESS_KEY_ID,
        ROOT_SECRET_KEY: s3Credentials.AWS_SECRET_ACCESS_KEY,
      },
      stdio: "ignore",
    },
  );
  await answers(server, `${endpoint}/health`);
  let n = 0;
  return {
    endpoint,
    createBucket() {
      // A folder below the root is a bucket.
      const name = `bucket-${process.pid}-${n++}`;
      mkdirSync(join(root, name));
      return `s3://${name}/objects?endpoint=${encodeURIComponent(endpoint)}`;
    },
    stop() {
      server.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function answers(server: ChildProcess, url: string): Promise<void> {
  let ended = false;
  server.once("exit", () => {
    ended = true;
  });
  for (let i = 0; i < 200 && !ended; i++) {
    if (
      await fetch(url).then(
        (reply) => reply.ok,
        () => false,
      )
    )
      return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new TypeError(`no S3 server answers at ${url}`);
}

function binary(): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter);
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    folders.push(join(folder, ".interop", "bin"));
    if (folder === dirname(folder)) break;
  }
  return folders.map((folder) => join(folder, "versitygw")).find(existsSync);
}
