import type { Cell } from "#sources/notebook.js";
import { createLineMap, type LineMap, lineAt } from "./lines.js";
import { type Definition, definitionsOf, type Names, readNames } from "./names.js";
import { childIn, childrenOf, firstChildOf, kindOf, nodesOf, type SyntaxTree, startOf, textOf } from "./tree.js";
import type { TypeMemo } from "./types.js";

/** A call with its callee resolved through the imports of the file. */
export interface Call {
  readonly node: number;
  readonly callee: number;
  /** `pandas.read_csv` for `pd.read_csv(...)`; undefined when the root of the callee is not imported. */
  readonly name: string | undefined;
  /** Last part of the callee: `read_csv`, `fit`, `eval`. */
  readonly method: string;
  /** The object of an attribute call, or -1. */
  readonly receiver: number;
}

/** What all rules know about one Python file or notebook. */
export interface FileFacts {
  readonly path: string;
  readonly kind: "python" | "notebook";
  /** Python text; for notebooks the joined code cells with magics rewritten. */
  readonly text: string;
  readonly tree: SyntaxTree;
  readonly lines: LineMap;
  readonly cells: readonly Cell[];
  readonly names: Names;
  readonly calls: readonly Call[];
  readonly callByNode: ReadonlyMap<number, Call>;
  /** Comment nodes in document order. */
  readonly comments: readonly number[];
  readonly isTest: boolean;
  /** A program somebody starts: a notebook, `if __name__ == "__main__"`, a shebang, or top-level work. */
  readonly isEntryPoint: boolean;
  /** Lines of code, neither blank nor comment. */
  readonly codeLines: number;
  readonly hasSyntaxError: boolean;
  readonly typeMemo: TypeMemo;
}

export interface FileInput {
  readonly path: string;
  readonly kind: "python" | "notebook";
  readonly text: string;
  readonly tree: SyntaxTree;
  readonly cells: readonly Cell[];
  readonly hasSyntaxError: boolean;
}

const testPath = /(^|\/)(tests?|testing)\/|(^|\/)(test_[^/]*|[^/]*_test|conftest)\.py$/;

export function readFileFacts(input: FileInput): FileFacts {
  const { tree, text } = input;
  const lines = createLineMap(text);
  const names = readNames(tree);
  const comments = nodesOf(tree, "comment");
  const facts: FileFacts = {
    ...input,
    lines,
    names,
    calls: [],
    callByNode: new Map(),
    comments,
    isTest: testPath.test(input.path),
    isEntryPoint: false,
    codeLines: countCodeLines(text),
    typeMemo: new Map(),
  };
  const calls: Call[] = nodesOf(tree, "call").map((node) => {
    const callee = childIn(tree, node, "function");
    const isAttribute = kindOf(tree, callee) === "attribute";
    return {
      node,
      callee,
      name: qualifiedName(facts, callee),
      method: callee < 0 ? "" : isAttribute ? textOf(tree, childIn(tree, callee, "attribute")) : textOf(tree, callee),
      receiver: isAttribute ? childIn(tree, callee, "object") : -1,
    };
  });
  return Object.assign(facts, {
    calls,
    callByNode: new Map(calls.map((call) => [call.node, call])),
    isEntryPoint: input.kind === "notebook" || startsProgram(facts, calls),
  });
}

/** The dotted name of an identifier or attribute chain whose root is imported. */
export function qualifiedName(facts: FileFacts, node: number): string | undefined {
  const { tree } = facts;
  if (node < 0) return undefined;
  const parts: string[] = [];
  let at = node;
  while (kindOf(tree, at) === "attribute") {
    parts.push(textOf(tree, childIn(tree, at, "attribute")));
    at = childIn(tree, at, "object");
    if (at < 0 || parts.length > 20) return undefined;
  }
  if (kindOf(tree, at) !== "identifier") return undefined;
  const root = importedName(facts, at);
  return root === undefined ? undefined : [root, ...parts.reverse()].join(".");
}

function importedName(facts: FileFacts, node: number): string | undefined {
  const found = definitionsOf(facts.tree, facts.names, node, textOf(facts.tree, node));
  if (!found) return undefined;
  const bound = importsIn(facts, found.list);
  if (bound.hasOther || bound.imports.length === 0) return undefined;
  const at = startOf(facts.tree, node);
  return (bound.imports.findLast((definition) => definition.offset <= at) ?? bound.imports[0])?.imported;
}

interface BoundImports {
  readonly imports: readonly Definition[];
  /** Something else than an import binds the name too. */
  readonly hasOther: boolean;
}

const boundImports = new WeakMap<readonly Definition[], BoundImports>();

function importsIn(facts: FileFacts, list: readonly Definition[]): BoundImports {
  const known = boundImports.get(list);
  if (known) return known;
  const imports = list.filter((definition) => definition.how === "import");
  const hasOther = list.some(
    (definition) => definition.how !== "import" && definition.how !== "delete" && !isFallback(facts, definition),
  );
  const found = { imports, hasOther };
  boundImports.set(list, found);
  return found;
}

/** `except ImportError: pd = None` keeps the meaning of the import. */
function isFallback(facts: FileFacts, definition: Definition): boolean {
  return definition.value >= 0 && kindOf(facts.tree, definition.value) === "none";
}

export interface Arguments {
  readonly positional: readonly number[];
  readonly keywords: ReadonlyMap<string, number>;
  /** `*args` or `**kwargs` present: absence of a keyword proves nothing. */
  readonly hasSplat: boolean;
}

