import type { Reply } from "@paydown/api/operation";
import { getExperiment, type RunRow, searchRuns } from "@paydown/api/tracking";
import { useMemo, useState } from "react";
import { Button, ButtonGroup } from "#kit/controls/button.jsx";
import { CopyId } from "#kit/controls/copy.jsx";
import { FilterBar } from "#kit/controls/filter-bar.jsx";
import { RunState, Tag } from "#kit/controls/mark.jsx";
import { useOperation, usePages } from "#kit/data/use-operation.js";
import { useKeys } from "#kit/keys.js";
import { When } from "#kit/numbers/figures.jsx";
import { count, many, shortId } from "#kit/numbers/format.js";
import { Page } from "#kit/page/page.jsx";
import { SidePanel } from "#kit/page/side-panel.jsx";
import { Empty } from "#kit/states/empty.jsx";
import { tell } from "#kit/states/failure.jsx";
import { Loaded } from "#kit/states/loaded.jsx";
import { Unknown } from "#kit/states/unknown.jsx";
import type { Column } from "#kit/table/columns.js";
import { BulkBar, Table } from "#kit/table/table.jsx";
import { Go } from "#routes/link.jsx";
import { paths } from "#routes/paths.js";
import { useField, useGo, usePathPart, useProject, useSetSearch } from "#routes/use-place.js";
import { ColumnPicker } from "./column-picker.jsx";
import { writeMetric, writeParam } from "./metric-value.js";
import { RunCharts } from "./run-charts.jsx";
import { RunPreview } from "./run-preview.jsx";
import css from "./tracking.module.css";

type Found = Reply<typeof searchRuns>;

/** The run table: the metrics most runs share and the parameters that vary; what is constant or rare is counted and folded. */
export function Screen() {
  const project = useProject();
  const experimentId = usePathPart("experiment");
  const [q] = useField("q");
  const [sort] = useField("sort");
  const [cols] = useField("cols");
  const [view = "table"] = useField("view");
  const [sel] = useField("sel");
  const set = useSetSearch();
  const go = useGo();
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const experiment = useOperation(getExperiment, { project, experimentId });
  const pages = usePages(
    searchRuns,
    {
      project,
      experimentIds: [experimentId],
      limit: 100,
      ...(q === undefined ? {} : { filter: q }),
      ...(sort === undefined ? {} : { order: [toOrder(sort)] }),
      ...(cols === undefined ? {} : { columns: cols.split(",") }),
    },
    { every: (experiment.data?.running ?? 0) > 0 ? 5000 : undefined },
  );
  const first = pages.data?.pages[0];
  const rows = useMemo(() => pages.data?.pages.flatMap((page) => page.items) ?? [], [pages.data]);
  const columns = useMemo(() => toColumns(project, first), [project, first]);
  const compare = () => picked.size >= 2 && go(paths.compare(project, [...picked].slice(0, 20)));
  useKeys({ c: compare });
  const previewed = rows.find((row) => row.runId === sel);
  const name = experiment.data?.name ?? "Experiment";
  return (
    <Page
      title={name}
      heading={
        first?.total === undefined
          ? name
          : `${name}: ${many(first.total, "run")}${(first.running ?? 0) > 0 ? `, ${count(first.running ?? 0)} running` : ""}`
      }
      lede={
        experiment.data === undefined
          ? undefined
          : `${count(experiment.data.failed)} of ${many(experiment.data.runs, "run")} failed.`
      }
      actions={
        <ButtonGroup label="View">
          {["table", "charts"].map((one) => (
            <Button
              key={one}
              aria-pressed={view === one}
              onClick={() => set({ view: one === "table" ? undefined : one })}
            >
              {one === "table" ? "Table" : "Charts"}
            </Button>
          ))}
        </ButtonGroup>
      }
    >
      <FilterBar
        label="Filter runs"
        placeholder="metrics.auc > 0.7 AND params.model = 'xgb'"
        value={q ?? ""}
        onChange={(text) => set({ q: text === "" ? undefined : text })}
        words={[...(first?.columns?.metrics ?? []), ...(first?.columns?.params ?? [])]
          .map((column) => column.column)
          .concat("status = 'FAILED'", "ORDER BY")}
        error={pages.error === null || first !== undefined ? undefined : tell(pages.error).message}
      />
      <Loaded question={{ ...pages, data: first }} what="The runs" lines={14}>
        {(page) =>
          rows.length === 0 ? (
            q === undefined ? (
              <Empty
                title="No run yet"
                command={`MLFLOW_TRACKING_URI=${globalThis.location.origin} MLFLOW_EXPERIMENT_NAME="${name}" python train.py`}
              >
                Runs appear while they train; metrics update in place.
              </Empty>
            ) : (
              <Empty
                title="No run matches this filter"
                action={<Button onClick={() => set({ q: undefined })}>Clear the filter</Button>}
              >
                The grammar is MLflow's, with OR, NOT and brackets.
              </Empty>
            )
          ) : (
            <div className={css.stack}>
              <Folded
                found={page}
                shown={cols}
                project={project}
                experimentId={experimentId}
                onColumns={(next) => set({ cols: next })}
              />
              {view === "charts" ? (
                <RunCharts project={project} runs={rows} columns={page.columns} sort={sort} />
              ) : (
                <Table
                  label="Runs"
                  rows={rows}
                  columns={columns}
                  rowKey={(row) => row.runId}
                  rowPath={(row) => paths.run(project, row.runId)}
                  total={page.total}
                  sort={sort ?? "-start_time"}
                  onSort={(next) => set({ sort: next })}
                  more={pages.hasNextPage ? () => void pages.fetchNextPage() : undefined}
                  loading={pages.isFetchingNextPage}
                  picked={picked}
                  onPick={setPicked}
                  preview="sel"
                />
              )}
              <BulkBar picked={picked.size} onClear={() => setPicked(new Set())}>
                <Button kind="primary" disabled={picked.size < 2} onClick={compare}>
                  Compare{picked.size > 20 ? " first 20" : ""}
                </Button>
              </BulkBar>
            </div>
          )
        }
      </Loaded>
      {previewed === undefined ? null : (
        <SidePanel title={previewed.name} field="sel">
          <RunPreview run={previewed} project={project} />
        </SidePanel>
      )}
    </Page>
  );
}

