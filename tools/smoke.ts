import { execFileSync, spawn, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "./source.ts";

/** The packages as npm would publish them, installed beside links to everything they depend on. */
function install(): string {
  const home = mkdtempSync(join(tmpdir(), "paydown-smoke-"));
  const modules = join(home, "node_modules");
  mkdirSync(join(modules, "@paydown"), { recursive: true });
  for (const name of readdirSync(join(root, "node_modules"))) {
    if (name.startsWith(".") || name === "paydown" || name === "@paydown") continue;
    symlinkSync(join(root, "node_modules", name), join(modules, name));
  }
  for (const [name, target] of [
    ["api", "@paydown/api"],
    ["scan", "@paydown/scan"],
    ["platform", "paydown"],
  ] as const) {
    const packed = execFileSync("npm", ["pack", "--silent", "--pack-destination", home], {
      cwd: join(root, "packages", name),
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    mkdirSync(join(modules, target), { recursive: true });
    execFileSync("tar", ["-xzf", join(home, packed.trim()), "-C", join(modules, target), "--strip-components=1"]);
    // Versions that differ from the house's own are installed below the package.
    const own = join(root, "packages", name, "node_modules");
    if (existsSync(own)) symlinkSync(own, join(modules, target, "node_modules"));
  }
  return home;
}

const home = install();
const main = join(home, "node_modules/paydown/dist/main.js");
const data = join(home, "data");
let passed = 0;
let failed = 0;

function say(name: string, problem: string | undefined): void {
  if (problem === undefined) passed++;
  else failed++;
  process.stdout.write(problem === undefined ? `ok ${name}\n` : `FAILED ${name}: ${problem}\n`);
}

/** Runs the installed command line; exit codes and a text it must print. */
function expectRun(args: readonly string[], codes: readonly number[], text: RegExp): void {
  const result = spawnSync(process.execPath, [main, ...args], { cwd: home, encoding: "utf8", timeout: 60_000 });
  const output = `${result.stdout}${result.stderr}`;
  const problem = !codes.includes(result.status ?? -1)
    ? `ended with ${result.status ?? result.signal}: ${output.slice(0, 2000)}`
    : text.test(output)
      ? undefined
      : `printed no ${text}: ${output.slice(0, 2000)}`;
  say(`paydown ${args.join(" ")}`, problem);
}

/** A Node of the machine that is too old for the packages; undefined when it has none. */
function findOldNode(): string | undefined {
  const folders = (process.env.PATH ?? "").split(":").filter((folder) => !folder.includes("node_modules"));
  return folders
    .map((folder) => join(folder, "node"))
    .find((node) => {
      const { status, stdout } = spawnSync(node, ["--version"], { encoding: "utf8" });
      const [, major, minor] = /^v(\d+)\.(\d+)\./.exec(stdout ?? "") ?? [];
      return status === 0 && (Number(major) < 22 || (Number(major) === 22 && Number(minor) < 13));
    });
}

/** An old Node ends with one sentence, by every way in. */
function expectRefusal(): void {
  const node = findOldNode();
  if (node === undefined) {
    process.stdout.write("skipped: no Node older than 22.13 on the PATH to be refused\n");
    return;
  }
  for (const file of ["paydown/dist/main.js", "paydown/bin/paydown.js", "@paydown/scan/bin/paydown-scan.js"]) {
    const { status, stdout, stderr } = spawnSync(node, [join(home, "node_modules", file)], { encoding: "utf8" });
    const refused = status === 2 && /^error NODE_TOO_OLD: .* needs 22\.13 or newer: .*\.\n$/.test(stderr);
    say(`${file} refuses ${node}`, refused ? undefined : `ended with ${status}: ${stdout}${stderr}`);
  }
}

/** Starts the server, reads from it, and ends it. */
async function expectServer(): Promise<void> {
  const child = spawn(process.execPath, [main, "up", "--port", "0", "--data", data], {
    cwd: home,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const url = await new Promise<string | undefined>((resolve) => {
    const timer = setTimeout(() => resolve(undefined), 30_000);
    const take = (chunk: Buffer): void => {
      output += chunk.toString("utf8");
      const match = /https?:\/\/[^\s"',]+:\d+/.exec(output);
      if (match === null) return;
      clearTimeout(timer);
      resolve(match[0]);
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.on("close", () => resolve(undefined));
  });
  say("paydown up says where it listens", url === undefined ? output.slice(0, 2000) : undefined);
  if (url !== undefined) {
    for (const path of ["/health", "/api/v1/projects", "/"]) {
      const status = await fetch(`${url}${path}`).then(
        (response) => response.status,
        (error: Error) => error.message,
      );
      say(`GET ${path}`, status === 200 ? undefined : `answered ${status}`);
    }
  }
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  child.kill("SIGTERM");
  const code = await ended;
  say("paydown up ends when asked", code === 0 ? undefined : `ended with ${code}`);
}

try {
  const { version } = JSON.parse(readFileSync(join(root, "packages/platform/package.json"), "utf8")) as {
    version: string;
  };
  expectRun(["--version"], [0], new RegExp(`^${version.replaceAll(".", "\\.")}`));
  expectRefusal();
  expectRun(["--help"], [0], /paydown <command>/);
  expectRun(["config", "--data", data], [0], /database/);
  expectRun(["projects", "list", "--data", data, "--json"], [0], /"items"/);
  expectRun(["runs", "nonsense"], [2], /CLI_COMMAND_UNKNOWN/);
  const sample = join(home, "sample");
  mkdirSync(sample);
  writeFileSync(
    join(sample, "train.py"),
    "import pandas as pd\n\nfor i, row in pd.read_csv('x.csv').iterrows():\n    print(row)\n",
  );
  cpSync(join(root, "LICENSE"), join(sample, "LICENSE"));
  expectRun(["scan", sample], [0, 1], /train\.py|finding/i);
  await expectServer();
} finally {
  rmSync(home, { recursive: true, force: true });
}
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
