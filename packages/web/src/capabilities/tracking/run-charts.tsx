import type { RunRow } from "@paydown/api/tracking";
import { Button } from "#kit/controls/button.jsx";
import { Select } from "#kit/controls/field.jsx";
import { count, many } from "#kit/numbers/format.js";
import { TooMuch } from "#kit/states/empty.jsx";
import { useField, useSetSearch } from "#routes/use-place.js";
import { MetricBand } from "./metric-band.jsx";
import { MetricCurve, MOST_LINES } from "./metric-curve.jsx";
import { primaryMetric } from "./metric-value.js";
import type { Pins } from "./pins.js";
import css from "./tracking.module.css";
import { type Found, type RunQuestion, runScope } from "./use-runs.js";

const LIVE = 4000;
/** A band is read over every run: it is asked again less often. */
const LIVE_BAND = 15_000;

interface RunChartsProps {
  readonly question: RunQuestion;
  readonly found: Found;
  readonly rows: readonly RunRow[];
  readonly pins: Pins;
  readonly kept: readonly RunRow[];
}

/** Curves: a line a run up to twenty, beyond that one band over all. Opens with the one metric the table is sorted by; others are added. */
export function RunCharts({ question, found, rows, pins, kept }: RunChartsProps) {
  const { project } = question;
  const set = useSetSearch();
  const [chosen] = useField("metric");
  const look = useCurveLook();
  const metrics = (found.columns?.metrics ?? []).map((column) => column.key);
  const sorted = question.sort?.match(/^-?metrics\.(.+)$/s)?.[1];
  const first = sorted ?? primaryMetric(metrics);
  const shown = (chosen?.split("\n") ?? [first]).filter((key) => key !== undefined);
  const total = found.total ?? rows.length;
  const summed = total > MOST_LINES;
  const runs = [...new Map([...kept, ...(summed ? [] : rows)].map((run) => [run.runId, run])).values()];
  if (shown.length === 0) return <TooMuch>These runs have no metric to draw.</TooMuch>;
  const live = summed
    ? (found.running ?? 0) > 0
      ? LIVE_BAND
      : undefined
    : runs.some((run) => run.status === "RUNNING")
      ? LIVE
      : undefined;
  const { project: _, ...scope } = runScope(question);
  const all = { id: "all", name: "median of all, band P10 to P90", scope, style: "quiet" as const };
  const show = (next: readonly string[]) => set({ metric: next.length === 0 ? undefined : next.join("\n") });
  return (
    <div className={css.stack}>
      <CurveControls metrics={metrics} shown={shown} onAdd={(key) => show([...shown, key])} />
      <div className={shown.length > 1 ? css.charts : css.stack}>
        {shown.map((metric) => (
          <div key={metric} className={css.chart}>
            {shown.length > 1 ? (
              <Button kind="quiet" onClick={() => show(shown.filter((one) => one !== metric))}>
                Remove {metric}
              </Button>
            ) : null}
            {summed ? (
              <MetricBand
                project={project}
                metric={metric}
                of={[all]}
                lines={runs}
                pins={pins}
                height={shown.length > 1 ? 240 : 360}
                every={live}
                {...look}
              />
            ) : (
              <MetricCurve
                project={project}
                runs={runs}
                metric={metric}
                height={shown.length > 1 ? 240 : 360}
                every={live}
                pins={pins}
                {...look}
              />
            )}
          </div>
        ))}
      </div>
      <TooMuch>
        {summed
          ? `Median and P10 to P90 over all ${count(total)} runs that match. ${runs.length === 0 ? "Pin runs in the table to draw them over the band." : ""}`
          : `All ${many(total, "run")}.`}
      </TooMuch>
    </div>
  );
}

const SMOOTHING = ["0", "0.3", "0.5", "0.7", "0.9"] as const;

/** How curves are drawn, as it stands in the address. */
export function useCurveLook() {
  const [axis = "step"] = useField("axis");
  const [smoothing] = useField("smooth");
  const [log] = useField("log");
  const [clip] = useField("clip");
  const [window] = useField("window");
  const set = useSetSearch();
  const ends = window?.split("..").map(Number);
  const [from = Number.NaN, to = Number.NaN] = ends ?? [];
  return {
    axis,
    smoothing: Math.min(1, Math.max(0, Number(smoothing ?? 0) || 0)),
    log: log === "y" || log === "xy",
    logX: log === "x" || log === "xy",
    clip: clip !== undefined,
    window: Number.isFinite(from) && Number.isFinite(to) && from < to ? ([from, to] as const) : undefined,
    onWindow: (next: readonly [number, number] | undefined) =>
      set({ window: next === undefined ? undefined : next.map((end) => Number(end.toPrecision(8))).join("..") }),
  };
}

export function CurveControls({
  metrics,
  shown,
  onAdd,
}: {
  readonly metrics: readonly string[];
  readonly shown: readonly string[];
  readonly onAdd?: (metric: string) => void;
}) {
  const set = useSetSearch();
  const look = useCurveLook();
  const more = metrics.filter((key) => !shown.includes(key));
  return (
    <div className={css.toolbar}>
      {onAdd === undefined || more.length === 0 ? null : (
        <Select
          label="Add a metric"
          value=""
          onChange={(event) => event.target.value !== "" && onAdd(event.target.value)}
        >
          <option value="">choose</option>
          {more.map((key) => (
            <option key={key} value={key}>
              {key}
            </option>
          ))}
        </Select>
      )}
      <Select
        label="Over"
        value={look.axis}
        onChange={(event) =>
          set({ axis: event.target.value === "step" ? undefined : event.target.value, window: undefined })
        }
      >
        <option value="step">step</option>
        <option value="relative">time since start</option>
        <option value="time">time</option>
        {metrics.map((key) => (
          <option key={key} value={`metric:${key}`}>
            {key}
          </option>
        ))}
      </Select>
      <Select
        label="Smoothing"
        value={String(look.smoothing)}
        onChange={(event) => set({ smooth: event.target.value === "0" ? undefined : event.target.value })}
      >
        {SMOOTHING.map((strength) => (
          <option key={strength} value={strength}>
            {strength === "0" ? "off" : strength}
          </option>
        ))}
      </Select>
      <Select
        label="Logarithmic"
        value={look.log ? (look.logX ? "xy" : "y") : look.logX ? "x" : ""}
        onChange={(event) => set({ log: event.target.value === "" ? undefined : event.target.value })}
      >
        <option value="">no</option>
        <option value="y">values</option>
        <option value="x">x axis</option>
        <option value="xy">both</option>
      </Select>
      <Button aria-pressed={look.clip} onClick={() => set({ clip: look.clip ? undefined : "yes" })}>
        Clip outliers
      </Button>
      {look.window === undefined ? null : <Button onClick={() => set({ window: undefined })}>Show all</Button>}
    </div>
  );
}
