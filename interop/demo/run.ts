import { strict as assert } from "node:assert";
import { spawn } from "node:child_process";
import { createClient } from "@paydown/api/client";
import { getStatement } from "@paydown/api/debt";
import { upstream } from "@paydown/api/lineage";
import { checksOf, type SuiteResult } from "../checks.ts";
import { mainFile, root, startServer } from "../server.ts";

/** What the demo tells on the way out with `--json`. */
interface DemoEnd {
  readonly statement: { readonly principal: Record<string, number>; readonly openItems: number };
  readonly paid: readonly { readonly proved: boolean }[];
  readonly score: { readonly low: number; readonly high: number; readonly unknown: number };
  readonly lineage: { readonly nodes: readonly { readonly kind: string }[] };
  readonly prediction: string;
  readonly alarms: string;
}

/** Tells the whole story as a user would, ends, and checks what it left behind in `data`, where other suites find it. */
export async function demoSuite(data: string): Promise<SuiteResult> {
  const { check, result } = checksOf("demo");
  let end: DemoEnd | undefined;

  await check("the story ends well", async () => {
    end = JSON.parse(await runDemo(["--exit", "--json", "--data", data, "--port", "0", "--rows", "300"])) as DemoEnd;
  });
  await check("its statement balances and its ledger has items", () => {
    const p = end?.statement.principal as Record<string, number>;
    assert.equal(
      (p.opening ?? 0) + (p.opened ?? 0) - (p.paid ?? 0) - (p.writtenOff ?? 0) + (p.revalued ?? 0) + (p.vanished ?? 0),
      p.closing,
    );
    assert.ok((end?.statement.openItems ?? 0) > 10);
  });
  await check("two items were paid by automation and proved", () => {
    assert.equal(end?.paid.filter((one) => one.proved).length, 2);
  });
  await check("the ML Test Score is an interval", () => {
    assert.ok((end?.score.high ?? 0) > (end?.score.low ?? 0) && (end?.score.unknown ?? 0) > 0);
  });
  await check("a prediction leads back to source, dataset version, commit, configuration and run", () => {
    const kinds = new Set(end?.lineage.nodes.map((node) => node.kind));
    for (const kind of ["source", "dataset-version", "config", "environment", "run", "model-version", "deployment"])
      assert.ok(kinds.has(kind), kind);
  });
  await check("a server started again on its data still has everything", async () => {
    const server = await startServer(["--data", data, "--port", "0", "--project", "flights", "--log-level", "warn"]);
    try {
      const client = createClient({ baseUrl: server.url });
      const statement = await client.call(getStatement, { project: "flights", capacity: 80 });
      assert.equal(statement.principal.closing, end?.statement.principal.closing);
      const graph = await client.call(upstream, { project: "flights", node: `prediction:${end?.prediction}` });
      assert.equal(graph.nodes.length, end?.lineage.nodes.length);
    } finally {
      await server.stop();
    }
  });
  return result();
}

function runDemo(words: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [mainFile, "demo", ...words], {
      cwd: root,
      stdio: ["ignore", "pipe", "inherit"],
    });
    let text = "";
    child.stdout.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    child.once("error", reject);
    child.once("close", (code) =>
      code === 0 ? resolve(text) : reject(new Error(`the demo ended with exit code ${code}`)),
    );
  });
}
