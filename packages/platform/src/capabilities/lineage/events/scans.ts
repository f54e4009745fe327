import { ScanIngested } from "@paydown/api/scans";
import { type Listener, on } from "#base/capability.js";
import { recorder } from "./recorder.js";

export const scansListeners: readonly Listener[] = [
  on(ScanIngested, async (tx, event) => {
    const graph = recorder(tx, event);
    const { repository, commit, scannedAt, findings } = event.payload;
    const node = graph.node("repository", repository, { facts: { scannedAt, findings } });
    if (commit === undefined) return;
    graph.edge(node, graph.node("commit", commit, { name: commit.slice(0, 7) }), "holds");
  }),
];
