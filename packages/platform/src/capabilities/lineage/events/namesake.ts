import type { Delivered } from "#base/capability.js";
import type { Tx } from "#base/db/db.js";
import { findNode, upsertEdge } from "../store/graph.js";

/**
 * A consumer and a source of the same name are taken for one system: what it reads may come back as what it delivers.
 * Nobody has seen that happen, so the edge is `static`.
 */
export async function linkNamesake(tx: Tx, event: Delivered<unknown>, name: string): Promise<void> {
  const consumer = await findNode(tx, event.project, { kind: "consumer", id: name });
  const source = await findNode(tx, event.project, { kind: "source", id: name });
  if (consumer === undefined || source === undefined) return;
  const seen = { project: event.project, at: event.at, door: event.door };
  await upsertEdge(tx, seen, { from: consumer.key, to: source.key, relation: "same-name", evidence: "static" });
}
