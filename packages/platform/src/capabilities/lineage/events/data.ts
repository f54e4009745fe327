import { DatasetCreated, DatasetUpdated, ProfileComputed, SourceRegistered, VersionAdded } from "@paydown/api/data";
import { type Listener, on } from "#base/capability.js";
import { recorder } from "./recorder.js";
import { toLocation } from "./tracking.js";

export const dataListeners: readonly Listener[] = [
  on(SourceRegistered, async (tx, event) => {
    const graph = recorder(tx, event);
    const { source, location, modality, external, owner } = event.payload;
    const node = graph.node("source", source, { team: owner, facts: { location, modality, external } });
    const from = toLocation(location);
    // A source that reads our own predictions closes a circle; that edge is what feedback is found by.
    if (from.kind === "deployment") graph.edge(from, node, "exported", "declared");
    await graph.namesakes(source);
  }),
  on(DatasetCreated, async (tx, event) => {
    const graph = recorder(tx, event);
    const { dataset, owner, source } = event.payload;
    const node = graph.node("dataset", dataset, { team: owner });
    if (source !== undefined) graph.edge({ kind: "source", id: source }, node, "feeds", "declared");
  }),
  on(DatasetUpdated, async (tx, event) => {
    const graph = recorder(tx, event);
    const { dataset, owner, source } = event.payload;
    const node = graph.node("dataset", dataset, { team: owner });
    if (source !== undefined) graph.edge({ kind: "source", id: source }, node, "feeds", "declared");
  }),
  on(VersionAdded, async (tx, event) => {
    const graph = recorder(tx, event);
    const { dataset, version, source, parents, rows, bytes, files, format } = event.payload;
    const facts = { strength: "content", rows, bytes, files, format };
    const node = await graph.datasetVersion(dataset, version, { facts });
    if (source !== undefined) {
      graph.edge({ kind: "source", id: source }, { kind: "dataset", id: dataset }, "feeds");
    }
    for (const parent of parents) {
      const at = parent.lastIndexOf("@");
      if (at <= 0) continue;
      graph.edge(await graph.datasetVersion(parent.slice(0, at), parent.slice(at + 1)), node, "derived");
    }
  }),
  on(ProfileComputed, async (tx, event) => {
    const { dataset, version, hash, rows, columns } = event.payload;
    await recorder(tx, event).datasetVersion(dataset, version, { facts: { profile: hash, rows, columns } });
  }),
];
