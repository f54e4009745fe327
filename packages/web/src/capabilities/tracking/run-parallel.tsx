import { ArrowLeft, ArrowRight, X } from "lucide-react";
import { type KeyboardEvent, type PointerEvent, useRef, useState } from "react";
import { seriesStyle } from "#kit/charts/series.js";
import { Button, IconButton } from "#kit/controls/button.jsx";
import { Select } from "#kit/controls/field.jsx";
import { count, many, metric } from "#kit/numbers/format.js";
import { TooMuch } from "#kit/states/empty.jsx";
import { Loaded } from "#kit/states/loaded.jsx";
import { useWidth } from "#kit/use-width.js";
import { useField, useSetSearch } from "#routes/use-place.js";
import type { Pins } from "./pins.js";
import { brushFilter } from "./plot-brush.js";
import { type PlotColumn, shareOf, valueAt } from "./plot-column.js";
import css from "./plots.module.css";
import { plotColumns, ticksOf } from "./run-scatter.jsx";
import { useCanvas } from "./use-canvas.js";
import { type PlotData, usePlot } from "./use-plot.js";
import type { Found, RunQuestion } from "./use-runs.js";

/** So many lines are drawn at most; more are one grey. */
const MOST = 20_000;
const MOST_AXES = 12;
const AXIS_WIDTH = 128;
const TOP = 74;
const HEIGHT = 430;
/** Below the axis stands what has no value, above it the scale. */
const APART = 34;

interface PlotProps {
  readonly question: RunQuestion;
  readonly found: Found;
  readonly pins: Pins;
  readonly onFilter: (filter: string) => void;
}

/** A line a run through the axes chosen. Dragging along an axis keeps the runs that cross it there. */
export function RunParallel({ question, found, pins, onFilter }: PlotProps) {
  const set = useSetSearch();
  const all = plotColumns(found);
  const [chosen] = useField("axes");
  const [logs] = useField("log");
  const axes = (chosen?.split("\n") ?? defaultAxes(found, question.sort)).slice(0, MOST_AXES);
  const plot = usePlot(question, axes, MOST);
  const show = (next: readonly string[]) => set({ axes: next.length === 0 ? undefined : next.join("\n") });
  if (axes.length === 0) return <TooMuch>These runs have no column that varies.</TooMuch>;
  const log = new Set(logs?.split("\n"));
  const more = all.filter((column) => !axes.includes(column));
  return (
    <div className={css.plot}>
      <div className={css.controls}>
        {more.length === 0 || axes.length >= MOST_AXES ? null : (
          <Select
            label="Add an axis"
            value=""
            onChange={(event) => event.target.value !== "" && show([...axes, event.target.value])}
          >
            <option value="">choose</option>
            {more.map((column) => (
              <option key={column} value={column}>
                {column}
              </option>
            ))}
          </Select>
        )}
        {chosen === undefined ? null : <Button onClick={() => show([])}>Default axes</Button>}
      </div>
      <Loaded question={plot} what="The values" lines={12}>
        {(data) => (
          <Parallel
            data={data}
            log={log}
            pins={pins}
            onAxes={show}
            onLog={(column) => {
              const next = new Set(log);
              if (!next.delete(column)) next.add(column);
              set({ log: next.size === 0 ? undefined : [...next].join("\n") });
            }}
            onBrush={(range) => onFilter(brushFilter(question.q ?? "", data, [range]))}
          />
        )}
      </Loaded>
    </div>
  );
}

interface ParallelProps {
  readonly data: PlotData;
  readonly log: ReadonlySet<string>;
  readonly pins: Pins;
  readonly onAxes: (axes: readonly string[]) => void;
  readonly onLog: (column: string) => void;
  readonly onBrush: (range: { column: PlotColumn; low: number; high: number }) => void;
}

