import { type PointerEvent, useMemo, useRef, useState } from "react";
import { niceTicks } from "#kit/charts/axis.js";
import { seriesStyle } from "#kit/charts/series.js";
import { Button } from "#kit/controls/button.jsx";
import { Select } from "#kit/controls/field.jsx";
import { count, many, metric, shortId } from "#kit/numbers/format.js";
import { TooMuch } from "#kit/states/empty.jsx";
import { Loaded } from "#kit/states/loaded.jsx";
import { useWidth } from "#kit/use-width.js";
import { paths } from "#routes/paths.js";
import { useField, useGo, useSetSearch } from "#routes/use-place.js";
import { lessIsBetter, primaryMetric } from "./metric-value.js";
import type { Pins } from "./pins.js";
import { brushFilter } from "./plot-brush.js";
import { type PlotColumn, shareOf, valueAt } from "./plot-column.js";
import css from "./plots.module.css";
import { useCanvas } from "./use-canvas.js";
import { type PlotData, usePlot } from "./use-plot.js";
import type { Found, RunQuestion } from "./use-runs.js";

/** The server gives so many at most; beyond, the newest are drawn and it is said. */
const MOST = 100_000;
const PAD = { left: 62, right: 14, top: 10, bottom: 36 };
const HEIGHT = 460;

interface PlotProps {
  readonly question: RunQuestion;
  readonly found: Found;
  readonly pins: Pins;
  readonly onFilter: (filter: string) => void;
}

/** Any metric or parameter against any other, a dot a run. Dragging a box keeps the runs inside it. */
export function RunScatter({ question, found, pins, onFilter }: PlotProps) {
  const { project } = question;
  const set = useSetSearch();
  const columns = plotColumns(found);
  const defaults = defaultAxes(columns, question.sort);
  const [x = defaults.x] = useField("x");
  const [y = defaults.y] = useField("y");
  const [colour] = useField("colour");
  const [log] = useField("log");
  const wanted = [x, y, ...(colour === undefined ? [] : [colour])].filter((column) => column !== undefined);
  const question2 = usePlot(question, wanted, MOST);
  if (x === undefined || y === undefined)
    return <TooMuch>These runs have no two columns to draw against each other.</TooMuch>;
  const choose = (label: string, field: string, value: string | undefined, none?: string) => (
    <Select label={label} value={value ?? ""} onChange={(event) => set({ [field]: event.target.value || undefined })}>
      {none === undefined ? null : <option value="">{none}</option>}
      {(value === undefined || columns.includes(value) ? columns : [value, ...columns]).map((column) => (
        <option key={column} value={column}>
          {column}
        </option>
      ))}
    </Select>
  );
  return (
    <div className={css.plot}>
      <div className={css.controls}>
        {choose("Across", "x", x)}
        {choose("Up", "y", y)}
        {choose("Colour", "colour", colour, "pinned runs")}
        <Select
          label="Logarithmic"
          value={log ?? ""}
          onChange={(event) => set({ log: event.target.value || undefined })}
        >
          <option value="">no</option>
          <option value="x">across</option>
          <option value="y">up</option>
          <option value="xy">both</option>
        </Select>
        <Button onClick={() => set({ x: y, y: x })}>Swap</Button>
      </div>
      <Loaded question={question2} what="The values" lines={12}>
        {(data) => (
          <Dots
            data={data}
            x={data.columns[0] as PlotColumn}
            y={data.columns[x === y ? 0 : 1] as PlotColumn}
            colour={colour === undefined ? undefined : data.columns.find((column) => column.column === colour)}
            logX={log === "x" || log === "xy"}
            logY={log === "y" || log === "xy"}
            pins={pins}
            project={project}
            onBrush={(ranges) => onFilter(brushFilter(question.q ?? "", data, ranges))}
          />
        )}
      </Loaded>
    </div>
  );
}