export function argumentsOf(facts: FileFacts, call: Call): Arguments {
  const { tree } = facts;
  const list = childIn(tree, call.node, "arguments");
  const positional: number[] = [];
  const keywords = new Map<string, number>();
  let hasSplat = false;
  if (list >= 0 && kindOf(tree, list) === "generator_expression") return { positional: [list], keywords, hasSplat };
  for (const child of list < 0 ? [] : childrenOf(tree, list)) {
    const kind = kindOf(tree, child);
    if (kind === "comment") continue;
    if (kind === "keyword_argument")
      keywords.set(textOf(tree, childIn(tree, child, "name")), childIn(tree, child, "value"));
    else if (kind === "list_splat" || kind === "dictionary_splat") hasSplat = true;
    else positional.push(child);
  }
  return { positional, keywords, hasSplat };
}

/** The argument at a position or under a keyword, or -1. */
export function argumentOf(facts: FileFacts, call: Call, position: number, keyword: string): number {
  const found = argumentsOf(facts, call);
  return found.keywords.get(keyword) ?? found.positional[position] ?? -1;
}

/** The value of a string literal without interpolation; undefined for anything else. Escapes stay as written. */
export function stringOf(facts: FileFacts, node: number): string | undefined {
  const { tree } = facts;
  if (node < 0) return undefined;
  const kind = kindOf(tree, node);
  if (kind === "parenthesized_expression") return stringOf(facts, firstChildOf(tree, node));
  if (kind === "concatenated_string") {
    const parts = childrenOf(tree, node).map((child) => stringOf(facts, child));
    return parts.every((part) => part !== undefined) ? parts.join("") : undefined;
  }
  if (kind !== "string") return undefined;
  let value = "";
  for (const child of childrenOf(tree, node)) {
    if (kindOf(tree, child) === "interpolation") return undefined;
    if (kindOf(tree, child) === "string_content") value += textOf(tree, child);
  }
  return value;
}

export function lineOf(facts: FileFacts, node: number): number {
  return lineAt(facts.lines, startOf(facts.tree, node));
}

const codeCells = new WeakMap<readonly Cell[], readonly Cell[]>();

/** The code cell that holds an offset of the joined text. */
export function cellAt(facts: FileFacts, offset: number): Cell | undefined {
  let cells = codeCells.get(facts.cells);
  if (!cells) {
    cells = facts.cells.filter((cell) => cell.type === "code");
    codeCells.set(facts.cells, cells);
  }
  let low = 0;
  let high = cells.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((cells[middle]?.start ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  return cells[low - 1];
}

/** Offset at which a line (1-based) of the joined text starts. */
export function lineStartOf(facts: FileFacts, line: number): number {
  return facts.lines.starts[line - 1] ?? 0;
}

/** The reads of a name within the subtree of `root`, in document order. */
export function usesWithin(facts: FileFacts, name: string, root: number): readonly number[] {
  const all = facts.names.usesByName.get(name) ?? [];
  if (root <= 0) return all;
  let low = 0;
  let high = all.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((all[middle] ?? 0) < root) low = middle + 1;
    else high = middle;
  }
  const end = facts.tree.lasts[root] ?? 0;
  const found: number[] = [];
  for (let index = low; index < all.length && (all[index] ?? 0) < end; index++) found.push(all[index] as number);
  return found;
}

/** The last definition of the name read at `node` that can reach it, with whether it is the only candidate. */
export function reachingDefinition(
  facts: FileFacts,
  node: number,
): { definition: Definition; only: boolean } | undefined {
  const { tree } = facts;
  const found = definitionsOf(tree, facts.names, node, textOf(tree, node));
  if (!found) return undefined;
  const { list } = found;
  const at = startOf(tree, node);
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((list[middle]?.offset ?? 0) < at) low = middle + 1;
    else high = middle;
  }
  const only = list.length === 1;
  for (let index = low - 1; index >= 0; index--) {
    const definition = list[index] as Definition;
    if (definition.how === "delete" || holds(tree, definition.value, node)) continue;
    return { definition, only };
  }
  // Read before it is bound: a function that runs later sees the last binding.
  const last = list.findLast((definition) => definition.how !== "delete");
  return last && { definition: last, only };
}

/** `x = f(x)`: the x on the right is the one before. */
function holds(tree: SyntaxTree, value: number, node: number): boolean {
  return value >= 0 && node >= value && startOf(tree, node) < (tree.ends[value] ?? 0);
}

function startsProgram(facts: FileFacts, calls: readonly Call[]): boolean {
  if (facts.text.startsWith("#!")) return true;
  if (/^if\s+__name__\s*==\s*['"]__main__['"]/m.test(facts.text)) return true;
  // Work at module level: a bare call statement, or a loop.
  const { tree } = facts;
  if (calls.length === 0) return false;
  return childrenOf(tree, 0).some((child) => {
    const kind = kindOf(tree, child);
    if (kind === "for_statement" || kind === "while_statement") return true;
    const first = kind === "expression_statement" ? firstChildOf(tree, child) : -1;
    if (first < 0 || kindOf(tree, first) !== "call") return false;
    const callee = textOf(tree, childIn(tree, first, "function"));
    return !/(^|\.)(setup|filterwarnings|simplefilter|basicConfig|getLogger|load_dotenv|register\w*|add|append|insert|set_option|seed|setLevel|include_router|use|update)$/.test(
      callee,
    );
  });
}

function countCodeLines(text: string): number {
  let count = 0;
  for (const line of text.split("\n")) {
    const trimmed = line.trim();
    if (trimmed !== "" && !trimmed.startsWith("#")) count++;
  }
  return count;
}
