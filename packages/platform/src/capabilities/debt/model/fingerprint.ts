import { createHash } from "node:crypto";
import type { NodeRef } from "@paydown/api/values";

/** Identity of an item: the same rule, asset and key are the same debt, whenever it is found. 32 hex characters. */
export function fingerprintOf(rule: string, asset: NodeRef, key: string): string {
  return createHash("sha256")
    .update(JSON.stringify([rule, asset.kind, asset.id, key]))
    .digest("hex")
    .slice(0, 32);
}

/** `kind:id`, as people and URLs write a node. */
export function nodeName(node: NodeRef): string {
  return `${node.kind}:${node.id}`;
}

/** Reads `kind:id`; the id may hold colons. */
export function toNode(name: string): NodeRef {
  const colon = name.indexOf(":");
  return { kind: name.slice(0, colon), id: name.slice(colon + 1) };
}
