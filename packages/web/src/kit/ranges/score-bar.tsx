import { useId } from "react";
import { measured } from "#kit/numbers/format.js";
import { useWidth } from "#kit/use-width.js";
import css from "./ranges.module.css";

interface ScoreBarProps {
  readonly low: number;
  readonly high: number;
  readonly max: number;
  /** Band edges of the scale. */
  readonly edges?: readonly number[];
  readonly label: string;
}

/** A score known only as an interval: sure to `low`, hatched to `high`. Unknown is never rounded to one end. */
export function ScoreBar({ low, high, max, edges = [], label }: ScoreBarProps) {
  const [box, width] = useWidth<HTMLDivElement>();
  const hatch = useId();
  const x = (value: number) => (value / max) * width;
  return (
    <div className={css.score} ref={box}>
      <svg
        width={width}
        height={edges.length > 0 ? 30 : 14}
        role="img"
        aria-label={`${label}: ${measured(low)} to ${measured(high)} of ${max}`}
      >
        <defs>
          <pattern id={hatch} width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
            <line className={css.hatch} x1="0" x2="0" y1="0" y2="6" />
          </pattern>
        </defs>
        <rect className={css.full} width={width} height={12} y={1} rx={3} />
        <rect className={css.sure} width={x(low)} height={12} y={1} rx={3} />
        {high > low ? (
          <rect
            className={css.maybe}
            fill={`url(#${hatch})`}
            x={x(low) + 1}
            width={Math.max(0, x(high) - x(low) - 1)}
            height={11}
            y={1.5}
            rx={2}
          />
        ) : null}
        {edges.map((edge) => (
          <g key={edge}>
            <line className={css.edge} x1={x(edge)} x2={x(edge)} y1={0} y2={17} />
            <text x={x(edge)} y={28} textAnchor="middle">
              {edge}
            </text>
          </g>
        ))}
      </svg>
    </div>
  );
}
