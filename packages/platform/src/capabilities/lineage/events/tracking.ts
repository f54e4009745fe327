import {
  ExperimentRenamed,
  InputsLogged,
  ModelLogged,
  RunCreated,
  RunFinished,
  RunTagged,
} from "@paydown/api/tracking";
import { RecordPurged, RunCorrected, RunMoved } from "@paydown/api/tracking-upkeep";
import type { NodeRef } from "@paydown/api/values";
import { type Listener, on } from "#base/capability.js";
import { type Recorder, recorder } from "./recorder.js";

interface RunEvidence {
  readonly commit?: string | undefined;
  readonly configHash?: string | undefined;
  readonly environmentHash?: string | undefined;
}

export const trackingListeners: readonly Listener[] = [
  on(RunCreated, async (tx, event) => {
    const graph = recorder(tx, event);
    const { runId, name, experimentId, experimentName, user, parentRunId, entryPoint, ...evidence } = event.payload;
    graph.experiment(experimentId, experimentName);
    const run = graph.node("run", runId, { name, facts: { experimentId, user, parentRunId } });
    await recordEvidence(graph, run, evidence, true);
    const file = entryPoint === undefined ? undefined : toFile(entryPoint);
    if (file !== undefined) graph.edge(graph.node("file", file), run, "ran");
  }),
  on(RunTagged, async (tx, event) => {
    const graph = recorder(tx, event);
    const { runId, dirty, seed, ...evidence } = event.payload;
    const run = graph.node("run", runId, { facts: { dirty, seed: seed === "" ? null : seed } });
    await recordEvidence(graph, run, evidence);
  }),
  on(RunFinished, async (tx, event) => {
    const { runId, name, status, endedAt } = event.payload;
    recorder(tx, event).node("run", runId, { name, facts: { status, endedAt } });
  }),
  on(RunCorrected, async (tx, event) => {
    const { runId, what, after } = event.payload;
    // A corrected tag says by itself what it is evidence of.
    if (what === "name" && after !== null) recorder(tx, event).node("run", runId, { name: after });
  }),
  on(RunMoved, async (tx, event) => {
    const { runId, experimentId, experimentName } = event.payload;
    const graph = recorder(tx, event);
    graph.experiment(experimentId, experimentName);
    // A node of before experiments had ids here holds a name of its own, which would be the old one.
    graph.node("run", runId, { facts: { experimentId, experiment: null } });
  }),
  on(ExperimentRenamed, (tx, event) => recorder(tx, event).renameExperiment(event.payload)),
  on(RecordPurged, async (tx, event) => {
    const { kind, id } = event.payload;
    if (kind === "experiment") await recorder(tx, event).forgetExperiment(id);
    else await recorder(tx, event).forget({ kind, id });
  }),
  on(InputsLogged, async (tx, event) => {
    const graph = recorder(tx, event);
    const run = graph.node("run", event.payload.runId);
    for (const input of event.payload.datasets) {
      const relation = input.context === undefined || /train/i.test(input.context) ? "trained" : "evaluated";
      const data =
        input.strength === "none"
          ? graph.node("dataset", input.name)
          : await graph.datasetVersion(input.name, input.digest, { facts: { strength: input.strength } });
      graph.edge(data, run, relation);
      const location = locationOf(input.source);
      // A version kept here already says where it came from.
      if (location === undefined || isOwnVersion(location)) continue;
      const source = graph.node(location.kind, location.id);
      graph.edge(source, { kind: "dataset", id: input.name }, "feeds");
    }
    for (const { modelId } of event.payload.models) {
      graph.edge({ kind: "logged-model", id: modelId }, run, "read");
    }
  }),
  on(ModelLogged, async (tx, event) => {
    const graph = recorder(tx, event);
    const { modelId, name, runId, artifactUri } = event.payload;
    const model = graph.node("logged-model", modelId, { name, facts: { artifactUri } });
    if (runId !== undefined) graph.edge({ kind: "run", id: runId }, model, "logged");
  }),
];

/** What a run was made from beside data: code, configuration, environment. One of each; what is empty is known no more. */
async function recordEvidence(graph: Recorder, run: NodeRef, evidence: RunEvidence, isNew = false): Promise<void> {
  for (const [kind, id, relation] of [
    ["commit", evidence.commit, "code"],
    ["config", evidence.configHash, "configured"],
    ["environment", evidence.environmentHash, "environment"],
  ] as const) {
    if (id === undefined) continue;
    const node = id === "" ? undefined : graph.node(kind, id, { name: id.slice(0, 7) });
    if (!isNew) await graph.endInto(run, relation, node);
    if (node !== undefined) graph.edge(node, run, relation);
  }
}

/** A program by its path as logged; interpreters, URLs and notebook servers name no file a diff could name. */
function toFile(entryPoint: string): string | undefined {
  const path = entryPoint.replaceAll("\\", "/").replace(/^\.\//, "");
  return /^(\/|[A-Za-z]:\/)?[^:]*\.(py|ipynb|R|sh|ts|js)$/.test(path) ? path : undefined;
}

/** Where a logged dataset was read from: a deployment's own predictions, or a location that is no content by itself. */
function locationOf(source: string): NodeRef | undefined {
  let text: unknown = source;
  try {
    const parsed = JSON.parse(source) as Record<string, unknown>;
    if (typeof parsed === "object" && parsed !== null) text = parsed.uri ?? parsed.url ?? parsed.path;
  } catch {
    // Not JSON: clients may log the location as it is.
  }
  if (typeof text !== "string" || text.trim() === "" || text.length > 1000) return undefined;
  return toLocation(text.trim());
}

/** `paydown:datasets/<name>@<version>` is a dataset version of this platform, which stands in the graph by itself. */
function isOwnVersion(location: NodeRef): boolean {
  return location.kind === "source" && /^paydown:\/{0,2}datasets\//.test(location.id);
}

/** `paydown:deployments/<name>` is that deployment's prediction log; anything else is a source by its location. */
export function toLocation(text: string): NodeRef {
  const deployment = /^paydown:\/{0,2}deployments\/([^/?#]+)/.exec(text);
  return deployment === null ? { kind: "source", id: text } : { kind: "deployment", id: deployment[1] as string };
}
