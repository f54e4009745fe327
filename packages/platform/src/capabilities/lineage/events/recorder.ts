import type { NodeRef } from "@paydown/api/values";
import type { Delivered } from "#base/capability.js";
import type { Tx } from "#base/db/db.js";
import { forgetExperiment, renameExperiment } from "../store/experiment-names.js";
import { endEdgesInto, findNode, forgetNode, inheritTeam, setTeam } from "../store/graph.js";
import { createGraphWriter, type GraphWriter, type SeenNode } from "../store/graph-writer.js";
import type { EdgeRow } from "../tables.js";

/** Notes what one event says of the graph, stamped with the event's own time and door. */
export interface Recorder {
  node(kind: string, id: string, more?: SeenNode): NodeRef;
  edge(from: NodeRef, to: NodeRef, relation: string, evidence?: EdgeRow["evidence"]): void;
  /** Edges of the relation into the node hold no longer, but for the one from a node that is kept. */
  endInto(to: NodeRef, relation: string, kept?: NodeRef): Promise<void>;
  /** What a node was called and what was known of it is gone; that it was there, and between what, stays until now. */
  forget(ref: NodeRef): Promise<void>;
  /** The owner of a node and of its members that have none. */
  team(ref: NodeRef, team: string): Promise<void>;
  /** A dataset version with its dataset before it. */
  datasetVersion(dataset: string, version: string, more?: SeenNode): Promise<NodeRef>;
  modelVersion(model: string, version: number, more?: SeenNode): Promise<NodeRef>;
  /** What an experiment is called, where nobody has said yet. */
  experiment(id: string, name: string): void;
  renameExperiment(renamed: {
    readonly experimentId: string;
    readonly before: string;
    readonly name: string;
  }): Promise<void>;
  forgetExperiment(id: string): Promise<void>;
  /**
   * A consumer and a source of the same name are taken for one system: what it reads may come back as what it delivers.
   * Nobody has seen that happen, so the edge is `static`.
   */
  namesakes(name: string): Promise<void>;
}

/** One writer for all events that a transaction delivers. */
const writers = new WeakMap<Tx, GraphWriter>();

/** Writes what the events of a transaction have said. */
export async function writeGraph(tx: Tx): Promise<void> {
  await writers.get(tx)?.write();
}

export function recorder(tx: Tx, event: Delivered<unknown>): Recorder {
  const { project, at, door } = event;
  const seen = { project, at, door };
  const writer = writers.get(tx) ?? createGraphWriter(tx);
  writers.set(tx, writer);

  function node(kind: string, id: string, more: SeenNode = {}): NodeRef {
    writer.node(seen, { kind, id }, more);
    return { kind, id };
  }

  function edge(from: NodeRef, to: NodeRef, relation: string, evidence: EdgeRow["evidence"] = "observed"): void {
    writer.edge(seen, { from, to, relation, evidence });
  }

  return {
    node,
    edge,
    async endInto(to, relation, kept) {
      const keptKey = kept === undefined ? undefined : await writer.keyOf(seen, kept);
      await endEdgesInto(tx, await writer.keyOf(seen, to), relation, at, keptKey);
    },
    async forget(ref) {
      await writer.write();
      await forgetNode(tx, seen, ref);
    },
    async team(ref, team) {
      await writer.write();
      await setTeam(tx, project, ref, team);
    },
    async datasetVersion(dataset, version, more = {}) {
      const container = node("dataset", dataset);
      const ref = node("dataset-version", `${dataset}@${version}`, {
        name: `${dataset}@${version.slice(0, 7)}`,
        ...more,
      });
      edge(container, ref, "version");
      await inheritTeam(tx, project, await writer.keyOf(seen, ref), container);
      return ref;
    },
    async modelVersion(model, version, more = {}) {
      const ref = node("model-version", `${model}/${version}`, { name: `${model} v${version}`, ...more });
      await inheritTeam(tx, project, await writer.keyOf(seen, ref), { kind: "model", id: model });
      return ref;
    },
    experiment: (id, name) => writer.experiment(project, id, name),
    async renameExperiment(renamed) {
      await writer.write();
      await renameExperiment(tx, project, renamed, at);
    },
    async forgetExperiment(id) {
      await writer.write();
      await forgetExperiment(tx, project, id);
    },
    async namesakes(name) {
      await writer.write();
      const consumer = await findNode(tx, project, { kind: "consumer", id: name });
      const source = await findNode(tx, project, { kind: "source", id: name });
      if (consumer === undefined || source === undefined) return;
      writer.edge(seen, { from: consumer.key, to: source.key, relation: "same-name", evidence: "static" });
    },
  };
}
