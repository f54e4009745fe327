import css from "./charts.module.css";

interface SparklineProps {
  readonly values: readonly (number | null)[];
  readonly label: string;
  readonly width?: number;
  readonly height?: number;
}

/** The shape of a series in a table row. Gaps stay gaps. */
export function Sparkline({ values, label, width = 96, height = 22 }: SparklineProps) {
  const known = values.filter((value): value is number => value !== null && Number.isFinite(value));
  if (known.length === 0) return <span className="only-read">{label}: no values</span>;
  const low = Math.min(...known);
  const high = Math.max(...known);
  const y = (value: number) => (high === low ? height / 2 : height - 2 - ((value - low) / (high - low)) * (height - 4));
  const x = (at: number) => 1 + (at / Math.max(1, values.length - 1)) * (width - 2);
  return (
    <svg className={css.spark} width={width} height={height} role="img" aria-label={label}>
      <path className={css.line} d={linePath(values, x, y)} />
    </svg>
  );
}

/** A path that lifts the pen over gaps; a lone point becomes a dash. */
export function linePath(
  values: readonly (number | null)[],
  x: (at: number) => number,
  y: (value: number) => number,
): string {
  let path = "";
  let down = false;
  for (const [at, value] of values.entries()) {
    if (value === null || !Number.isFinite(value)) {
      down = false;
      continue;
    }
    path += `${down ? "L" : "M"}${x(at).toFixed(1)} ${y(value).toFixed(1)}`;
    if (!down && (values[at + 1] ?? null) === null) path += "h2";
    down = true;
  }
  return path;
}
