import { getExperiment, listColumns, searchRuns } from "@paydown/api/tracking";
import { lazy, Suspense, useMemo, useState } from "react";
import { Button, ButtonGroup } from "#kit/controls/button.jsx";
import { FilterBar } from "#kit/controls/filter-bar.jsx";
import { useOperation } from "#kit/data/use-operation.js";
import { count, many } from "#kit/numbers/format.js";
import { Page } from "#kit/page/page.jsx";
import { SidePanel } from "#kit/page/side-panel.jsx";
import { Empty, TooMuch } from "#kit/states/empty.jsx";
import { tell } from "#kit/states/failure.jsx";
import { Loaded, Skeleton } from "#kit/states/loaded.jsx";
import { Go } from "#routes/link.jsx";
import { paths } from "#routes/paths.js";
import { useField, usePathPart, useProject, useSetSearch } from "#routes/use-place.js";
import { readPins, togglePin, writePins } from "./pins.js";
import { errorPlace, spellColumn } from "./run-filter.js";
import { RunPreview } from "./run-preview.jsx";
import { RunTable } from "./run-table.jsx";
import { RunToolbar } from "./run-toolbar.jsx";
import css from "./tracking.module.css";
import { type Found, type RunQuestion, runScope, useRuns } from "./use-runs.js";

const RunCharts = lazy(() => import("./run-charts.jsx").then((file) => ({ default: file.RunCharts })));
const RunGroups = lazy(() => import("./run-groups.jsx").then((file) => ({ default: file.RunGroups })));
const RunScatter = lazy(() => import("./run-scatter.jsx").then((file) => ({ default: file.RunScatter })));
const RunParallel = lazy(() => import("./run-parallel.jsx").then((file) => ({ default: file.RunParallel })));

const KINDS = [
  ["table", "Table"],
  ["chart", "Chart"],
  ["scatter", "Scatter"],
  ["parallel", "Parallel"],
] as const;

/** An experiment's runs, as a table, curves, dots or parallel coordinates; the address says which, and everything else. */
export function Screen() {
  const project = useProject();
  const experimentId = usePathPart("experiment");
  const [q] = useField("q");
  const [sort] = useField("sort");
  const [cols] = useField("cols");
  const [asked] = useField("view");
  const [group] = useField("group");
  const [sel] = useField("sel");
  const [pinned] = useField("pins");
  const set = useSetSearch();
  const experiment = useOperation(getExperiment, { project, experimentId });
  const question: RunQuestion = useMemo(
    () => ({ project, experimentId, q, sort, cols }),
    [project, experimentId, q, sort, cols],
  );
  const runs = useRuns(question, true);
  const { first, rows, pages } = runs;
  const pins = useMemo(() => readPins(pinned), [pinned]);
  const kept = usePinnedRows(question, [...pins.keys()], first);
  const view = KINDS.find(([kind]) => kind === asked)?.[0] ?? "table";
  const name = experiment.data?.name ?? "Experiment";
  const filter = (text: string) => set({ q: text === "" ? undefined : text });
  const pin = (id: string) => set({ pins: writePins(togglePin(pins, id)) }, { replace: true });
  const refused = pages.error === null ? undefined : tell(pages.error);
  const previewed = [...kept, ...rows].find((row) => row.runId === sel);
  return (
    <Page
      title={name}
      heading={
        <>
          <bdi>{name}</bdi>
          {first?.total === undefined
            ? null
            : `: ${many(first.total, "run")}${(first.running ?? 0) > 0 ? `, ${count(first.running ?? 0)} running` : ""}`}
        </>
      }
      meta={<Go to={paths.records(project, experimentId)}>versions, data and configuration of these runs</Go>}
      lede={experiment.data === undefined ? undefined : ledeOf(experiment.data, first, q)}
      actions={
        <ButtonGroup label="View">
          {KINDS.map(([kind, word]) => (
            <Button
              key={kind}
              aria-pressed={view === kind}
              onClick={() => set({ view: kind === "table" ? undefined : kind })}
            >
              {word}
            </Button>
          ))}
        </ButtonGroup>
      }
    >
      <RunFilter question={question} found={first} refused={refused} onFilter={filter} />
      {refused !== undefined && first !== undefined ? (
        <TooMuch>What is shown is the answer to the filter before.</TooMuch>
      ) : null}
      {refused?.code === "TRACKING_FILTER_INVALID" && first === undefined ? (
        <Empty title="This filter cannot be read" action={<Button onClick={() => filter("")}>Clear the filter</Button>}>
          {refused.next}
        </Empty>
      ) : (
        <Loaded question={{ ...pages, data: first }} what="The runs" lines={14}>
          {(found) =>
            rows.length === 0 ? (
              <NoRuns name={name} filtered={q !== undefined} onClear={() => filter("")} />
            ) : (
              <div className={css.stack}>
                <RunToolbar
                  question={question}
                  found={found}
                  waiting={runs.waiting}
                  onRefresh={runs.refresh}
                  view={view}
                />
                <Suspense fallback={<Skeleton lines={12} />}>
                  {view === "table" && group !== undefined ? (
                    <RunGroups
                      project={project}
                      scope={runScope(question)}
                      sort={sort}
                      metrics={(found.columns?.shown ?? []).filter((column) => column.startsWith("metrics."))}
                    />
                  ) : view === "table" ? (
                    <RunTable
                      question={question}
                      found={found}
                      runs={runs}
                      pins={pins}
                      kept={kept}
                      onPin={pin}
                      onFilter={filter}
                    />
                  ) : view === "chart" ? (
                    <RunCharts question={question} found={found} rows={rows} pins={pins} kept={kept} />
                  ) : view === "scatter" ? (
                    <RunScatter question={question} found={found} pins={pins} onFilter={filter} />
                  ) : (
                    <RunParallel question={question} found={found} pins={pins} onFilter={filter} />
                  )}
                </Suspense>
              </div>
            )
          }
        </Loaded>
      )}
      {previewed === undefined ? null : (
        <SidePanel title={previewed.name === "" ? previewed.runId : previewed.name} field="sel">
          <RunPreview run={previewed} project={project} />
        </SidePanel>
      )}
    </Page>
  );
}

