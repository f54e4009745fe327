import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

type Json = { readonly [key: string]: Json } | readonly Json[] | string | number | boolean | null | undefined;

const readme = join(import.meta.dirname, "../README.md");

/** Rewrites the tables of `bench/README.md` that come from a result, between its marks; other benches have none. */
export function writeTables(bench: string, result: unknown): void {
  const render = bench === "mlflow" ? peerTables : bench === "scale" ? scaleTables : undefined;
  if (render === undefined) return;
  const [begin, end] = [`<!-- ${bench}: begin -->`, `<!-- ${bench}: end -->`];
  const text = readFileSync(readme, "utf8");
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new RangeError(`${readme} has no lines ${begin} and ${end}`);
  writeFileSync(readme, `${text.slice(0, from + begin.length)}\n\n${render(result as Json)}\n\n${text.slice(to)}`);
}

function at(json: Json, path: string): Json {
  return path
    .split(".")
    .reduce<Json>(
      (value, key) => (typeof value === "object" && value !== null ? (value as Record<string, Json>)[key] : undefined),
      json,
    );
}

const text = (value: Json) => (value === undefined || value === null ? "-" : Number(value).toLocaleString("en-US"));

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] as readonly string[]).map((_, i) => Math.max(...rows.map((row) => (row[i] ?? "").length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i] as number)).join(" | ")} |`;
  const [head, ...body] = rows as [string[], ...string[][]];
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...body.map(line)].join("\n");
}

const peerRows: readonly (readonly [name: string, figure: string, ratio: string])[] = [
  ["log-metric, 8 clients, requests/s", "logMetric.perSecond", "logMetric"],
  ["log-metric, 8 clients, p50 ms", "logMetric.p50", ""],
  ["log-metric, 8 clients, p99 ms", "logMetric.p99", "logMetricP99"],
  ["log-metric, 1 client, requests/s", "logMetricOneClient.perSecond", "logMetricOneClient"],
  ["log-batch of 1,000, p50 ms", "logBatchOf1000.p50", "logBatchOf1000"],
  ["create + 10 metrics + finish, 8 clients, cycles/s", "cycle.perSecond", "cycle"],
  ["first 100 of 1,000 runs, p50 ms", "first100Of1000.p50", "first100Of1000"],
  ["the same filtered and sorted, p50 ms", "filteredSorted.p50", "filteredSorted"],
  ["all 1,000 runs, p50 ms", "all1000.p50", "all1000"],
  ["1,000,000 points sampled to 1,000, p50 ms", "sampled.p50", "sampled"],
  ["1,000,000 points raw, p50 ms", "raw.p50", "raw"],
  ["artifact of 100 MiB up, MiB/s", "artifacts.upMiBPerSecond", "artifactUp"],
  ["artifact of 100 MiB down, MiB/s", "artifacts.downMiBPerSecond", "artifactDown"],
  ["ready on an empty folder, ms", "ready.ms", "ready"],
  ["idle memory, MiB resident", "memory.idleRssMiB", ""],
  ["idle memory, MiB proportional", "memory.idlePssMiB", "idlePss"],
];

function peerTables(result: Json): string {
  const tables = ["sqlite", "postgres"].flatMap((database) => {
    const measured = at(result, database);
    if (typeof measured !== "object" || measured === null) return [];
    const rows = peerRows.map(([name, figure, ratio]) => [
      name,
      text(at(measured, `mlflow.${figure}`)),
      text(at(measured, `paydown.${figure}`)),
      ratio === "" ? "" : `${text(at(measured, `times.${ratio}`))} x`,
    ]);
    return [table([[database === "sqlite" ? "on SQLite" : "on PostgreSQL", "MLflow", "Paydown", "better"], ...rows])];
  });
  return [`Peer: ${String(at(result, "peer"))}.`, ...tables].join("\n\n");
}

const scaleRows: readonly (readonly [name: string, path: string])[] = [
  ["database, MiB", "databaseMiB"],
  ["ready, ms", "readyMs"],
  ["ready after kill -9, ms", "readyAfterKillMs"],
  ["idle memory, MiB", "idleRssMiB"],
  ["log-metric, 8 clients, requests/s", "logMetric.perSecond"],
  ["log-metric, p50 ms", "logMetric.p50"],
  ["log-metric, p99 ms", "logMetric.p99"],
  ["log-batch of 1,000, p50 ms", "logBatchOf1000.p50"],
  ["create + 10 metrics + finish, 8 clients, cycles/s", "cycle.perSecond"],
  ["1 M points sampled to 1,000, ms", "histories.million.sampled"],
  ["10 M points sampled to 1,000, ms", "histories.tenMillion.sampled"],
  ["1 M points in 1,000 buckets, ms", "histories.million.bySteps"],
  ["10 M points in 1,000 buckets, ms", "histories.tenMillion.bySteps"],
];

function scaleTables(result: Json): string {
  return ["sqlite", "postgres"]
    .flatMap((database) => {
      const levels = at(result, database);
      if (!Array.isArray(levels)) return [];
      const head = levels.map((level) => `${text(at(level, "runs"))} runs, ${text(at(level, "points"))} points`);
      const rows = scaleRows.map(([name, path]) => [name, ...levels.map((level) => text(at(level, path)))]);
      const searches = Object.keys((at(levels[0], "searches") ?? {}) as object).map((name) => [
        `search ${name}, p50 ms`,
        ...levels.map((level) => text((at(level, "searches") as Record<string, { p50: number }>)[name]?.p50)),
      ]);
      return [table([[database === "sqlite" ? "on SQLite" : "on PostgreSQL", ...head], ...rows, ...searches])];
    })
    .join("\n\n");
}
