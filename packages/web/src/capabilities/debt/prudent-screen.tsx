import { listPrudent } from "@paydown/api/debt";
import type { Reply } from "@paydown/api/operation";
import { usePages } from "#kit/data/use-operation.js";
import { count, many } from "#kit/numbers/format.js";
import { ago, day } from "#kit/numbers/time.js";
import { Page } from "#kit/page/page.jsx";
import { paydown } from "#kit/states/command.js";
import { Empty } from "#kit/states/empty.jsx";
import { Loaded } from "#kit/states/loaded.jsx";
import type { Column } from "#kit/table/columns.js";
import { Table } from "#kit/table/table.jsx";
import { Go } from "#routes/link.jsx";
import { paths } from "#routes/paths.js";
import { useProject } from "#routes/use-place.js";
import css from "./debt.module.css";

type Row = Reply<typeof listPrudent>["items"][number];

/** Debt taken on purpose: who signed, why, until when, and what would call it early. */
export function Screen() {
  const project = useProject();
  const pages = usePages(listPrudent, { project, limit: 200 });
  const rows = pages.data?.pages.flatMap((page) => page.items) ?? [];
  const called = rows.filter((row) => row.item.state === "called").length;
  return (
    <Page
      title="Prudent debt"
      lede={
        pages.data === undefined
          ? undefined
          : `${many(rows.length, "record")}${called > 0 ? `, ${count(called)} called` : ""}. Each has a reason, an owner team, a due date and covenants that call it early.`
      }
    >
      <Loaded question={{ ...pages, data: pages.data?.pages[0] }} what="The register">
        {() =>
          rows.length === 0 ? (
            <Empty
              title="No debt was taken on purpose"
              command={paydown(
                'borrow "first launch without a canary" --team my-team --asset deployment:my-api',
                project,
              )}
            >
              When something is skipped knowingly, sign it here: it gets a due date (90 days unless said otherwise) and
              is called when its covenants break.
            </Empty>
          ) : (
            <Table
              label="Prudent debt"
              rows={rows}
              columns={columns(project)}
              rowKey={(row) => row.item.id}
              rowPath={(row) => paths.item(project, row.item.id)}
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
      id: "item",
      header: "debt",
      width: 320,
      head: true,
      cell: (row) => (
        <span className={css.name} title={row.item.message}>
          <Go to={paths.item(project, row.item.id)}>{row.item.message}</Go>
        </span>
      ),
    },
    { id: "state", header: "state", width: 90, cell: (row) => row.item.state },
    {
      id: "due",
      header: "due",
      width: 110,
      cell: (row) => <span title={day(row.prudent.dueAt)}>{ago(row.prudent.dueAt, Date.now())}</span>,
    },
    {
      id: "reason",
      header: "reason",
      width: 280,
      cell: (row) => <span title={row.prudent.reason}>{row.prudent.reason}</span>,
    },
    { id: "team", header: "team", width: 120, cell: (row) => row.prudent.team },
    { id: "then", header: "principal then", unit: "h", width: 226, range: (row) => row.prudent.principalAtSigning },
    { id: "now", header: "principal now", unit: "h", width: 226, range: (row) => row.item.principal },
    {
      id: "renewals",
      header: "renewed",
      unit: "times",
      width: 80,
      align: "right",
      cell: (row) => count(row.prudent.renewals),
    },
  ];
}
