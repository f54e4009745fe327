import type { getFrontier } from "@paydown/api/debt";
import type { Reply } from "@paydown/api/operation";
import { niceTicks } from "#kit/charts/axis.js";
import { estimate } from "#kit/numbers/format.js";
import { useWidth } from "#kit/use-width.js";
import css from "./debt.module.css";

const HEIGHT = 170;
const LEFT = 34;
const BOTTOM = 20;

/** Hours freed a week by the budget that is spent; grey where the last item takes over 26 weeks to earn its hours back. */
export function FrontierChart({
  frontier,
  hours,
}: {
  readonly frontier: Reply<typeof getFrontier>;
  readonly hours: number;
}) {
  const [box, width] = useWidth<HTMLDivElement>();
  const { points } = frontier;
  const right = Math.max(1, frontier.totalHours);
  const highest = Math.max(0, ...points.map((point) => point.frees.p90));
  const top = highest > 0 ? highest * 1.08 : 1;
  const x = (value: number) => LEFT + (value / right) * Math.max(0, width - LEFT - 4);
  const y = (value: number) => HEIGHT - BOTTOM - (Math.max(0, value) / top) * (HEIGHT - BOTTOM - 8);
  const upper = points.map((point) => `${x(point.hours)} ${y(point.frees.p90)}`);
  const lower = points.toReversed().map((point) => `${x(point.hours)} ${y(point.frees.p10)}`);
  const worth = x(Math.min(right, frontier.worthwhileHours));
  return (
    <div ref={box} className={css.frontier}>
      <svg
        width={width}
        height={HEIGHT}
        role="img"
        aria-label={`Hours freed a week by budget, from 0 to ${Math.round(right)} hours`}
      >
        {niceTicks(0, top, 4).map((tick) => (
          <g key={tick}>
            <line className={css.grid} x1={LEFT} x2={width} y1={y(tick)} y2={y(tick)} />
            <text x={LEFT - 6} y={y(tick) + 4} textAnchor="end">
              {estimate(tick)}
            </text>
          </g>
        ))}
        {width - worth > 6 ? (
          <>
            <rect
              className={css.zone}
              x={worth}
              y={4}
              width={Math.max(0, width - worth)}
              height={HEIGHT - BOTTOM - 4}
            />
            {width - worth > 130 ? (
              <text x={worth + 8} y={20}>
                payback over 26 weeks
              </text>
            ) : null}
          </>
        ) : null}
        {points.length === 0 ? null : (
          <>
            <path className={css.outer} d={`M${upper.join("L")}L${lower.join("L")}Z`} />
            <path
              className={css.line}
              d={`M${points.map((point) => `${x(point.hours)} ${y(point.frees.p50)}`).join("L")}`}
            />
          </>
        )}
        <line className={css.you} x1={x(hours)} x2={x(hours)} y1={2} y2={HEIGHT - BOTTOM} />
        {niceTicks(0, right, 6).map((tick) => (
          <text key={tick} x={x(tick)} y={HEIGHT - 4} textAnchor={tick === 0 ? "start" : "middle"}>
            {tick} h
          </text>
        ))}
      </svg>
    </div>
  );
}
