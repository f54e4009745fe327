/**
 * Scans a seeded synthetic tree of Python files and notebooks and prints lines/s and peak memory.
 * Usage: node bench/scan.ts [lines=100000] [--path FOLDER]. Needs a build of packages/scan.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const args = process.argv.slice(2);
const given = args.indexOf("--path");
const wanted = Number(args.find((word) => /^\d+$/.test(word)) ?? 100_000);

/** The same numbers on every machine. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const random = createRandom(7);
const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
const name = (): string =>
  `${pick(["load", "clean", "train", "score", "split", "plot", "merge", "build"])}_${pick(["frame", "model", "rows", "batch", "labels"])}_${Math.floor(random() * 1000)}`;

const blocks: readonly (() => string)[] = [
  () =>
    `def ${name()}(frame: pd.DataFrame, limit: int = ${Math.floor(random() * 100)}) -> pd.DataFrame:\n    """Keeps rows above the limit."""\n    kept = frame[frame["value"] > limit].copy()\n    kept["ratio"] = kept["value"] / kept["total"].clip(lower=1)\n    return kept.sort_values("ratio").reset_index(drop=True)\n`,
  () =>
    `def ${name()}(path):\n    rows = []\n    for index, row in pd.read_csv(path).iterrows():\n        rows.append(row["a"] * ${random().toFixed(3)})\n    return rows\n`,
  () =>
    `class ${name().replace(/(^|_)(\w)/g, (_, __, sign: string) => sign.toUpperCase())}(nn.Module):\n    def __init__(self, width=${Math.floor(random() * 512)}):\n        super().__init__()\n        self.head = nn.Linear(width, 10)\n        self.scale = width ** -0.5\n\n    def forward(self, x):\n        return self.head(x * self.scale)\n`,
  () =>
    `def ${name()}(X, y):\n    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=${Math.floor(random() * 100)})\n    model = RandomForestClassifier(n_estimators=${Math.floor(random() * 500) + 1})\n    model.fit(X_train, y_train)\n    return model.score(X_test, y_test), [int(v) for v in model.predict(X_test) if v > 0]\n`,
  () =>
    `def ${name()}(config):\n    # ${pick(["reads", "writes", "TODO: checks"])} the settings\n    try:\n        with open(config["path"], encoding="utf-8") as handle:\n            values = {key: float(value) for key, value in (line.split("=") for line in handle if "=" in line)}\n    except FileNotFoundError as error:\n        raise RuntimeError(f"no settings at {config['path']}: {error}") from error\n    return {**values, "seed": ${Math.floor(random() * 100)}, "name": "${name()}"}\n`,
];

function source(lines: number): string {
  let text =
    "import numpy as np\nimport pandas as pd\nimport torch.nn as nn\nfrom sklearn.ensemble import RandomForestClassifier\nfrom sklearn.model_selection import train_test_split\n";
  while (text.split("\n").length < lines) text += `\n\n${pick(blocks)()}`;
  return text;
}

function writeTree(folder: string, lines: number): void {
  let left = lines;
  for (let index = 0; left > 0; index++) {
    const size = Math.min(left, 40 + Math.floor(random() * 500));
    const text = source(size);
    const isNotebook = index % 10 === 9;
    const path = join(folder, `part${index % 13}`, `file${index}.${isNotebook ? "ipynb" : "py"}`);
    mkdirSync(dirname(path), { recursive: true });
    const cells = text.split("\n\n\n").map((cell, at) => ({
      cell_type: "code",
      id: `c${index}-${at}`,
      execution_count: at + 1,
      metadata: {},
      outputs: [],
      source: cell.split(/(?<=\n)/),
    }));
    writeFileSync(
      path,
      isNotebook
        ? JSON.stringify(
            { cells, metadata: { language_info: { name: "python" } }, nbformat: 4, nbformat_minor: 5 },
            null,
            1,
          )
        : text,
    );
    left -= text.split("\n").length;
  }
  writeFileSync(join(folder, "requirements.txt"), "numpy==1.26.4\npandas==2.2.0\ntorch==2.2.0\nscikit-learn==1.4.0\n");
}

const folder = given >= 0 ? (args[given + 1] ?? ".") : mkdtempSync(join(tmpdir(), "paydown-bench-scan-"));
try {
  if (given < 0) writeTree(folder, wanted);
  const main = pathToFileURL(join(root, "packages", "scan", "dist", "main.js")).href;
  const program = `
    const { scanRepository } = await import(${JSON.stringify(main)});
    const started = performance.now();
    const report = await scanRepository({ path: ${JSON.stringify(folder)}, history: ${given >= 0} });
    const usage = process.resourceUsage();
    const { pythonFiles, pythonLines, notebooks, notebookCodeLines } = report.inventory;
    console.log(JSON.stringify({ seconds: (performance.now() - started) / 1000, cpuSeconds: (usage.userCPUTime + usage.systemCPUTime) / 1e6, peakMB: usage.maxRSS / 1024, pythonFiles, notebooks, codeLines: pythonLines + notebookCodeLines, findings: report.findings.length, unseen: report.unseen.length }));`;
  interface Run {
    readonly seconds: number;
    readonly cpuSeconds: number;
    readonly peakMB: number;
    readonly pythonFiles: number;
    readonly notebooks: number;
    readonly codeLines: number;
    readonly findings: number;
  }
  const runs = Array.from(
    { length: 3 },
    () =>
      JSON.parse(execFileSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" })) as Run,
  );
  const median = runs.sort((a, b) => a.seconds - b.seconds)[1] as Run;
  const perSecond = (seconds: number): number => Math.round(median.codeLines / seconds);
  process.stdout.write(
    `${JSON.stringify({ bench: "scan", ...median, linesPerSecond: perSecond(median.seconds), linesPerCpuSecond: perSecond(median.cpuSeconds) })}\n`,
  );
} finally {
  if (given < 0) rmSync(folder, { recursive: true, force: true });
}
