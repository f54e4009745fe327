import type { Evidence, LineageEdge, LineageGap, LineageNode } from "@paydown/api/lineage";
import type { NodeRef } from "@paydown/api/values";
import { type EdgeRow, type NodeRow, standing } from "./tables.js";

/** `kind:id`; undefined when the text is none. Only the first colon parts them: ids may be URIs. */
export function parseNode(text: string): NodeRef | undefined {
  const at = text.indexOf(":");
  return at > 0 && at < text.length - 1 ? { kind: text.slice(0, at), id: text.slice(at + 1) } : undefined;
}

export function nodeName(ref: NodeRef): string {
  return `${ref.kind}:${ref.id}`;
}

export function toNode(row: NodeRow): LineageNode {
  return {
    kind: row.kind,
    id: row.id,
    name: row.name,
    ...(row.team === null ? {} : { team: row.team }),
    firstSeen: row.first_seen,
    lastSeen: row.last_seen,
    door: row.door,
    facts: JSON.parse(row.facts) as Record<string, unknown>,
  };
}

export function toEdge(row: EdgeRow, nodes: ReadonlyMap<number, NodeRow>): LineageEdge | undefined {
  const from = nodes.get(row.from_key);
  const to = nodes.get(row.to_key);
  if (from === undefined || to === undefined) return undefined;
  return {
    from: { kind: from.kind, id: from.id },
    to: { kind: to.kind, id: to.id },
    relation: row.relation,
    evidence: row.evidence,
    firstSeen: row.first_seen,
    lastSeen: row.last_seen,
    ...(row.ended === standing ? {} : { endedAt: row.ended }),
    door: row.door,
    count: row.count,
  };
}

/** Edges as a walk meets them. */
export interface Step {
  readonly from: number;
  readonly to: number;
  readonly evidence: Evidence;
  readonly firstSeen: number;
  readonly lastSeen: number;
}

const weakness: Record<Evidence, number> = { observed: 0, declared: 1, static: 2 };

/** A way is as sure as its weakest edge. */
function weaker(a: Evidence, b: Evidence): Evidence {
  return weakness[a] >= weakness[b] ? a : b;
}

export interface Arrival {
  readonly hops: number;
  /** The node before it on a shortest way; undefined for an origin. */
  readonly by: number | undefined;
  readonly evidence: Evidence;
}

/** Shortest ways from the origins along the steps: fewest hops, the surest of equally short ones. */
export function shortestWays(origins: readonly number[], steps: readonly Step[]): Map<number, Arrival> {
  const out = Map.groupBy(steps, (step) => step.from);
  const arrivals = new Map<number, Arrival>(
    origins.map((key) => [key, { hops: 0, by: undefined, evidence: "observed" as const }]),
  );
  let frontier = [...origins];
  for (let hops = 1; frontier.length > 0; hops++) {
    const next: number[] = [];
    for (const from of frontier) {
      for (const step of out.get(from) ?? []) {
        const evidence = weaker(arrivals.get(from)?.evidence ?? "observed", step.evidence);
        const known = arrivals.get(step.to);
        if (known === undefined) next.push(step.to);
        else if (known.hops < hops || weakness[known.evidence] <= weakness[evidence]) continue;
        arrivals.set(step.to, { hops, by: from, evidence });
      }
    }
    frontier = next;
  }
  return arrivals;
}

/** The nodes of a shortest way from an origin to `key`, both included. */
export function wayTo(key: number, arrivals: ReadonlyMap<number, Arrival>): number[] {
  const way = [key];
  for (let at = arrivals.get(key)?.by; at !== undefined; at = arrivals.get(at)?.by) way.push(at);
  return way.reverse();
}

/**
 * When a fault that began at `since` can have arrived at each node: along an edge not before the edge was first seen,
 * and not along an edge that was last seen before the fault reached its beginning. Nodes it cannot have reached are absent.
 */
