import { LinksRecorded, type recordLinks } from "@paydown/api/lineage";
import type { Input, Reply } from "@paydown/api/operation";
import type { NodeRef } from "@paydown/api/values";
import type { Ctx } from "#base/context.js";
import type { Tx } from "#base/db/db.js";
import { createGraphWriter, type SeenNode } from "../store/graph-writer.js";
import { toRef } from "../views/focus.js";

/** Records links that no other door reports. */
export async function recordReportedLinks(
  ctx: Ctx,
  input: Input<typeof recordLinks>,
): Promise<Reply<typeof recordLinks>> {
  const links = input.links.map((link) => ({
    from: toRef(link.from),
    to: toRef(link.to),
    relation: link.relation ?? "feeds",
    evidence: link.evidence ?? ("declared" as const),
  }));
  return ctx.db.write(async (tx) => {
    await recordGraph(ctx, tx, input.project, { nodes: [], links });
    await tx.emit(LinksRecorded, input.project, { links });
    return { recorded: links.length };
  });
}

/** A piece of graph that a protocol door or a flow reports. */
export interface ReportedGraph {
  readonly nodes: readonly (SeenNode & { readonly ref: NodeRef })[];
  readonly links: readonly {
    readonly from: NodeRef;
    readonly to: NodeRef;
    readonly relation: string;
    readonly evidence: "observed" | "declared" | "static";
  }[];
}

/** Records nodes and links in the caller's own transaction; ends of links are made where they are missing. */
export async function recordGraph(ctx: Ctx, tx: Tx, project: string, graph: ReportedGraph): Promise<void> {
  const seen = { project, at: ctx.clock.now(), door: ctx.door };
  const writer = createGraphWriter(tx);
  for (const { ref, ...node } of graph.nodes) writer.node(seen, ref, node);
  for (const link of graph.links) writer.edge(seen, link);
  await writer.write();
}

/** The same in a transaction of its own. */
export async function reportGraph(ctx: Ctx, project: string, graph: ReportedGraph): Promise<void> {
  await ctx.db.write((tx) => recordGraph(ctx, tx, project, graph));
}
