import { analyse, defaultFileLimits } from "#analysis.js";
import { emptyConfig } from "#config.js";
import type { Example, NotebookExample, Rule } from "#rule.js";
import { createMemoryTree } from "#testing/memory-tree.js";

export interface ExampleResult {
  /** `path:line` of every finding, sorted, without repeats. */
  readonly found: readonly string[];
  /** `path:line` of every line that ends with the marker. */
  readonly marked: readonly string[];
  /** Rules that threw, and files that could not be read although the example did not mean it. */
  readonly failures: readonly string[];
}

/** Runs one rule over one of its examples. `git:` before a path makes the file a tracked one. */
export async function scanExample(rule: Rule, example: Example): Promise<ExampleResult> {
  const given = typeof example === "string" ? { "example.py": example } : example;
  const files: Record<string, string | Uint8Array> = {};
  const tracked = new Map<string, number>();
  for (const [name, body] of Object.entries(given)) {
    const path = name.replace(/^git:/, "");
    const text = typeof body === "string" || body instanceof Uint8Array ? body : notebookJson(body);
    files[path] = text;
    if (name.startsWith("git:")) tracked.set(path, text.length);
  }
  const result = await analyse({
    tree: createMemoryTree(files),
    config: emptyConfig,
    rules: new Map([[rule, "finding"]]),
    limits: defaultFileLimits,
    today: "2026-01-01",
    tracked: tracked.size > 0 ? tracked : undefined,
  });
  const found = [...new Set(result.findings.map((finding) => `${finding.path}:${finding.line}`))].sort();
  const marked = Object.entries(files)
    .flatMap(([path, body]) =>
      typeof body === "string"
        ? body
            .split("\n")
            .flatMap((line, index) => (/# finding(\\n)?"?,?\s*$/.test(line) ? [`${path}:${index + 1}`] : []))
        : [],
    )
    .sort();
  return {
    found,
    marked,
    failures: result.unseen.filter((entry) => entry.code === "SCAN_RULE_FAILED").map((entry) => entry.message),
  };
}

/** A notebook file as Jupyter writes it. */
export function notebookJson(example: NotebookExample): string {
  const cells = example.cells.map((cell, index) => {
    const lines = cell.source.split("\n");
    const source = lines.map((line, at) => (at < lines.length - 1 ? `${line}\n` : line));
    const common = { id: `cell-${index + 1}`, metadata: {}, source };
    return cell.type === "markdown"
      ? { cell_type: "markdown", ...common }
      : { cell_type: "code", execution_count: cell.count ?? null, outputs: cell.outputs ?? [], ...common };
  });
  return JSON.stringify(
    { cells, metadata: { language_info: { name: "python" } }, nbformat: 4, nbformat_minor: 5 },
    null,
    1,
  );
}
