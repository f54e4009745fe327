import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Compute, TaskSpec } from "./compute.js";

function task(id: string, script: string, more: Partial<TaskSpec> = {}): TaskSpec {
  return { id, argv: ["sh", "-c", script], cwd: "/", env: {}, timeout: 20_000, ...more };
}

/** What every compute adapter must do. */
export function computeContract(name: string, open: () => Promise<Compute>): void {
  describe(`${name} runs tasks`, () => {
    let compute: Compute;
    beforeEach(async () => {
      compute = await open();
    });
    afterEach(() => compute.close());

    test("a task that ends with 0 has succeeded, with its log", async () => {
      await compute.start(task("a", "echo one; echo two >&2"));
      const result = await compute.wait("a");
      expect(result).toMatchObject({ status: "succeeded", exitCode: 0 });
      expect(result.log).toContain("one\n");
      expect(result.log).toContain("two\n");
    });

    test("a task that ends with 3 has failed and says so", async () => {
      await compute.start(task("a", "exit 3"));
      expect(await compute.wait("a")).toMatchObject({
        status: "failed",
        exitCode: 3,
        reason: expect.stringContaining("3"),
      });
    });

    test("a program that does not exist is a failed task", async () => {
      await compute.start(task("a", "", { argv: ["/no/such/program"] }));
      expect(await compute.wait("a")).toMatchObject({ status: "failed" });
    });

    test("a task killed from outside has failed", async () => {
      await compute.start(task("a", "kill -9 $$"));
      expect(await compute.wait("a")).toMatchObject({ status: "failed", reason: expect.stringContaining("SIGKILL") });
    });

    test("a stopped task is stopped and stays so", async () => {
      await compute.start(task("a", "while true; do sleep 0.05; done"));
      await compute.stop("a");
      expect(await compute.wait("a")).toMatchObject({ status: "stopped" });
    });

    test("a task that takes too long is ended with its children", async () => {
      await compute.start(task("a", "sleep 60 & wait", { timeout: 100 }));
      expect(await compute.wait("a")).toMatchObject({
        status: "failed",
        reason: expect.stringContaining("longer than 100 ms"),
      });
    });

    test("starting a task twice runs it once", async () => {
      const spec = task("a", "echo once");
      await compute.start(spec);
      await compute.start(spec);
      expect((await compute.wait("a")).log).toBe("once\n");
    });

    test("a task sees its own environment and nothing secret of the server's", async () => {
      await compute.start(task("a", "env", { env: { GREETING: "hello" } }));
      const { log } = await compute.wait("a");
      expect(log).toContain("GREETING=hello");
      expect(log).toContain("PATH=");
      expect(log).not.toContain("SECRET_OF_THE_SERVER");
    });

    test("a task nobody knows is lost, not never there", async () => {
      expect(await compute.status("x")).toMatchObject({ status: "lost" });
    });

    test("a very long log keeps its end", async () => {
      await compute.start(task("a", "i=0; while [ $i -lt 9000 ]; do echo line-$i-xxxxxxxxxxxx; i=$((i+1)); done"));
      const { log } = await compute.wait("a");
      expect(log.length).toBeLessThanOrEqual(64 * 1024);
      expect(log).toContain("line-8999-");
    });
  });
}
