import { listMonitors, type MonitorSummary } from "@paydown/api/monitoring";
import { Sparkline } from "#kit/charts/sparkline.jsx";
import { usePages } from "#kit/data/use-operation.js";
import { When } from "#kit/numbers/figures.jsx";
import { count, delta, many } from "#kit/numbers/format.js";
import { Page } from "#kit/page/page.jsx";
import { paydown } from "#kit/states/command.js";
import { Empty } from "#kit/states/empty.jsx";
import { Loaded } from "#kit/states/loaded.jsx";
import type { Column } from "#kit/table/columns.js";
import { Table } from "#kit/table/table.jsx";
import { Go } from "#routes/link.jsx";
import { paths } from "#routes/paths.js";
import { useProject } from "#routes/use-place.js";
import { VERDICT_ORDER, VerdictMark } from "./verdict-mark.jsx";

/** Monitors by verdict, then by size of the effect; what cannot be judged stands apart, not under "quiet". */
export function Screen() {
  const project = useProject();
  const pages = usePages(listMonitors, { project, limit: 200 }, { every: 30_000 });
  const rows = (pages.data?.pages.flatMap((page) => page.items) ?? []).toSorted(
    (a, b) =>
      VERDICT_ORDER.indexOf(a.verdict) - VERDICT_ORDER.indexOf(b.verdict) ||
      Math.abs(b.worstEffect ?? 0) - Math.abs(a.worstEffect ?? 0),
  );
  const first = pages.data?.pages[0];
  const words = VERDICT_ORDER.flatMap((verdict) => {
    const number = rows.filter((row) => row.verdict === verdict).length;
    return number === 0 ? [] : [`${count(number)} ${verdict}`];
  });
  return (
    <Page
      title="Monitors"
      heading={first === undefined ? "Monitors" : many(first.total ?? rows.length, "monitor")}
      lede={first === undefined || rows.length === 0 ? undefined : `${words.join(", ")}.`}
    >
      <Loaded question={{ ...pages, data: first }} what="The monitors">
        {() =>
          rows.length === 0 ? (
            <Empty
              title="Nothing is watched"
              command={paydown(
                `monitors create my-api --deployment my-api --reference '{"kind":"dataset-version","dataset":"my-data","version":"0123456789abcdef"}'`,
                project,
              )}
            >
              A monitor keeps a promise (at most so many false pages a week), calibrated on traffic that was in order.
            </Empty>
          ) : (
            <Table
              label="Monitors"
              rows={rows}
              columns={columns(project)}
              rowKey={(row) => row.name}
              rowPath={(row) => paths.monitor(project, row.name)}
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

function columns(project: string): Column<MonitorSummary>[] {
  return [
    {
      id: "name",
      header: "monitor",
      width: 200,
      head: true,
      cell: (row) => <Go to={paths.monitor(project, row.name)}>{row.name}</Go>,
    },
    { id: "verdict", header: "verdict", width: 110, cell: (row) => <VerdictMark of={row.verdict} why={row.reason} /> },
    { id: "why", header: "why", width: 320, cell: (row) => <span title={row.reason}>{row.reason}</span> },
    {
      id: "spark",
      header: "worst signal",
      width: 120,
      cell: (row) => <Sparkline values={row.sparkline} label={`Effect of ${row.worstSignal ?? "the worst signal"}`} />,
    },
    {
      id: "effect",
      header: "effect",
      width: 90,
      align: "right",
      cell: (row) => (row.worstEffect === undefined ? "" : delta(row.worstEffect)),
    },
    { id: "signals", header: "signals", width: 80, align: "right", cell: (row) => count(row.signals) },
    {
      id: "open",
      header: "incidents",
      unit: "open",
      width: 90,
      align: "right",
      cell: (row) => count(row.openIncidents),
    },
    {
      id: "deployment",
      header: "deployment",
      width: 150,
      cell: (row) => <Go to={paths.deployment(project, row.deployment)}>{row.deployment}</Go>,
    },
    { id: "window", header: "window", width: 80, cell: (row) => row.window },
    { id: "to", header: "evaluated to", width: 120, cell: (row) => <When at={row.evaluatedTo} /> },
  ];
}
