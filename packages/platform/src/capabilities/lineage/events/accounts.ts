import { OwnerAssigned } from "@paydown/api/accounts";
import { type Listener, on } from "#base/capability.js";
import { recorder } from "./recorder.js";

export const accountsListeners: readonly Listener[] = [
  on(OwnerAssigned, async (tx, event) => {
    const { asset, team } = event.payload;
    const graph = recorder(tx, event);
    graph.node(asset.kind, asset.id);
    await graph.team(asset, team);
  }),
];
