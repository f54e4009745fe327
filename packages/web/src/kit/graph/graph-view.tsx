import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from "react";
import { many } from "#kit/numbers/format.js";
import css from "./graph.module.css";
import { GraphCanvas } from "./graph-canvas.jsx";
import type { Placed } from "./layout.js";
import { useLayout } from "./use-layout.js";

export interface GraphNode {
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly unknown?: boolean;
  /** A folded fan-out: how many nodes stand behind it. */
  readonly folded?: number;
  /** Hops from the change whose impact is shown. */
  readonly hops?: number | undefined;
}

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  readonly evidence: "observed" | "declared" | "static" | "unknown";
  /** Events that said so. */
  readonly count: number;
}

interface GraphViewProps {
  readonly label: string;
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  readonly focus: string;
  readonly onFocus: (node: GraphNode) => void;
  readonly onKey?: (key: string, node: GraphNode) => void;
}

const WIDTH = 176;
const HEIGHT = 38;
const CANVAS_FROM = 400;

/** The drawn graph. Arrow keys walk along edges, Enter makes a node the focus. Over 400 nodes it is drawn on a canvas. */
export function GraphView({ label, nodes, edges, focus, onFocus, onKey }: GraphViewProps) {
  const sized = useMemo(() => nodes.map((node) => ({ id: node.id, width: WIDTH, height: HEIGHT })), [nodes]);
  const layout = useLayout(sized, edges);
  const [current, setCurrent] = useState(focus);
  const box = useRef<HTMLElement>(null);
  const hatch = useId();
  const known = useMemo(() => new Map(nodes.map((node) => [node.id, node])), [nodes]);
  const place = useMemo(() => new Map(layout?.nodes.map((node) => [node.id, node])), [layout]);
  useEffect(() => {
    const at = place.get(focus);
    if (box.current === null || at === undefined) return;
    box.current.scrollLeft = at.x + WIDTH / 2 + 16 - box.current.clientWidth / 2;
    box.current.scrollTop = at.y + HEIGHT / 2 + 16 - box.current.clientHeight / 2;
  }, [place, focus]);
  if (layout === undefined) return <p role="status">Laying out {many(nodes.length, "node")}</p>;
  if (nodes.length > CANVAS_FROM)
    return <GraphCanvas label={label} nodes={nodes} edges={edges} layout={layout} focus={focus} onFocus={onFocus} />;
  const active = place.has(current) ? current : place.has(focus) ? focus : (layout.nodes[0]?.id ?? "");

  function press(event: KeyboardEvent, node: GraphNode) {
    const next = step(event.key, node.id, edges, layout?.nodes ?? [], place);
    if (next !== undefined) {
      setCurrent(next);
      box.current?.querySelector<SVGGElement>(`[data-id="${CSS.escape(next)}"]`)?.focus();
    } else if (event.key === "Enter") onFocus(node);
    else if (onKey !== undefined && ["u", "d", "."].includes(event.key)) onKey(event.key, node);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling box must be reachable by keyboard
    <section className={css.box} aria-label={label} ref={box} tabIndex={0}>
      {/* biome-ignore lint/a11y/useSemanticElements: a drawing with buttons in it */}
      <svg
        width={layout.width + 32}
        height={layout.height + 32}
        role="group"
        aria-label={`${many(nodes.length, "node")}, ${many(edges.length, "edge")}; the table below says the same`}
      >
        <defs>
          <pattern id={hatch} width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
            <line className={css.hatch} x1="0" x2="0" y1="0" y2="7" strokeWidth="1.5" />
          </pattern>
        </defs>
        <g transform="translate(16 16)">
          {edges.map((edge) => {
            const from = place.get(edge.from);
            const to = place.get(edge.to);
            if (from === undefined || to === undefined) return null;
            return (
              <path
                key={`${edge.from} ${edge.to}`}
                className={css.edge}
                data-evidence={edge.evidence}
                data-hot={edge.from === active || edge.to === active ? "" : undefined}
                strokeWidth={Math.min(4, 1 + Math.log10(Math.max(1, edge.count)))}
                d={curve(from, to)}
              />
            );
          })}
          {layout.nodes.map((at) => {
            const node = known.get(at.id);
            if (node === undefined) return null;
            return (
              // biome-ignore lint/a11y/useSemanticElements: a node of an SVG cannot be a button element
              <g
                key={node.id}
                className={css.node}
                transform={`translate(${at.x} ${at.y})`}
                role="button"
                tabIndex={node.id === active ? 0 : -1}
                data-id={node.id}
                data-focus={node.id === focus ? "" : undefined}
                data-unknown={node.unknown === true ? "" : undefined}
                data-hops={node.hops === undefined || node.hops === 0 ? undefined : Math.min(3, node.hops)}
                aria-current={node.id === focus ? "true" : undefined}
                onClick={() => onFocus(node)}
                onFocus={() => setCurrent(node.id)}
                onKeyDown={(event) => press(event, node)}
              >
                <rect width={WIDTH} height={HEIGHT} rx={5} />
                {node.unknown === true ? (
                  <rect
                    width={WIDTH}
                    height={HEIGHT}
                    rx={5}
                    fill={`url(#${hatch})`}
                    style={{ fill: `url(#${hatch})` }}
                  />
                ) : null}
                <text className={css.kind} x={10} y={14}>
                  {node.kind.replaceAll("-", " ")}
                </text>
                <title>{node.name}</title>
                <text x={10} y={29}>
                  {` ${cut(node.name, 22)}`}
                </text>
              </g>
            );
          })}
        </g>
      </svg>
    </section>
  );
}

function curve(from: Placed, to: Placed): string {
  const [x1, y1, x2, y2] = [from.x + WIDTH, from.y + HEIGHT / 2, to.x, to.y + HEIGHT / 2];
  const bend = Math.max(24, Math.abs(x2 - x1) / 2);
  return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
}

/** Left and right follow edges, up and down walk the layer. */
function step(
  key: string,
  id: string,
  edges: readonly GraphEdge[],
  nodes: readonly Placed[],
  place: ReadonlyMap<string, Placed>,
): string | undefined {
  const here = place.get(id);
  if (here === undefined) return undefined;
  const nearest = (ids: string[]) =>
    ids.toSorted((a, b) => Math.abs((place.get(a)?.y ?? 0) - here.y) - Math.abs((place.get(b)?.y ?? 0) - here.y))[0];
  if (key === "ArrowRight") return nearest(edges.filter((edge) => edge.from === id).map((edge) => edge.to));
  if (key === "ArrowLeft") return nearest(edges.filter((edge) => edge.to === id).map((edge) => edge.from));
  const layer = nodes.filter((node) => node.layer === here.layer);
  if (key === "ArrowDown") return nearest(layer.filter((node) => node.y > here.y).map((node) => node.id));
  if (key === "ArrowUp") return nearest(layer.filter((node) => node.y < here.y).map((node) => node.id));
  return undefined;
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}
