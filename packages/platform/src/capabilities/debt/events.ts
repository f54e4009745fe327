import { AliasSet } from "@paydown/api/registry";
import { ScanIngested } from "@paydown/api/scans";
import { type Listener, on } from "#base/capability.js";
import { createIds } from "#base/ids.js";
import { requestRefresh } from "./jobs.js";

/** Aliases that mean "in production"; promotion to one of them calls debt that said so. */
const productionAliases = /^(production|prod|champion|live)$/i;

/** A listener is given a transaction and the event's own instant; nothing else is needed to ask for a job. */
function at(instant: number) {
  const clock = { now: () => instant };
  return { clock, ids: createIds(clock) };
}

/** What makes the ledger look again. */
export const debtListeners: readonly Listener[] = [
  on(ScanIngested, async (tx, event) => {
    await requestRefresh(tx, at(event.at), event.project);
  }),
  on(AliasSet, async (tx, event) => {
    const { alias, model, version } = event.payload;
    if (!productionAliases.test(alias)) return;
    const node = `model-version:${model}/${version}`;
    await requestRefresh(tx, at(event.at), event.project, { happening: { kind: "promotion", node } });
  }),
];