function Folded({
  found,
  shown,
  project,
  experimentId,
  onColumns,
}: {
  found: Found;
  shown: string | undefined;
  project: string;
  experimentId: string;
  onColumns: (columns: string | undefined) => void;
}) {
  const { columns } = found;
  if (columns === undefined) return null;
  const { metrics, params } = columns.counts;
  const constant = columns.params.filter((column) => column.shape === "constant");
  return (
    <div className={css.folds}>
      <ColumnPicker
        project={project}
        experimentId={experimentId}
        shown={columns.shown}
        onChange={(next) => onColumns(next.join(","))}
      />
      {shown === undefined ? null : (
        <Button kind="quiet" onClick={() => onColumns(undefined)}>
          Default columns
        </Button>
      )}
      <span>
        {many(metrics.varying + metrics.constant + metrics.rare, "metric")}, {many(params.varying, "parameter")}{" "}
        varying, {count(params.constant)} constant, {count(params.rare + metrics.rare)} rare
      </span>
      {constant.slice(0, 6).map((column) => (
        <Tag key={column.column} title={`${column.key} is the same on ${column.runs} runs`}>
          {column.key} = {String(column.value ?? "").slice(0, 24)}
        </Tag>
      ))}
    </div>
  );
}

function toColumns(project: string, found: Found | undefined): Column<RunRow>[] {
  const shown = found?.columns?.shown ?? [];
  const known = new Map(
    [...(found?.columns?.metrics ?? []), ...(found?.columns?.params ?? [])].map((column) => [column.column, column]),
  );
  return [
    {
      id: "name",
      header: "run",
      width: 250,
      head: true,
      cell: (row) => (
        <span className={css.name}>
          <Go to={paths.run(project, row.runId)} title={row.runId}>
            {row.name === "" ? shortId(row.runId) : row.name}
          </Go>
        </span>
      ),
    },
    { id: "status", header: "status", width: 96, cell: (row) => <RunState of={row.status} /> },
    { id: "started", header: "started", width: 96, sort: "start_time", cell: (row) => <When at={row.startedAt} /> },
    {
      id: "data",
      header: "data",
      width: 130,
      cell: (row) =>
        row.datasets[0] === undefined ? (
          <Unknown />
        ) : (
          <span className={css.mono} title={row.datasets.map((one) => `${one.name}@${one.digest}`).join(", ")}>
            {row.datasets[0].name}@{row.datasets[0].digest.slice(0, 4)}
            {row.datasets.length > 1 ? ` +${row.datasets.length - 1}` : ""}
          </span>
        ),
    },
    {
      id: "code",
      header: "code",
      hint: "Commit; * means uncommitted changes",
      width: 88,
      cell: (row) =>
        row.code === undefined ? (
          <Unknown />
        ) : (
          <span className={css.mono} title={`${row.code.commit}; uncommitted changes: ${row.code.dirty}`}>
            {shortId(row.code.commit)}
            {row.code.dirty === "yes" ? "*" : ""}
          </span>
        ),
    },
    ...shown.map((column): Column<RunRow> => {
      const [kind = "", ...rest] = column.split(".");
      const key = rest.join(".");
      if (kind === "metrics") {
        const range = known.get(column);
        return {
          id: column,
          header: key.replaceAll(/([._/])/g, "$1\u200b"),
          width: 118,
          align: "right",
          sort: column,
          cell: (row) => <MetricCell value={row.metrics[key]} low={range?.min} high={range?.max} />,
        };
      }
      return {
        id: column,
        header: key.replaceAll(/([._/])/g, "$1\u200b"),
        width: 104,
        sort: column,
        cell: (row) => (
          <span title={(kind === "params" ? row.params[key] : row.tags[key]) ?? ""}>
            {writeParam(kind === "params" ? row.params[key] : row.tags[key])}
          </span>
        ),
      };
    }),
    { id: "id", header: "id", width: 96, cell: (row) => <CopyId id={row.runId} label="run" /> },
  ];
}

function MetricCell({
  value,
  low,
  high,
}: {
  value: number | "NaN" | undefined;
  low: number | undefined;
  high: number | undefined;
}) {
  if (value === undefined) return <span className={css.quiet}>not logged</span>;
  const share =
    typeof value === "number" && low !== undefined && high !== undefined && high > low
      ? (value - low) / (high - low)
      : undefined;
  return (
    <span title={String(value)}>
      {writeMetric(value)}
      {share === undefined ? null : (
        <i
          className={css.bar}
          style={{ "--share": `${Math.round(Math.min(1, Math.max(0, share)) * 100)}%` } as React.CSSProperties}
        />
      )}
    </span>
  );
}

/** `-metrics.auc` as the server's `metrics.auc DESC`. */
function toOrder(sort: string): string {
  const key = sort.replace(/^-/, "");
  const [kind, ...rest] = key.split(".");
  const name = rest.length > 0 ? `${kind}.\`${rest.join(".")}\`` : key;
  return `${name} ${sort.startsWith("-") ? "DESC" : "ASC"}`;
}
