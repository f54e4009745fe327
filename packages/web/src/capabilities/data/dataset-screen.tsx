import { getDataset } from "@paydown/api/data";
import type { Reply } from "@paydown/api/operation";
import { Database } from "lucide-react";
import { CopyId } from "#kit/controls/copy.jsx";
import { Tag } from "#kit/controls/mark.jsx";
import { openTab, Tabs } from "#kit/controls/tabs.jsx";
import { useOperation } from "#kit/data/use-operation.js";
import { Neighbourhood } from "#kit/graph/neighbourhood.jsx";
import { PathLine } from "#kit/graph/path-line.jsx";
import { When } from "#kit/numbers/figures.jsx";
import { bytes, count, many } from "#kit/numbers/format.js";
import { Fact, Facts, Page } from "#kit/page/page.jsx";
import { paydown } from "#kit/states/command.js";
import { Empty } from "#kit/states/empty.jsx";
import { Loaded } from "#kit/states/loaded.jsx";
import { Unknown } from "#kit/states/unknown.jsx";
import type { Column } from "#kit/table/columns.js";
import { Table } from "#kit/table/table.jsx";
import { Go } from "#routes/link.jsx";
import { paths } from "#routes/paths.js";
import { usePathPart, useProject, useSearchFields } from "#routes/use-place.js";
import css from "./data.module.css";
import { ConsumersText, ContractMark, FreshnessMark, RightsMark } from "./dataset-marks.jsx";
import { Profile } from "./profile.jsx";
import { VersionDiff } from "./version-diff.jsx";

type DatasetReply = Reply<typeof getDataset>;

/** A dataset at one version: what is in it, what moved, who reads it. */
export function Screen() {
  const project = useProject();
  const [name = "", wanted] = usePathPart("dataset").split("@");
  const question = useOperation(getDataset, { project, dataset: name });
  const data = question.data;
  const shown =
    data?.items.find(
      (version) =>
        version.version === wanted ||
        (wanted !== undefined && wanted.length >= 4 && version.version.startsWith(wanted)),
    ) ?? (wanted === undefined ? data?.latest : undefined);
  const version = shown?.version ?? wanted;
  const tabs = [
    { id: "profile", label: "Overview", count: shown?.columns },
    { id: "versions", label: "Versions", count: data?.versions },
    { id: "diff", label: "Difference" },
    { id: "lineage", label: "Lineage" },
  ];
  const open = openTab(tabs, useSearchFields().tab);
  return (
    <Page
      title={
        version === undefined || wanted === undefined ? `${name} dataset` : `${name}@${version.slice(0, 7)} dataset`
      }
      heading={version === undefined || wanted === undefined ? name : `${name}@${version.slice(0, 7)}`}
      icon={Database}
      meta={
        data === undefined ? undefined : (
          <>
            {version === undefined ? null : <CopyId id={version} label="version" />}
            {wanted === undefined ? <Tag>latest</Tag> : <Go to={paths.dataset(project, name)}>latest</Go>}
            {data.source === undefined ? null : (
              <Go to={paths.lineage(project, { kind: "source", id: data.source })}>from {data.source}</Go>
            )}
            <span>{data.owner ?? "no owner team"}</span>
            {shown === undefined ? null : (
              <span>
                added <When at={shown.createdAt} /> by {shown.createdBy}
              </span>
            )}
          </>
        )
      }
      lede={shown?.message === "" ? undefined : shown?.message}
    >
      <PathLine
        project={project}
        node={
          version === undefined ? { kind: "dataset", id: name } : { kind: "dataset-version", id: `${name}@${version}` }
        }
      />
      <Loaded question={question} what="The dataset" lines={10}>
        {(dataset) => (
          <div className={css.stack}>
            <Headline dataset={dataset} rows={shown?.rows} size={shown?.bytes} files={shown?.files} />
            <Tabs label="Sections of the dataset" tabs={tabs} />
            {open === "profile" ? (
              version === undefined ? (
                <NoVersion name={name} project={project} />
              ) : (
                <Profile project={project} dataset={name} version={version} shown={shown} />
              )
            ) : null}
            {open === "versions" ? <Versions dataset={dataset} project={project} /> : null}
            {open === "diff" ? (
              <VersionDiff project={project} dataset={name} versions={dataset.items} current={version} />
            ) : null}
            {open === "lineage" ? (
              <Neighbourhood
                project={project}
                node={
                  version === undefined
                    ? { kind: "dataset", id: name }
                    : { kind: "dataset-version", id: `${name}@${version}` }
                }
              />
            ) : null}
          </div>
        )}
      </Loaded>
    </Page>
  );
}

