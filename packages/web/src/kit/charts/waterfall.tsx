import { delta, measured } from "#kit/numbers/format.js";
import { useWidth } from "#kit/use-width.js";
import { Go } from "#routes/link.jsx";
import { niceTicks } from "./axis.js";
import css from "./charts.module.css";

export interface WaterfallStep {
  readonly id: string;
  readonly label: string;
  /** A level for the first and last step, a signed change in between. */
  readonly value: number;
  readonly to?: string | undefined;
}

interface WaterfallProps {
  readonly title: string;
  readonly unit: string;
  readonly opening: WaterfallStep;
  readonly steps: readonly WaterfallStep[];
  readonly closing: WaterfallStep;
}

/** Opening to closing in signed steps. The steps sum exactly; the table twin shows the sums. */
export function Waterfall({ title, unit, opening, steps, closing }: WaterfallProps) {
  const [box, width] = useWidth<HTMLDivElement>();
  const height = 190;
  const bottom = 34;
  const left = 40;
  const bars = toBars(opening, steps, closing);
  const { base, top } = axisOf(bars);
  const step = Math.max(0, width - left) / bars.length;
  const y = (value: number) =>
    height - bottom - ((Math.max(base, value) - base) / (top - base)) * (height - bottom - 16);
  return (
    <div className={css.waterfall} ref={box}>
      {/* biome-ignore lint/a11y/useSemanticElements: a drawing with links in it */}
      <svg className={css.frame} width={width} height={height} role="group" aria-label={`${title}, ${unit}`}>
        {niceTicks(base, top, 4).map((tick) => (
          <g key={tick}>
            <line className={css.grid} x1={left} x2={width} y1={y(tick)} y2={y(tick)} />
            <text className={css.axis} x={left - 6} y={y(tick) + 4} textAnchor="end">
              {measured(tick)
                .replace(/(\.\d*?)0+$/, "$1")
                .replace(/\.$/, "")}
            </text>
          </g>
        ))}
        {bars.map((bar, at) => {
          const x = left + at * step;
          const drawing = (
            <>
              <rect
                className={
                  bar.kind === "level" || bar.step.value === 0 ? css.step : bar.step.value > 0 ? css.up : css.down
                }
                x={x + step * 0.16}
                width={step * 0.68}
                y={y(Math.max(bar.from, bar.to))}
                height={Math.max(1.5, Math.abs(y(bar.from) - y(bar.to)))}
                rx={1.5}
              />
              <text className={css.axis} x={x + step / 2} y={y(Math.max(bar.from, bar.to)) - 4} textAnchor="middle">
                {bar.kind === "level" ? measured(bar.step.value) : delta(bar.step.value)}
              </text>
              <text
                className={css.axis}
                x={x + step / 2}
                y={height - 18 + (width < 560 && at % 2 === 1 ? 13 : 0)}
                textAnchor="middle"
              >
                {` ${bar.step.label}`}
              </text>
            </>
          );
          return (
            <g key={bar.step.id}>
              {at > 0 ? (
                <line
                  className={css.link}
                  x1={x - step * 0.16}
                  x2={x + step * 0.16}
                  y1={y(bar.kind === "level" ? bar.to : bar.from)}
                  y2={y(bar.kind === "level" ? bar.to : bar.from)}
                />
              ) : null}
              {bar.step.to === undefined ? drawing : <Go to={bar.step.to}>{drawing}</Go>}
            </g>
          );
        })}
      </svg>
      {base > 0 ? (
        <p className={css.cut}>
          The axis begins at {measured(base)} {unit}, not at zero.
        </p>
      ) : null}
    </div>
  );
}

/** The same account as a table, to the last figure. */
export function WaterfallTable({ title, unit, opening, steps, closing }: WaterfallProps) {
  const bars = toBars(opening, steps, closing);
  return (
    <table className={css.figures}>
      <caption className="only-read">{title}</caption>
      <thead>
        <tr>
          <th scope="col">step</th>
          <th scope="col">change, {unit}</th>
          <th scope="col">after, {unit}</th>
        </tr>
      </thead>
      <tbody>
        {bars.map((bar) => (
          <tr key={bar.step.id}>
            <th scope="row">
              {bar.step.to === undefined ? bar.step.label : <Go to={bar.step.to}>{bar.step.label}</Go>}
            </th>
            <td>{bar.kind === "level" ? "" : delta(bar.step.value, full)}</td>
            <td>{full(bar.to)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Zero, unless the month's changes would be a hair's breadth of the level: then the axis is cut, and its ticks and caption say so. */
function axisOf(bars: readonly Bar[]): { base: number; top: number } {
  const levels = bars.flatMap((bar) => (bar.kind === "level" ? [bar.to] : [bar.from, bar.to]));
  const high = Math.max(...levels, 1e-9);
  const low = Math.min(...levels);
  const span = high - low;
  if (low <= 0 || span === 0 || span > high * 0.2) return { base: 0, top: high * 1.1 };
  return { base: Math.max(0, low - span * 0.8), top: high + span * 0.3 };
}

interface Bar {
  readonly kind: "level" | "change";
  readonly step: WaterfallStep;
  readonly from: number;
  readonly to: number;
}

function toBars(opening: WaterfallStep, steps: readonly WaterfallStep[], closing: WaterfallStep): Bar[] {
  const bars: Bar[] = [{ kind: "level", step: opening, from: 0, to: opening.value }];
  let level = opening.value;
  for (const step of steps) {
    bars.push({ kind: "change", step, from: level, to: level + step.value });
    level += step.value;
  }
  bars.push({ kind: "level", step: closing, from: 0, to: closing.value });
  return bars;
}

function full(value: number): string {
  return value.toFixed(2).replace("-", "\u2212");
}
