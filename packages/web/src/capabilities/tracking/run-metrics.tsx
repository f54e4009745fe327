import type { Run } from "@paydown/api/tracking";
import { useState } from "react";
import { Button } from "#kit/controls/button.jsx";
import { TextField } from "#kit/controls/field.jsx";
import { When } from "#kit/numbers/figures.jsx";
import { count, many } from "#kit/numbers/format.js";
import { Section } from "#kit/page/page.jsx";
import { Empty } from "#kit/states/empty.jsx";
import type { Column } from "#kit/table/columns.js";
import { Table } from "#kit/table/table.jsx";
import { MetricCurve } from "./metric-curve.jsx";
import { writeMetric } from "./metric-value.js";
import { CurveControls, useCurveLook } from "./run-charts.jsx";
import css from "./tracking.module.css";

const AT_ONCE = 24;
type Metric = Run["metrics"][number];

/** Every metric of a run: what was logged over steps as curves, drawn when scrolled to; what was logged once as a table. */
export function RunMetrics({ run, project }: { readonly run: Run; readonly project: string }) {
  const [text, setText] = useState("");
  const [most, setMost] = useState(AT_ONCE);
  const look = useCurveLook();
  if (run.metrics.length === 0)
    return <Empty title="No metric logged">Metrics appear here while the run trains.</Empty>;
  const found = run.metrics.filter((metric) => metric.key.toLowerCase().includes(text.toLowerCase()));
  const curves = found.filter((metric) => metric.step !== 0);
  const single = found.filter((metric) => metric.step === 0);
  const keys = run.metrics.filter((metric) => metric.step !== 0).map((metric) => metric.key);
  return (
    <div className={css.stack}>
      <div className={css.toolbar}>
        {run.metrics.length < 8 ? null : (
          <TextField label="Find a metric" value={text} onChange={(event) => setText(event.target.value)} />
        )}
        {keys.length === 0 ? null : <CurveControls metrics={keys.slice(0, 200)} shown={[]} />}
      </div>
      {found.length === 0 ? <p className={css.quiet}>No metric has {text} in its name.</p> : null}
      {curves.length === 0 ? null : (
        <Section title="Over steps" note={many(curves.length, "metric")}>
          <div className={css.charts}>
            {curves.slice(0, most).map((metric) => (
              <MetricCurve
                key={metric.key}
                project={project}
                runs={[run]}
                metric={metric.key}
                every={run.status === "RUNNING" ? 3000 : undefined}
                {...look}
              />
            ))}
          </div>
          {curves.length > most ? (
            <div>
              <Button onClick={() => setMost(most + AT_ONCE)}>
                Show {count(Math.min(AT_ONCE, curves.length - most))} more of {count(curves.length - most)}
              </Button>
            </div>
          ) : null}
        </Section>
      )}
      {single.length === 0 ? null : (
        <Section title="Logged once" note={many(single.length, "metric")}>
          <Table label="Metrics logged once" rows={single} columns={COLUMNS} rowKey={(metric) => metric.key} />
        </Section>
      )}
    </div>
  );
}

const COLUMNS: Column<Metric>[] = [
  {
    id: "key",
    header: "metric",
    width: 320,
    head: true,
    cell: (metric) => <span title={metric.key}>{metric.key}</span>,
  },
  {
    id: "value",
    header: "value",
    width: 140,
    align: "right",
    cell: (metric) => <span title={String(metric.value)}>{writeMetric(metric.value)}</span>,
  },
  { id: "at", header: "logged", width: 120, cell: (metric) => <When at={metric.at} /> },
];
