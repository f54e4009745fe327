import type { SourceTree } from "#sources/source-tree.js";

/** Files in memory, for rule examples and for text that is not on disk. */
export function createMemoryTree(files: Readonly<Record<string, string | Uint8Array>>, root = "memory"): SourceTree {
  const encoder = new TextEncoder();
  const stored = new Map(
    Object.entries(files).map(([path, body]) => [path, typeof body === "string" ? encoder.encode(body) : body]),
  );
  return {
    root,
    list: () => ({
      files: [...stored]
        .map(([path, body]) => ({ path, bytes: body.length }))
        .sort((a, b) => (a.path < b.path ? -1 : 1)),
      unseen: [],
    }),
    read: (path, limit) => stored.get(path)?.subarray(0, limit),
    readRange: (path, offset, length) => stored.get(path)?.subarray(offset, offset + length),
  };
}
