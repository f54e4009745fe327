import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { notebookJson } from "#testing/example.js";
import { commit, createTempFolder, runGit } from "#testing/temp-folder.js";
import { runScanCommand } from "./command.js";
import type { ScanReport } from "./report.js";

// Git and whole scans take their time on a loaded machine.
vi.setConfig({ testTimeout: 60_000 });

const now = 1_760_000_000_000;

async function run(
  argv: readonly string[],
  extra: { columns?: number; signal?: AbortSignal } = {},
): Promise<{ status: number; out: string; err: string }> {
  let out = "";
  let err = "";
  const status = await runScanCommand(argv, {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    now: () => now,
    columns: 100,
    ...extra,
  });
  return { status, out, err };
}

const dirty = {
  "train.py": "import pandas as pd\nimport numpy as np\nframe = pd.read_csv('a.csv')\nbad = frame['x'] == np.nan\n",
  "requirements.txt": "pandas==2.2.0\n",
};

describe("paydown-scan", () => {
  test("exits with 0 on a clean folder and with 1 on findings", async () => {
    const clean = await run([createTempFolder({ "a.py": "import json\n" })]);
    expect(clean).toMatchObject({ status: 0, err: "" });
    expect(clean.out).toContain("No findings.");
    const found = await run([createTempFolder(dirty)]);
    expect(found.status).toBe(1);
    expect(found.out).toContain("train.py:4  MLD202 nan-equality");
  });

  test("exits with 2 and the next step on wrong usage", async () => {
    for (const argv of [
      ["--nope"],
      ["--format", "xml", "."],
      ["a", "b"],
      ["/does/not/exist"],
      ["--select", "MLD000", "."],
      ["--explain", "MLD999"],
      ["--format"],
    ]) {
      const { status, err } = await run(argv);
      expect(status, argv.join(" ")).toBe(2);
      expect(err).toMatch(/^SCAN_[A-Z_]+: .+\n {2}\S/);
    }
  });

  test("prints the whole report as JSON, priced from the history", async () => {
    const root = createTempFolder();
    runGit(root, ["init", "-q"]);
    commit(root, "add", dirty, now / 1000 - 300 * 86_400);
    commit(root, "fix wrong mean", { "train.py": `${dirty["train.py"]}x = 1\n` }, now / 1000 - 20 * 86_400);
    const { status, out } = await run([root, "--format", "json"]);
    const report = JSON.parse(out) as ScanReport;
    expect(status).toBe(1);
    expect(report.schema).toBe("paydown-scan/1");
    const nan = report.findings.find((finding) => finding.rule === "MLD202");
    expect(nan).toMatchObject({
      path: "train.py",
      line: 4,
      slug: "nan-equality",
      confidence: "high",
      principal: { p50: 0.0833 },
      interest: { events: 1 },
    });
    expect(nan?.fingerprint).toMatch(/^[0-9a-f]{32}$/);
    expect(report.history).toMatchObject({ commits: 2, fixCommits: 1, complete: true });
    expect(report.unseen).toEqual([]);
  });

  test("gives the reason where interest is unknown", async () => {
    const report = JSON.parse((await run([createTempFolder(dirty), "--format", "json"])).out) as ScanReport;
    expect(report.unseen.map((entry) => entry.code)).toEqual(["SCAN_NO_GIT"]);
    expect(report.findings[0]).toMatchObject({ interest: null, interestUnknown: "no readable history" });
    expect(report.totals.interest).toBeNull();
  });

  test("writes to a file and then prints nothing", async () => {
    const root = createTempFolder(dirty);
    const target = join(createTempFolder(), "out.sarif");
    expect(await run([root, "--format=sarif", "--output", target])).toMatchObject({ status: 1, out: "" });
    expect((JSON.parse(readFileSync(target, "utf8")) as { version: string }).version).toBe("2.1.0");
    expect((await run([root, "--output", "/does/not/exist/x"])).err).toContain("SCAN_OUTPUT_FAILED");
  });

  test("selects and ignores by code, slug and prefix", async () => {
    const root = createTempFolder(dirty);
    expect((await run([root, "--ignore", "MLD2"])).status).toBe(0);
    const only = JSON.parse((await run([root, "--select", "nan-equality", "--format", "json"])).out) as ScanReport;
    expect(new Set(only.findings.map((finding) => finding.rule))).toEqual(new Set(["MLD202"]));
    expect((await run([root, "--select", "MLD9"])).status).toBe(0);
  });

  test("explains a rule by code or slug", async () => {
    const { status, out } = await run(["--explain", "mld202"]);
    expect(status).toBe(0);
    expect(out).toContain("MLD202 nan-equality");
    expect(out).toContain("isna");
    expect((await run(["--explain", "nan-equality"])).out).toBe(out);
  });

  test("keeps within the width of the terminal where it can wrap", async () => {
    const { out } = await run([createTempFolder(dirty)], { columns: 60 });
    for (const line of out.split("\n"))
      if (!/^ +\d\.|^MLD|^ {4}\S+$/.test(line)) expect(line.length, line).toBeLessThanOrEqual(60);
  });

  test("shows counts on request, those of rules that only count too", async () => {
    const { out } = await run([
      createTempFolder({ ...dirty, "b.py": "from sklearn.svm import SVC\nm = SVC(C=3.5)\n" }),
      "--statistics",
    ]);
    expect(out).toContain("Findings by rule:");
    expect(out).toMatch(/Counted only:\n\s+1 {2}MLD603/);
  });

  test("stops when it is asked to", async () => {
    const { status, err } = await run([createTempFolder(dirty)], { signal: AbortSignal.abort() });
    expect(status).toBe(2);
    expect(err).toContain("SCAN_ABORTED");
  });

  test("helps without scanning", async () => {
    expect((await run(["--help"])).out).toContain("Usage: paydown-scan");
    expect((await run(["--version"])).out).toMatch(/^paydown-scan \d+\.\d+/);
  });
});