interface DotsProps {
  readonly data: PlotData;
  readonly x: PlotColumn;
  readonly y: PlotColumn;
  readonly colour: PlotColumn | undefined;
  readonly logX: boolean;
  readonly logY: boolean;
  readonly pins: Pins;
  readonly project: string;
  readonly onBrush: (ranges: readonly { column: PlotColumn; low: number; high: number }[]) => void;
}

function Dots({ data, x, y, colour, logX, logY, pins, project, onBrush }: DotsProps) {
  const go = useGo();
  const [box, width] = useWidth<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [hover, setHover] = useState<number>();
  const [drag, setDrag] = useState<readonly [number, number, number, number]>();
  const height = width < 500 ? 340 : HEIGHT;
  const inner = { width: Math.max(1, width - PAD.left - PAD.right), height: height - PAD.top - PAD.bottom };
  const spots = useMemo(() => {
    const places = new Float32Array(data.runIds.length * 2).fill(Number.NaN);
    let drawn = 0;
    for (let row = 0; row < data.runIds.length; row += 1) {
      const [a, b] = [x.at[row] as number, y.at[row] as number];
      if (Number.isNaN(a) || Number.isNaN(b)) continue;
      places[row * 2] = PAD.left + shareOf(x, a, logX) * inner.width;
      places[row * 2 + 1] = PAD.top + (1 - shareOf(y, b, logY)) * inner.height;
      drawn += 1;
    }
    return { places, drawn };
  }, [data, x, y, logX, logY, inner.width, inner.height]);
  const xTicks = ticksOf(x, logX);
  const yTicks = ticksOf(y, logY);
  useCanvas(
    canvas,
    width,
    height,
    (pen, token) => {
      const [grid, ink, quiet] = [token("var(--hairline)"), token("var(--text-3)"), token("var(--text-3)")];
      pen.font = "11px system-ui, sans-serif";
      pen.strokeStyle = grid;
      pen.fillStyle = ink;
      pen.textAlign = "center";
      for (const tick of xTicks) {
        const at = PAD.left + shareOf(x, tick.value, logX) * inner.width;
        line(pen, at, PAD.top, at, PAD.top + inner.height);
        pen.fillText(short(tick.text, 14), at, height - 20);
      }
      pen.fillText(x.name, PAD.left + inner.width / 2, height - 4, inner.width);
      pen.textAlign = "right";
      for (const tick of yTicks) {
        const at = PAD.top + (1 - shareOf(y, tick.value, logY)) * inner.height;
        line(pen, PAD.left, at, PAD.left + inner.width, at);
        pen.fillText(short(tick.text, 9), PAD.left - 6, at + 4);
      }
      const many = spots.drawn > 5000;
      const size = spots.drawn > 20_000 ? 2 : many ? 3 : 5;
      const shades = colour === undefined ? [quiet] : shadesOf(colour, token);
      pen.globalAlpha = many ? 0.35 : 0.7;
      for (const [shade, fill] of shades.entries()) {
        pen.fillStyle = fill;
        for (let row = 0; row < data.runIds.length; row += 1) {
          const [left, top] = [spots.places[row * 2] as number, spots.places[row * 2 + 1] as number];
          if (Number.isNaN(left) || (colour !== undefined && shadeOf(colour, row, shades.length) !== shade)) continue;
          pen.fillRect(left - size / 2, top - size / 2, size, size);
        }
      }
      pen.globalAlpha = 1;
      for (const [row, id] of data.runIds.entries()) {
        const pin = pins.get(id);
        if (pin === undefined || Number.isNaN(spots.places[row * 2] as number)) continue;
        pen.fillStyle = token(seriesStyle(pin).colour);
        pen.beginPath();
        pen.arc(spots.places[row * 2] as number, spots.places[row * 2 + 1] as number, 6, 0, 7);
        pen.fill();
      }
    },
    [spots, colour, pins, x, y, logX, logY],
  );
  const place = (event: PointerEvent) => {
    const at = event.currentTarget.getBoundingClientRect();
    return [event.clientX - at.left, event.clientY - at.top] as const;
  };
  function nearest([left, top]: readonly [number, number]): number | undefined {
    let best: number | undefined;
    let least = 144;
    for (let row = 0; row < data.runIds.length; row += 1) {
      const distance =
        ((spots.places[row * 2] as number) - left) ** 2 + ((spots.places[row * 2 + 1] as number) - top) ** 2;
      if (distance < least) [best, least] = [row, distance];
    }
    return best;
  }
  function release(event: PointerEvent) {
    if (drag === undefined) return;
    setDrag(undefined);
    const [x0, y0, x1, y1] = drag;
    if (Math.abs(x1 - x0) < 4 && Math.abs(y1 - y0) < 4) {
      const row = nearest(place(event));
      if (row !== undefined) go(paths.run(project, data.runIds[row] ?? ""));
      return;
    }
    const acrossOf = (left: number) => valueAt(x, Math.min(1, Math.max(0, (left - PAD.left) / inner.width)), logX);
    const upOf = (top: number) => valueAt(y, Math.min(1, Math.max(0, 1 - (top - PAD.top) / inner.height)), logY);
    onBrush([
      { column: x, low: acrossOf(Math.min(x0, x1)), high: acrossOf(Math.max(x0, x1)) },
      { column: y, low: upOf(Math.max(y0, y1)), high: upOf(Math.min(y0, y1)) },
    ]);
  }
  const left = data.runIds.length - spots.drawn;
  return (
    <figure className={css.figure}>
      <div ref={box} className={css.stage}>
        <canvas
          ref={canvas}
          style={{ width, height }}
          role="img"
          aria-label={`${x.name} against ${y.name}: ${many(spots.drawn, "run")}, ${x.name} ${metric(x.low)} to ${metric(x.high)}, ${y.name} ${metric(y.low)} to ${metric(y.high)}`}
          onPointerDown={(event) => {
            event.currentTarget.setPointerCapture(event.pointerId);
            setDrag([...place(event), ...place(event)]);
          }}
          onPointerMove={(event) => {
            const at = place(event);
            if (drag !== undefined) setDrag([drag[0], drag[1], ...at]);
            else setHover(nearest(at));
          }}
          onPointerUp={release}
          onPointerLeave={() => setHover(undefined)}
        />
        {drag === undefined ? null : (
          <i
            className={css.brush}
            style={{
              left: Math.min(drag[0], drag[2]),
              top: Math.min(drag[1], drag[3]),
              width: Math.abs(drag[2] - drag[0]),
              height: Math.abs(drag[3] - drag[1]),
            }}
          />
        )}
      </div>
      <p className={css.reading}>
        {hover === undefined
          ? `${y.name} up, ${x.name} across. Drag a box to keep the runs inside it, click a dot to open its run.`
          : `${shortId(data.runIds[hover] ?? "")}: ${x.name} ${textOf(x, hover)}, ${y.name} ${textOf(y, hover)}${colour === undefined ? "" : `, ${colour.name} ${textOf(colour, hover)}`}`}
      </p>
      {colour === undefined ? null : <ColourKey column={colour} />}
      {left === 0 && data.total === data.runIds.length ? null : (
        <TooMuch>
          {[
            ...(data.total > data.runIds.length
              ? [`The newest ${count(data.runIds.length)} of ${count(data.total)} runs`]
              : []),
            ...(left > 0 ? [`${many(left, "run")} not drawn: a value is missing, not a number or infinite`] : []),
          ].join("; ")}
        </TooMuch>
      )}
    </figure>
  );
}

