import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runCli } from "#doors/cli/run.js";
import { openPlatform } from "./platform.js";

describe("paydown import", () => {
  let home: string;

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "paydown-import-cli-"));
    const run = "a".repeat(32);
    mkdirSync(join(home, "mlruns/3", run, "metrics"), { recursive: true });
    writeFileSync(join(home, "mlruns/3/meta.yaml"), "experiment_id: '3'\nname: churn\ncreation_time: 1\n");
    writeFileSync(join(home, "mlruns/3", run, "meta.yaml"), `run_id: ${run}\nstatus: 3\nstart_time: 1\nrun_name: r\n`);
    writeFileSync(join(home, "mlruns/3", run, "metrics/auc"), "1 0.5 0\n");
    writeFileSync(join(home, "notes.txt"), "no database");
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  async function paydown(
    words: readonly string[],
    environment: Record<string, string> = {},
  ): Promise<{ code: number; out: string; err: string }> {
    let out = "";
    let err = "";
    const io = {
      out: (text: string) => {
        out += text;
      },
      err: (text: string) => {
        err += text;
      },
      terminal: false,
      columns: 120,
      cwd: home,
      environment,
      signal: new AbortController().signal,
    };
    const code = await runCli({ io, version: "0", openPlatform }, words);
    return { code, out, err };
  }

  it("says what would come, and neither sends nor makes anything", async () => {
    const { code, out } = await paydown(["import", "mlflow", ".", "--dry-run", "--data", "data"]);
    expect(code).toBe(0);
    expect(out).toContain("nothing was sent");
    expect(out).toMatch(/runs +1\n/);
    expect(existsSync(join(home, "data"))).toBe(false);
  });

  it("moves into a project that it makes, also where accounts are demanded, and lists it", async () => {
    const accounts = { PAYDOWN_ACCOUNTS: "required" };
    const into = ["--into", "team-a", "--data", "data"];
    const { code, out, err } = await paydown(["import", "mlflow", "mlruns", ...into], accounts);
    expect(code, err + out).toBe(0);
    expect(out).toContain("Verified: every count matches.");
    const listed = await paydown(["imports", "list", "--project", "team-a", "--data", "data", "--json"]);
    expect(JSON.parse(listed.out).items).toMatchObject([{ kind: "file-store", state: "verified", runs: 1 }]);
    const other = await paydown(["import", "mlflow", "mlruns", "--into", "team-b", "--data", "data"]);
    expect(other.code).toBe(1);
    expect(other.out).toContain("Its id is taken by a run of another project.");
  });

  it.each([
    [["import"], "Say what to import"],
    [["import", "wandb", "x"], "`wandb` cannot be imported"],
    [["import", "mlflow"], "Name one source."],
    [["import", "mlflow", "nowhere"], "there is no such file or folder"],
    [["import", "mlflow", "notes.txt"], "the file is no SQLite database"],
    [["import", "mlflow", "postgresql://u:secret@h/db"], "start `mlflow server` on it"],
    [["import", "mlflow", "mlruns", "--into", "No Such"], "--into No Such"],
    [["import", "mlflow", "mlruns", "--artifacts", "gone"], "--artifacts gone: there is no such folder"],
    [["import", "mlflow", "mlruns/3"], "the folder holds no experiment"],
  ])("refuses %j", async (words, problem) => {
    const { code, err } = await paydown(words);
    expect(code).toBe(2);
    expect(err).toContain(problem);
    expect(err).not.toContain("secret");
  });
});
