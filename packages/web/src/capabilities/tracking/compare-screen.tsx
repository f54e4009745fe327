import type { Reply } from "@paydown/api/operation";
import { compareRuns, getSelection } from "@paydown/api/tracking";
import { Button } from "#kit/controls/button.jsx";
import { useOperation } from "#kit/data/use-operation.js";
import { many } from "#kit/numbers/format.js";
import { Page, Section } from "#kit/page/page.jsx";
import { Empty, TooMuch } from "#kit/states/empty.jsx";
import { Loaded } from "#kit/states/loaded.jsx";
import { useField, useProject, useSearchFields } from "#routes/use-place.js";
import { CompareGroups } from "./compare-groups.jsx";
import { CompareTable } from "./compare-table.jsx";
import { IntervalCell } from "./interval-cell.jsx";
import { MetricCurve } from "./metric-curve.jsx";
import { primaryMetric } from "./metric-value.js";
import { MOST_PINS, type Pins } from "./pins.js";
import { CurveControls, useCurveLook } from "./run-charts.jsx";
import css from "./tracking.module.css";
import { verdict } from "./verdict.js";

const MOST = 20;
type Comparison = Reply<typeof compareRuns>;

/** Two to twenty runs side by side, only what differs unless asked; more as groups. */
export function Screen() {
  const project = useProject();
  const ids = [...new Set((useSearchFields().ids ?? "").split(",").filter((id) => id !== ""))];
  const [all, setAll] = useField("all");
  const [base, setBase] = useField("base");
  const look = useCurveLook();
  const pick = useField("pick")[0];
  const selectionId = pick?.startsWith("@") === true ? pick.slice(1) : undefined;
  const grouped = selectionId !== undefined || ids.length > MOST;
  const question = useOperation(compareRuns, { project, runIds: ids }, { enabled: ids.length >= 2 && !grouped });
  const kept = useOperation(
    getSelection,
    { project, selectionId: selectionId ?? "" },
    { enabled: selectionId !== undefined },
  );
  const runs = selectionId === undefined ? ids.length : kept.data?.runIds.length;
  return (
    <Page
      title="Compare"
      heading={runs === undefined ? "Compare runs" : `Compare ${many(runs, "run")}`}
      lede={
        grouped
          ? `More than ${MOST} runs side by side cannot be read: they are compared as groups of equal parameters.`
          : undefined
      }
      actions={
        grouped ? undefined : (
          <Button aria-pressed={all === undefined} onClick={() => setAll(all === undefined ? "yes" : undefined)}>
            Only differing
          </Button>
        )
      }
    >
      {grouped ? (
        <CompareGroups project={project} ids={selectionId === undefined ? ids : []} selectionId={selectionId} />
      ) : ids.length < 2 ? (
        <Empty title="Choose at least two runs">Select rows in a run table with x, then press c.</Empty>
      ) : (
        <Loaded question={question} what="The comparison" lines={12}>
          {(data) => {
            const measures = data.rows.filter((row) => row.group === "metrics").map((row) => row.name);
            const primary = primaryMetric(measures);
            const drawn = [...new Set([...(primary === undefined ? [] : [primary]), ...measures])].slice(0, 4);
            const at = Math.max(
              0,
              data.runs.findIndex((run) => run.runId === base),
            );
            // A few runs keep a colour each in every chart; of more, the base alone stands out.
            const pins: Pins = new Map(
              data.runs.length <= MOST_PINS
                ? data.runs.map((run, order) => [run.runId, order])
                : data.runs.slice(at, at + 1).map((run) => [run.runId, 0]),
            );
            return (
              <div className={css.stack}>
                <CompareTable
                  pins={pins}
                  comparison={data}
                  onlyDiffering={all === undefined}
                  project={project}
                  base={at}
                  onBase={(id) => setBase(id === data.runs[0]?.runId ? undefined : id)}
                />
                <Seeds groups={data.seedGroups} primary={primary} />
                {drawn.length === 0 ? null : (
                  <Section title="Over steps">
                    <CurveControls metrics={measures.slice(0, 200)} shown={[]} />
                    <div className={css.charts}>
                      {drawn.map((name) => (
                        <MetricCurve
                          key={name}
                          project={project}
                          runs={data.runs}
                          metric={name}
                          pins={pins}
                          {...look}
                        />
                      ))}
                    </div>
                  </Section>
                )}
              </div>
            );
          }}
        </Loaded>
      )}
    </Page>
  );
}

/** Runs that differ in nothing but the seed: every point, the interval of the mean, and what may be said between groups. */
function Seeds({ groups, primary }: { groups: Comparison["seedGroups"]; primary: string | undefined }) {
  const names = [...new Set(groups.flatMap((group) => group.metrics.map((one) => one.name)))];
  const shown = [...new Set([...(primary !== undefined && names.includes(primary) ? [primary] : []), ...names])].slice(
    0,
    8,
  );
  if (groups.length === 0) return null;
  return (
    <Section title="Same but for the seed" note={many(groups.length, "group")}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling box must be reachable by keyboard */}
      <section className={css.scroll} aria-label="Groups over seeds" tabIndex={0}>
        <table className={css.differs}>
          <thead>
            <tr>
              <th scope="col">metric</th>
              {groups.map((group, at) => (
                <th key={group.runIds.join()} scope="col">{`group ${at + 1}: ${many(group.runIds.length, "run")}`}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((name) => {
              const cells = groups.map((group) => {
                const of = group.metrics.find((one) => one.name === name);
                return of === undefined ? undefined : { ...of, n: of.values.length };
              });
              const ends = cells.flatMap((one) => [...(one?.values ?? []), one?.low ?? [], one?.high ?? []].flat());
              const scale = {
                low: ends.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
                high: ends.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY),
              };
              const [first] = cells;
              return (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  {cells.map((of, at) => (
                    <td key={groups[at]?.runIds.join() ?? at} data-differs="">
                      {of === undefined ? (
                        "not logged"
                      ) : (
                        <>
                          <IntervalCell of={of} values={of.values} scale={scale} />
                          {at > 0 && first !== undefined ? (
                            <div className={css.quiet}>{verdict(name, of, first, "group 1")}</div>
                          ) : null}
                        </>
                      )}
                    </td>
                  ))}
                </tr>
              );
            })}
          </tbody>
        </table>
      </section>
      {names.length > shown.length ? <TooMuch>{`${shown.length} of ${names.length} metrics.`}</TooMuch> : null}
    </Section>
  );
}
