import { OwnerAssigned } from "@paydown/api/accounts";
import { type Listener, on } from "#base/capability.js";
import { setTeam } from "../store/graph.js";
import { recorder } from "./recorder.js";

export const accountsListeners: readonly Listener[] = [
  on(OwnerAssigned, async (tx, event) => {
    const { asset, team } = event.payload;
    await recorder(tx, event).node(asset.kind, asset.id);
    await setTeam(tx, event.project, asset, team);
  }),
];
