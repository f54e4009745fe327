import type { Impact, Reached } from "@paydown/api/lineage";
import type { NodeRef } from "@paydown/api/values";
import type { Ctx } from "#base/context.js";
import type { Reader } from "#base/db/db.js";
import { errors } from "../errors.js";
import { type Arrival, arrivalTimes, containmentOf, modelOf, nodeName, shortestWays, toNode, wayTo } from "../model.js";
import type { LineageNeeds } from "../needs.js";
import { asThen, filesEndingWith, findMembers, findNode } from "../store/graph.js";
import type { NodeRow } from "../tables.js";
import { findPrediction, getFocus, toRef } from "./focus.js";
import { toBounds, type WalkInput, walkFrom } from "./subgraph.js";
import { gapsAt, toSteps, type Walk, walk } from "./walk.js";

/** What a change or fault of one node reaches. */
export async function viewImpact(
  ctx: Ctx,
  needs: LineageNeeds,
  input: WalkInput & { readonly since?: number | undefined },
): Promise<Impact> {
  const bounds = toBounds(ctx, input);
  const ref = toRef(input.node);
  const prediction = await findPrediction(ctx, needs, input.project, ref);
  return ctx.db.read(async (r) => {
    const focus = await getFocus(r, input.project, ref, bounds.asOf, prediction);
    const found = await walkFrom(r, focus, "down", bounds);
    return toImpact(r, [focus.row], found, bounds.asOf, { unknown: [], since: input.since });
  });
}

