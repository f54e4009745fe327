import type { Reply } from "@paydown/api/operation";
import { listDeployments } from "@paydown/api/serving";
import { Button } from "#kit/controls/button.jsx";
import { Tag } from "#kit/controls/mark.jsx";
import { usePages } from "#kit/data/use-operation.js";
import { When } from "#kit/numbers/figures.jsx";
import { count, many } from "#kit/numbers/format.js";
import { Section } from "#kit/page/page.jsx";
import { Loaded } from "#kit/states/loaded.jsx";
import type { Column } from "#kit/table/columns.js";
import { Table } from "#kit/table/table.jsx";
import { Go } from "#routes/link.jsx";
import { paths } from "#routes/paths.js";
import css from "./registry.module.css";

type Use = Reply<typeof listDeployments>["items"][number];

/** Where versions of a model are served, and who reads them, declared or not. */
export function ModelUses({ project, model }: { readonly project: string; readonly model: string }) {
  const pages = usePages(listDeployments, { project, model, limit: 50 });
  const rows = pages.data?.pages.flatMap((page) => page.items) ?? [];
  const first = pages.data?.pages[0];
  return (
    <Section title="In use" note={first === undefined ? undefined : many(first.total ?? rows.length, "deployment")}>
      <Loaded question={{ ...pages, data: first }} what="The deployments" lines={2}>
        {() =>
          rows.length === 0 ? (
            <p className={css.quiet}>No deployment serves it from here. Who loads its files elsewhere is not seen.</p>
          ) : (
            <>
              <Table label="Deployments" rows={rows} columns={columns(project)} rowKey={(row) => row.name} />
              {pages.hasNextPage ? (
                <div>
                  <Button onClick={() => void pages.fetchNextPage()}>More</Button>
                </div>
              ) : null}
            </>
          )
        }
      </Loaded>
    </Section>
  );
}

function columns(project: string): Column<Use>[] {
  return [
    {
      id: "name",
      header: "deployment",
      width: 220,
      head: true,
      cell: (row) => (
        <>
          <Go to={paths.deployment(project, row.name)}>{row.name}</Go>{" "}
          {row.state === "live" ? null : <Tag>{row.state}</Tag>}
        </>
      ),
    },
    {
      id: "version",
      header: "serves",
      width: 160,
      cell: (row) => (
        <>
          v{row.version} {row.alias === undefined ? null : <Tag>{row.alias}</Tag>}
        </>
      ),
    },
    { id: "since", header: "since", width: 110, cell: (row) => <When at={row.switchedAt} /> },
    { id: "requests", header: "requests", width: 110, align: "right", cell: (row) => count(row.requests) },
    {
      id: "consumers",
      header: "consumers",
      width: 180,
      cell: (row) => (
        <span>
          {count(row.consumers)}
          {row.undeclared > 0 ? <b>, {count(row.undeclared)} undeclared</b> : null}
        </span>
      ),
    },
    { id: "seen", header: "last request", width: 120, cell: (row) => <When at={row.lastSeen} /> },
  ];
}
