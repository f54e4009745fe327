import { lazy, Suspense, useState } from "react";
import { many, metric } from "#kit/numbers/format.js";
import { Skeleton } from "#kit/states/loaded.jsx";
import { useSeen } from "#kit/use-seen.js";
import css from "./charts.module.css";
import { styleOf } from "./series.js";

export interface LineSeries {
  readonly id: string;
  readonly name: string;
  readonly x: readonly number[];
  readonly y: readonly (number | null)[];
  /** Edges of a band around the line. */
  readonly low?: readonly (number | null)[];
  readonly high?: readonly (number | null)[];
  /** The line as measured, drawn faint behind a smoothed one. */
  readonly raw?: readonly (number | null)[];
  /** Which of the eight styles it has; `quiet` is the grey of what nobody singled out. By position when absent. */
  readonly style?: number | "quiet";
}

export interface LinesProps {
  readonly title: string;
  readonly xLabel: string;
  readonly series: readonly LineSeries[];
  readonly height?: number;
  /** Logarithmic values. */
  readonly log?: boolean;
  /** Logarithmic x axis. */
  readonly logX?: boolean;
  readonly time?: boolean;
  /** Leaves the outermost values outside the axis; the caption says how many. */
  readonly clip?: boolean;
  /** The part of the x axis that is shown. */
  readonly window?: readonly [number, number] | undefined;
  readonly onWindow?: ((window: readonly [number, number] | undefined) => void) | undefined;
  /** A click on a line, or Enter on the nearest one. */
  /** Names the lines that have a colour below the title; others say who they are under the pointer. */
  readonly legend?: boolean;
  readonly onOpen?: ((id: string) => void) | undefined;
  readonly writeX?: ((x: number) => string) | undefined;
}

const UplotLines = lazy(() => import("./uplot-lines.jsx"));

/** Curves of up to thousands of points. Mounted when scrolled to; the table twin holds the values. */
export function Lines(props: LinesProps) {
  const [place, seen] = useSeen<HTMLDivElement>();
  const { height = 200 } = props;
  const last = props.series.map((one) => `${one.name} ${lastValue(one)}`).slice(0, 12);
  return (
    <figure
      className={css.figure}
      aria-label={`${props.title} over ${props.xLabel}: ${many(props.series.length, "series", "series")}; last values ${last.join(", ")}`}
    >
      <figcaption>
        <b>{props.title}</b>
        <span>over {props.xLabel}</span>
      </figcaption>
      {props.legend === true ? <Legend series={props.series} /> : null}
      <div ref={place} style={{ minHeight: height + 22 }}>
        {seen ? (
          <Suspense fallback={<Skeleton lines={4} />}>
            <UplotLines {...props} height={height} />
          </Suspense>
        ) : null}
      </div>
      <LinesTable {...props} />
    </figure>
  );
}

function Legend({ series }: Pick<LinesProps, "series">) {
  if (series.length < 2) return null;
  return (
    <ul className={css.legend} aria-hidden>
      {series.map((one, order) => (
        <li key={one.id}>
          <i style={{ background: styleOf(one.style, order, series.length).colour }} />
          <bdi>{one.name}</bdi>
        </li>
      ))}
    </ul>
  );
}

/** The chart as a table: what a screen reader is given, and what can be copied. */
function LinesTable({ title, series, xLabel }: LinesProps) {
  const [open, setOpen] = useState(false);
  return (
    <details className={css.twin} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        {title} as a table<span className={css.cut}>, {many(series.length, "line")}</span>
      </summary>
      {open ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling box must be reachable by keyboard
        <section className={css.scroll} aria-label={`${title} as a table`} tabIndex={0}>
          <table className={css.figures}>
            <thead>
              <tr>
                <th scope="col">line</th>
                <th scope="col">points</th>
                <th scope="col">{xLabel} from</th>
                <th scope="col">to</th>
                <th scope="col">least</th>
                <th scope="col">greatest</th>
                <th scope="col">last</th>
              </tr>
            </thead>
            <tbody>
              {series.slice(0, 100).map((one) => {
                const values = (one.raw ?? one.y).filter((value) => value !== null);
                return (
                  <tr key={one.id}>
                    <th scope="row">{one.name}</th>
                    <td>{values.length}</td>
                    <td>{one.x.length === 0 ? "none" : metric(one.x[0] ?? 0)}</td>
                    <td>{one.x.length === 0 ? "none" : metric(one.x.at(-1) ?? 0)}</td>
                    <td>{values.length === 0 ? "none" : metric(values.reduce((a, b) => Math.min(a, b)))}</td>
                    <td>{values.length === 0 ? "none" : metric(values.reduce((a, b) => Math.max(a, b)))}</td>
                    <td>{lastValue(one)}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </section>
      ) : null}
    </details>
  );
}

function lastValue(series: LineSeries): string {
  const value = (series.raw ?? series.y).findLast((one) => one !== null);
  return value == null ? "none" : metric(value);
}
