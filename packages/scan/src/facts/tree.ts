/**
 * The compact tree all rules read: one struct of arrays per file, nodes in preorder.
 * Node 0 is the module; the subtree of node n is n .. lasts[n] - 1; offsets are UTF-16 positions in `text`.
 */
export interface SyntaxTree {
  readonly text: string;
  readonly size: number;
  readonly kinds: Uint16Array;
  readonly fields: Uint8Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly parents: Int32Array;
  readonly lasts: Int32Array;
  /** Offset of the first syntax error, or -1. */
  readonly errorAt: number;
  readonly byKind: ReadonlyMap<string, readonly number[]>;
}

const names: string[] = [];
const ids = new Map<string, number>();
const fieldNames: string[] = [""];
const fieldIds = new Map<string, number>([["", 0]]);

export function internKind(name: string): number {
  const known = ids.get(name);
  if (known !== undefined) return known;
  names.push(name);
  ids.set(name, names.length - 1);
  return names.length - 1;
}

export function internField(name: string): number {
  const known = fieldIds.get(name);
  if (known !== undefined) return known;
  fieldNames.push(name);
  fieldIds.set(name, fieldNames.length - 1);
  return fieldNames.length - 1;
}

export function kindOf(tree: SyntaxTree, node: number): string {
  return names[tree.kinds[node] ?? 0] ?? "";
}

export function fieldOf(tree: SyntaxTree, node: number): string {
  return fieldNames[tree.fields[node] ?? 0] ?? "";
}

export function textOf(tree: SyntaxTree, node: number): string {
  return tree.text.slice(tree.starts[node], tree.ends[node]);
}

export function startOf(tree: SyntaxTree, node: number): number {
  return tree.starts[node] ?? 0;
}

export function endOf(tree: SyntaxTree, node: number): number {
  return tree.ends[node] ?? 0;
}

/** -1 for the module. */
export function parentOf(tree: SyntaxTree, node: number): number {
  return tree.parents[node] ?? -1;
}

export function lastOf(tree: SyntaxTree, node: number): number {
  return tree.lasts[node] ?? 0;
}

export function childrenOf(tree: SyntaxTree, node: number): number[] {
  const found: number[] = [];
  const end = lastOf(tree, node);
  for (let child = node + 1; child < end; child = lastOf(tree, child)) found.push(child);
  return found;
}

/** The child in a grammar field, or -1. */
export function childIn(tree: SyntaxTree, node: number, field: string): number {
  const id = fieldIds.get(field);
  if (id === undefined || node < 0) return -1;
  const end = lastOf(tree, node);
  for (let child = node + 1; child < end; child = lastOf(tree, child)) if (tree.fields[child] === id) return child;
  return -1;
}

export function firstChildOf(tree: SyntaxTree, node: number): number {
  return node >= 0 && node + 1 < lastOf(tree, node) ? node + 1 : -1;
}

const none: readonly number[] = [];

export function nodesOf(tree: SyntaxTree, kind: string): readonly number[] {
  return tree.byKind.get(kind) ?? none;
}

/** The nearest ancestor (never the node itself) of one of the kinds, or -1. */
export function ancestorOf(tree: SyntaxTree, node: number, ...kinds: readonly string[]): number {
  for (let up = parentOf(tree, node); up >= 0; up = parentOf(tree, up)) if (kinds.includes(kindOf(tree, up))) return up;
  return -1;
}

export function isInside(tree: SyntaxTree, node: number, ancestor: number): boolean {
  return ancestor >= 0 && node >= ancestor && node < lastOf(tree, ancestor);
}

/** True when some node of the subtree satisfies the test. */
export function containsNode(tree: SyntaxTree, node: number, test: (inner: number) => boolean): boolean {
  const end = lastOf(tree, node);
  for (let inner = node; inner < end; inner++) if (test(inner)) return true;
  return false;
}

/** Collects nodes in preorder; several parsed pieces (notebook cells) may go into one tree. */
export interface TreeBuilder {
  /** Opens a node and returns its index. */
  open(kind: number, field: number, start: number, end: number): number;
  close(node: number): void;
  noteError(offset: number): void;
  finish(text: string): SyntaxTree;
}

export function createTreeBuilder(): TreeBuilder {
  const kinds: number[] = [];
  const fields: number[] = [];
  const starts: number[] = [];
  const ends: number[] = [];
  const parents: number[] = [];
  const lasts: number[] = [];
  const stack: number[] = [];
  let errorAt = -1;
  return {
    open(kind, field, start, end) {
      const node = kinds.length;
      kinds.push(kind);
      fields.push(field);
      starts.push(start);
      ends.push(end);
      parents.push(stack.at(-1) ?? -1);
      lasts.push(node + 1);
      stack.push(node);
      return node;
    },
    close(node) {
      lasts[node] = kinds.length;
      stack.pop();
    },
    noteError(offset) {
      if (errorAt < 0 || offset < errorAt) errorAt = offset;
    },
    finish(text) {
      if (ends.length > 0) ends[0] = text.length;
      const byKind = new Map<string, number[]>();
      for (let node = 0; node < kinds.length; node++) {
        const name = names[kinds[node] ?? 0] ?? "";
        const list = byKind.get(name);
        if (list) list.push(node);
        else byKind.set(name, [node]);
      }
      return {
        text,
        size: kinds.length,
        kinds: Uint16Array.from(kinds),
        fields: Uint8Array.from(fields),
        starts: Int32Array.from(starts),
        ends: Int32Array.from(ends),
        parents: Int32Array.from(parents),
        lasts: Int32Array.from(lasts),
        errorAt,
        byKind,
      };
    },
  };
}