export function arrivalTimes(
  origins: readonly number[],
  steps: readonly Step[],
  since: number,
): Map<number, { at: number; by: number | undefined }> {
  const out = Map.groupBy(steps, (step) => step.from);
  const times = new Map<number, { at: number; by: number | undefined }>(
    origins.map((key) => [key, { at: since, by: undefined }]),
  );
  const waiting = new Set(origins);
  while (waiting.size > 0) {
    // Earliest first, so that each node is settled once.
    let from = -1;
    let earliest = Number.POSITIVE_INFINITY;
    for (const key of waiting) {
      const { at } = times.get(key) as { at: number };
      if (at < earliest) [from, earliest] = [key, at];
    }
    waiting.delete(from);
    for (const step of out.get(from) ?? []) {
      if (step.lastSeen < earliest) continue;
      const at = Math.max(earliest, step.firstSeen);
      const known = times.get(step.to);
      if (known !== undefined && known.at <= at) continue;
      times.set(step.to, { at, by: from });
      waiting.add(step.to);
    }
  }
  return times;
}

/** Kinds on the way from source to consumer, in order. */
export const spine = [
  "source",
  "dataset",
  "dataset-version",
  "feature-view",
  "run",
  "model-version",
  "deployment",
  "consumer",
] as const;

/** Where a node of another kind stands on the way; those not named stand beside a run. */
export function placeOf(kind: string): number {
  const index = (spine as readonly string[]).indexOf(kind);
  if (index >= 0) return index;
  if (kind === "logged-model" || kind === "model") return spine.indexOf("model-version") - 0.5;
  if (kind === "prediction" || kind === "incident" || kind === "monitor") return spine.indexOf("deployment") + 0.5;
  return spine.indexOf("run") - 0.5;
}

interface Expected {
  readonly missing: string;
  /** Any of these upstream neighbours settles it. */
  readonly anyOf: readonly string[];
  readonly remedy: string;
}

/** What a node of a kind must come from. */
export const expectations: Readonly<Record<string, Expected>> = {
  dataset: {
    missing: "source",
    anyOf: ["source", "dataset", "dataset-version", "run", "deployment", "consumer", "label-set"],
    remedy: "Register where it comes from: `paydown sources register`, then name the source on the dataset.",
  },
  "dataset-version": {
    missing: "dataset",
    anyOf: ["dataset", "dataset-version", "source", "run"],
    remedy: "Add the version to a dataset: `paydown datasets add`.",
  },
  run: {
    missing: "dataset-version",
    anyOf: ["dataset-version", "dataset", "feature-view", "label-set"],
    remedy: "Log what it trains on: `mlflow.log_input` with the dataset's name and its version id as digest.",
  },
  "logged-model": {
    missing: "run",
    anyOf: ["run"],
    remedy: "Log the model inside a run.",
  },
  "model-version": {
    missing: "run",
    anyOf: ["run", "logged-model", "external-model"],
    remedy: 'Register it with the run that made it: `mlflow.register_model("runs:/<run>/model", ...)`.',
  },
  deployment: {
    missing: "model-version",
    anyOf: ["model-version"],
    remedy: "Deploy a registered version: `paydown deployments create`.",
  },
};

/** What is unknown about a node, from the kinds that feed it. */
export function gapsOf(node: Pick<NodeRow, "kind" | "id" | "facts">, feeding: ReadonlySet<string>): LineageGap[] {
  const expected = expectations[node.kind];
  if (expected === undefined || expected.anyOf.some((kind) => feeding.has(kind))) return [];
  const facts = JSON.parse(node.facts) as { retired?: unknown };
  if (node.kind === "deployment" && facts.retired === true) return [];
  return [
    { at: { kind: node.kind, id: node.id }, missing: expected.missing, side: "upstream", remedy: expected.remedy },
  ];
}

/** Name of the model a model version or logged model belongs to. */
export function modelOf(node: Pick<NodeRow, "kind" | "id" | "name">): string | undefined {
  if (node.kind === "model-version") return node.id.slice(0, node.id.lastIndexOf("/"));
  if (node.kind === "logged-model") return node.name;
  return undefined;
}

/** How much of a fault an edge into the node stops, by the guards its capability reports; 0.9, 0.5 or 0. */
export function containmentOf(facts: Readonly<Record<string, unknown>>): number {
  if (facts.contract === true && facts.tested === true && facts.canary === true) return 0.9;
  return facts.contract === true || facts.schema === true ? 0.5 : 0;
}

