import { type Experiment, listExperiments } from "@paydown/api/tracking";
import { Tag } from "#kit/controls/mark.jsx";
import { usePages } from "#kit/data/use-operation.js";
import { When } from "#kit/numbers/figures.jsx";
import { count, many } from "#kit/numbers/format.js";
import { Page } from "#kit/page/page.jsx";
import { Empty } from "#kit/states/empty.jsx";
import { Loaded } from "#kit/states/loaded.jsx";
import type { Column } from "#kit/table/columns.js";
import { Table } from "#kit/table/table.jsx";
import { Go } from "#routes/link.jsx";
import { paths } from "#routes/paths.js";
import { useProject } from "#routes/use-place.js";
import css from "./tracking.module.css";

/** Experiments of the project, newest first. */
export function Screen() {
  const project = useProject();
  const pages = usePages(listExperiments, { project, limit: 200 });
  const rows = pages.data?.pages.flatMap((page) => page.items) ?? [];
  const first = pages.data?.pages[0];
  const runs = rows.reduce((sum, row) => sum + row.runs, 0);
  const running = rows.reduce((sum, row) => sum + row.running, 0);
  return (
    <Page
      title="Experiments"
      heading={first === undefined ? "Experiments" : many(first.total ?? rows.length, "experiment")}
      lede={
        first === undefined ? undefined : `${many(runs, "run")}${running > 0 ? `, ${count(running)} running` : ""}.`
      }
    >
      <Loaded question={{ ...pages, data: first }} what="The experiments">
        {() =>
          rows.length === 0 ? (
            <Empty title="No experiment yet" command={`export MLFLOW_TRACKING_URI=${globalThis.location.origin}`}>
              Point any MLflow client here; its runs, metrics, parameters and artifacts land in this list. Nothing else
              changes in your code.
            </Empty>
          ) : (
            <Table
              label="Experiments"
              rows={rows}
              columns={columns(project)}
              rowKey={(row) => row.experimentId}
              rowPath={(row) => paths.experiment(project, row.experimentId)}
              total={first?.total}
              more={pages.hasNextPage ? () => void pages.fetchNextPage() : undefined}
              loading={pages.isFetchingNextPage}
            />
          )
        }
      </Loaded>
    </Page>
  );
}

function columns(project: string): Column<Experiment>[] {
  return [
    {
      id: "name",
      header: "experiment",
      width: 340,
      head: true,
      cell: (row) => (
        <span className={css.name}>
          <Go to={paths.experiment(project, row.experimentId)}>{row.name}</Go>
          {row.lifecycle === "deleted" ? <Tag>deleted</Tag> : null}
        </span>
      ),
    },
    { id: "runs", header: "runs", width: 90, align: "right", cell: (row) => count(row.runs) },
    { id: "running", header: "running", width: 90, align: "right", cell: (row) => count(row.running) },
    { id: "failed", header: "failed", width: 90, align: "right", cell: (row) => count(row.failed) },
    {
      id: "last",
      header: "last run",
      width: 130,
      cell: (row) => (row.lastRunAt === undefined ? "none" : <When at={row.lastRunAt} />),
    },
    { id: "made", header: "made", width: 130, cell: (row) => <When at={row.createdAt} /> },
    { id: "id", header: "id", width: 100, cell: (row) => <span className={css.mono}>{row.experimentId}</span> },
  ];
}
