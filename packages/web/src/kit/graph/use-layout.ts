import { useEffect, useMemo, useRef, useState } from "react";
import { type Layout, type LayoutEdge, type LayoutNode, layoutGraph } from "./layout.js";

const IN_WORKER = 500;

/** The layout of a graph: at once when small, in a worker above 500 nodes. Old positions start the next sweeps. */
export function useLayout(nodes: readonly LayoutNode[], edges: readonly LayoutEdge[]): Layout | undefined {
  const before = useRef<Map<string, number>>(new Map());
  const [fromWorker, setFromWorker] = useState<{ nodes: readonly LayoutNode[]; layout: Layout }>();
  const large = nodes.length > IN_WORKER;
  const small = useMemo(
    () => (large ? undefined : layoutGraph(nodes, edges, { before: before.current })),
    [large, nodes, edges],
  );
  useEffect(() => {
    if (!large) return;
    const worker = new Worker(new URL("./layout-worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = (event: MessageEvent<{ layout: Layout }>) => setFromWorker({ nodes, layout: event.data.layout });
    worker.postMessage({ id: 1, nodes, edges });
    return () => worker.terminate();
  }, [large, nodes, edges]);
  const layout = small ?? (fromWorker?.nodes === nodes ? fromWorker.layout : undefined);
  useEffect(() => {
    if (layout !== undefined) before.current = new Map(layout.nodes.map((node) => [node.id, node.y]));
  }, [layout]);
  return layout;
}
