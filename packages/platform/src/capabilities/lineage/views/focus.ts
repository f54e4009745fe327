import type { NodeRef } from "@paydown/api/values";
import type { Ctx } from "#base/context.js";
import type { Reader } from "#base/db/db.js";
import { errors } from "../errors.js";
import { nodeName, parseNode } from "../model.js";
import type { FoundPrediction, LineageNeeds } from "../needs.js";
import { asThen, findMembers, findNode } from "../store/graph.js";
import { type EdgeRow, type NodeRow, standing } from "../tables.js";

/** The node asked for, and where walks begin: at itself, at what it contains, or at what a prediction came from. */
export interface Focus {
  readonly row: NodeRow;
  /** Nodes to begin at beside the focus, with the edge that leads to each. */
  readonly beside: readonly { readonly row: NodeRow; readonly edge: EdgeRow }[];
}

export function toRef(node: string): NodeRef {
  const ref = parseNode(node);
  if (ref === undefined) throw errors.LINEAGE_NODE_INVALID({ node });
  return ref;
}

/** Asked before the read begins: a prediction is looked up in its own log, not in the graph. */
export async function findPrediction(
  ctx: Ctx,
  needs: LineageNeeds,
  project: string,
  ref: NodeRef,
): Promise<FoundPrediction | undefined> {
  return ref.kind === "prediction" ? needs.findPrediction(ctx, project, ref.id) : undefined;
}

/** The node, as the graph or the prediction log knows it at the instant. Throws LINEAGE_NODE_NOT_FOUND. */
export async function getFocus(
  r: Reader,
  project: string,
  ref: NodeRef,
  asOf: number,
  prediction: FoundPrediction | undefined,
): Promise<Focus> {
  if (prediction !== undefined && prediction.at <= asOf) return predictionFocus(r, project, ref, prediction, asOf);
  const found = await findNode(r, project, ref);
  if (found === undefined || found.first_seen > asOf) {
    const when = found === undefined ? "" : ` at ${new Date(asOf).toISOString()}`;
    throw errors.LINEAGE_NODE_NOT_FOUND({ project, node: nodeName(ref), when });
  }
  const members = (await findMembers(r, project, ref)).filter((member) => member.first_seen <= asOf);
  const [row, ...beside] = (await asThen(r, [found, ...members], asOf)) as [NodeRow, ...NodeRow[]];
  return { row, beside: beside.map((member) => ({ row: member, edge: edgeBetween(row, member, "contains") })) };
}

/** Key of a node that is in front of the graph, not in it. */
const outsideKey = -1;

async function predictionFocus(
  r: Reader,
  project: string,
  ref: NodeRef,
  prediction: FoundPrediction,
  asOf: number,
): Promise<Focus> {
  const row: NodeRow = {
    key: outsideKey,
    project,
    kind: ref.kind,
    id: ref.id,
    name: ref.id,
    team: null,
    first_seen: prediction.at,
    last_seen: prediction.at,
    door: "open-inference",
    facts: JSON.stringify({ deployment: prediction.deployment, model: prediction.model, version: prediction.version }),
    search: "",
  };
  const sources = [
    { kind: "model-version", id: `${prediction.model}/${prediction.version}` },
    { kind: "deployment", id: prediction.deployment },
  ];
  const beside: { row: NodeRow; edge: EdgeRow }[] = [];
  const find = async (other: NodeRef): Promise<NodeRow | undefined> => {
    const found = await findNode(r, project, other);
    return found === undefined ? undefined : (await asThen(r, [found], asOf))[0];
  };
  for (const source of sources) {
    const found = await find(source);
    if (found !== undefined) beside.push({ row: found, edge: edgeBetween(found, row, "predicted") });
  }
  const consumer =
    prediction.consumer === undefined ? undefined : await find({ kind: "consumer", id: prediction.consumer });
  if (consumer !== undefined) beside.push({ row: consumer, edge: edgeBetween(row, consumer, "read-by") });
  return { row, beside };
}

function edgeBetween(from: NodeRow, to: NodeRow, relation: string): EdgeRow {
  const at = Math.max(from.first_seen, to.first_seen);
  return {
    project: from.project,
    from_key: from.key,
    to_key: to.key,
    relation,
    evidence: "observed",
    first_seen: at,
    last_seen: Math.max(from.last_seen, to.last_seen),
    ended: standing,
    door: from.door,
    count: 1,
  };
}
