import type { Incident, Series } from "@paydown/api/monitoring";
import { niceTicks } from "#kit/charts/axis.js";
import { linePath } from "#kit/charts/sparkline.jsx";
import { many, measured } from "#kit/numbers/format.js";
import { day, stamp } from "#kit/numbers/time.js";
import { useWidth } from "#kit/use-width.js";
import { Go } from "#routes/link.jsx";
import { paths } from "#routes/paths.js";
import css from "./monitoring.module.css";

interface PromiseChartProps {
  readonly series: Series;
  readonly incidents: readonly Incident[];
  readonly project: string;
  readonly height?: number;
}

const LEFT = 46;
const FLAGS = 34;

/** The promise on the chart: the line, its reference band, solid flags of the calibrated rule, hollow ones of rules of thumb, incidents as bars. */
export function PromiseChart({ series, incidents, project, height = 250 }: PromiseChartProps) {
  const [box, width] = useWidth<HTMLElement>();
  const { points } = series;
  const bottom = 34;
  const core = points
    .flatMap((point) => [point.statistic, point.low, point.high, point.expected])
    .filter((value): value is number => value != null && Number.isFinite(value));
  const roof = Math.max(...core, 0) * 2.5;
  const limits = points
    .flatMap((point) => [point.threshold, point.lowerThreshold])
    .filter((value): value is number => value != null && Number.isFinite(value));
  const values = [...core, ...limits.filter((value) => value <= roof)];
  const beyond = limits.some((value) => value > roof);
  const most = Math.max(...values, 0);
  const least = Math.min(...values, 0);
  const pad = (most - least) * 0.08 || 1;
  const first = points[0]?.at ?? 0;
  const last = points.at(-1)?.at ?? 1;
  const x = (at: number) => LEFT + ((at - first) / Math.max(1, last - first)) * Math.max(0, width - LEFT - 6);
  const y = (value: number) => FLAGS + (1 - (value - least) / (most + pad - least)) * (height - FLAGS - bottom);
  const px = (order: number) => x(points[order]?.at ?? first);
  const alarms = points.filter((point) => point.calibrated);
  const naive = points.filter((point) => point.naive.some((outcome) => outcome.alarm));
  const learning = points.findIndex((point) => point.threshold !== null);
  const banded = points.filter((point) => point.low !== undefined && point.high !== undefined);
  return (
    <figure className={css.chart} ref={box}>
      {/* biome-ignore lint/a11y/useSemanticElements: a drawing with links in it */}
      <svg
        width={width}
        height={height}
        role="group"
        aria-label={`${series.subject} ${series.kind}: ${many(points.length, "window")}, ${many(alarms.length, "calibrated alarm")}, ${many(naive.length, "naive alarm")}, ${many(incidents.length, "incident")}`}
      >
        {niceTicks(least, most, 5).map((tick) => (
          <g key={tick}>
            <line className={css.grid} x1={LEFT} x2={width} y1={y(tick)} y2={y(tick)} />
            <text x={LEFT - 6} y={y(tick) + 4} textAnchor="end">
              {measured(tick)
                .replace(/(\.\d*?)0+$/, "$1")
                .replace(/\.$/, "")}
            </text>
          </g>
        ))}
        {learning > 0 ? (
          <>
            <rect
              className={css.learning}
              x={LEFT}
              y={FLAGS}
              width={Math.max(0, px(learning) - LEFT)}
              height={height - FLAGS - bottom}
            />
            <text x={LEFT + 6} y={FLAGS + 14}>
              learning
            </text>
          </>
        ) : null}
        {banded.length > 1 ? (
          <path
            className={css.interval}
            d={`M${banded.map((point) => `${x(point.at)} ${y(point.high ?? 0)}`).join("L")}L${banded
              .toReversed()
              .map((point) => `${x(point.at)} ${y(point.low ?? 0)}`)
              .join("L")}Z`}
          />
        ) : null}
        <path
          className={css.expected}
          d={linePath(
            points.map((point) => point.expected),
            px,
            y,
          )}
        />
        <path
          className={css.limit}
          d={linePath(
            points.map((point) => within(point.threshold, roof)),
            px,
            y,
          )}
        />
        <path
          className={css.limit}
          d={linePath(
            points.map((point) => point.lowerThreshold ?? null),
            px,
            y,
          )}
        />
        <path
          className={css.line}
          d={linePath(
            points.map((point) => point.statistic),
            px,
            y,
          )}
        />
        {naive.map((point) => (
          <g key={`n${point.at}`} className={css.hollow}>
            <title>{`${stamp(point.at)}: ${point.naive
              .filter((one) => one.alarm)
              .map((one) => one.rule)
              .join(", ")} would have raised an alarm`}</title>
            <path d={flag(x(point.at), 18)} />
          </g>
        ))}
        {alarms.map((point) => (
          <g key={`c${point.at}`} className={css.solid}>
            <title>{`${stamp(point.at)}: alarm, evidence ${measured(point.evidence)} over ${measured(point.evidenceLimit)}`}</title>
            <path d={flag(x(point.at), 3)} />
          </g>
        ))}
        {incidents.map((incident) => (
          <Go key={incident.id} to={paths.incident(project, incident.id)} aria-label={`Incident: ${incident.title}`}>
            <rect
              className={css.incident}
              x={x(Math.max(first, incident.firstEffectAt))}
              width={Math.max(
                4,
                x(Math.min(last, incident.closedAt ?? last)) - x(Math.max(first, incident.firstEffectAt)),
              )}
              y={height - bottom + 5}
              height={8}
              rx={2}
            >
              <title>{incident.title}</title>
            </rect>
          </Go>
        ))}
        <text x={LEFT} y={height - 4}>
          {day(first)}
        </text>
        <text x={width - 4} y={height - 4} textAnchor="end">
          {day(last)}
        </text>
      </svg>
      <figcaption className={css.key}>
        <span>
          <svg width="14" height="12" aria-hidden="true" className={css.solid}>
            <path d={flag(3, 0)} />
          </svg>
          alarm of the calibrated rule
        </span>
        <span>
          <svg width="14" height="12" aria-hidden="true" className={css.hollow}>
            <path d={flag(3, 0)} />
          </svg>
          a rule of thumb would have paged
        </span>
        <span>
          <svg width="18" height="8" aria-hidden="true">
            <path className={css.limit} d="M0 4H18" />
          </svg>
          limit of one window{beyond ? " (in places beyond the axis)" : ""}
        </span>
        <span>
          <svg width="18" height="8" aria-hidden="true">
            <path className={css.expected} d="M0 4H18" />
          </svg>
          same season's reference
        </span>
        <span>
          <svg width="14" height="8" aria-hidden="true">
            <rect className={css.incident} width="14" height="8" rx="2" />
          </svg>
          incident
        </span>
      </figcaption>
    </figure>
  );
}

/** A limit far above everything that happened would flatten the line: it is left out, and the key says so. */
function within(limit: number | null, roof: number): number | null {
  return limit === null || limit > roof ? null : limit;
}

function flag(x: number, top: number): string {
  return `M${x} ${top + 11}V${top}l8 3.5l-8 3.500`;
}
