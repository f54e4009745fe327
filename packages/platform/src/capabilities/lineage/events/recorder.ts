import type { NodeRef } from "@paydown/api/values";
import type { Delivered } from "#base/capability.js";
import type { Tx } from "#base/db/db.js";
import { endEdgesInto, forgetNode, inheritTeam, type SeenNode, upsertEdge, upsertNode } from "../store/graph.js";
import type { EdgeRow } from "../tables.js";

/** Writes what one event says into the graph, stamped with the event's own time and door. */
export interface Recorder {
  node(kind: string, id: string, more?: SeenNode): Promise<NodeRef>;
  edge(from: NodeRef, to: NodeRef, relation: string, evidence?: EdgeRow["evidence"]): Promise<void>;
  /** Edges of the relation into the node hold no longer, but for the one from a node that is kept. */
  endInto(to: NodeRef, relation: string, kept?: NodeRef): Promise<void>;
  /** What a node was called and what was known of it is gone; that it was there, and between what, stays until now. */
  forget(ref: NodeRef): Promise<void>;
  /** A dataset version with its dataset before it. */
  datasetVersion(dataset: string, version: string, more?: SeenNode): Promise<NodeRef>;
  modelVersion(model: string, version: number, more?: SeenNode): Promise<NodeRef>;
}

export function recorder(tx: Tx, event: Delivered<unknown>): Recorder {
  const seen = { project: event.project, at: event.at, door: event.door };
  const keys = new Map<string, number>();

  async function keyOf(ref: NodeRef): Promise<number> {
    const name = `${ref.kind}:${ref.id}`;
    const key = keys.get(name) ?? (await upsertNode(tx, seen, ref));
    keys.set(name, key);
    return key;
  }

  async function node(kind: string, id: string, more: SeenNode = {}): Promise<NodeRef> {
    const ref = { kind, id };
    keys.set(`${kind}:${id}`, await upsertNode(tx, seen, ref, more));
    return ref;
  }

  return {
    node,
    async edge(from, to, relation, evidence = "observed") {
      await upsertEdge(tx, seen, { from: await keyOf(from), to: await keyOf(to), relation, evidence });
    },
    async endInto(to, relation, kept) {
      const keptKey = kept === undefined ? undefined : await keyOf(kept);
      await endEdgesInto(tx, await keyOf(to), relation, event.at, keptKey);
    },
    forget: (ref) => forgetNode(tx, seen, ref),
    async datasetVersion(dataset, version, more = {}) {
      const container = await node("dataset", dataset);
      const ref = await node("dataset-version", `${dataset}@${version}`, {
        name: `${dataset}@${version.slice(0, 7)}`,
        ...more,
      });
      await upsertEdge(tx, seen, {
        from: await keyOf(container),
        to: await keyOf(ref),
        relation: "version",
        evidence: "observed",
      });
      await inheritTeam(tx, event.project, await keyOf(ref), container);
      return ref;
    },
    async modelVersion(model, version, more = {}) {
      const ref = await node("model-version", `${model}/${version}`, { name: `${model} v${version}`, ...more });
      await inheritTeam(tx, event.project, await keyOf(ref), { kind: "model", id: model });
      return ref;
    },
  };
}
