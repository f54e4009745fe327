import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Language, Parser, TreeCursor } from "web-tree-sitter";
import { ScanError, toMessage } from "#errors.js";
import { createTreeBuilder, internField, internKind, type SyntaxTree, type TreeBuilder } from "#facts/tree.js";

/** A parsed piece of Python; offsets are those of `text` plus `offset`. */
export interface PythonPiece {
  readonly text: string;
  readonly offset: number;
}

export interface PythonTree {
  readonly tree: SyntaxTree;
  /** Offsets of the first syntax error of each broken piece. */
  readonly errors: readonly number[];
  /** The tree is incomplete: nesting above the limit, or the parser ran out of time. */
  readonly cut: "depth" | "time" | undefined;
}

/** One parser per thread: parses pieces of Python into one compact tree and frees the parser's own trees. */
export interface PythonParser {
  parse(text: string, pieces: readonly PythonPiece[]): PythonTree;
}

/** Deeper nesting than this is data or an attack, not a program. */
const maxDepth = 400;
const maxParseMs = 5_000;

let loading: Promise<PythonParser> | undefined;

/** Loads the grammar once. Throws SCAN_PARSER_FAILED when the WebAssembly parts cannot be loaded. */
export function loadPythonParser(): Promise<PythonParser> {
  loading ??= load();
  return loading;
}

async function load(): Promise<PythonParser> {
  try {
    const { Language, Parser } = await import("web-tree-sitter");
    await Parser.init();
    const wasm = createRequire(import.meta.url).resolve("tree-sitter-python/tree-sitter-python.wasm");
    const language = await Language.load(readFileSync(wasm));
    const parser = new Parser();
    parser.setLanguage(language);
    return createParser(parser, language);
  } catch (cause) {
    loading = undefined;
    throw new ScanError(
      "SCAN_PARSER_FAILED",
      `The Python parser could not be loaded: ${toMessage(cause)}`,
      "Reinstall the package; its files tree-sitter-python.wasm and web-tree-sitter.wasm must be present.",
      cause,
    );
  }
}

function createParser(parser: Parser, language: Language): PythonParser {
  const kinds = language.types.map((name) => internKind(name ?? ""));
  const fields = language.fields.map((name) => internField(name ?? ""));
  const operator = internField("operator");
  const operators = internField("operators");
  const errorKind = internKind("ERROR");
  const skipped = new Set(["string_start", "string_end", "escape_sequence"].map(internKind));
  const moduleKind = internKind("module");

  function kindOf(typeId: number): number {
    return typeId >= 65534 ? errorKind : (kinds[typeId] ?? errorKind);
  }

  /** Copies what lies below the cursor into the builder. Iterative, so that hostile nesting cannot exhaust the stack. */
  function copy(cursor: TreeCursor, builder: TreeBuilder, offset: number): boolean {
    const opened: number[] = [];
    let cut = false;
    if (!cursor.gotoFirstChild()) return cut;
    for (;;) {
      const kind = kindOf(cursor.nodeTypeId);
      const field = fields[cursor.currentFieldId] ?? 0;
      const keep = cursor.nodeIsNamed ? !skipped.has(kind) : field === operator || field === operators;
      const node = keep ? builder.open(kind, field, cursor.startIndex + offset, cursor.endIndex + offset) : -1;
      if (kind === errorKind) builder.noteError(cursor.startIndex + offset);
      if (keep && opened.length < maxDepth && cursor.gotoFirstChild()) {
        opened.push(node);
        continue;
      }
      if (keep && opened.length >= maxDepth) cut = true;
      if (node >= 0) builder.close(node);
      while (!cursor.gotoNextSibling()) {
        const parent = opened.pop();
        if (parent === undefined) return cut;
        cursor.gotoParent();
        builder.close(parent);
      }
    }
  }

  return {
    parse(text, pieces) {
      const builder = createTreeBuilder();
      const root = builder.open(moduleKind, 0, 0, text.length);
      const errors: number[] = [];
      let cut: PythonTree["cut"];
      for (const piece of pieces) {
        const deadline = performance.now() + maxParseMs;
        const tree = parser.parse(piece.text, null, { progressCallback: () => performance.now() > deadline });
        if (tree === null) {
          parser.reset();
          cut = "time";
          continue;
        }
        const cursor = tree.walk();
        try {
          if (tree.rootNode.hasError) errors.push(firstError(tree.rootNode) + piece.offset);
          if (copy(cursor, builder, piece.offset)) cut ??= "depth";
        } finally {
          cursor.delete();
          tree.delete();
        }
      }
      builder.close(root);
      return { tree: builder.finish(text), errors, cut };
    },
  };
}

function firstError(root: import("web-tree-sitter").Node): number {
  const cursor = root.walk();
  try {
    for (let steps = 0; steps < 200_000; steps++) {
      const node = cursor.currentNode;
      if (node.isError || node.isMissing) return node.startIndex;
      if (node.hasError && cursor.gotoFirstChild()) continue;
      while (!cursor.gotoNextSibling()) if (!cursor.gotoParent()) return root.startIndex;
    }
    return root.startIndex;
  } finally {
    cursor.delete();
  }
}