/** What stands out, in one sentence. */
function ledeOf(
  experiment: { runs: number; failed: number; running: number },
  found: Found | undefined,
  q: string | undefined,
): string {
  const words = [
    `${count(experiment.failed)} of ${many(experiment.runs, "run")} failed`,
    ...(q !== undefined && found?.total !== undefined ? [`${count(found.total)} match the filter`] : []),
  ];
  return `${words.join("; ")}.`;
}

/** Pinned runs are asked by id, so that they are there whatever the filter and the page. */
function usePinnedRows(question: RunQuestion, ids: readonly string[], found: Found | undefined) {
  const pinned = useOperation(
    searchRuns,
    {
      project: question.project,
      filter: `attributes.run_id IN (${ids.map((id) => `'${id}'`).join(", ")})`,
      columns: [...(found?.columns?.shown ?? [])],
      discover: false,
    },
    { enabled: ids.length > 0 && found !== undefined, keep: true },
  );
  return useMemo(() => {
    const byId = new Map(pinned.data?.items.map((run) => [run.runId, run]));
    return ids.flatMap((id) => byId.get(id) ?? []);
  }, [pinned.data, ids]);
}

/** The filter line: words are completed from the columns known here, and from those the server finds by what is typed. */
function RunFilter({
  question,
  found,
  refused,
  onFilter,
}: {
  question: RunQuestion;
  found: Found | undefined;
  refused: { message: string } | undefined;
  onFilter: (filter: string) => void;
}) {
  const [typed, setTyped] = useState("");
  const word = /([\p{L}\p{N}_./:-]+)$/u.exec(typed)?.[1]?.replace(/^(metrics|params|tags)\./, "") ?? "";
  const search = useOperation(
    listColumns,
    { project: question.project, experimentIds: [question.experimentId], text: word, limit: 8 },
    { enabled: word.length >= 2, keep: true },
  );
  const words = [
    ...new Set([
      ...[...(found?.columns?.metrics ?? []), ...(found?.columns?.params ?? []), ...(found?.columns?.tags ?? [])].map(
        (column) => spellColumn(column.column),
      ),
      ...(word.length >= 2 ? (search.data?.items ?? []).map((column) => spellColumn(column.column)) : []),
      "attributes.status",
      "attributes.run_name",
      "attributes.start_time",
      "datasets.name",
      "status = 'FAILED'",
      "status = 'RUNNING'",
      "AND",
      "OR",
      "NOT",
      "LIKE",
      "ILIKE",
      "IN",
      "IS NOT NULL",
    ]),
  ];
  const { q = "" } = question;
  return (
    <FilterBar
      label="Filter runs"
      placeholder="metrics.auc > 0.7 AND params.model = 'xgb'"
      value={q}
      onChange={onFilter}
      onType={setTyped}
      words={words}
      error={refused?.message}
      errorAt={refused === undefined ? undefined : errorPlace(q, refused.message)}
    />
  );
}

function NoRuns({ name, filtered, onClear }: { name: string; filtered: boolean; onClear: () => void }) {
  if (filtered) {
    return (
      <Empty title="No run matches this filter" action={<Button onClick={onClear}>Clear the filter</Button>}>
        The grammar is MLflow's, with OR, NOT and brackets.
      </Empty>
    );
  }
  return (
    <Empty
      title="No run yet"
      command={`MLFLOW_TRACKING_URI=${globalThis.location.origin} MLFLOW_EXPERIMENT_NAME="${name}" python train.py`}
    >
      Runs appear while they train; metrics update in place.
    </Empty>
  );
}
