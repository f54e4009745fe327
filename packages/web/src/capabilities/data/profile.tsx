import { ApiError } from "@paydown/api/client";
import { type ColumnProfile, type DatasetVersion, getColumn, getProfile } from "@paydown/api/data";
import { Check, TriangleAlert } from "lucide-react";
import { Histogram, HistogramKey } from "#kit/charts/histogram.jsx";
import { Mark } from "#kit/controls/mark.jsx";
import { useOperation } from "#kit/data/use-operation.js";
import { count, measured, percent } from "#kit/numbers/format.js";
import { day } from "#kit/numbers/time.js";
import { Pairs } from "#kit/page/page.jsx";
import { SidePanel } from "#kit/page/side-panel.jsx";
import { paydown } from "#kit/states/command.js";
import { Empty } from "#kit/states/empty.jsx";
import { Loaded } from "#kit/states/loaded.jsx";
import { Unknown } from "#kit/states/unknown.jsx";
import { type Column, sortRows } from "#kit/table/columns.js";
import { Table } from "#kit/table/table.jsx";
import { useField } from "#routes/use-place.js";
import css from "./data.module.css";

interface ProfileProps {
  readonly project: string;
  readonly dataset: string;
  readonly version: string;
  readonly shown: DatasetVersion | undefined;
}

/** A row a column: its shape over the reference's, and how far it moved. */
export function Profile({ project, dataset, version, shown }: ProfileProps) {
  const [sort = "-change"] = useField("sort");
  const [, setSort] = useField("sort");
  const [column] = useField("col");
  const question = useOperation(
    getProfile,
    { project, dataset, version },
    {
      enabled: shown?.profile === "done" || shown === undefined,
      every: shown?.profile === "waiting" ? 2000 : undefined,
    },
  );
  if (shown !== undefined && shown.profile !== "done") {
    return (
      <Empty
        title={
          shown.profile === "waiting"
            ? "The profile is being computed"
            : shown.profile === "failed"
              ? "The profile failed"
              : "This version is not profiled"
        }
        command={
          shown.profile === "waiting" ? undefined : paydown(`datasets compute-profile ${dataset} ${version}`, project)
        }
      >
        {shown.profileProblem ?? "Files of a kind that cannot be read as a table are versioned without a profile."}
      </Empty>
    );
  }
  if (question.error instanceof ApiError && question.error.status === 404) {
    return (
      <Empty
        title="No profile of this version"
        command={paydown(`datasets compute-profile ${dataset} ${version}`, project)}
      >
        A profile is computed once per version, in the engine, not here.
      </Empty>
    );
  }
  return (
    <Loaded question={question} what="The profile" lines={12}>
      {(profile) => {
        const rows = sortRows(profile.columns, sort === "position" ? undefined : sort, columnValue);
        return (
          <div className={css.stack}>
            {profile.reference === version ? (
              <p className={css.quiet}>This version is the reference of its bins.</p>
            ) : (
              <HistogramKey now="this version" reference={`reference ${profile.reference.slice(0, 7)}`} />
            )}
            <Table
              label="Columns"
              rows={rows}
              columns={COLUMNS}
              rowKey={(row) => row.name}
              sort={sort}
              onSort={setSort}
              preview="col"
              total={profile.columns.length}
            />
            {column === undefined ? null : <ColumnPanel project={project} dataset={dataset} column={column} />}
          </div>
        );
      }}
    </Loaded>
  );
}

const COLUMNS: Column<ColumnProfile>[] = [
  {
    id: "name",
    header: "column",
    width: 170,
    head: true,
    sort: "name",
    cell: (row) => <span title={row.name}>{row.name}</span>,
  },
  { id: "type", header: "type", width: 110, cell: (row) => <span title={row.kind}>{row.type.toLowerCase()}</span> },
  {
    id: "shape",
    header: "shape",
    hint: "This version over the grey of the reference",
    width: 150,
    cell: (row) => <Shape of={row} />,
  },
  {
    id: "change",
    header: "change",
    unit: "JS distance",
    width: 130,
    sort: "change",
    cell: (row) => <ChangeMark of={row} />,
  },
  {
    id: "nulls",
    header: "missing",
    unit: "%",
    width: 90,
    align: "right",
    sort: "nulls",
    cell: (row) => percent(row.rows === 0 ? 0 : row.nulls / row.rows),
  },
  {
    id: "distinct",
    header: "distinct",
    width: 100,
    align: "right",
    sort: "distinct",
    cell: (row) =>
      row.distinct === undefined ? (
        <Unknown />
      ) : (
        <span title={row.distinct.exact ? "exact" : `${row.distinct.low} to ${row.distinct.high}`}>
          {row.distinct.exact ? count(row.distinct.estimate) : `~${measured(row.distinct.estimate)}`}
        </span>
      ),
  },
  {
    id: "mean",
    header: "mean",
    width: 100,
    align: "right",
    sort: "mean",
    cell: (row) => (row.kind === "instant" ? row.mean === undefined ? "" : day(row.mean) : <Moment of={row.mean} />),
  },
  {
    id: "std",
    header: "std",
    width: 90,
    align: "right",
    cell: (row) => (row.kind === "instant" ? "" : <Moment of={row.std} />),
  },
  {
    id: "range",
    header: "least to most",
    width: 200,
    cell: (row) =>
      row.min === undefined || row.max === undefined
        ? row.frequent[0] === undefined
          ? ""
          : `mostly ${row.frequent[0].value}`
        : row.kind === "instant"
          ? `${day(row.min)} to ${day(row.max)}`
          : `${measured(row.min)} to ${measured(row.max)}`,
  },
  {
    id: "used",
    header: "used by",
    unit: "0: carrying cost",
    width: 110,
    align: "right",
    sort: "used",
    cell: (row) => (row.usedBy === undefined ? <Unknown /> : count(row.usedBy)),
  },
];