function Parallel({ data, log, pins, onAxes, onLog, onBrush }: ParallelProps) {
  const [box, room] = useWidth<HTMLElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [drag, setDrag] = useState<{ axis: number; from: number; to: number }>();
  const { columns } = data;
  const width = Math.max(room, columns.length * AXIS_WIDTH);
  const long = HEIGHT - TOP - APART;
  const step = width / columns.length;
  const left = (axis: number) => step * (axis + 0.5);
  const isLog = (column: PlotColumn) => log.has(column.column);
  const topOf = (column: PlotColumn, value: number) =>
    Number.isNaN(value) ? HEIGHT - 10 : TOP + (1 - shareOf(column, value, isLog(column))) * long;
  useCanvas(
    canvas,
    width,
    HEIGHT,
    (pen, token) => {
      const [grid, ink, quiet] = [token("var(--control)"), token("var(--text-3)"), token("var(--text-3)")];
      const rows = data.runIds.length;
      pen.lineWidth = 1;
      pen.strokeStyle = quiet;
      pen.globalAlpha = Math.max(0.04, Math.min(0.6, 60 / Math.max(1, rows)));
      for (let row = 0; row < rows; row += 1) if (!pins.has(data.runIds[row] as string)) stroke(pen, row, false);
      pen.globalAlpha = 1;
      pen.lineWidth = 2.5;
      for (const [row, id] of data.runIds.entries()) {
        const pin = pins.get(id);
        if (pin === undefined) continue;
        const style = seriesStyle(pin);
        pen.strokeStyle = token(style.colour);
        pen.setLineDash([...style.dash]);
        stroke(pen, row, true);
        pen.setLineDash([]);
      }
      pen.lineWidth = 1;
      pen.font = "11px system-ui, sans-serif";
      const ground = token("var(--bg)");
      for (const [axis, column] of columns.entries()) {
        const x = left(axis);
        pen.strokeStyle = grid;
        pen.beginPath();
        pen.moveTo(x, TOP);
        pen.lineTo(x, TOP + long);
        pen.stroke();
        pen.lineWidth = 3;
        pen.strokeStyle = ground;
        pen.fillStyle = ink;
        for (const tick of ticksOf(column, isLog(column))) {
          const y = TOP + (1 - shareOf(column, tick.value, isLog(column))) * long + 4;
          const text = tick.text.length > 12 ? `${tick.text.slice(0, 11)}…` : tick.text;
          pen.strokeText(text, x + 5, y);
          pen.fillText(text, x + 5, y);
        }
        if (column.missing + column.nan > 0) {
          pen.strokeText("no value", x + 5, HEIGHT - 6);
          pen.fillText("no value", x + 5, HEIGHT - 6);
        }
        pen.lineWidth = 1;
      }
    },
    [data, pins, [...log].join()],
  );
  function stroke(pen: CanvasRenderingContext2D, row: number, _pinned: boolean) {
    pen.beginPath();
    for (const [axis, column] of columns.entries()) {
      const [x, y] = [left(axis), topOf(column, column.at[row] as number)];
      if (axis === 0) pen.moveTo(x, y);
      else pen.lineTo(x, y);
    }
    pen.stroke();
  }
  function move(axis: number, by: number) {
    const next = columns.map((column) => column.column);
    const [taken] = next.splice(axis, 1);
    if (taken === undefined || axis + by < 0 || axis + by > next.length) return;
    next.splice(axis + by, 0, taken);
    onAxes(next);
    requestAnimationFrame(() => document.querySelector<HTMLElement>(`[data-axis="${CSS.escape(taken)}"]`)?.focus());
  }
  function press(event: KeyboardEvent, axis: number) {
    if (event.target !== event.currentTarget) return;
    if (event.key === "ArrowLeft") move(axis, -1);
    else if (event.key === "ArrowRight") move(axis, 1);
    else if (event.key === "Delete") onAxes(columns.filter((_, at) => at !== axis).map((column) => column.column));
    else return;
    event.preventDefault();
  }
  const place = (event: PointerEvent) =>
    Math.min(long, Math.max(0, event.clientY - event.currentTarget.getBoundingClientRect().top));
  function release(axis: number) {
    if (drag === undefined) return;
    setDrag(undefined);
    const column = columns[axis];
    if (column === undefined || Math.abs(drag.to - drag.from) < 4) return;
    // Close to an end means the end.
    const toValue = (top: number) => valueAt(column, top < 5 ? 1 : top > long - 5 ? 0 : 1 - top / long, isLog(column));
    onBrush({ column, low: toValue(Math.max(drag.from, drag.to)), high: toValue(Math.min(drag.from, drag.to)) });
  }
  const apart = columns.filter((column) => column.missing + column.nan > 0);
  return (
    <figure className={css.figure}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling box must be reachable by keyboard */}
      <section className={css.wide} ref={box} tabIndex={0} aria-label="Parallel coordinates">
        <div className={css.axes} style={{ width, height: HEIGHT }}>
          <canvas
            ref={canvas}
            style={{ width, height: HEIGHT }}
            role="img"
            aria-label={`${many(data.runIds.length, "run")} over ${columns.map((column) => column.name).join(", ")}`}
          />
          {columns.map((column, axis) => (
            <div key={column.column}>
              {/* biome-ignore lint/a11y/useSemanticElements: an axis is no field; arrow keys move it */}
              <div
                className={css.axis}
                style={{ left: left(axis), width: step - 8 }}
                data-axis={column.column}
                role="group"
                aria-label={`Axis ${column.name}, ${axis + 1} of ${columns.length}: left and right move it, Delete removes it`}
                // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys move the axis
                tabIndex={0}
                onKeyDown={(event) => press(event, axis)}
              >
                <b title={column.column}>{column.name}</b>
                <span>
                  <IconButton label={`Move ${column.name} left`} disabled={axis === 0} onClick={() => move(axis, -1)}>
                    <ArrowLeft size={13} aria-hidden />
                  </IconButton>
                  {column.positive && column.high / column.low > 10 ? (
                    <Button
                      kind="quiet"
                      aria-label={`log scale of ${column.name}`}
                      aria-pressed={isLog(column)}
                      onClick={() => onLog(column.column)}
                    >
                      log
                    </Button>
                  ) : null}
                  <IconButton
                    label={`Move ${column.name} right`}
                    disabled={axis === columns.length - 1}
                    onClick={() => move(axis, 1)}
                  >
                    <ArrowRight size={13} aria-hidden />
                  </IconButton>
                  {columns.length < 3 ? null : (
                    <IconButton
                      label={`Remove ${column.name}`}
                      onClick={() => onAxes(columns.filter((_, at) => at !== axis).map((one) => one.column))}
                    >
                      <X size={13} aria-hidden />
                    </IconButton>
                  )}
                </span>
              </div>
              <div
                className={css.slider}
                style={{ left: left(axis), top: TOP, height: long }}
                title={`${column.name}: ${range(column)}. Drag to keep a part.`}
                onPointerDown={(event) => {
                  event.currentTarget.setPointerCapture(event.pointerId);
                  const at = place(event);
                  setDrag({ axis, from: at, to: at });
                }}
                onPointerMove={(event) => drag?.axis === axis && setDrag({ ...drag, to: place(event) })}
                onPointerUp={() => release(axis)}
                onPointerCancel={() => setDrag(undefined)}
              >
                {drag?.axis !== axis ? null : (
                  <i style={{ top: Math.min(drag.from, drag.to), height: Math.abs(drag.to - drag.from) }} />
                )}
              </div>
            </div>
          ))}
        </div>
      </section>
      <p className={css.reading}>
        Drag along an axis to keep the runs that cross it there; the filter above says it in words. Pin runs in the
        table to follow them.
      </p>
      {apart.length === 0 && data.total === data.runIds.length ? null : (
        <TooMuch>
          {[
            ...(data.total > data.runIds.length
              ? [`The newest ${count(data.runIds.length)} of ${count(data.total)} runs`]
              : []),
            ...apart.map(
              (column) =>
                `${column.name}: ${[...(column.missing > 0 ? [`${count(column.missing)} not logged`] : []), ...(column.nan > 0 ? [`${count(column.nan)} not a number or infinite`] : [])].join(", ")}`,
            ),
          ].join("; ")}
        </TooMuch>
      )}
    </figure>
  );
}

function range(column: PlotColumn): string {
  return column.texts === undefined
    ? `${metric(column.low)} to ${metric(column.high)}`
    : many(column.texts.length, "value");
}

/** The metric the table is sorted by last, before it the parameters that vary. */
function defaultAxes(found: Found, sort: string | undefined): string[] {
  const { metrics = [], params = [] } = found.columns ?? {};
  const shown = metrics.slice(0, 3).map((column) => column.column);
  const sorted = sort?.replace(/^-/, "");
  const inputs = params.filter((column) => column.shape === "varying").slice(0, 5);
  return [
    ...inputs.map((column) => column.column),
    ...shown.filter((column) => column !== sorted).slice(0, 2),
    ...(sorted !== undefined && /^(metrics|params)\./.test(sorted) && !inputs.some((column) => column.column === sorted)
      ? [sorted]
      : shown.slice(2)),
  ];
}
