import { AliasRemoved, AliasSet, CardAttached, EvaluationRecorded, VersionCreated } from "@paydown/api/registry";
import { type Listener, on } from "#base/capability.js";
import { recorder } from "./recorder.js";

export const registryListeners: readonly Listener[] = [
  on(VersionCreated, async (tx, event) => {
    const graph = recorder(tx, event);
    const { model, version, runId, modelId, location, artifactHash } = event.payload;
    const node = await graph.modelVersion(model, version, { facts: { location, artifactHash } });
    if (runId !== undefined && runId !== "") graph.edge({ kind: "run", id: runId }, node, "registered");
    if (modelId !== undefined && modelId !== "") graph.edge({ kind: "logged-model", id: modelId }, node, "registered");
  }),
  on(AliasSet, async (tx, event) => {
    const graph = recorder(tx, event);
    const { model, alias, version, previous } = event.payload;
    if (previous !== undefined) await graph.modelVersion(model, previous, { facts: { [`alias:${alias}`]: null } });
    await graph.modelVersion(model, version, { facts: { [`alias:${alias}`]: event.at } });
  }),
  on(AliasRemoved, async (tx, event) => {
    const { model, alias, previous } = event.payload;
    await recorder(tx, event).modelVersion(model, previous, { facts: { [`alias:${alias}`]: null } });
  }),
  on(EvaluationRecorded, async (tx, event) => {
    const graph = recorder(tx, event);
    const { model, version, dataset, datasetVersion, verdict } = event.payload;
    const node = await graph.modelVersion(model, version, { facts: { verdict, tested: true } });
    if (dataset === undefined || datasetVersion === undefined) return;
    graph.edge(await graph.datasetVersion(dataset, datasetVersion), node, "evaluated");
  }),
  on(CardAttached, async (tx, event) => {
    const { model, version, hash } = event.payload;
    await recorder(tx, event).modelVersion(model, version, { facts: { card: hash } });
  }),
];
