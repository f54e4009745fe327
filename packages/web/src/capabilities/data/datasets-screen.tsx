import { type Dataset, listDatasets } from "@paydown/api/data";
import { usePages } from "#kit/data/use-operation.js";
import { When } from "#kit/numbers/figures.jsx";
import { bytes, count, many } from "#kit/numbers/format.js";
import { Page } from "#kit/page/page.jsx";
import { paydown } from "#kit/states/command.js";
import { Empty } from "#kit/states/empty.jsx";
import { Loaded } from "#kit/states/loaded.jsx";
import { Unknown } from "#kit/states/unknown.jsx";
import type { Column } from "#kit/table/columns.js";
import { Table } from "#kit/table/table.jsx";
import { Go } from "#routes/link.jsx";
import { paths } from "#routes/paths.js";
import { useProject } from "#routes/use-place.js";
import { ConsumersText, ContractMark, FreshnessMark, RightsMark } from "./dataset-marks.jsx";

export function Screen() {
  const project = useProject();
  const pages = usePages(listDatasets, { project, limit: 200 });
  const rows = pages.data?.pages.flatMap((page) => page.items) ?? [];
  const first = pages.data?.pages[0];
  const absent = rows.filter((row) => row.contract === "absent").length;
  const late = rows.filter((row) => row.freshness.state === "late").length;
  const words = [absent > 0 ? `${count(absent)} without a contract` : "", late > 0 ? `${count(late)} late` : ""].filter(
    (word) => word !== "",
  );
  return (
    <Page
      title="Datasets"
      heading={first === undefined ? "Datasets" : many(first.total ?? rows.length, "dataset")}
      lede={first === undefined || words.length === 0 ? undefined : `${words.join(", ")}.`}
    >
      <Loaded question={{ ...pages, data: first }} what="The datasets">
        {() =>
          rows.length === 0 ? (
            <Empty
              title="No dataset yet"
              command={paydown("datasets add my-data --path /absolute/data.parquet --create", project)}
            >
              A version is content-addressed: adding the same bytes twice is one version. Each is profiled and compared
              with the reference.
            </Empty>
          ) : (
            <Table
              label="Datasets"
              rows={rows}
              columns={columns(project)}
              rowKey={(row) => row.dataset}
              rowPath={(row) => paths.dataset(project, row.dataset)}
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

function columns(project: string): Column<Dataset>[] {
  return [
    {
      id: "dataset",
      header: "dataset",
      width: 220,
      head: true,
      cell: (row) => <Go to={paths.dataset(project, row.dataset)}>{row.dataset}</Go>,
    },
    {
      id: "rows",
      header: "rows",
      width: 100,
      align: "right",
      cell: (row) => (row.latest?.rows === undefined ? <Unknown /> : count(row.latest.rows)),
    },
    {
      id: "size",
      header: "size",
      width: 90,
      align: "right",
      cell: (row) => (row.latest === undefined ? "" : bytes(row.latest.bytes)),
    },
    { id: "versions", header: "versions", width: 80, align: "right", cell: (row) => count(row.versions) },
    { id: "changed", header: "latest", width: 110, cell: (row) => <When at={row.latest?.createdAt} /> },
    { id: "freshness", header: "freshness", width: 130, cell: (row) => <FreshnessMark of={row.freshness} /> },
    { id: "contract", header: "contract", width: 110, cell: (row) => <ContractMark of={row.contract} /> },
    { id: "rights", header: "rights", width: 110, cell: (row) => <RightsMark of={row.rights} /> },
    { id: "consumers", header: "consumers", width: 150, cell: (row) => <ConsumersText of={row.consumers} /> },
    { id: "owner", header: "owner", width: 120, cell: (row) => row.owner ?? <Unknown>nobody</Unknown> },
  ];
}
