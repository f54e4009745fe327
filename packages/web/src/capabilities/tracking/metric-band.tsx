import type { Reply } from "@paydown/api/operation";
import { getMetricHistory, getRunHistogram } from "@paydown/api/tracking";
import { getMetricBand } from "@paydown/api/tracking-insight";
import { useQueries } from "@tanstack/react-query";
import { Histogram } from "#kit/charts/histogram.jsx";
import { type LineSeries, Lines } from "#kit/charts/lines.jsx";
import { live, operationOptions, useOperation } from "#kit/data/use-operation.js";
import { count, duration, many, metric as write } from "#kit/numbers/format.js";
import { TooMuch } from "#kit/states/empty.jsx";
import { Loaded } from "#kit/states/loaded.jsx";
import { useSeen } from "#kit/use-seen.js";
import { paths } from "#routes/paths.js";
import { useGo } from "#routes/use-place.js";
import { axisLabel, bandAxis, bandPlace, type CurveAxis, serverAxis } from "./curve-data.js";
import { type CurveLook, type CurveRun, MOST_SMOOTHING, stepsOf, toCurves, toLine } from "./metric-curve.jsx";
import type { Pins } from "./pins.js";
import css from "./tracking.module.css";

/** Which runs are summed up: those that match, or of these the ones that are named. */
export interface BandScope {
  readonly experimentIds?: string[];
  readonly filter?: string;
  readonly selectionId?: string;
  readonly runIds?: string[];
}

/** One band, and how it is called. */
export interface BandOf {
  readonly id: string;
  readonly name: string;
  readonly scope: BandScope;
  readonly style: LineSeries["style"];
}

interface MetricBandProps extends CurveLook {
  readonly project: string;
  readonly metric: string;
  readonly of: readonly BandOf[];
  /** Runs that are drawn as lines over the bands. */
  readonly lines?: readonly CurveRun[];
  readonly pins?: Pins;
  readonly height?: number;
  readonly every?: number | undefined;
  readonly window?: readonly [number, number] | undefined;
  readonly onWindow?: (window: readonly [number, number] | undefined) => void;
}

type Band = Reply<typeof getMetricBand>;
const NO_PINS: Pins = new Map();
const PLACES = 200;

/** One metric of many runs: median and P10 to P90, computed by the server over every run, and some runs as lines. */
export function MetricBand(props: MetricBandProps) {
  const { project, metric, of, height = 200, every, lines = [], pins = NO_PINS, axis = "step", smoothing = 0 } = props;
  const go = useGo();
  const [place, seen] = useSeen<HTMLDivElement>();
  const along = {
    ...stepsOf(axis, props.window),
    ...(smoothing > 0 ? { smoothing: Math.min(smoothing, MOST_SMOOTHING) } : {}),
  };
  const over = bandAxis(axis);
  const answers = useQueries({
    queries: of.map((one) => ({
      ...operationOptions(getMetricBand, {
        project,
        ...one.scope,
        key: metric,
        places: PLACES,
        ...along,
        ...(over === undefined ? {} : { axis: over }),
      }),
      enabled: seen,
      placeholderData: (before: Band | undefined) => before,
      ...live(every),
    })),
  });
  const overLines = serverAxis(axis);
  const own = useOperation(
    getMetricHistory,
    {
      project,
      runIds: lines.map((run) => run.runId),
      key: metric,
      buckets: 800,
      ...along,
      ...(overLines === undefined ? {} : { axis: overLines }),
    },
    { enabled: seen && lines.length > 0, every, keep: true },
  );
  const failed = answers.find((one) => one.data === undefined && one.error !== null);
  const bands = answers.every((one) => one.data !== undefined) ? answers.map((one) => one.data as Band) : undefined;
  const question = {
    data: bands,
    error: failed?.error ?? null,
    isPending: bands === undefined,
    isPlaceholderData: answers.some((one) => one.isPlaceholderData),
    refetch: () => answers.forEach((one) => void one.refetch()),
  };
  return (
    <div ref={place} style={{ minHeight: height }}>
      {seen ? (
        <Loaded question={question} what={`The curves of ${metric}`} lines={5}>
          {(found) => {
            const [only] = found;
            if (found.length === 1 && only !== undefined && only.once && axis === "step")
              return <Once project={project} scope={of[0]?.scope ?? {}} metric={metric} band={only} />;
            const drawn = toCurves(own.data?.series ?? [], axis, lines).filter((curve) => curve.points.x.length > 0);
            return (
              <div>
                <Lines
                  title={metric}
                  xLabel={axisLabel(axis)}
                  legend
                  height={height}
                  log={props.log ?? false}
                  logX={props.logX ?? false}
                  clip={props.clip ?? false}
                  time={axis === "time"}
                  series={[
                    ...found.map((band, at) => bandLine(band, of[at] as BandOf, axis)),
                    ...drawn.map((curve) => toLine(curve, smoothing, pins.get(curve.id) ?? 0)),
                  ]}
                  window={props.window}
                  onWindow={props.onWindow}
                  onOpen={(id) => drawn.some((curve) => curve.id === id) && go(paths.run(project, id))}
                  writeX={axis === "relative" ? (x) => duration(x * 1000) : undefined}
                />
                <Notes bands={found} />
              </div>
            );
          }}
        </Loaded>
      ) : null}
    </div>
  );
}

