import { estimate, exact, rangeText, span } from "#kit/numbers/format.js";
import css from "./ranges.module.css";
import { type LogScale, quantile, type Spread } from "./scale.js";

const WIDTH = 96;

interface RangeCellProps {
  readonly of: Spread;
  readonly scale: LogScale;
  readonly unit?: string;
  readonly risk?: boolean;
}

/** Thin line P10 to P90, thick P25 to P75, tick at P50, on the column's axis; the figure beside it. A prior without events is hollow. */
export function RangeCell({ of: range, scale, unit = "", risk = false }: RangeCellProps) {
  const x = (value: number) => 4 + scale.at(value) * (WIDTH - 8);
  const prior = range.n === 0;
  const kind = [css.cell, prior ? css.prior : "", risk ? css.risk : ""].join(" ");
  return (
    <span className={kind} title={rangeTitle(range, unit)}>
      <svg width={WIDTH} height={14} aria-hidden="true">
        <line className={css.thin} x1={x(range.p10)} x2={x(range.p90)} y1={7} y2={7} />
        {prior ? (
          <circle className={css.hollow} cx={x(range.p50)} cy={7} r={3.2} />
        ) : (
          <>
            <line className={css.thick} x1={x(quantile(range, 0.25))} x2={x(quantile(range, 0.75))} y1={7} y2={7} />
            <line className={css.tick} x1={x(range.p50)} x2={x(range.p50)} y1={2} y2={12} />
          </>
        )}
      </svg>
      <RangeText of={range} />
    </span>
  );
}

/** `2 (1–6)`, the middle in bold. */
export function RangeText({ of: range, unit }: { readonly of: Spread; readonly unit?: string }) {
  const around = span(range.p10, range.p90);
  const middle = estimate(range.p50);
  return (
    <span className={css.text} title={rangeTitle(range, unit ?? "")}>
      <b>{middle}</b>
      {around === middle ? null : <small> ({around})</small>}
      {unit === undefined ? null : <small> {unit}</small>}
    </span>
  );
}

/** The axis a column's cells share, for its header. */
export function RangeAxis({ scale }: { readonly scale: LogScale }) {
  const x = (value: number) => 4 + scale.at(value) * (WIDTH - 8);
  const every = Math.ceil(scale.ticks.length / 4);
  return (
    <svg className={css.axis} width={WIDTH} height={15} aria-hidden="true">
      <line x1={2} x2={WIDTH - 2} y1={14} y2={14} />
      {scale.ticks.map((tick, at) => (
        <g key={tick}>
          <line x1={x(tick)} x2={x(tick)} y1={11} y2={14} />
          {at % every === 0 ? (
            <text x={Math.min(WIDTH - 12, Math.max(6, x(tick)))} y={9} textAnchor="middle">
              {estimate(tick)}
            </text>
          ) : null}
        </g>
      ))}
    </svg>
  );
}

/** In full words, for hover and screen readers. */
function rangeTitle(range: Spread, unit: string): string {
  const events = range.n === 0 ? "prior only, no event yet" : `${range.n} ${range.n === 1 ? "event" : "events"}`;
  return `${rangeText(range)} ${unit}`
    .trim()
    .concat(
      `; P10 ${exact(round(range.p10))}, P50 ${exact(round(range.p50))}, P90 ${exact(round(range.p90))}; ${events}`,
    );
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}
