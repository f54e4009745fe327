import { listScans, type Scan } from "@paydown/api/scans";
import { usePages } from "#kit/data/use-operation.js";
import { When } from "#kit/numbers/figures.jsx";
import { count, delta, many } from "#kit/numbers/format.js";
import { Page } from "#kit/page/page.jsx";
import { scanCommand } from "#kit/states/command.js";
import { Empty } from "#kit/states/empty.jsx";
import { Loaded } from "#kit/states/loaded.jsx";
import { Unknown } from "#kit/states/unknown.jsx";
import type { Column } from "#kit/table/columns.js";
import { Table } from "#kit/table/table.jsx";
import { Go } from "#routes/link.jsx";
import { paths } from "#routes/paths.js";
import { useProject } from "#routes/use-place.js";

/** Scans of repositories, newest first: what was found, what is new, what went away, what could not be looked at. */
export function Screen() {
  const project = useProject();
  const pages = usePages(listScans, { project, limit: 200 });
  const rows = pages.data?.pages.flatMap((page) => page.items) ?? [];
  const first = pages.data?.pages[0];
  const last = rows[0];
  return (
    <Page
      title="Scans"
      heading={first === undefined ? "Scans" : many(first.total ?? rows.length, "scan")}
      lede={
        last === undefined
          ? undefined
          : `The last one saw ${many(last.findings, "finding")} in ${last.repository}: ${count(last.added)} new, ${count(last.gone)} gone, ${many(last.unseen, "place")} could not be looked at.`
      }
    >
      <Loaded question={{ ...pages, data: first }} what="The scans">
        {() =>
          rows.length === 0 ? (
            <Empty title="No repository was scanned" command={scanCommand(project)}>
              The scanner reads Python, notebooks, configuration and history. It executes nothing.
            </Empty>
          ) : (
            <Table
              label="Scans"
              rows={rows}
              columns={columns(project)}
              rowKey={(row) => row.id}
              rowPath={(row) => paths.scan(project, row.id)}
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

function columns(project: string): Column<Scan>[] {
  return [
    {
      id: "repository",
      header: "repository",
      width: 220,
      head: true,
      cell: (row) => <Go to={paths.scan(project, row.id)}>{row.repository}</Go>,
    },
    { id: "at", header: "scanned", width: 110, cell: (row) => <When at={row.scannedAt} /> },
    {
      id: "commit",
      header: "commit",
      width: 90,
      cell: (row) =>
        row.commit === undefined ? <Unknown /> : <code title={row.commit}>{row.commit.slice(0, 7)}</code>,
    },
    { id: "branch", header: "branch", width: 110, cell: (row) => row.branch ?? "" },
    { id: "findings", header: "findings", width: 90, align: "right", cell: (row) => count(row.findings) },
    { id: "added", header: "new", width: 70, align: "right", cell: (row) => delta(row.added, count) },
    {
      id: "gone",
      header: "gone",
      width: 70,
      align: "right",
      cell: (row) => (row.gone === 0 ? "0" : delta(-row.gone, count)),
    },
    { id: "suppressed", header: "suppressed", width: 90, align: "right", cell: (row) => count(row.suppressed) },
    {
      id: "hidden",
      header: "hidden",
      unit: "kept in the report",
      width: 120,
      align: "right",
      cell: (row) => count(row.hidden),
    },
    { id: "unseen", header: "not seen", unit: "places", width: 90, align: "right", cell: (row) => count(row.unseen) },
    { id: "tool", header: "scanner", width: 100, cell: (row) => row.toolVersion },
  ];
}
