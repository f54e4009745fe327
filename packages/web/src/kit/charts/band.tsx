import { measured, rangeText } from "#kit/numbers/format.js";
import { quantile, type Spread } from "#kit/ranges/scale.js";
import { useWidth } from "#kit/use-width.js";
import { niceTicks } from "./axis.js";
import css from "./charts.module.css";

export interface BandPoint {
  readonly label: string;
  /** Absent where nothing was measured: the band has a gap there. */
  readonly range: Spread | undefined;
}

interface BandProps {
  readonly points: readonly BandPoint[];
  readonly title: string;
  readonly unit: string;
  readonly height?: number;
  /** A shared top, so that small multiples can be compared. */
  readonly max?: number | undefined;
  readonly risk?: boolean;
}

/** A series of estimates: band P10 to P90, inner band P25 to P75, median line. */
export function Band({ points, title, unit, height = 96, max, risk = false }: BandProps) {
  const [box, width] = useWidth<HTMLElement>();
  const known = points.flatMap((point) => (point.range === undefined ? [] : [point.range]));
  const highest = Math.max(max ?? 0, ...known.map((range) => range.p90));
  const top = highest > 0 ? highest * 1.06 : 1;
  const left = 30;
  const bottom = 16;
  const x = (at: number) =>
    left + (points.length < 2 ? (width - left) / 2 : (at / (points.length - 1)) * Math.max(0, width - left - 4));
  const y = (value: number) => height - bottom - (Math.max(0, value) / top) * (height - bottom - 4);
  const last = known.at(-1);
  return (
    <figure className={`${css.figure} ${risk ? css.riskBand : ""}`} ref={box}>
      <figcaption>
        <b>{title}</b>
        <span>{last === undefined ? "nothing measured" : `${rangeText(last)} ${unit}`}</span>
      </figcaption>
      <svg className={css.frame} width={width} height={height} role="img" aria-label={describe(title, unit, points)}>
        {niceTicks(0, top, 3).map((tick) => (
          <g key={tick}>
            <line className={css.grid} x1={left} x2={width} y1={y(tick)} y2={y(tick)} />
            <text className={css.axis} x={left - 5} y={y(tick) + 4} textAnchor="end">
              {measured(tick).replace(/\.?0+$/, "") || "0"}
            </text>
          </g>
        ))}
        {segments(points).map((segment) => (
          <g key={segment[0]?.at ?? 0}>
            <path className={css.outer} d={area(segment, x, y, 0.1, 0.9)} />
            <path className={css.inner} d={area(segment, x, y, 0.25, 0.75)} />
            <path
              className={css.line}
              d={segment
                .map((one, order) => `${order === 0 ? "M" : "L"}${x(one.at)} ${y(one.range.p50)}`)
                .join("")
                .concat(segment.length === 1 ? "h3" : "")}
            />
          </g>
        ))}
        {points.length === 0 ? null : (
          <>
            <text className={css.axis} x={left} y={height - 2}>
              {points[0]?.label}
            </text>
            <text className={css.axis} x={width - 4} y={height - 2} textAnchor="end">
              {points.length > 1 ? points.at(-1)?.label : ""}
            </text>
          </>
        )}
      </svg>
    </figure>
  );
}

interface Known {
  readonly at: number;
  readonly range: Spread;
}

function segments(points: readonly BandPoint[]): Known[][] {
  const found: Known[][] = [];
  let open: Known[] = [];
  for (const [at, point] of points.entries()) {
    if (point.range === undefined) {
      if (open.length > 0) found.push(open);
      open = [];
    } else open.push({ at, range: point.range });
  }
  if (open.length > 0) found.push(open);
  return found;
}

function area(
  segment: readonly Known[],
  x: (at: number) => number,
  y: (value: number) => number,
  low: number,
  high: number,
): string {
  const pad = segment.length === 1 ? 3 : 0;
  const upper = segment.map(
    (one) =>
      `${x(one.at) - pad} ${y(quantile(one.range, high))}${pad > 0 ? `L${x(one.at) + pad} ${y(quantile(one.range, high))}` : ""}`,
  );
  const lower = segment
    .toReversed()
    .map(
      (one) =>
        `${x(one.at) + pad} ${y(quantile(one.range, low))}${pad > 0 ? `L${x(one.at) - pad} ${y(quantile(one.range, low))}` : ""}`,
    );
  return `M${upper.join("L")}L${lower.join("L")}Z`;
}

function describe(title: string, unit: string, points: readonly BandPoint[]): string {
  return `${title}, ${unit}: ${points.map((point) => `${point.label} ${point.range === undefined ? "not measured" : rangeText(point.range)}`).join("; ")}`;
}
