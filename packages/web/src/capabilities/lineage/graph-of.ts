import type { Impact, LineageEdge, LineageGap, LineageNode } from "@paydown/api/lineage";
import type { GraphEdge, GraphNode } from "#kit/graph/graph-view.jsx";

/** Nodes of one kind on one side of the same neighbour, over this many, fold into one counted node. */
const FOLD_OVER = 8;

export interface Drawn {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  /** What stands behind each folded node. */
  readonly folds: ReadonlyMap<string, readonly LineageNode[]>;
}

export function nodeName(node: { kind: string; id: string }): string {
  return `${node.kind}:${node.id}`;
}

/** The drawn graph: fan-outs folded, unknown neighbours hatched, reached nodes coloured by hops. */
export function toDrawn(
  input: { nodes: readonly LineageNode[]; edges: readonly LineageEdge[]; gaps: readonly LineageGap[] },
  focus: string,
  open: ReadonlySet<string>,
  impact?: Impact,
): Drawn {
  const byName = new Map(input.nodes.map((node) => [nodeName(node), node]));
  const hops = new Map(impact?.reached.map((one) => [nodeName(one.node), one.hops]));
  const folds = new Map<string, LineageNode[]>();
  const foldedAs = new Map<string, string>();
  for (const { fold, members } of fanOuts(input.edges, byName, focus)) {
    if (members.length <= FOLD_OVER || open.has(fold)) continue;
    folds.set(fold, members);
    for (const member of members) foldedAs.set(nodeName(member), fold);
  }
  const at = (name: string) => foldedAs.get(name) ?? name;
  const nodes: GraphNode[] = [];
  for (const [name, node] of byName) {
    if (!foldedAs.has(name))
      nodes.push({
        id: name,
        kind: node.kind,
        name: node.name,
        hops: hops.get(name),
        unknown: node.facts.declared === false,
      });
  }
  for (const [fold, members] of folds)
    nodes.push({
      id: fold,
      kind: `${members[0]?.kind ?? ""}`,
      name: `${members.length} together`,
      folded: members.length,
    });
  const edges = new Map<string, GraphEdge>();
  for (const edge of input.edges) {
    const [from, to] = [at(nodeName(edge.from)), at(nodeName(edge.to))];
    if (from === to || !byName.has(nodeName(edge.from)) || !byName.has(nodeName(edge.to))) continue;
    const before = edges.get(`${from} ${to}`);
    edges.set(`${from} ${to}`, {
      from,
      to,
      evidence: before?.evidence ?? edge.evidence,
      count: (before?.count ?? 0) + edge.count,
    });
  }
  for (const gap of input.gaps) {
    const near = at(nodeName(gap.at));
    if (!byName.has(nodeName(gap.at)) || near !== nodeName(gap.at)) continue;
    const id = `unknown ${gap.missing} ${gap.side} ${near}`;
    nodes.push({ id, kind: gap.missing, name: "unknown", unknown: true });
    const [from, to] = gap.side === "upstream" ? [id, near] : [near, id];
    edges.set(`${from} ${to}`, { from, to, evidence: "unknown", count: 0 });
  }
  return { nodes, edges: [...edges.values()], folds };
}

/** Leaves of one kind that hang on one node and one side. */
function fanOuts(
  edges: readonly LineageEdge[],
  byName: ReadonlyMap<string, LineageNode>,
  focus: string,
): { fold: string; members: LineageNode[] }[] {
  const degree = new Map<string, number>();
  for (const edge of edges)
    for (const end of [nodeName(edge.from), nodeName(edge.to)]) degree.set(end, (degree.get(end) ?? 0) + 1);
  const fans = new Map<string, LineageNode[]>();
  for (const edge of edges) {
    for (const [leaf, hub, side] of [
      [nodeName(edge.from), nodeName(edge.to), "up"],
      [nodeName(edge.to), nodeName(edge.from), "down"],
    ] as const) {
      const node = byName.get(leaf);
      if (node === undefined || leaf === focus || degree.get(leaf) !== 1) continue;
      const fold = `fold ${hub} ${side} ${node.kind}`;
      fans.set(fold, [...(fans.get(fold) ?? []), node]);
    }
  }
  return [...fans].map(([fold, members]) => ({ fold, members }));
}
