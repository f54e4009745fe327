import { type LayoutEdge, type LayoutNode, layoutGraph } from "./layout.js";

interface Question {
  readonly id: number;
  readonly nodes: readonly LayoutNode[];
  readonly edges: readonly LayoutEdge[];
}

globalThis.addEventListener("message", (event: MessageEvent<Question>) => {
  const { id, nodes, edges } = event.data;
  globalThis.postMessage({ id, layout: layoutGraph(nodes, edges) });
});