const SHADES = 6;

/** Categories take the six hues; numbers one hue by lightness. */
function shadesOf(column: PlotColumn, token: (name: string) => string): string[] {
  if (column.texts !== undefined && column.texts.length <= SHADES)
    return [...column.texts.map((_, at) => token(seriesStyle(at).colour)), token("var(--reference)")];
  const steps = Array.from({ length: SHADES }, (_, at) =>
    token(`color-mix(in oklab, var(--accent) ${20 + (80 * at) / (SHADES - 1)}%, var(--reference))`),
  );
  return [...steps, token("var(--reference)")];
}

/** Which shade a run has; the last one is for runs without a value. */
function shadeOf(column: PlotColumn, row: number, shades: number): number {
  const at = column.at[row] as number;
  if (Number.isNaN(at)) return shades - 1;
  if (column.texts !== undefined && column.texts.length <= SHADES) return at;
  return Math.min(SHADES - 1, Math.floor(shareOf(column, at, false) * SHADES));
}

function ColourKey({ column }: { readonly column: PlotColumn }) {
  const categories = column.texts !== undefined && column.texts.length <= SHADES ? column.texts : undefined;
  return (
    <ul className={css.key}>
      {(categories ?? Array.from({ length: SHADES })).map((text, at) => (
        <li key={String(text ?? at)}>
          <i
            style={{
              background:
                categories === undefined
                  ? `color-mix(in oklab, var(--accent) ${20 + (80 * at) / (SHADES - 1)}%, var(--reference))`
                  : seriesStyle(at).colour,
            }}
          />
          {categories === undefined
            ? at === 0 || at === SHADES - 1
              ? placeText(column, at === 0 ? column.low : column.high)
              : ""
            : text === ""
              ? "empty"
              : String(text)}
        </li>
      ))}
      {column.missing + column.nan > 0 ? (
        <li>
          <i className={css.none} /> {count(column.missing + column.nan)} without
        </li>
      ) : null}
    </ul>
  );
}