export interface FoundLoop {
  readonly kind: "feedback-loop" | "correction-cascade";
  readonly way: readonly number[];
  readonly evidence: Evidence;
}

export interface LoopEdge extends Step {
  readonly relation: string;
}

/**
 * Ways on which a model's output comes back as input. From every deployment, and from every model that a run reads, the
 * nearest model versions downstream are looked for: the same model again is a feedback loop, another one a correction
 * cascade. One shortest way for each pair of models.
 */
export function findLoops(
  nodes: ReadonlyMap<number, NodeRow>,
  edges: readonly LoopEdge[],
  limit: number,
): { loops: FoundLoop[]; truncated: boolean } {
  const out = Map.groupBy(edges, (edge) => edge.from);
  const into = Map.groupBy(edges, (edge) => edge.to);
  const best = new Map<string, FoundLoop>();
  const keep = (from: string, to: string, way: number[], evidence: Evidence): void => {
    const kind = from === to ? "feedback-loop" : "correction-cascade";
    const known = best.get(`${from}\n${to}`);
    if (known === undefined || way.length < known.way.length) best.set(`${from}\n${to}`, { kind, way, evidence });
  };

  for (const start of outputs(nodes, edges)) {
    for (const found of nearestModels(start.key, out, nodes)) {
      const to = modelOf(nodes.get(found.key) as NodeRow);
      if (to === undefined) continue;
      for (const { key, model } of start.models) {
        // A run that reads an earlier version of its own model goes on training it; nothing was predicted in between.
        if (start.reading && model === to) continue;
        keep(model, to, key === found.way[0] ? found.way : [key, ...found.way], found.evidence);
      }
    }
  }
  const loops = [...best.values()].sort((a, b) =>
    a.kind === b.kind ? a.way.length - b.way.length : a.kind === "feedback-loop" ? -1 : 1,
  );
  return { loops: loops.slice(0, limit), truncated: loops.length > limit };

  /** Places where model output leaves: deployments with the models they serve, and models that runs read. */
  function* outputs(
    all: ReadonlyMap<number, NodeRow>,
    list: readonly LoopEdge[],
  ): Generator<{ key: number; reading: boolean; models: { key: number; model: string }[] }> {
    for (const [key, node] of all) {
      if (node.kind !== "deployment") continue;
      const models = (into.get(key) ?? []).flatMap((edge) => {
        const model = modelOf(all.get(edge.from) as NodeRow);
        return model === undefined ? [] : [{ key: edge.from, model }];
      });
      yield { key, reading: false, models };
    }
    for (const edge of list) {
      const from = all.get(edge.from);
      if (edge.relation !== "read" || from === undefined) continue;
      const model = modelOf(from);
      if (model !== undefined) yield { key: edge.from, reading: true, models: [{ key: edge.from, model }] };
    }
  }
}

/** Model versions first met on the ways down from `start`; the walk does not go through them. */
function nearestModels(
  start: number,
  out: ReadonlyMap<number, readonly LoopEdge[]>,
  nodes: ReadonlyMap<number, NodeRow>,
): { key: number; way: number[]; evidence: Evidence }[] {
  const arrivals = new Map<number, Arrival>([[start, { hops: 0, by: undefined, evidence: "observed" }]]);
  const found: number[] = [];
  let frontier = [start];
  while (frontier.length > 0) {
    const next: number[] = [];
    for (const from of frontier) {
      const here = nodes.get(from);
      for (const edge of out.get(from) ?? []) {
        if (arrivals.has(edge.to)) continue;
        // From a model only what reads it is followed: being served is looked at from the deployment.
        if (from === start && modelOf(here as NodeRow) !== undefined && edge.relation !== "read") continue;
        const evidence = weaker(arrivals.get(from)?.evidence ?? "observed", edge.evidence);
        arrivals.set(edge.to, { hops: 0, by: from, evidence });
        if (nodes.get(edge.to)?.kind === "model-version") found.push(edge.to);
        else next.push(edge.to);
      }
    }
    frontier = next;
  }
  return found.map((key) => ({ key, way: wayTo(key, arrivals), evidence: arrivals.get(key)?.evidence ?? "observed" }));
}
