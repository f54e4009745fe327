import type { Finding, ScanReport } from "#report.js";
import type { Rule } from "#rule.js";
import { hours } from "./explain.js";

export interface TextOptions {
  readonly columns: number;
  readonly all: boolean;
  readonly statistics: boolean;
}

const perRule = 5;
const top = 5;

/** The report for people: the five best paybacks first, then findings by rule, then what could not be seen. */
export function toText(report: ScanReport, rules: readonly Rule[], options: TextOptions): string {
  const width = Math.max(40, Math.min(options.columns, 160));
  const lines: string[] = [];
  const { inventory } = report;
  const head = `${count(inventory.pythonFiles, "Python file")} (${inventory.pythonLines} lines), ${count(inventory.notebooks, "notebook")}, ${count(inventory.models.length, "model file")}, ${count(inventory.datasets.length, "data file")}; ${report.profile}.`;
  lines.push(...wrap(head, width), "");
  if (report.findings.length === 0) lines.push("No findings.", "");
  else {
    lines.push(...summary(report, width), "", ...topList(report, width), "");
    if (report.findings.length > top || options.all) lines.push(...grouped(report, rules, options.all, width));
  }
  if (options.statistics) lines.push(...statistics(report));
  lines.push(...suppressionLines(report), ...unseenLines(report, width, options.all));
  return `${lines.join("\n").trimEnd()}\n`;
}

function summary(report: ScanReport, width: number): string[] {
  const { principal, interest } = report.totals;
  const files = new Set(report.findings.map((finding) => finding.path)).size;
  const measured = interest
    ? ` They work on files that cost ${weekly(interest.measured)} of fixes; ${weekly(interest.p50)} of it is laid to them.`
    : " Interest is unknown: no readable history.";
  return wrap(
    `${count(report.findings.length, "finding")} in ${count(files, "file")}. Repairing all of them takes ${hours(principal.p50)} (${hours(principal.p10)} to ${hours(principal.p90)}).${measured}`,
    width,
  );
}

function topList(report: ScanReport, width: number): string[] {
  const lines = [report.totals.interest ? "Pay first (forecast fixes per hour of repair):" : "First findings:"];
  const seen = new Set<string>();
  for (const finding of report.findings) {
    const key = `${finding.rule} ${finding.path}`;
    if (seen.has(key)) continue;
    seen.add(key);
    lines.push(...entry(finding, width, `  ${seen.size}. `));
    if (seen.size === top) break;
  }
  return lines;
}

function entry(finding: Finding, width: number, lead: string): string[] {
  const price =
    finding.interest && finding.interest.events > 0
      ? `${hours(finding.principal.p50)}, file had ${count(finding.interest.events, "fix", "fixes")}`
      : hours(finding.principal.p50);
  const indent = " ".repeat(lead.length);
  return [
    `${lead}${location(finding)}  ${finding.rule} ${finding.slug}  [${price}]`,
    ...wrap(finding.message, width - indent.length).map((line) => indent + line),
  ];
}

function grouped(report: ScanReport, rules: readonly Rule[], all: boolean, width: number): string[] {
  const lines: string[] = [];
  const groups = Map.groupBy(report.findings, (finding) => finding.rule);
  for (const [code, found] of [...groups].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const rule = rules.find((candidate) => candidate.code === code);
    lines.push(`${code} ${rule?.slug ?? ""}  ${count(found.length, "place")}`);
    if (rule) lines.push(...wrap(rule.remedy, width - 2).map((line) => `  ${line}`));
    const shown = all ? found : found.slice(0, perRule);
    for (const finding of shown) lines.push(clip(`    ${location(finding)}  ${finding.message}`, width));
    if (shown.length < found.length) lines.push(`    … and ${found.length - shown.length} more (--all shows them)`);
    lines.push("");
  }
  return lines;
}

function statistics(report: ScanReport): string[] {
  const found = [...Map.groupBy(report.findings, (finding) => `${finding.rule} ${finding.slug}`)].map(
    ([name, list]) => [name, list.length] as const,
  );
  const lines = [
    "Findings by rule:",
    ...found.sort((a, b) => b[1] - a[1]).map(([name, number]) => `  ${String(number).padStart(6)}  ${name}`),
  ];
  if (report.counted.length > 0)
    lines.push(
      "Counted only:",
      ...report.counted.map(
        (entry) => `  ${String(entry.count).padStart(6)}  ${entry.rule} ${entry.slug} in ${count(entry.files, "file")}`,
      ),
    );
  if (report.history)
    lines.push(
      `History: ${count(report.history.commits, "commit")}, ${count(report.history.fixCommits, "fix", "fixes")}${report.history.complete ? "" : " (incomplete)"}.`,
    );
  return [...lines, ""];
}

function suppressionLines(report: ScanReport): string[] {
  const stale = report.suppressions.filter((suppression) => suppression.state !== "used");
  const lines =
    report.suppressed.length > 0 ? [`${count(report.suppressed.length, "finding")} silenced by comments.`] : [];
  for (const suppression of stale)
    lines.push(
      `${suppression.path}:${suppression.line}  suppression of ${suppression.targets.join(", ")} is ${suppression.state}${suppression.until ? ` (until ${suppression.until})` : ""}`,
    );
  return lines.length > 0 ? [...lines, ""] : [];
}

function unseenLines(report: ScanReport, width: number, all: boolean): string[] {
  if (report.unseen.length === 0) return [];
  const lines = [`Not seen (${report.unseen.length}):`];
  for (const [code, list] of Map.groupBy(report.unseen, (entry) => entry.code)) {
    const first = list[0];
    if (!first) continue;
    lines.push(
      ...wrap(`${code}${list.length > 1 ? ` (${list.length})` : ""}: ${first.message} ${first.next}`, width - 2).map(
        (line) => `  ${line}`,
      ),
    );
    const places = list
      .filter((entry) => entry.path !== undefined)
      .map((entry) => `${entry.path}${entry.line ? `:${entry.line}` : ""}`);
    for (const place of all ? places : places.slice(0, 3)) lines.push(`    ${place}`);
    if (!all && places.length > 3) lines.push(`    … and ${places.length - 3} more`);
  }
  return lines;
}

function location(finding: Finding): string {
  return finding.cell === undefined
    ? `${finding.path}:${finding.line}`
    : `${finding.path}:cell ${finding.cell}:${finding.cellLine ?? 1}`;
}

function weekly(value: number): string {
  return value === 0 ? "0 h a week" : `${hours(value)} a week`;
}

function count(number: number, noun: string, plural = `${noun}s`): string {
  return `${number} ${number === 1 ? noun : plural}`;
}

function clip(line: string, width: number): string {
  return line.length <= width ? line : `${line.slice(0, width - 1)}…`;
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    if (line !== "" && line.length + word.length + 1 > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  if (line !== "") lines.push(line);
  return lines;
}
