import { many, size } from "./meter.js";
import type { Problems } from "./problems.js";
import { type Counted, kinds } from "./tally.js";
import type { Moved } from "./transfer.js";

export interface ReportParts {
  readonly source: string;
  readonly project: string;
  /** Whether anything was sent. */
  readonly dryRun: boolean;
  readonly counts: readonly Counted[];
  readonly moved: readonly Moved[];
  readonly problems: Problems;
  readonly verified: boolean;
}

/** More lines than this say less; `--json` has more of them. */
const shownMost = 40;

/** What an import did, or would do, as a page of text. */
export function printReport(parts: ReportParts): string {
  const { dryRun, counts, moved, problems } = parts;
  const lines = [
    dryRun ? `${parts.source} holds, and nothing was sent:` : `${parts.source} to project ${parts.project}:`,
    "",
  ];
  const shown = (line: Counted, count: number) => (line.kind === "bytes" ? size(count) : many(count));
  const rows = counts.map((line) => [
    kinds[line.kind],
    shown(line, line.source),
    ...(dryRun
      ? []
      : [shown(line, line.here), line.source === line.here ? "ok" : `differs by ${many(line.here - line.source)}`]),
  ]);
  const head = ["", "source", ...(dryRun ? [] : ["here", ""])];
  const widths = head.map((cell, i) => Math.max(cell.length, ...rows.map((row) => row[i]?.length ?? 0)));
  for (const row of [head, ...rows]) {
    const cells = row.map((cell, i) =>
      i === 0 || i === 3 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0),
    );
    lines.push(`  ${cells.join("  ")}`.trimEnd());
  }
  if (moved.length > 0) {
    lines.push("", "Experiments that have another id here:");
    for (const one of moved.slice(0, shownMost)) {
      const why = one.outcome === "merged" ? "one of that name was here" : "the id belongs to another";
      lines.push(`  ${one.sourceId} ${one.name} -> ${one.experimentId} (${why})`);
    }
    if (moved.length > shownMost) lines.push(`  and ${many(moved.length - shownMost)} more (--json)`);
  }
  lines.push(...list(dryRun ? "Cannot be taken as it is:" : "Differences:", problems, "loss", problems.losses));
  lines.push(...list("Good to know:", problems, "note", problems.notes));
  if (!dryRun)
    lines.push("", parts.verified ? "Verified: every count matches." : "Not everything is here as it was: see above.");
  return `${lines.join("\n")}\n`;
}

function list(title: string, problems: Problems, severity: "loss" | "note", total: number): string[] {
  if (total === 0) return [];
  const some = problems.kept.filter((one) => one.severity === severity).slice(0, shownMost);
  const lines = ["", title, ...some.map((one) => `  ${one.subject}: ${one.text}`)];
  if (total > some.length) lines.push(`  and ${many(total - some.length)} more (--json)`);
  return lines;
}
