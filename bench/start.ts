import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Cold start of the command line, time until the server is ready on an empty and on a used folder, idle memory. */
const main = join(import.meta.dirname, "../packages/platform/dist/main.js");
const runs = 9;

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

function timed(argv: string[]): number {
  const start = performance.now();
  const run = spawnSync(process.execPath, [main, ...argv], { stdio: "ignore" });
  if (run.status !== 0) throw new RangeError(`${argv.join(" ")} ended with ${run.status}`);
  return performance.now() - start;
}

async function ready(data: string): Promise<{ ms: number; server: ChildProcess }> {
  const start = performance.now();
  const server = spawn(process.execPath, [main, "up", "--data", data, "--port", "0"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await new Promise<void>((resolve, reject) => {
    server.stdout?.on("data", (text: Buffer) => {
      if (text.toString().startsWith("ready ")) resolve();
    });
    server.on("exit", (code) => reject(new RangeError(`the server ended with ${code}`)));
  });
  return { ms: performance.now() - start, server };
}

async function end(server: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const gone = new Promise((resolve) => server.on("exit", resolve));
  server.removeAllListeners("exit");
  const ended = new Promise((resolve) => server.once("exit", resolve));
  server.kill(signal);
  await Promise.race([gone, ended]);
}

const version = Array.from({ length: runs }, () => timed(["--version"]));
const help = Array.from({ length: runs }, () => timed(["--help"]));
const empty: number[] = [];
const afterCrash: number[] = [];
const rss: number[] = [];
for (let i = 0; i < 5; i++) {
  const data = mkdtempSync(join(tmpdir(), "paydown-bench-"));
  const first = await ready(data);
  empty.push(first.ms);
  // Idle: what starting up needed has been given back.
  await new Promise((resolve) => setTimeout(resolve, 6000));
  const status = readFileSync(`/proc/${first.server.pid}/status`, "utf8");
  rss.push(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) / 1024);
  await end(first.server, "SIGKILL");
  const second = await ready(data);
  afterCrash.push(second.ms);
  await end(second.server, "SIGTERM");
  rmSync(data, { recursive: true });
}
console.log(
  JSON.stringify({
    unit: "ms, medians",
    cliVersion: Math.round(median(version)),
    cliHelp: Math.round(median(help)),
    readyEmptyFolder: Math.round(median(empty)),
    readyAfterKill9: Math.round(median(afterCrash)),
    idleRssMiB: Math.round(median(rss)),
  }),
);