function bandLine(band: Band, of: BandOf, axis: CurveAxis): LineSeries {
  return {
    id: of.id,
    name: `${of.name}, n=${count(band.used)}`,
    x: band.places.map((one) => bandPlace(axis, one.x)),
    y: band.places.map((one) => one.median),
    low: band.places.map((one) => one.low),
    high: band.places.map((one) => one.high),
    ...(of.style === undefined ? {} : { style: of.style }),
  };
}

/** What the band leaves out, and where it rests on few. */
function Notes({ bands }: { readonly bands: readonly Band[] }) {
  const sum = (of: (band: Band) => number) => bands.reduce((all, band) => all + of(band), 0);
  const [runs, curves, used, nan] = [sum((b) => b.runs), sum((b) => b.curves), sum((b) => b.used), sum((b) => b.nan)];
  const [only] = bands;
  const last = bands.length === 1 ? only?.places.at(-1) : undefined;
  const words = [
    ...(runs > curves ? [`${count(runs - curves)} of ${many(runs, "run")} without this metric here`] : []),
    ...(nan > 0 ? [`${many(nan, "point")} not a number, not counted`] : []),
    ...(last !== undefined && last.n < used / 2
      ? [`only ${count(last.n)} of ${many(used, "curve")} ${last.n === 1 ? "reaches" : "reach"} the right end`]
      : []),
    ...(used < curves
      ? [
          `${count(used)} of ${many(curves, "curve")} speak for all, chosen by their ids: together they have too many points to read at once; filter or zoom in to read all`,
        ]
      : []),
  ];
  return words.length === 0 ? null : <TooMuch>{`${words.join("; ")}.`}</TooMuch>;
}

/** Every run logged the metric once: there is no curve, but there is how the values are spread. */
function Once({
  project,
  scope,
  metric,
  band,
}: {
  readonly project: string;
  readonly scope: BandScope;
  readonly metric: string;
  readonly band: Band;
}) {
  const { selectionId, runIds, ...matching } = scope;
  const found = useOperation(
    getRunHistogram,
    { project, ...matching, key: metric, bins: 60 },
    { enabled: selectionId === undefined && runIds === undefined, keep: true },
  );
  const [at] = band.places;
  const { low, high, counts = [] } = found.data ?? {};
  return (
    <figure className={css.once}>
      <figcaption>
        <b>{metric}</b>{" "}
        {at === undefined
          ? "has no number here."
          : `median ${write(at.median)}, P10 to P90 ${write(at.low)} to ${write(at.high)}`}
      </figcaption>
      {low === undefined || high === undefined ? null : (
        <>
          <Histogram
            counts={counts}
            label={`${metric} of ${many(band.used, "run")} from ${write(low)} to ${write(high)}`}
            width={600}
            height={140}
          />
          <p className={css.ends}>
            <span>{write(low)}</span>
            <span>{write(high)}</span>
          </p>
        </>
      )}
      <TooMuch>
        {`${many(band.curves, "run")} of ${count(band.runs)} logged this metric once, so there is no curve: the scatter view compares single values.`}
      </TooMuch>
    </figure>
  );
}