describe("configuration", () => {
  test("ignores, excludes and ignores per file", async () => {
    const base = {
      ...dirty,
      "gen/x.py": "import numpy as np\nprint(a == np.nan)\n",
      "nb/y.py": "import numpy as np\nprint(a == np.nan)\n",
    };
    const config =
      '[tool.paydown]\nexclude = ["gen/"]\nextend-select = ["magic-hyperparameter"]\n[tool.paydown.per-file-ignores]\n"nb/*" = ["MLD202"]\n';
    const report = JSON.parse(
      (await run([createTempFolder({ ...base, "pyproject.toml": config }), "--format", "json", "--select", "MLD202"]))
        .out,
    ) as ScanReport;
    expect(report.findings.map((finding) => finding.path)).toEqual(["train.py"]);
  });

  test("counts what is no debt in the repository's kind, unless it is selected", async () => {
    const root = createTempFolder({ "a.ipynb": notebookJson({ cells: [{ source: "!pip install shap", count: 1 }] }) });
    const rulesOf = async (argv: readonly string[]) => {
      const report = JSON.parse((await run([root, "--format", "json", ...argv])).out) as ScanReport;
      return [report.findings.map((finding) => finding.rule), report.counted.map((entry) => entry.rule)];
    };
    expect(await rulesOf(["--profile", "app"])).toEqual([["MLD701"], []]);
    expect(await rulesOf(["--profile", "course"])).toEqual([[], ["MLD701"]]);
    expect(await rulesOf(["--profile", "course", "--extend-select", "MLD701"])).toEqual([["MLD701"], []]);
  });

  test("refuses keys and values it does not know", async () => {
    expect((await run([createTempFolder({ "paydown.toml": "selct = []\n" })])).err).toContain(
      "SCAN_CONFIG_UNKNOWN_KEY",
    );
    expect((await run([createTempFolder({ "paydown.toml": "select = 'MLD2'\n" })])).err).toContain(
      "SCAN_CONFIG_INVALID",
    );
    expect((await run([createTempFolder({ "paydown.toml": 'profile = "game"\n' })])).err).toContain(
      "SCAN_CONFIG_INVALID",
    );
    expect((await run([createTempFolder({ "paydown.toml": "= 3" })])).err).toContain("SCAN_CONFIG_INVALID");
    expect((await run([createTempFolder({ "paydown.toml": 'ignore = ["MLD0"]\n' })])).err).toContain(
      "SCAN_RULE_UNKNOWN",
    );
  });
});
