import { type DatasetVersion, diffVersions } from "@paydown/api/data";
import type { Reply } from "@paydown/api/operation";
import { Check, TriangleAlert } from "lucide-react";
import { Select } from "#kit/controls/field.jsx";
import { Mark } from "#kit/controls/mark.jsx";
import { useOperation } from "#kit/data/use-operation.js";
import { count, many, measured, percent } from "#kit/numbers/format.js";
import { day } from "#kit/numbers/time.js";
import { Pairs, Section } from "#kit/page/page.jsx";
import { Empty } from "#kit/states/empty.jsx";
import { Loaded } from "#kit/states/loaded.jsx";
import { Unknown } from "#kit/states/unknown.jsx";
import type { Column } from "#kit/table/columns.js";
import { Table } from "#kit/table/table.jsx";
import { Go } from "#routes/link.jsx";
import { nodePath } from "#routes/paths.js";
import { useSearchFields, useSetSearch } from "#routes/use-place.js";
import css from "./data.module.css";
import { Shape } from "./profile.jsx";

interface VersionDiffProps {
  readonly project: string;
  readonly dataset: string;
  readonly versions: readonly DatasetVersion[];
  readonly current: string | undefined;
}

type Change = Reply<typeof diffVersions>["columns"][number];

/** Schema first, breaking in words; then rows; then distributions, most changed first; then who is affected. */
export function VersionDiff({ project, dataset, versions, current }: VersionDiffProps) {
  const search = useSearchFields();
  const set = useSetSearch();
  const to = search.to ?? current ?? versions[0]?.version;
  const at = versions.findIndex((version) => version.version === to);
  const from = search.from ?? versions[at + 1]?.version;
  const question = useOperation(
    diffVersions,
    { project, dataset, from: from ?? "latest", to: to ?? "latest" },
    { enabled: from !== undefined && to !== undefined, keep: true },
  );
  if (versions.length < 2 || from === undefined || to === undefined)
    return <Empty title="Nothing to compare with yet">A difference needs two versions of the dataset.</Empty>;
  const options = versions.map((version) => (
    <option key={version.version} value={version.version}>
      {version.version.slice(0, 7)}, {day(version.createdAt)}
    </option>
  ));
  return (
    <div className={css.stack}>
      <div className={css.pick}>
        <Select label="From" value={from} onChange={(event) => set({ from: event.target.value })}>
          {options}
        </Select>
        <Select label="To" value={to} onChange={(event) => set({ to: event.target.value })}>
          {options}
        </Select>
      </div>
      <Loaded question={question} what="The difference" lines={10}>
        {(diff) => (
          <div className={css.stack}>
            <Section title="Schema" note={diff.schema.length === 0 ? "unchanged" : many(diff.schema.length, "change")}>
              {diff.schema.length === 0 ? null : (
                <ul className={css.changes}>
                  {diff.schema.map((change) => (
                    <li key={`${change.column} ${change.change}`}>
                      {change.breaking ? (
                        <Mark tone="bad" icon={TriangleAlert}>
                          breaking
                        </Mark>
                      ) : (
                        <Mark tone="plain" icon={Check}>
                          safe
                        </Mark>
                      )}
                      <span>{change.sentence}</span>
                    </li>
                  ))}
                </ul>
              )}
            </Section>
            <Section title="Rows" note="compared file by file by content hash">
              <Pairs
                of={[
                  ["before", known(diff.rows.from)],
                  ["after", known(diff.rows.to)],
                  ["in shared files", known(diff.rows.shared)],
                  ["only before", known(diff.rows.onlyFrom)],
                  ["only after", known(diff.rows.onlyTo)],
                  [
                    "files",
                    `${count(diff.files.shared)} shared, ${count(diff.files.onlyFrom)} only before, ${count(diff.files.onlyTo)} only after`,
                  ],
                ]}
              />
            </Section>
            <Section
              title="Distributions"
              note={`most changed first; ${count(diff.columns.length)} of ${many(diff.columnsTotal, "column")}`}
            >
              <Table label="Columns by change" rows={diff.columns} columns={COLUMNS} rowKey={(row) => row.column} />
            </Section>
            <Section
              title="Who is affected"
              note={diff.affected === undefined ? undefined : many(diff.affected.length, "node")}
            >
              {diff.affected === undefined ? (
                <Unknown remedy="lineage has not seen these versions">who reads it</Unknown>
              ) : diff.affected.length === 0 ? (
                <p className={css.quiet}>Nothing downstream is known.</p>
              ) : (
                <ul className={css.changes}>
                  {diff.affected.map((node) => (
                    <li key={`${node.kind}:${node.id}`}>
                      <span className={css.quiet}>{node.kind.replaceAll("-", " ")}</span>
                      <Go to={nodePath(project, node)}>{node.id}</Go>
                    </li>
                  ))}
                </ul>
              )}
            </Section>
          </div>
        )}
      </Loaded>
    </div>
  );
}

const known = (value: number | undefined) => (value === undefined ? <Unknown /> : count(value));

const COLUMNS: Column<Change>[] = [
  { id: "column", header: "column", width: 200, head: true, cell: (row) => row.column },
  {
    id: "js",
    header: "change",
    unit: "JS distance",
    width: 110,
    align: "right",
    cell: (row) =>
      row.change === undefined ? (
        <Unknown>{row.incomparable ?? "not comparable"}</Unknown>
      ) : (
        measured(row.change.jsDistance)
      ),
  },
  {
    id: "before",
    header: "before",
    width: 150,
    cell: (row) => (row.from === undefined ? "" : <Shape of={row.from} />),
  },
  { id: "after", header: "after", width: 150, cell: (row) => (row.to === undefined ? "" : <Shape of={row.to} />) },
  {
    id: "mean",
    header: "mean moved",
    unit: "sd",
    width: 100,
    align: "right",
    cell: (row) => (row.change?.meanShift === undefined ? "" : measured(row.change.meanShift)),
  },
  {
    id: "nulls",
    header: "missing",
    unit: "% before, after",
    width: 130,
    align: "right",
    cell: (row) =>
      row.change === undefined ? "" : `${percent(row.change.nullShareFrom)}, ${percent(row.change.nullShareTo)}`,
  },
];
