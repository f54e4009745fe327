import { createHash } from "node:crypto";
import { cellAt, type FileFacts } from "#facts/file.js";
import { lineAt } from "#facts/lines.js";
import { childIn, endOf, kindOf, parentOf, startOf, textOf } from "#facts/tree.js";
import type { PlaceInput } from "#rule.js";

/** Where a finding is, and what makes it the same finding after lines have moved. */
export interface Place {
  readonly line: number;
  readonly cell?: number;
  readonly cellLine?: number;
  readonly cellId?: string;
  /** Dotted name of the enclosing class and function, or the cell. */
  readonly scope: string;
  /** Normalised tokens of the statement. */
  readonly tokens: string;
}

export function placeOf(facts: FileFacts, at: PlaceInput): Place {
  if ("place" in at) return at.place;
  if ("line" in at) return { line: at.line, scope: "", tokens: "" };
  if ("cell" in at) {
    const cell = facts.cells[at.cell - 1];
    return {
      line: at.rawLine ?? cell?.rawLine ?? 1,
      cell: at.cell,
      cellLine: 1,
      ...cellId(cell?.id),
      scope: cellScope(cell?.id),
      tokens: normaliseTokens(cell?.source.slice(0, 4_000) ?? ""),
    };
  }
  const node = "node" in at ? at.node : -1;
  const offset = "node" in at ? startOf(facts.tree, at.node) : at.offset;
  const tokens =
    node >= 0 && kindOf(facts.tree, node) !== "comment"
      ? statementTokens(facts, node)
      : commentTokens(facts, offset, node);
  const line = lineAt(facts.lines, offset);
  const names = node >= 0 ? enclosingNames(facts, node) : "";
  if (facts.kind === "python") return { line, scope: names, tokens };
  const cell = cellAt(facts, offset);
  if (!cell) return { line: 1, scope: names, tokens };
  const cellLine = line - lineAt(facts.lines, cell.start) + 1;
  return {
    line: cell.rawLines[cellLine - 1] ?? cell.rawLine,
    cell: cell.number,
    cellLine,
    ...cellId(cell.id),
    scope: [cellScope(cell.id), names].filter((part) => part !== "").join("/"),
    tokens,
  };
}

function cellId(id: string | undefined): { cellId?: string } {
  return id === undefined ? {} : { cellId: id };
}

/** Notebooks without ids have no stable cell name: the tokens alone must do. */
function cellScope(id: string | undefined): string {
  return id === undefined ? "" : `cell:${id}`;
}

function enclosingNames(facts: FileFacts, node: number): string {
  const { tree } = facts;
  const names: string[] = [];
  for (let up = parentOf(tree, node); up >= 0; up = parentOf(tree, up)) {
    const kind = kindOf(tree, up);
    if (kind === "function_definition" || kind === "class_definition")
      names.push(textOf(tree, childIn(tree, up, "name")));
  }
  return names.reverse().join(".");
}

/** The statement around a node; of compound statements only the head. */
function statementTokens(facts: FileFacts, node: number): string {
  const { tree } = facts;
  let at = node;
  for (let up = parentOf(tree, at); up > 0; up = parentOf(tree, up)) {
    const kind = kindOf(tree, up);
    if (kind === "block" || kind === "module") break;
    at = up;
    if (/_statement$|_clause$|_definition$/.test(kind)) break;
  }
  const body = ["body", "consequence"].map((field) => childIn(tree, at, field)).find((child) => child >= 0);
  const end =
    body !== undefined && body > node ? startOf(tree, body) : Math.min(endOf(tree, at), startOf(tree, at) + 4_000);
  return normaliseTokens(tree.text.slice(startOf(tree, at), end));
}

function commentTokens(facts: FileFacts, offset: number, node: number): string {
  const end = node >= 0 ? endOf(facts.tree, node) : facts.text.indexOf("\n", offset);
  return facts.text
    .slice(offset, end < 0 ? undefined : end)
    .replace(/\s+/g, " ")
    .trim();
}

const token = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|#[^\n]*|[\p{L}_][\p{L}\p{N}_]*|\d[\w.]*|[^\s\w]/gu;

/** Tokens joined by one blank: layout and comments do not count. */
function normaliseTokens(text: string): string {
  return (text.match(token) ?? []).filter((part) => !part.startsWith("#")).join(" ");
}

/** The key of a finding (`paydown/v1`): hash of rule, path, scope, tokens and the ordinal among equals. */
export function fingerprintOf(rule: string, path: string, scope: string, tokens: string, ordinal: number): string {
  return createHash("sha256")
    .update([rule, path, scope, tokens, String(ordinal)].join("\0"))
    .digest("hex")
    .slice(0, 32);
}
