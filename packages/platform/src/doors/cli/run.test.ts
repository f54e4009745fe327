import { describe, expect, test } from "vitest";
import { type Cli, runCli } from "./run.js";

async function say(...words: string[]): Promise<{ exit: number; out: string; err: string }> {
  let [out, err] = ["", ""];
  const cli: Cli = {
    version: "0",
    openPlatform: () => Promise.reject(new RangeError("not needed")),
    io: {
      out: (text) => {
        out += text;
      },
      err: (text) => {
        err += text;
      },
      terminal: false,
      columns: 80,
      cwd: "/",
      environment: {},
      signal: new AbortController().signal,
    },
  };
  return { exit: await runCli(cli, words), out, err };
}

describe("whoever asks for help", () => {
  test("with the first word of a command alone gets the commands that begin with it", async () => {
    const { exit, out } = await say("runs", "--help");
    expect(exit).toBe(0);
    expect(out).toContain("runs search");
    expect(out).toContain("runs compare");
    expect(out).not.toContain("models show");
  });

  test("with a whole command gets what it takes", async () => {
    const { exit, out } = await say("runs", "search", "--help");
    expect(exit).toBe(0);
    expect(out).toContain("paydown runs search");
  });

  test("with a word that no command begins with is told so", async () => {
    const { exit, err } = await say("rnus", "--help");
    expect(exit).toBe(2);
    expect(err).toContain("CLI_COMMAND_UNKNOWN");
  });
});
