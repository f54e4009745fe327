import { getStaticTOMLValue, parseTOML } from "toml-eslint-parser";

/** A TOML document with the line of every key. */
export interface TomlDocument {
  readonly value: Record<string, unknown>;
  /** 1-based line of a key path; the line of its nearest known parent otherwise. */
  lineOf(keys: readonly (string | number)[]): number;
}

interface Positioned {
  readonly type: string;
  readonly loc: { readonly start: { readonly line: number } };
}

/** Throws what the parser throws on invalid TOML. */
export function readToml(text: string): TomlDocument {
  const program = parseTOML(text);
  const lines = new Map<string, number>();
  const note = (keys: readonly (string | number)[], node: Positioned) => {
    const key = JSON.stringify(keys);
    if (!lines.has(key)) lines.set(key, node.loc.start.line);
  };
  const visit = (
    node: import("toml-eslint-parser").AST.TOMLNode,
    base: readonly (string | number)[],
    depth: number,
  ): void => {
    if (depth > 50) return;
    if (node.type === "TOMLTable") {
      note(node.resolvedKey, node);
      for (const pair of node.body) visit(pair, node.resolvedKey, depth + 1);
    } else if (node.type === "TOMLKeyValue") {
      const keys = [...base, ...node.key.keys.map((key) => (key.type === "TOMLBare" ? key.name : key.value))];
      note(keys, node);
      visit(node.value, keys, depth + 1);
    } else if (node.type === "TOMLArray") {
      for (const [index, element] of node.elements.entries()) {
        note([...base, index], element);
        visit(element, [...base, index], depth + 1);
      }
    } else if (node.type === "TOMLInlineTable") for (const pair of node.body) visit(pair, base, depth + 1);
  };
  for (const node of program.body[0].body) visit(node, [], 0);
  const value: unknown = getStaticTOMLValue(program);
  return {
    value: typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {},
    lineOf(keys) {
      for (let length = keys.length; length > 0; length--) {
        const line = lines.get(JSON.stringify(keys.slice(0, length)));
        if (line !== undefined) return line;
      }
      return 1;
    },
  };
}
