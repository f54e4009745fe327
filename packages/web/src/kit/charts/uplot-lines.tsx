import { useEffect, useMemo, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { count, metric } from "#kit/numbers/format.js";
import { useWidth } from "#kit/use-width.js";
import css from "./charts.module.css";
import type { LineSeries, LinesProps } from "./lines.jsx";
import { resolveColour, seriesStyle } from "./series.js";

interface Reading {
  readonly x: number;
  readonly values: readonly { readonly name: string; readonly colour: string; readonly text: string }[];
}

/** uPlot behind the kit. The crosshair is shared by all charts of a page. */
export default function UplotLines({ series, height = 200, log = false, time = false }: LinesProps) {
  const [box, width] = useWidth<HTMLDivElement>();
  const [theme, setTheme] = useState(0);
  const [reading, setReading] = useState<Reading>();
  const chart = useRef<uPlot>(null);
  const data = useMemo(() => join(series), [series]);
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
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new theme redraws in its colours
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
    const plot = new uPlot(
      {
        width,
        height,
        legend: { show: false },
        scales: { x: { time }, y: { distr: log ? 3 : 1 } },
        cursor: { sync: { key: "paydown", setSeries: false }, points: { size: 6 }, drag: { x: true, y: false } },
        axes: [
          { ...axis(24), values: (_plot, ticks) => (time ? timeTicks(ticks) : ticks.map((tick) => count(tick))) },
          {
            ...axis(50),
            values: (_plot, ticks) =>
              ticks.map((tick) =>
                tick === null
                  ? ""
                  : metric(tick)
                      .replace(/(\.\d*?)0+$/, "$1")
                      .replace(/\.$/, "") || "0",
              ),
          },
        ],
        series: [
          {},
          ...series.map((one, order): uPlot.Series => {
            const style = seriesStyle(order);
            return {
              label: one.name,
              stroke: colour(style.colour),
              width: 1.6,
              dash: [...style.dash],
              spanGaps: true,
              points: { show: one.x.length < 3 },
            };
          }),
        ],
        hooks: {
          setCursor: [
            (self) => {
              const at = self.cursor.idx;
              if (at == null) return setReading(undefined);
              const values = series.flatMap((one, order) => {
                const value = data[order + 1]?.[at];
                return value == null
                  ? []
                  : [{ name: one.name, colour: seriesStyle(order).colour, text: metric(value), value }];
              });
              setReading({ x: data[0][at] ?? 0, values: values.slice(0, 8) });
            },
          ],
        },
      },
      data,
      place,
    );
    chart.current = plot;
    return () => plot.destroy();
  }, [data, series, width, height, log, time, theme, box]);
  return (
    <div className={css.lines}>
      <div ref={box} className={css.uplot} aria-hidden="true" />
      <div className={css.readout} aria-hidden="true">
        {reading === undefined ? null : (
          <ul>
            <li>{time ? new Date(reading.x * 1000).toLocaleString("en-GB") : count(reading.x)}</li>
            {reading.values.map((one) => (
              <li key={one.name}>
                <i style={{ background: one.colour }} />
                {one.name} {one.text}
              </li>
            ))}
          </ul>
        )}
      </div>
    </div>
  );
}

/** Days when the axis spans more than two, else hours; the day stands at its first tick. */
function timeTicks(seconds: readonly number[]): string[] {
  const span = (seconds.at(-1) ?? 0) - (seconds[0] ?? 0);
  const write = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat("en-GB", options);
  const dayOf = write({ day: "numeric", month: "short" });
  const timeOf = write({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  return seconds.map((tick, at) => (span > 172_800 || at === 0 ? dayOf : timeOf).format(tick * 1000));
}

/** All series over the union of their x values. */
function join(series: readonly LineSeries[]): uPlot.AlignedData {
  const xs = [...new Set(series.flatMap((one) => [...one.x]))].sort((a, b) => a - b);
  const index = new Map(xs.map((x, at) => [x, at]));
  const columns = series.map((one) => {
    const column = new Array<number | null | undefined>(xs.length).fill(undefined);
    for (const [at, x] of one.x.entries()) column[index.get(x) ?? 0] = one.y[at] ?? null;
    return column;
  });
  return [xs, ...columns];
}
