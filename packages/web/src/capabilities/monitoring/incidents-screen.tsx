import { type Incident, listIncidents } from "@paydown/api/monitoring";
import { Button, ButtonGroup } from "#kit/controls/button.jsx";
import { usePages } from "#kit/data/use-operation.js";
import { When } from "#kit/numbers/figures.jsx";
import { count, delta, duration, many } from "#kit/numbers/format.js";
import { Page } from "#kit/page/page.jsx";
import { Empty } from "#kit/states/empty.jsx";
import { Loaded } from "#kit/states/loaded.jsx";
import type { Column } from "#kit/table/columns.js";
import { Table } from "#kit/table/table.jsx";
import { Go } from "#routes/link.jsx";
import { paths } from "#routes/paths.js";
import { useProject, useSearchFields, useSetSearch } from "#routes/use-place.js";

const STATES = ["open", "acknowledged", "closed"] as const;

export function Screen() {
  const project = useProject();
  const set = useSetSearch();
  const wanted = useSearchFields().state;
  const state = STATES.find((one) => one === wanted);
  const pages = usePages(listIncidents, { project, limit: 200, ...(state === undefined ? {} : { state }) });
  const rows = pages.data?.pages.flatMap((page) => page.items) ?? [];
  const first = pages.data?.pages[0];
  const open = rows.filter((row) => row.state === "open").length;
  return (
    <Page
      title="Incidents"
      heading={first === undefined ? "Incidents" : many(first.total ?? rows.length, "incident")}
      lede={
        first === undefined || rows.length === 0 ? undefined : open === 0 ? "None is open." : `${count(open)} open.`
      }
      actions={
        <ButtonGroup label="State">
          <Button aria-pressed={state === undefined} onClick={() => set({ state: undefined })}>
            All
          </Button>
          {STATES.map((one) => (
            <Button key={one} aria-pressed={state === one} onClick={() => set({ state: one })}>
              {one}
            </Button>
          ))}
        </ButtonGroup>
      }
    >
      <Loaded question={{ ...pages, data: first }} what="The incidents">
        {() =>
          rows.length === 0 ? (
            <Empty title={state === undefined ? "No incident yet" : `No incident is ${state}`}>
              Alarms of a monitor that belong together become one incident, with its lag and what it cost.
            </Empty>
          ) : (
            <Table
              label="Incidents"
              rows={rows}
              columns={columns(project)}
              rowKey={(row) => row.id}
              rowPath={(row) => paths.incident(project, row.id)}
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

function columns(project: string): Column<Incident>[] {
  return [
    {
      id: "title",
      header: "incident",
      width: 340,
      head: true,
      cell: (row) => <Go to={paths.incident(project, row.id)}>{row.title}</Go>,
    },
    { id: "state", header: "state", width: 110, cell: (row) => row.state },
    { id: "opened", header: "opened", width: 110, cell: (row) => <When at={row.openedAt} /> },
    {
      id: "lag",
      header: "detection lag",
      width: 110,
      align: "right",
      cell: (row) => duration(row.detectionLagHours * 3_600_000),
    },
    { id: "effect", header: "worst effect", width: 110, align: "right", cell: (row) => delta(row.worstEffect) },
    { id: "signals", header: "signals", width: 80, align: "right", cell: (row) => count(row.signals) },
    { id: "outcome", header: "outcome", width: 130, cell: (row) => row.outcome?.replaceAll("-", " ") ?? "" },
    {
      id: "monitor",
      header: "monitor",
      width: 150,
      cell: (row) => <Go to={paths.monitor(project, row.monitor)}>{row.monitor}</Go>,
    },
    {
      id: "deployment",
      header: "deployment",
      width: 150,
      cell: (row) => <Go to={paths.deployment(project, row.deployment)}>{row.deployment}</Go>,
    },
  ];
}
