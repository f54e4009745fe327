import { compareRuns } from "@paydown/api/tracking";
import { Button } from "#kit/controls/button.jsx";
import { useOperation } from "#kit/data/use-operation.js";
import { many, metric } from "#kit/numbers/format.js";
import { Page, Section } from "#kit/page/page.jsx";
import { Empty } from "#kit/states/empty.jsx";
import { Loaded } from "#kit/states/loaded.jsx";
import { useField, useProject, useSearchFields } from "#routes/use-place.js";
import { CompareTable } from "./compare-table.jsx";
import { MetricCurve } from "./metric-curve.jsx";
import css from "./tracking.module.css";

/** Two to twenty runs side by side; only what differs, unless asked. */
export function Screen() {
  const project = useProject();
  const ids = (useSearchFields().ids ?? "").split(",").filter((id) => id !== "");
  const [all, setAll] = useField("all");
  const question = useOperation(compareRuns, { project, runIds: ids.slice(0, 20) }, { enabled: ids.length >= 2 });
  return (
    <Page
      title="Compare"
      heading={`Compare ${many(ids.length, "run")}`}
      actions={
        <Button aria-pressed={all === undefined} onClick={() => setAll(all === undefined ? "yes" : undefined)}>
          Only differing
        </Button>
      }
    >
      {ids.length < 2 ? (
        <Empty title="Choose at least two runs">Select rows in a run table with x, then press c.</Empty>
      ) : (
        <Loaded question={question} what="The comparison" lines={12}>
          {(data) => {
            const measures = data.rows.filter((row) => row.group === "metrics").slice(0, 4);
            return (
              <div className={css.stack}>
                <CompareTable comparison={data} onlyDiffering={all === undefined} project={project} />
                {data.seedGroups.map((group) => (
                  <Section
                    key={group.runIds.join()}
                    title={`Same but for the seed: ${many(group.runIds.length, "run")}`}
                  >
                    {group.metrics.map((one) => (
                      <p key={one.name}>
                        {one.name}: {one.values.map(metric).join(", ")}
                        {one.mean === undefined || one.low === undefined || one.high === undefined
                          ? ""
                          : `; mean ${metric(one.mean)}, 95 % ${metric(one.low)} to ${metric(one.high)}, n=${one.values.length}`}
                      </p>
                    ))}
                  </Section>
                ))}
                <div className={css.charts}>
                  {measures.map((row) => (
                    <MetricCurve key={row.name} project={project} runs={data.runs} metric={row.name} />
                  ))}
                </div>
              </div>
            );
          }}
        </Loaded>
      )}
    </Page>
  );
}