/** What a diff reaches, before it is merged. Files and nodes the graph never saw are listed, not passed over. */
export async function previewChange(
  ctx: Ctx,
  input: {
    readonly project: string;
    readonly files?: readonly string[] | undefined;
    readonly nodes?: readonly string[] | undefined;
    readonly depth?: number | undefined;
    readonly limit?: number | undefined;
  },
): Promise<Impact> {
  const refs = [
    ...(input.files ?? []).map((path) => ({ kind: "file", id: path.replace(/^\.\//, "") })),
    ...(input.nodes ?? []).map(toRef),
  ];
  if (refs.length === 0) throw errors.LINEAGE_PREVIEW_EMPTY();
  const bounds = toBounds(ctx, input);
  return ctx.db.read(async (r) => {
    const { origins, unknown } = await findOrigins(r, input.project, refs, bounds.asOf);
    const found = await walk(r, origins, "down", bounds);
    return toImpact(r, origins, found, bounds.asOf, { unknown, since: undefined });
  });
}

/** The nodes named and what they contain; those the graph never saw apart. */
async function findOrigins(
  r: Reader,
  project: string,
  refs: readonly NodeRef[],
  asOf: number,
): Promise<{ origins: NodeRow[]; unknown: string[] }> {
  const origins = new Map<number, NodeRow>();
  const unknown: string[] = [];
  for (const ref of refs) {
    const row = await findNode(r, project, ref);
    const some = [...(row === undefined ? [] : [row]), ...(await findMembers(r, project, ref))];
    if (ref.kind === "file") some.push(...(await filesEndingWith(r, project, ref.id)));
    if (some.length === 0) unknown.push(nodeName(ref));
    for (const one of some) origins.set(one.key, one);
  }
  return { origins: await asThen(r, [...origins.values()], asOf), unknown };
}

async function toImpact(
  r: Reader,
  origins: readonly NodeRow[],
  found: Walk,
  asOf: number,
  more: { readonly unknown: readonly string[]; readonly since: number | undefined },
): Promise<Impact> {
  const steps = toSteps(found.edges, "down");
  const keys = origins.map((row) => row.key);
  const ways = shortestWays(keys, steps);
  const times = more.since === undefined ? undefined : arrivalTimes(keys, steps, more.since);
  const rows = [...found.hops.keys()]
    .filter((key) => !keys.includes(key) && (times === undefined || times.has(key)))
    .map((key) => found.nodes.get(key))
    .filter((row) => row !== undefined);
  const reached = rows.map((row): Reached => {
    const way = ways.get(row.key) as Arrival;
    const arrival = times?.get(row.key);
    return {
      node: toNode(row),
      hops: way.hops,
      path: wayTo(row.key, ways).map((key) => nodeName(found.nodes.get(key) as NodeRow)),
      evidence: way.evidence,
      ...(arrival === undefined || more.since === undefined ? {} : { delayMs: arrival.at - more.since }),
    };
  });
  return {
    origins: origins.map(toNode),
    asOf,
    reached,
    counts: countReached(rows),
    teams: countTeams(rows),
    unknown: [...more.unknown],
    gaps: await gapsAt(
      r,
      rows.filter((row) => row.key >= 0),
      asOf,
    ),
    truncated: found.cut !== undefined,
  };
}

function countReached(rows: readonly NodeRow[]): Impact["counts"] {
  const datasets = new Set<string>();
  const models = new Set<string>();
  let endpoints = 0;
  let consumers = 0;
  let undeclared = 0;
  let unowned = 0;
  for (const row of rows) {
    if (row.kind === "dataset") datasets.add(row.id);
    if (row.kind === "dataset-version") datasets.add(row.id.slice(0, row.id.lastIndexOf("@")));
    const model = modelOf(row);
    if (model !== undefined) models.add(model);
    if (row.kind === "deployment") endpoints++;
    if (row.kind === "consumer") {
      consumers++;
      if ((JSON.parse(row.facts) as { declared?: unknown }).declared !== true) undeclared++;
    }
    if (row.team === null) unowned++;
  }
  return {
    nodes: rows.length,
    datasets: datasets.size,
    models: models.size,
    endpoints,
    consumers,
    undeclared,
    teams: new Set(rows.map((row) => row.team).filter((team) => team !== null)).size,
    unowned,
  };
}

function countTeams(rows: readonly NodeRow[]): Impact["teams"] {
  const byTeam = Map.groupBy(
    rows.filter((row) => row.team !== null),
    (row) => row.team as string,
  );
  return [...byTeam]
    .map(([team, some]) => ({ team, nodes: some.length }))
    .sort((a, b) => b.nodes - a.nodes || (a.team < b.team ? -1 : 1));
}

/** A downstream part of the graph with what each edge stops of a fault, as blast radius is computed from. */
export interface Downstream {
  readonly nodes: readonly { readonly node: NodeRef; readonly weight: number; readonly team?: string | undefined }[];
  readonly edges: readonly { readonly from: NodeRef; readonly to: NodeRef; readonly containment: number }[];
  readonly truncated: boolean;
}

/**
 * Everything downstream of an asset, with containment (0.9 with contract, test and canary, 0.5 with contract or schema,
 * else 0); undefined when the graph does not know the asset. What the asset contains is reached at no cost.
 */
export async function viewDownstream(
  ctx: Ctx,
  project: string,
  asset: NodeRef,
  limit = 5000,
): Promise<Downstream | undefined> {
  return ctx.db.read(async (r) => {
    const asOf = ctx.clock.now();
    const { origins } = await findOrigins(r, project, [asset], asOf);
    if (origins.length === 0) return undefined;
    const found = await walk(r, origins, "down", { depth: 100, limit, asOf });
    const rows = [...found.nodes.values()];
    const ref = (row: NodeRow): NodeRef => ({ kind: row.kind, id: row.id });
    const facts = new Map(rows.map((row) => [row.key, JSON.parse(row.facts) as Record<string, unknown>]));
    const contained = origins.filter((row) => row.kind !== asset.kind || row.id !== asset.id);
    return {
      nodes: rows.map((row) => {
        const weight = facts.get(row.key)?.weight;
        return {
          node: ref(row),
          weight: typeof weight === "number" ? weight : 1,
          ...(row.team === null ? {} : { team: row.team }),
        };
      }),
      edges: [
        ...contained.map((row) => ({ from: asset, to: ref(row), containment: 0 })),
        ...found.edges.map((edge) => ({
          from: ref(found.nodes.get(edge.from_key) as NodeRow),
          to: ref(found.nodes.get(edge.to_key) as NodeRow),
          containment: containmentOf(facts.get(edge.to_key) ?? {}),
        })),
      ],
      truncated: found.cut !== undefined,
    };
  });
}