function textOf(column: PlotColumn, row: number): string {
  const at = column.at[row] as number;
  return Number.isNaN(at) ? "none" : placeText(column, at);
}

function placeText(column: PlotColumn, at: number): string {
  return column.texts === undefined ? metric(at) : (column.texts[at] ?? "");
}

export function ticksOf(column: PlotColumn, log: boolean): { value: number; text: string }[] {
  const { texts, low, high } = column;
  if (texts !== undefined) {
    const every = Math.ceil(texts.length / 12);
    return texts.flatMap((text, value) => (value % every === 0 ? [{ value, text: text === "" ? "empty" : text }] : []));
  }
  if (log && column.positive && high / low > 10) {
    const ticks: { value: number; text: string }[] = [];
    for (let power = Math.ceil(Math.log10(low)); power <= Math.floor(Math.log10(high)); power += 1)
      ticks.push({ value: 10 ** power, text: metric(10 ** power) });
    if (ticks.length > 1) return ticks;
  }
  return niceTicks(low, high, 6).map((value) => ({ value, text: tickText(value) }));
}

function tickText(value: number): string {
  return (
    metric(value)
      .replace(/(\.\d*?)0+$/, "$1")
      .replace(/\.$/, "") || "0"
  );
}

function line(pen: CanvasRenderingContext2D, x0: number, y0: number, x1: number, y1: number): void {
  pen.beginPath();
  pen.moveTo(x0, y0);
  pen.lineTo(x1, y1);
  pen.stroke();
}

function short(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

/** The columns worth an axis: metrics, then parameters that vary. */
export function plotColumns(found: Found): string[] {
  const { metrics = [], params = [] } = found.columns ?? {};
  return [...metrics, ...params.filter((column) => column.shape !== "constant")].map((column) => column.column);
}

function defaultAxes(
  columns: readonly string[],
  sort: string | undefined,
): { x: string | undefined; y: string | undefined } {
  const metrics = columns.filter((column) => column.startsWith("metrics."));
  const sorted = sort?.replace(/^-/, "");
  const primary = primaryMetric(metrics.map((column) => column.slice(8)));
  const y =
    sorted !== undefined && columns.includes(sorted)
      ? sorted
      : primary === undefined
        ? columns[0]
        : `metrics.${primary}`;
  const x =
    metrics.find((column) => column !== y && lessIsBetter(column) !== lessIsBetter(y ?? "")) ??
    columns.find((column) => column !== y && column.startsWith("params.")) ??
    columns.find((column) => column !== y);
  return { x, y };
}
