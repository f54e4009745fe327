import type { Reply } from "@paydown/api/operation";
import { listDeployments } from "@paydown/api/serving";
import { Tag } from "#kit/controls/mark.jsx";
import { usePages } from "#kit/data/use-operation.js";
import { When } from "#kit/numbers/figures.jsx";
import { count, many } from "#kit/numbers/format.js";
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
import css from "./serving.module.css";

type Row = Reply<typeof listDeployments>["items"][number];

export function Screen() {
  const project = useProject();
  const pages = usePages(listDeployments, { project, limit: 200 });
  const rows = pages.data?.pages.flatMap((page) => page.items) ?? [];
  const first = pages.data?.pages[0];
  const undeclared = rows.reduce((sum, row) => sum + row.undeclared, 0);
  return (
    <Page
      title="Deployments"
      heading={first === undefined ? "Deployments" : many(first.total ?? rows.length, "deployment")}
      lede={
        first === undefined || rows.length === 0
          ? undefined
          : undeclared === 0
            ? "Every consumer is declared."
            : `${many(undeclared, "consumer")} read a deployment without having said so.`
      }
    >
      <Loaded question={{ ...pages, data: first }} what="The deployments">
        {() =>
          rows.length === 0 ? (
            <Empty
              title="Nothing is deployed"
              command={paydown("deployments create my-api my-model --alias champion", project)}
            >
              A deployment serves an ONNX version over the Open Inference Protocol, logs every prediction and counts
              contract violations.
            </Empty>
          ) : (
            <Table
              label="Deployments"
              rows={rows}
              columns={columns(project)}
              rowKey={(row) => row.name}
              rowPath={(row) => paths.deployment(project, row.name)}
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

function columns(project: string): Column<Row>[] {
  return [
    {
      id: "name",
      header: "deployment",
      width: 220,
      head: true,
      cell: (row) => (
        <span className={css.name}>
          <Go to={paths.deployment(project, row.name)}>{row.name}</Go>
          {row.state === "retired" ? <Tag>retired</Tag> : null}
        </span>
      ),
    },
    {
      id: "model",
      header: "serves",
      width: 200,
      cell: (row) => <Go to={paths.modelVersion(project, row.model, row.version)}>{`${row.model} v${row.version}`}</Go>,
    },
    { id: "since", header: "since", width: 110, cell: (row) => <When at={row.switchedAt} /> },
    { id: "requests", header: "requests", width: 110, align: "right", cell: (row) => count(row.requests) },
    {
      id: "violations",
      header: "violations",
      unit: "contract",
      width: 100,
      align: "right",
      cell: (row) => (row.contract === undefined ? <Unknown>no contract</Unknown> : count(row.violations)),
    },
    {
      id: "consumers",
      header: "consumers",
      width: 160,
      cell: (row) => (
        <span>
          {count(row.consumers)}
          {row.undeclared > 0 ? <b>, {count(row.undeclared)} undeclared</b> : null}
        </span>
      ),
    },
    { id: "seen", header: "last request", width: 120, cell: (row) => <When at={row.lastSeen} /> },
    { id: "owner", header: "owner", width: 120, cell: (row) => row.owner ?? <Unknown>nobody</Unknown> },
  ];
}
