import type { Reply } from "@paydown/api/operation";
import { getMetricHistory, type RunRow, type searchRuns } from "@paydown/api/tracking";
import { Lines } from "#kit/charts/lines.jsx";
import { Select } from "#kit/controls/field.jsx";
import { useOperation } from "#kit/data/use-operation.js";
import { count } from "#kit/numbers/format.js";
import { TooMuch } from "#kit/states/empty.jsx";
import { Loaded } from "#kit/states/loaded.jsx";
import { useField } from "#routes/use-place.js";
import { primaryMetric } from "./metric-value.js";
import css from "./tracking.module.css";

const MOST = 20;

/** Opens with the one metric the table is sorted by; others are chosen. */
export function RunCharts({
  project,
  runs,
  columns,
  sort,
}: {
  readonly project: string;
  readonly runs: readonly RunRow[];
  readonly columns: Reply<typeof searchRuns>["columns"];
  readonly sort: string | undefined;
}) {
  const [chosen, setChosen] = useField("metric");
  const metrics = columns?.metrics ?? [];
  const sorted = sort?.replace(/^-?metrics\./, "");
  const key =
    chosen ??
    metrics.find((column) => column.key === sorted)?.key ??
    primaryMetric(metrics.map((column) => column.key));
  if (key === undefined) return <TooMuch>These runs have no metric to draw.</TooMuch>;
  return (
    <div className={css.stack}>
      <div>
        <Select label="Metric" value={key} onChange={(event) => setChosen(event.target.value)}>
          {metrics.map((column) => (
            <option key={column.key} value={column.key}>
              {column.key}
            </option>
          ))}
        </Select>
      </div>
      <MetricCurve project={project} runIds={runs.slice(0, MOST).map((run) => run.runId)} metric={key} height={340} />
      {runs.length > MOST ? (
        <TooMuch>
          The first {MOST} of {count(runs.length)} loaded runs, in the table's order.
        </TooMuch>
      ) : null}
    </div>
  );
}

interface MetricCurveProps {
  readonly project: string;
  readonly runIds: readonly string[];
  readonly metric: string;
  readonly height?: number;
  readonly every?: number | undefined;
}

/** One metric of some runs over steps, with the mean of each pixel column. */
export function MetricCurve({ project, runIds, metric, height = 200, every }: MetricCurveProps) {
  const question = useOperation(
    getMetricHistory,
    { project, runIds: [...runIds], key: metric, buckets: 800 },
    { every, keep: true },
  );
  return (
    <Loaded question={question} what={`The curve of ${metric}`} lines={5}>
      {(history) => (
        <Lines
          title={metric}
          xLabel="step"
          height={height}
          series={history.series.map((one) => ({
            id: one.runId,
            name: one.name,
            x: one.buckets.map((bucket) => bucket.step),
            y: one.buckets.map((bucket) => bucket.mean ?? null),
          }))}
        />
      )}
    </Loaded>
  );
}
