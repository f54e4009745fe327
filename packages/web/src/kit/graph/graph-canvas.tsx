import { type PointerEvent, useEffect, useRef } from "react";
import { useWidth } from "#kit/use-width.js";
import css from "./graph.module.css";
import type { GraphEdge, GraphNode } from "./graph-view.jsx";
import type { Layout } from "./layout.js";

interface GraphCanvasProps {
  readonly label: string;
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  readonly layout: Layout;
  readonly focus: string;
  readonly onFocus: (node: GraphNode) => void;
}

const [WIDTH, HEIGHT, VIEW] = [176, 38, 560];

/** Thousands of nodes: only what is in view is drawn, on a canvas. Drag pans, the wheel zooms; the table twin is for reading. */
export function GraphCanvas({ label, nodes, edges, layout, focus, onFocus }: GraphCanvasProps) {
  const [box, width] = useWidth<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const view = useRef({ x: 0, y: 0, scale: 0.5, moved: false });
  useEffect(() => {
    const start = layout.nodes.find((node) => node.id === focus);
    if (start !== undefined) view.current = { ...view.current, x: start.x - 300, y: start.y - 300 };
  }, [layout, focus]);
  useEffect(() => {
    let frame = requestAnimationFrame(draw);
    function draw() {
      const context = canvas.current?.getContext("2d");
      if (canvas.current === null || context === null || context === undefined) return;
      paint(context, canvas.current, { nodes, edges, layout, focus, view: view.current });
    }
    const again = () => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(draw);
    };
    const element = canvas.current;
    function wheel(event: WheelEvent) {
      event.preventDefault();
      const before = view.current.scale;
      const scale = Math.min(2, Math.max(0.05, before * Math.exp(-event.deltaY / 400)));
      view.current.x += event.offsetX / before - event.offsetX / scale;
      view.current.y += event.offsetY / before - event.offsetY / scale;
      view.current.scale = scale;
      again();
    }
    element?.addEventListener("wheel", wheel, { passive: false });
    element?.addEventListener("paydown-redraw", again);
    globalThis.addEventListener("paydown-theme", again);
    return () => {
      cancelAnimationFrame(frame);
      element?.removeEventListener("wheel", wheel);
      element?.removeEventListener("paydown-redraw", again);
      globalThis.removeEventListener("paydown-theme", again);
    };
  }, [nodes, edges, layout, focus]);
  function move(event: PointerEvent<HTMLCanvasElement>) {
    if (event.buttons !== 1) return;
    view.current.x -= event.movementX / view.current.scale;
    view.current.y -= event.movementY / view.current.scale;
    view.current.moved ||= Math.abs(event.movementX) + Math.abs(event.movementY) > 2;
    event.currentTarget.dispatchEvent(new Event("paydown-redraw"));
  }
  function up(event: PointerEvent<HTMLCanvasElement>) {
    const bounds = event.currentTarget.getBoundingClientRect();
    const x = (event.clientX - bounds.left) / view.current.scale + view.current.x;
    const y = (event.clientY - bounds.top) / view.current.scale + view.current.y;
    const hit = view.current.moved
      ? undefined
      : layout.nodes.find((node) => x >= node.x && x <= node.x + WIDTH && y >= node.y && y <= node.y + HEIGHT);
    view.current.moved = false;
    const node = nodes.find((one) => one.id === hit?.id);
    if (node !== undefined) onFocus(node);
  }
  return (
    <div ref={box} className={css.box}>
      <canvas
        ref={canvas}
        width={width * devicePixelRatio}
        height={VIEW * devicePixelRatio}
        style={{ width, height: VIEW, touchAction: "none" }}
        role="img"
        aria-label={`${label}; the table below says the same`}
        onPointerMove={move}
        onPointerUp={up}
      />
    </div>
  );
}

interface Scene {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  readonly layout: Layout;
  readonly focus: string;
  readonly view: { readonly x: number; readonly y: number; readonly scale: number };
}

function paint(
  context: CanvasRenderingContext2D,
  canvas: HTMLCanvasElement,
  { nodes, edges, layout, focus, view }: Scene,
): void {
  const style = getComputedStyle(canvas);
  const [ink, line] = [style.color, style.borderTopColor];
  const place = new Map(layout.nodes.map((node) => [node.id, node]));
  const names = new Map(nodes.map((node) => [node.id, node.name]));
  const right = view.x + canvas.width / devicePixelRatio / view.scale;
  const bottom = view.y + canvas.height / devicePixelRatio / view.scale;
  const inView = (x: number, y: number) => x + WIDTH > view.x && x < right && y + HEIGHT > view.y && y < bottom;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  const scale = view.scale * devicePixelRatio;
  context.setTransform(scale, 0, 0, scale, -view.x * scale, -view.y * scale);
  context.strokeStyle = line;
  context.globalAlpha = 0.35;
  context.lineWidth = 1;
  context.beginPath();
  for (const edge of edges) {
    const [from, to] = [place.get(edge.from), place.get(edge.to)];
    if (from === undefined || to === undefined || !(inView(from.x, from.y) || inView(to.x, to.y))) continue;
    context.moveTo(from.x + WIDTH, from.y + HEIGHT / 2);
    context.lineTo(to.x, to.y + HEIGHT / 2);
  }
  context.stroke();
  context.globalAlpha = 1;
  context.fillStyle = ink;
  context.font = `12px ${style.fontFamily}`;
  for (const node of layout.nodes) {
    if (!inView(node.x, node.y)) continue;
    context.lineWidth = node.id === focus ? 3 : 1;
    context.strokeRect(node.x, node.y, WIDTH, HEIGHT);
    if (view.scale > 0.4) context.fillText((names.get(node.id) ?? "").slice(0, 26), node.x + 8, node.y + 23);
  }
}
