import { spawn } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "./source.ts";

interface Step {
  readonly name: string;
  readonly doc: string;
  /** Commands in order; the first that fails ends the step. */
  readonly commands: readonly (readonly string[])[];
}

/** The gate, in order. Each step may rely on what the ones before it proved. */
export const steps: readonly Step[] = [
  { name: "gen", doc: "generated files are fresh", commands: [["node", "tools/gen.ts", "--check"]] },
  {
    name: "types",
    doc: "every package and tool type-checks",
    commands: ["packages/api", "packages/scan", "packages/platform", "packages/web", "."].map((one) => [
      "tsc",
      "-p",
      one,
    ]),
  },
  { name: "lint", doc: "Biome finds nothing", commands: [["biome", "check", "--error-on-warnings", "."]] },
  { name: "laws", doc: "the laws of the house hold", commands: [["node", "tools/laws.ts"]] },
  {
    name: "dead",
    doc: "no dead file, export or dependency",
    commands: [["knip", "--no-progress", "--tsConfig", "tsconfig.build.json"]],
  },
  { name: "test", doc: "every test passes", commands: [["vitest", "run"]] },
  { name: "build", doc: "every package builds", commands: [["node", "tools/build.ts", "--if-stale"]] },
  { name: "smoke", doc: "the packed command line works", commands: [["node", "tools/smoke.ts"]] },
];

interface Counts {
  passed: number;
  failed: number;
}

/** Runs one command from node_modules/.bin and answers its exit code and what it printed. */
function run(command: readonly string[]): Promise<{ code: number; output: string }> {
  const bin = join(root, "node_modules/.bin");
  const [name = "", ...args] = command;
  return new Promise((resolve) => {
    const child = spawn(join(bin, name), args, {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, PATH: `${bin}:${process.env.PATH}` },
    });
    let output = "";
    const take = (chunk: Buffer): void => {
      output += chunk.toString("utf8");
      process.stdout.write(chunk);
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.on("error", (error) => resolve({ code: 2, output: `${output}${error.message}` }));
    child.on("close", (code) => resolve({ code: code ?? 2, output }));
  });
}

/** Tests counted by the last line of a test run. */
function countsIn(output: string): Counts {
  const last = [...output.matchAll(/^(\d+) passed, (\d+) failed/gm)].at(-1);
  return { passed: Number(last?.[1] ?? 0), failed: Number(last?.[2] ?? 0) };
}

/** Runs the steps until one fails. A step counts as one; a test run counts its tests. */
async function check(chosen: readonly Step[]): Promise<Counts> {
  const total: Counts = { passed: 0, failed: 0 };
  const timings: string[] = [];
  for (const step of chosen) {
    const started = performance.now();
    process.stdout.write(`== ${step.name}: ${step.doc}\n`);
    let failed = false;
    const counts: Counts = { passed: 0, failed: 0 };
    for (const command of step.commands) {
      const { code, output } = await run(command);
      const counted = countsIn(output);
      counts.passed += counted.passed;
      counts.failed += counted.failed;
      failed = code !== 0;
      if (!failed) continue;
      process.stdout.write(`-- ${command.join(" ")} ended with ${code}\n`);
      break;
    }
    total.passed += counts.passed + (failed ? 0 : 1);
    total.failed += failed ? Math.max(1, counts.failed) : counts.failed;
    timings.push(`${step.name} ${((performance.now() - started) / 1000).toFixed(1)} s`);
    if (!failed) continue;
    process.stdout.write(`\nThe gate is shut: step ${step.name} failed (${step.doc}).\n`);
    break;
  }
  process.stdout.write(`\n${timings.join(" | ")}\n${total.passed} passed, ${total.failed} failed\n`);
  return total;
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { only: { type: "string" } } });
  const only = values.only?.split(",");
  const unknown = only?.find((name) => !steps.some((step) => step.name === name));
  if (unknown !== undefined) {
    process.stderr.write(`There is no step ${unknown}; there are ${steps.map((step) => step.name).join(", ")}.\n`);
    process.exitCode = 2;
  } else {
    const total = await check(steps.filter((step) => only === undefined || only.includes(step.name)));
    process.exitCode = total.failed === 0 ? 0 : 1;
  }
}
