import { listProjects } from "@paydown/api/accounts";
import { getStatement, type Statement } from "@paydown/api/debt";
import { useQueries } from "@tanstack/react-query";
import { Band } from "#kit/charts/band.jsx";
import { operationOptions, useOperation } from "#kit/data/use-operation.js";
import { count, many, span } from "#kit/numbers/format.js";
import { Page, Section } from "#kit/page/page.jsx";
import type { Spread } from "#kit/ranges/scale.js";
import { ScoreBar } from "#kit/ranges/score-bar.jsx";
import { Empty, TooMuch } from "#kit/states/empty.jsx";
import { tell } from "#kit/states/failure.jsx";
import { Loaded } from "#kit/states/loaded.jsx";
import { Unknown } from "#kit/states/unknown.jsx";
import type { Column } from "#kit/table/columns.js";
import { Table } from "#kit/table/table.jsx";
import { Go } from "#routes/link.jsx";
import { paths } from "#routes/paths.js";
import css from "./debt.module.css";
import { monthTick } from "./months.js";

interface Row {
  readonly name: string;
  readonly title: string;
  readonly team: string | undefined;
  readonly statement: Statement | undefined;
  readonly problem: string | undefined;
}

const MOST = 60;

/** One row a project, sorted by interest. No colours for rank. */
export function Screen() {
  const projects = useOperation(listProjects, {});
  const items = projects.data?.items ?? [];
  const statements = useQueries({
    queries: items.slice(0, MOST).map((one) => operationOptions(getStatement, { project: one.name })),
  });
  const rows: Row[] = items
    .slice(0, MOST)
    .map((one, at) => {
      const answer = statements[at];
      return {
        name: one.name,
        title: one.title,
        team: one.team,
        statement: answer?.data,
        problem: answer?.error == null ? undefined : tell(answer.error).code,
      };
    })
    .sort((a, b) => (b.statement?.interest?.p50 ?? -1) - (a.statement?.interest?.p50 ?? -1));
  const known = rows.flatMap((row) => (row.statement?.interest == null ? [] : [row.statement.interest]));
  const max = Math.max(
    0,
    ...rows.flatMap((row) => row.statement?.series.map((point) => point.interest?.p90 ?? 0) ?? []),
  );
  return (
    <Page
      title="Portfolio"
      lede={
        projects.data === undefined
          ? undefined
          : known.length === 0
            ? `${many(items.length, "project")}; none has measured interest yet.`
            : `${many(items.length, "project")}; debt costs the dearest ${span(known[0]?.p10 ?? 0, known[0]?.p90 ?? 0)} h a week.`
      }
    >
      <Loaded question={projects} what="The portfolio">
        {({ items: all }) =>
          all.length === 0 ? (
            <Empty title="No project yet" command="paydown projects create my-system">
              A project is one ML system with its team; everything belongs to one.
            </Empty>
          ) : (
            <div className={css.stack}>
              <Table
                label="Projects"
                rows={rows}
                columns={COLUMNS}
                rowKey={(row) => row.name}
                rowPath={(row) => paths.statement(row.name)}
              />
              {all.length > MOST ? (
                <TooMuch>
                  First {MOST} of {count(all.length)} projects by name.
                </TooMuch>
              ) : null}
              <Section title="Interest, twelve months" note="hours a week, one scale for all">
                <div className={css.multiples}>
                  {rows.map((row) => (
                    <Band
                      key={row.name}
                      title={row.title}
                      unit="h/wk"
                      max={max}
                      points={(row.statement?.series ?? []).map((point) => ({
                        label: monthTick(point.month),
                        range: point.interest ?? undefined,
                      }))}
                    />
                  ))}
                </div>
              </Section>
            </div>
          )
        }
      </Loaded>
    </Page>
  );
}

const COLUMNS: Column<Row>[] = [
  {
    id: "project",
    header: "project",
    width: 170,
    head: true,
    cell: (row) => (
      <span className={css.name}>
        <Go to={paths.statement(row.name)}>{row.title}</Go>
        {row.team === undefined ? null : <small>{row.team}</small>}
      </span>
    ),
  },
  {
    id: "interest",
    header: "interest",
    unit: "h/wk",
    width: 236,
    range: (row) => row.statement?.interest ?? undefined,
    absent: (row) => (row.problem === undefined ? <Unknown /> : <Unknown>{row.problem}</Unknown>),
  },
  { id: "principal", header: "principal", unit: "h", width: 236, range: (row) => row.statement?.principalHours },
  {
    id: "risk",
    header: "risk interest",
    unit: "h/wk",
    width: 236,
    risk: true,
    range: (row) => row.statement?.riskInterest,
  },
  {
    id: "dsr",
    header: "debt service",
    unit: "% of capacity",
    width: 120,
    cell: (row) =>
      row.statement?.dsr == null ? <Unknown /> : span(hundred(row.statement.dsr).p10, hundred(row.statement.dsr).p90),
  },
  {
    id: "score",
    header: "ML Test Score",
    unit: "0 to 7",
    width: 150,
    cell: (row) =>
      row.statement?.score == null ? (
        <Unknown />
      ) : (
        <ScoreBar
          low={row.statement.score.low}
          high={row.statement.score.high}
          max={7}
          label={`ML Test Score of ${row.title}`}
        />
      ),
  },
  {
    id: "open",
    header: "open",
    unit: "items",
    width: 80,
    align: "right",
    cell: (row) => (row.statement === undefined ? "" : count(row.statement.openItems)),
  },
  {
    id: "overdue",
    header: "overdue",
    unit: "items",
    width: 80,
    align: "right",
    cell: (row) => (row.statement === undefined ? "" : count(row.statement.overdue.length)),
  },
  {
    id: "unseen",
    header: "not visible",
    unit: "sources",
    width: 90,
    align: "right",
    cell: (row) => (row.statement === undefined ? "" : count(row.statement.notSeen.length)),
  },
];

function hundred(range: Spread): Spread {
  return { p10: range.p10 * 100, p50: range.p50 * 100, p90: range.p90 * 100, n: range.n };
}