function Headline({
  dataset,
  rows,
  size,
  files,
}: {
  dataset: DatasetReply;
  rows: number | undefined;
  size: number | undefined;
  files: number | undefined;
}) {
  return (
    <Facts>
      <Fact label="Rows" note={size === undefined ? undefined : `${bytes(size)} in ${many(files ?? 0, "file")}`}>
        {rows === undefined ? <Unknown /> : count(rows)}
      </Fact>
      <Fact
        label="Versions"
        note={dataset.reference === undefined ? "no reference chosen" : `reference ${dataset.reference.slice(0, 7)}`}
      >
        {count(dataset.versions)}
      </Fact>
      <Fact label="Freshness">
        <FreshnessMark of={dataset.freshness} />
      </Fact>
      <Fact label="Contract">
        <ContractMark of={dataset.contract} />
      </Fact>
      <Fact label="Rights">
        <RightsMark of={dataset.rights} />
      </Fact>
      <Fact label="Consumers">
        <ConsumersText of={dataset.consumers} />
      </Fact>
    </Facts>
  );
}

function NoVersion({ name, project }: { name: string; project: string }) {
  return (
    <Empty title="No version yet" command={paydown(`datasets add ${name} --path /absolute/data.parquet`, project)}>
      The first version becomes the reference that later ones are compared with.
    </Empty>
  );
}

function Versions({ dataset, project }: { dataset: DatasetReply; project: string }) {
  const columns: Column<DatasetReply["items"][number]>[] = [
    {
      id: "version",
      header: "version",
      width: 150,
      head: true,
      cell: (row) => <Go to={paths.dataset(project, dataset.dataset, row.version)}>{row.version.slice(0, 7)}</Go>,
    },
    { id: "added", header: "added", width: 110, cell: (row) => <When at={row.createdAt} /> },
    { id: "by", header: "by", width: 110, cell: (row) => row.createdBy },
    {
      id: "rows",
      header: "rows",
      width: 100,
      align: "right",
      cell: (row) => (row.rows === undefined ? <Unknown /> : count(row.rows)),
    },
    { id: "bytes", header: "size", width: 100, align: "right", cell: (row) => bytes(row.bytes) },
    { id: "files", header: "files", width: 80, align: "right", cell: (row) => count(row.files) },
    { id: "profile", header: "profile", width: 100, cell: (row) => row.profile },
    { id: "message", header: "message", width: 260, cell: (row) => <span title={row.message}>{row.message}</span> },
    {
      id: "diff",
      header: "",
      hint: "Difference to the version before",
      width: 120,
      cell: (row) => {
        const before = dataset.items[dataset.items.indexOf(row) + 1];
        return before === undefined ? (
          "first"
        ) : (
          <Go to={paths.datasetDiff(project, dataset.dataset, before.version, row.version)}>what changed</Go>
        );
      },
    },
  ];
  return (
    <Table
      label="Versions"
      rows={dataset.items}
      columns={columns}
      rowKey={(row) => row.version}
      rowPath={(row) => paths.dataset(project, dataset.dataset, row.version)}
      total={dataset.versions}
    />
  );
}
