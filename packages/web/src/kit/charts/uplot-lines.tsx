import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { count, many, metric } from "#kit/numbers/format.js";
import { useWidth } from "#kit/use-width.js";
import css from "./charts.module.css";
import type { LineSeries, LinesProps } from "./lines.jsx";
import { nearestEight, type Reading, readAt } from "./nearest.js";
import { resolveColour, styleOf } from "./series.js";

/** uPlot behind the kit. The crosshair is shared by all charts of a page; dragging sets the window. */
export default function UplotLines(props: LinesProps) {
  const { series, height = 200, log = false, logX = false, time = false, clip = false } = props;
  const [box, width] = useWidth<HTMLDivElement>();
  const [theme, setTheme] = useState(0);
  const [readings, setReadings] = useState<readonly Reading[]>([]);
  const chart = useRef<uPlot>(null);
  const latest = useRef(props);
  latest.current = props;
  const drawn = useMemo(() => join(series), [series]);
  const extent = useMemo(() => yExtent(series, clip, log), [series, clip, log]);
  // An axis that follows a live curve only grows, so that nothing jumps under the reader.
  const held = useRef<{ of: string; low: number; high: number }>(undefined);
  const shape = series
    .map((one) => `${one.id}:${one.style ?? ""}:${one.low !== undefined}:${one.raw !== undefined}`)
    .join();
  const holdKey = `${shape}|${log}|${clip}`;
  if (held.current?.of !== holdKey) held.current = { of: holdKey, ...extent };
  else {
    held.current.low = Math.min(held.current.low, extent.low);
    held.current.high = Math.max(held.current.high, extent.high);
  }
  const range = useRef(held.current);
  range.current = held.current;
  const [from, to] = props.window ?? [];

  useEffect(() => {
    const again = () => setTheme((before) => before + 1);
    const system = matchMedia("(prefers-color-scheme: dark)");
    globalThis.addEventListener("paydown-theme", again);
    system.addEventListener("change", again);
    return () => {
      globalThis.removeEventListener("paydown-theme", again);
      system.removeEventListener("change", again);
    };
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: drawn anew when its shape or theme changes; new values only move the lines
  useEffect(() => {
    const place = box.current;
    if (place === null || width === 0) return;
    const colour = (token: string) => resolveColour(token, place);
    const grid = colour("var(--hairline)");
    const ink = colour("var(--text-3)");
    const font = "11px system-ui, sans-serif";
    const axis = (size: number): uPlot.Axis => ({
      stroke: ink,
      font,
      size,
      grid: { stroke: grid, width: 1 },
      ticks: { show: false },
    });
    const bands: uPlot.Band[] = [];
    const lines: uPlot.Series[] = [{}];
    for (const column of drawn.columns) {
      const style = styleOf(column.series.style, column.order, series.length);
      const stroke = colour(style.colour);
      if (column.kind === "high") bands.push({ series: [lines.length, lines.length + 1], fill: faint(stroke, 0.16) });
      lines.push({
        label: column.series.name,
        stroke: column.kind === "raw" ? faint(stroke, 0.35) : column.kind === "line" ? stroke : "transparent",
        width: widthOf(column),
        dash: [...style.dash],
        spanGaps: true,
        points: { show: column.kind === "line" && column.series.x.length < 3 },
      });
    }
    const plot = new uPlot(
      {
        width,
        height,
        legend: { show: false },
        bands,
        scales: {
          x: { time, distr: logX ? 3 : 1, range: (_self, min, max) => xRange(latest.current, min, max) },
          y: {
            distr: log ? 3 : 1,
            range: () => [range.current?.low ?? 0, range.current?.high ?? 1],
          },
        },
        cursor: {
          sync: { key: `paydown ${props.xLabel}`, setSeries: false },
          points: { show: false },
          drag: { x: true, y: false, setScale: false },
        },
        axes: [
          {
            ...axis(24),
            values: (_plot, ticks) =>
              time ? timeTicks(ticks) : ticks.map((tick) => (tick === null ? "" : writeX(latest.current, tick))),
          },
          {
            ...axis(54),
            values: (_plot, ticks) => ticks.map((tick) => (tick === null ? "" : shortTick(tick))),
          },
        ],
        series: lines,
        hooks: {
          setSelect: [
            (self) => {
              if (self.select.width < 4) return;
              const ends = [
                self.posToVal(self.select.left, "x"),
                self.posToVal(self.select.left + self.select.width, "x"),
              ] as const;
              self.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
              latest.current.onWindow?.(ends);
            },
          ],
          setCursor: [
            (self) => {
              const { left = -1, top = -1 } = self.cursor;
              if (left < 0) return setReadings([]);
              const x = self.posToVal(left, "x");
              const span = (self.scales.x?.max ?? 1) - (self.scales.x?.min ?? 0);
              const all = readAt(latest.current.series, x, span / 20);
              // A crosshair shared from another chart has no place of its own in this one.
              const middle = top < 0 ? self.over.clientHeight / 2 : top;
              setReadings(nearestEight(all, (y) => Math.abs(self.valToPos(y, "y") - middle)));
            },
          ],
        },
      },
      drawn.data,
      place,
    );
    let pressed: number | undefined;
    const down = (event: globalThis.MouseEvent) => {
      pressed = event.clientX;
    };
    const up = (event: globalThis.MouseEvent) => {
      if (pressed === undefined || Math.abs(event.clientX - pressed) > 3) return;
      const { left = -1, top = -1 } = plot.cursor;
      const all = readAt(latest.current.series, plot.posToVal(left, "x"), Number.POSITIVE_INFINITY);
      const near = all.toSorted(
        (a, b) => Math.abs(plot.valToPos(a.y, "y") - top) - Math.abs(plot.valToPos(b.y, "y") - top),
      )[0];
      if (near !== undefined && Math.abs(plot.valToPos(near.y, "y") - top) < 16) latest.current.onOpen?.(near.id);
    };
    const reset = () => latest.current.onWindow?.(undefined);
    plot.over.addEventListener("mousedown", down);
    plot.over.addEventListener("mouseup", up);
    plot.over.addEventListener("dblclick", reset);
    chart.current = plot;
    return () => plot.destroy();
  }, [shape, width, height, log, logX, time, theme, props.xLabel]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the scale follows its extent
  useEffect(() => {
    chart.current?.setData(drawn.data);
  }, [drawn, extent, from, to]);

  function walk(by: number) {
    const plot = chart.current;
    if (plot === null) return;
    const { left = -1 } = plot.cursor;
    const xs = drawn.data[0];
    const [low, high] = [plot.scales.x?.min ?? 0, plot.scales.x?.max ?? 0];
    const now = left < 0 ? (by > 0 ? low : high) : plot.posToVal(left, "x");
    const step = (high - low) / 60;
    const next =
      by > 0
        ? xs.find((x) => x > now + step * 1e-6 + (left < 0 ? 0 : step / 4))
        : [...xs].reverse().find((x) => x < now - step / 4);
    if (next === undefined || next < low || next > high) return;
    plot.setCursor({ left: plot.valToPos(next, "x"), top: plot.over.clientHeight / 2 });
  }
  function press(event: KeyboardEvent) {
    if (event.key === "ArrowRight") walk(1);
    else if (event.key === "ArrowLeft") walk(-1);
    else if (event.key === "Escape") props.onWindow?.(undefined);
    else if (event.key === "Enter" && readings[0] !== undefined) props.onOpen?.(readings[0].id);
    else return;
    event.preventDefault();
  }
  const first = readings[0];
  return (
    <div className={css.lines}>
      {/* biome-ignore lint/a11y/useSemanticElements: a chart is no field; its lines are read with the arrow keys */}
      <div
        className={css.stage}
        role="group"
        aria-label={`${props.title}: arrow keys read the values, Enter opens the line, Escape shows all`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys read the values
        tabIndex={0}
        onKeyDown={press}
      >
        <div ref={box} className={css.uplot} aria-hidden="true" />
      </div>
      {extent.clipped === 0 ? null : (
        <p className={css.cut}>{many(extent.clipped, "outlying point")} outside the axis, not drawn</p>
      )}
      <div className={css.readout} aria-live="polite">
        {first === undefined ? null : (
          <ul>
            <li>{time ? new Date(first.x * 1000).toLocaleString("en-GB") : writeX(props, first.x)}</li>
            {readings.map((one) => {
              const of = series[one.order];
              const style = of === undefined ? undefined : styleOf(of.style, one.order, series.length);
              return (
                <li key={one.id}>
                  <i style={{ background: style?.colour }} />
                  {one.name} {metric(one.y)}
                </li>
              );
            })}
          </ul>
        )}
      </div>
    </div>
  );
}

/** What was singled out, and the middle of a band, is drawn stronger than the grey of the others. */
function widthOf({ kind, series }: Drawn): number {
  if (kind === "raw") return 1;
  if (kind !== "line") return 0;
  return series.style === "quiet" && series.low === undefined ? 1 : 1.8;
}

function writeX(props: LinesProps, x: number): string {
  if (props.writeX !== undefined) return props.writeX(x);
  return Number.isInteger(x) ? count(x) : metric(x);
}

function faint(colour: string, opacity: number): string {
  return `color-mix(in srgb, ${colour} ${Math.round(opacity * 100)}%, transparent)`;
}

function xRange({ window }: LinesProps, min: number, max: number): [number, number] {
  if (window !== undefined) return [window[0], window[1]];
  if (min === max || min == null) return [(min ?? 0) - 1, (max ?? 0) + 1];
  return [min, max];
}

function shortTick(tick: number): string {
  return (
    metric(tick)
      .replace(/(\.\d*?)0+$/, "$1")
      .replace(/\.$/, "") || "0"
  );
}

/** What the value axis covers: everything, or all but the outermost fiftieth at each end when clipped. */
function yExtent(series: readonly LineSeries[], clip: boolean, log: boolean) {
  const values: number[] = [];
  for (const one of series)
    for (const list of [one.y, one.low, one.high, one.raw])
      for (const value of list ?? [])
        if (value !== null && Number.isFinite(value) && (!log || value > 0)) values.push(value);
  if (values.length === 0) return { low: log ? 0.1 : 0, high: 1, clipped: 0 };
  const sorted = Float64Array.from(values).sort();
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] as number;
  let [low, high] = clip ? [at(0.02), at(0.98)] : [at(0), at(1)];
  if (clip) {
    const reach = (high - low) * 0.1;
    [low, high] = [Math.max(at(0), low - reach), Math.min(at(1), high + reach)];
  }
  const clipped = clip ? values.filter((value) => value < low || value > high).length : 0;
  if (log) return { low: low / 1.1, high: high * 1.1, clipped };
  const pad = high > low ? (high - low) * 0.05 : Math.abs(high) * 0.05 || 0.5;
  return { low: low - pad, high: high + pad, clipped };
}

/** Days when the axis spans more than two, else hours; the day stands at its first tick. */
function timeTicks(seconds: readonly number[]): string[] {
  const span = (seconds.at(-1) ?? 0) - (seconds[0] ?? 0);
  const write = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat("en-GB", options);
  const dayOf = write({ day: "numeric", month: "short" });
  const timeOf = write({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  return seconds.map((tick, at) => (span > 172_800 || at === 0 ? dayOf : timeOf).format(tick * 1000));
}

interface Drawn {
  readonly series: LineSeries;
  readonly order: number;
  readonly kind: "high" | "low" | "raw" | "line";
}

/** All series over the union of their x values; bands come first, then what was measured, then the lines. */
function join(series: readonly LineSeries[]): { data: uPlot.AlignedData; columns: Drawn[] } {
  const xs = [...new Set(series.flatMap((one) => [...one.x]))].sort((a, b) => a - b);
  const index = new Map(xs.map((x, at) => [x, at]));
  const columns: Drawn[] = [];
  const data: (number | null | undefined)[][] = [];
  const add =
    (kind: Drawn["kind"], values: (one: LineSeries) => readonly (number | null)[] | undefined) =>
    (one: LineSeries, order: number) => {
      const list = values(one);
      if (list === undefined) return;
      const column = new Array<number | null | undefined>(xs.length).fill(undefined);
      for (const [at, x] of one.x.entries()) {
        const value = list[at];
        column[index.get(x) ?? 0] = value == null || !Number.isFinite(value) ? null : value;
      }
      columns.push({ series: one, order, kind });
      data.push(column);
    };
  series.forEach((one, order) => {
    add("high", (of) => of.high)(one, order);
    add("low", (of) => of.low)(one, order);
  });
  series.forEach(add("raw", (one) => one.raw));
  // Quiet lines lie below those that were singled out.
  const ordered = series
    .map((one, order) => ({ one, order }))
    .sort((a, b) => Number(b.one.style === "quiet") - Number(a.one.style === "quiet"));
  for (const { one, order } of ordered) add("line", (of) => of.y)(one, order);
  return { data: [xs, ...data] as uPlot.AlignedData, columns };
}