function columnValue(row: ColumnProfile, key: string): number | string | undefined {
  if (key === "name") return row.name;
  if (key === "change") return row.change?.jsDistance;
  if (key === "nulls") return row.rows === 0 ? 0 : row.nulls / row.rows;
  if (key === "distinct") return row.distinct?.estimate;
  if (key === "mean") return row.mean;
  return row.usedBy;
}

function Moment({ of }: { of: number | undefined }) {
  return of === undefined ? null : <span title={String(of)}>{measured(of)}</span>;
}

export function Shape({
  of,
  width = 124,
  height = 24,
}: {
  readonly of: ColumnProfile;
  readonly width?: number;
  readonly height?: number;
}) {
  const counts = of.counts ?? of.categoryCounts;
  if (counts === undefined || counts.length === 0) return <span className={css.quiet}>no shape</span>;
  return (
    <Histogram
      counts={counts}
      reference={of.referenceCounts}
      label={`Distribution of ${of.name}`}
      width={width}
      height={height}
    />
  );
}

function ChangeMark({ of }: { of: ColumnProfile }) {
  if (of.change === undefined) return <span className={css.quiet}>reference</span>;
  const { jsDistance, meanShift } = of.change;
  const title = `PSI ${measured(of.change.psi)}${meanShift === undefined ? "" : `, mean moved by ${measured(meanShift)} sd`}; missing ${percent(of.change.nullShareFrom)} to ${percent(of.change.nullShareTo)}`;
  return jsDistance >= 0.1 ? (
    <Mark tone="warn" icon={TriangleAlert} title={title}>
      {measured(jsDistance)}
    </Mark>
  ) : (
    <Mark tone="plain" icon={Check} title={title}>
      {measured(jsDistance)}
    </Mark>
  );
}

/** The history of a column as small multiples, oldest first. */
function ColumnPanel({ project, dataset, column }: { project: string; dataset: string; column: string }) {
  const question = useOperation(getColumn, { project, dataset, column, limit: 24 });
  return (
    <SidePanel title={column} field="col">
      <Loaded question={question} what="The column's history">
        {(data) => {
          const last = data.history.toSorted((a, b) => b.createdAt - a.createdAt)[0]?.profile;
          return (
            <div className={css.stack}>
              {last === undefined ? null : (
                <Pairs
                  of={[
                    ["type", last.type],
                    ["missing", count(last.nulls)],
                    ["not a number", count(last.nans)],
                    ...(last.newCategories === undefined || last.newCategories.length === 0
                      ? []
                      : [
                          [
                            "new values",
                            last.newCategories.map((one) => `${one.value} (${one.count})`).join(", "),
                          ] as const,
                        ]),
                    ...(last.missingCategories === undefined || last.missingCategories.length === 0
                      ? []
                      : [["gone values", last.missingCategories.join(", ")] as const]),
                    [
                      "most frequent",
                      last.frequent
                        .slice(0, 5)
                        .map((one) => `${one.value} (${count(one.count)})`)
                        .join(", "),
                    ],
                  ]}
                />
              )}
              <div className={css.multiples}>
                {data.history.map((entry) => (
                  <figure key={entry.version}>
                    <Shape of={entry.profile} width={150} height={44} />
                    <figcaption>
                      {entry.version.slice(0, 7)}, {day(entry.createdAt)}
                      {entry.profile.change === undefined ? "" : `, ${measured(entry.profile.change.jsDistance)}`}
                    </figcaption>
                  </figure>
                ))}
              </div>
              {data.unseen > 0 ? (
                <p className={css.quiet}>{count(data.unseen)} versions have no profile of this column.</p>
              ) : null}
            </div>
          );
        }}
      </Loaded>
    </SidePanel>
  );
}
