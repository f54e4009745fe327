import type { FileFacts } from "#facts/file.js";
import { cellAt } from "#facts/file.js";
import { lineAt, lineText } from "#facts/lines.js";
import { endOf, kindOf, parentOf, type SyntaxTree, startOf, textOf } from "#facts/tree.js";
import { matchesRule } from "#selection.js";

/** A comment that silences findings; lines are 1-based lines of the joined text. */
export interface SuppressionComment {
  readonly commentLine: number;
  readonly fromLine: number;
  readonly toLine: number;
  /** Covers the whole file, what is not tied to a line too. */
  readonly isFile: boolean;
  readonly targets: readonly string[];
  readonly reason?: string;
  /** Last day it holds, YYYY-MM-DD. */
  readonly until?: string;
}

const noqa = /#\s*noqa\s*:\s*((?:[A-Z]+\d+[,\s]*)+)/i;
const ignore = /#\s*paydown\s*:\s*ignore(-file|-cell)?\s*\[([^\]]*)\]\s*(.*)$/i;

/**
 * Reads `# noqa: MLD###` and `# paydown: ignore[slug] reason="..." until=YYYY-MM-DD`.
 * At the end of a line it covers that line's statement, on a line of its own the next statement;
 * `ignore-file` and `ignore-cell` cover the file and the notebook cell.
 */
export function readSuppressions(facts: FileFacts): SuppressionComment[] {
  const found: SuppressionComment[] = [];
  for (const node of facts.comments) {
    const text = textOf(facts.tree, node);
    if (!/noqa|paydown/i.test(text)) continue;
    const line = lineAt(facts.lines, startOf(facts.tree, node));
    const own = lineText(facts.text, facts.lines, line).trimStart().startsWith("#");
    const quick = noqa.exec(text);
    const codes = (quick?.[1] ?? "")
      .toUpperCase()
      .split(/[,\s]+/)
      .filter((code) => /^MLD\d{3}$/.test(code));
    if (codes.length > 0)
      found.push({ commentLine: line, fromLine: line, toLine: line, isFile: false, targets: codes });
    const full = ignore.exec(text);
    if (!full) continue;
    const targets = (full[2] ?? "")
      .split(",")
      .map((part) => part.trim())
      .filter((part) => part !== "");
    const rest = full[3] ?? "";
    const reason = /reason\s*=\s*"([^"]*)"/.exec(rest)?.[1];
    const until = /until\s*=\s*(\d{4}-\d{2}-\d{2})/.exec(rest)?.[1];
    const [fromLine, toLine] = coverOf(facts, node, full[1], line, own);
    found.push({
      commentLine: line,
      fromLine,
      toLine,
      isFile: full[1]?.toLowerCase() === "-file",
      targets,
      ...(reason === undefined ? {} : { reason }),
      ...(until === undefined ? {} : { until }),
    });
  }
  return found;
}

function coverOf(
  facts: FileFacts,
  node: number,
  kind: string | undefined,
  line: number,
  own: boolean,
): [number, number] {
  if (kind === "-file") return [1, facts.lines.count];
  if (kind === "-cell") {
    const cell = cellAt(facts, startOf(facts.tree, node));
    const from = cell ? lineAt(facts.lines, cell.start) : 1;
    return [from, cell ? from + cell.source.split("\n").length - 1 : facts.lines.count];
  }
  if (!own) return [line, line];
  for (let next = line + 1; next <= facts.lines.count; next++) {
    const text = lineText(facts.text, facts.lines, next).trim();
    if (text === "" || text.startsWith("#")) continue;
    return [next, logicalEnd(facts, next)];
  }
  return [line, line];
}

/** The last line of the simple statement that starts on a line; of compound statements only the head's line. */
function logicalEnd(facts: FileFacts, line: number): number {
  const { tree } = facts;
  const start = facts.lines.starts[line - 1] ?? 0;
  const offset = start + (/^\s*/.exec(lineText(facts.text, facts.lines, line))?.[0].length ?? 0);
  for (let node = firstNodeFrom(tree, offset); node < tree.size && startOf(tree, node) === offset; node++) {
    const parent = kindOf(tree, parentOf(tree, node));
    if (parent !== "module" && parent !== "block") continue;
    return /^(if|for|while|with|try|match)_statement$|_definition$/.test(kindOf(tree, node))
      ? line
      : lineAt(facts.lines, endOf(tree, node));
  }
  return line;
}

/** Starts never go down in preorder, so the first node at an offset is found by halving. */
function firstNodeFrom(tree: SyntaxTree, offset: number): number {
  let low = 1;
  let high = tree.size;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (startOf(tree, middle) < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function silences(
  comment: SuppressionComment,
  rule: { readonly code: string; readonly slug: string },
  line: number,
  today: string,
): boolean {
  return (
    line >= comment.fromLine &&
    line <= comment.toLine &&
    !isExpired(comment, today) &&
    comment.targets.some((target) => matchesRule(rule, target))
  );
}

export function isExpired(comment: SuppressionComment, today: string): boolean {
  return comment.until !== undefined && comment.until < today;
}
