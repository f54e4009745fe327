import type { Reply } from "@paydown/api/operation";
import { getMetricHistory } from "@paydown/api/tracking";
import { useMemo } from "react";
import { type LineSeries, Lines } from "#kit/charts/lines.jsx";
import { useOperation } from "#kit/data/use-operation.js";
import { count, duration, many } from "#kit/numbers/format.js";
import { TooMuch } from "#kit/states/empty.jsx";
import { Loaded } from "#kit/states/loaded.jsx";
import { useSeen } from "#kit/use-seen.js";
import { paths } from "#routes/paths.js";
import { useGo } from "#routes/use-place.js";
import { axisLabel, type CurveAxis, type CurvePoints, overAxis, serverAxis } from "./curve-data.js";
import type { Pins } from "./pins.js";

/** As much as the server takes. */
export const MOST_SMOOTHING = 0.999;
/** Beyond so many runs a line each says nothing: then they are drawn as a band (`metric-band.tsx`). */
export const MOST_LINES = 20;

export interface CurveRun {
  readonly runId: string;
  readonly name: string;
  readonly startedAt: number;
}

export interface CurveLook {
  readonly axis?: CurveAxis;
  /** 0 to 1; 0 is what was measured. */
  readonly smoothing?: number;
  readonly log?: boolean;
  readonly logX?: boolean;
  readonly clip?: boolean;
}

interface MetricCurveProps extends CurveLook {
  readonly project: string;
  readonly runs: readonly CurveRun[];
  readonly metric: string;
  readonly height?: number;
  readonly every?: number | undefined;
  readonly pins?: Pins;
  readonly window?: readonly [number, number] | undefined;
  readonly onWindow?: (window: readonly [number, number] | undefined) => void;
}

const NO_PINS: Pins = new Map();

/** One metric of up to twenty runs, a line each. */
export function MetricCurve(props: MetricCurveProps) {
  const { project, runs, metric, height = 200, every, pins = NO_PINS, axis = "step", smoothing = 0 } = props;
  const go = useGo();
  const [place, seen] = useSeen<HTMLDivElement>();
  const runIds = runs.map((run) => run.runId);
  const between = stepsOf(axis, props.window);
  const over = serverAxis(axis);
  const question = useOperation(
    getMetricHistory,
    {
      project,
      runIds,
      key: metric,
      buckets: 800,
      ...between,
      ...(over === undefined ? {} : { axis: over }),
      ...(smoothing > 0 ? { smoothing: Math.min(smoothing, MOST_SMOOTHING) } : {}),
    },
    { every, keep: true, enabled: seen },
  );
  const shape = runIds.join() + JSON.stringify([...pins]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the runs by their ids
  const drawn = useMemo(() => {
    if (question.data === undefined) return undefined;
    const curves = toCurves(question.data.series, axis, runs);
    return { series: toSeries(curves, smoothing, pins), curves };
  }, [question.data, axis, smoothing, shape]);
  const once = drawn?.curves.every((curve) => curve.points.x.length <= 1) === true && runs.length > 1;
  const told = { ...question, data: drawn };
  return (
    <div ref={place} style={{ minHeight: height }}>
      {seen ? (
        <Loaded question={told} what={`The curve of ${metric}`} lines={5}>
          {({ series, curves }) => {
            const nan = curves.reduce((sum, one) => sum + one.nan, 0);
            const without = curves.filter((one) => one.points.x.length === 0).length;
            return (
              <div>
                <Lines
                  title={metric}
                  xLabel={axisLabel(axis)}
                  height={height}
                  log={props.log ?? false}
                  logX={props.logX ?? false}
                  clip={props.clip ?? false}
                  time={axis === "time"}
                  series={series}
                  window={props.window}
                  onWindow={props.onWindow}
                  onOpen={(id) => go(paths.run(project, id))}
                  writeX={axis === "relative" ? (x) => duration(x * 1000) : undefined}
                />
                {nan + without === 0 ? null : (
                  <TooMuch>
                    {[
                      ...(nan > 0 ? [`${many(nan, "point")} not a number, not drawn`] : []),
                      ...(without > 0
                        ? [`${count(without)} of ${many(curves.length, "run")} without this metric here`]
                        : []),
                    ].join("; ")}
                  </TooMuch>
                )}
              </div>
            );
          }}
        </Loaded>
      ) : null}
      {once ? (
        <TooMuch>
          Each run logged this metric once, so there is no curve: the scatter view compares single values.
        </TooMuch>
      ) : null}
    </div>
  );
}

export interface Curve {
  readonly id: string;
  readonly name: string;
  readonly points: CurvePoints;
}

/** The curves of an answer; each with how many of its points are no number. */
export function toCurves(
  series: Reply<typeof getMetricHistory>["series"],
  axis: CurveAxis,
  runs: readonly CurveRun[],
): (Curve & { readonly nan: number })[] {
  const byId = new Map(runs.map((run) => [run.runId, run]));
  return series.map((one) => ({
    id: one.runId,
    name: one.name === "" ? one.runId.slice(0, 7) : one.name,
    points: overAxis(one.buckets, axis, byId.get(one.runId)?.startedAt ?? 0),
    nan: one.buckets.reduce((sum, bucket) => sum + bucket.nan, 0),
  }));
}

/** Zoomed in over steps, the server is asked for the points between, at full resolution. */
export function stepsOf(axis: CurveAxis, window: readonly [number, number] | undefined) {
  return axis === "step" && window !== undefined
    ? { fromStep: Math.floor(window[0]), toStep: Math.ceil(window[1]) }
    : {};
}

export function toLine(curve: Curve, smoothing: number, style: LineSeries["style"]): LineSeries {
  return {
    id: curve.id,
    name: curve.name,
    x: curve.points.x,
    y: smoothing > 0 ? curve.points.smooth : curve.points.mean,
    ...(smoothing > 0 ? { raw: curve.points.mean } : {}),
    ...(style === undefined ? {} : { style }),
  };
}

function toSeries(curves: readonly Curve[], smoothing: number, pins: Pins): LineSeries[] {
  const filled = curves.filter((curve) => curve.points.x.length > 0);
  const pinned = filled.filter((curve) => pins.has(curve.id));
  const others = filled.filter((curve) => !pins.has(curve.id));
  return [
    ...others.map((curve) => toLine(curve, smoothing, pinned.length > 0 ? "quiet" : undefined)),
    ...pinned.map((curve) => toLine(curve, smoothing, pins.get(curve.id) ?? 0)),
  ];
}
