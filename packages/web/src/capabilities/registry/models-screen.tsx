import { listModels, type RegisteredModel } from "@paydown/api/registry";
import { Tag } from "#kit/controls/mark.jsx";
import { usePages } from "#kit/data/use-operation.js";
import { When } from "#kit/numbers/figures.jsx";
import { count, many } from "#kit/numbers/format.js";
import { Page } from "#kit/page/page.jsx";
import { Empty } from "#kit/states/empty.jsx";
import { Loaded } from "#kit/states/loaded.jsx";
import type { Column } from "#kit/table/columns.js";
import { Table } from "#kit/table/table.jsx";
import { Go } from "#routes/link.jsx";
import { paths } from "#routes/paths.js";
import { useProject } from "#routes/use-place.js";
import css from "./registry.module.css";

export function Screen() {
  const project = useProject();
  const pages = usePages(listModels, { project, limit: 200 });
  const rows = pages.data?.pages.flatMap((page) => page.items) ?? [];
  const first = pages.data?.pages[0];
  const bare = rows.filter((row) => Object.keys(row.aliases).length === 0).length;
  return (
    <Page
      title="Models"
      heading={first === undefined ? "Models" : many(first.total ?? rows.length, "model")}
      lede={
        first === undefined
          ? undefined
          : bare === 0
            ? "Every model has an alias."
            : `${many(bare, "model")} without any alias.`
      }
    >
      <Loaded question={{ ...pages, data: first }} what="The models">
        {() =>
          rows.length === 0 ? (
            <Empty
              title="No model is registered"
              command={`MLFLOW_TRACKING_URI=${globalThis.location.origin} python -c "import mlflow; mlflow.register_model('runs:/<run>/model', 'my-model')"`}
            >
              Versions are registered by any MLflow client, or with `paydown models register`.
            </Empty>
          ) : (
            <Table
              label="Models"
              rows={rows}
              columns={columns(project)}
              rowKey={(row) => row.model}
              rowPath={(row) => paths.model(project, row.model)}
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

function columns(project: string): Column<RegisteredModel>[] {
  return [
    {
      id: "model",
      header: "model",
      width: 260,
      head: true,
      cell: (row) => <Go to={paths.model(project, row.model)}>{row.model}</Go>,
    },
    {
      id: "aliases",
      header: "aliases",
      width: 280,
      cell: (row) => (
        <span className={css.tags}>
          {Object.entries(row.aliases).map(([alias, version]) => (
            <Tag key={alias}>
              {alias} v{version}
            </Tag>
          ))}
        </span>
      ),
    },
    { id: "versions", header: "versions", width: 90, align: "right", cell: (row) => count(row.versions) },
    {
      id: "latest",
      header: "latest",
      width: 80,
      align: "right",
      cell: (row) => (row.latest === undefined ? "none" : `v${row.latest}`),
    },
    { id: "updated", header: "changed", width: 130, cell: (row) => <When at={row.updatedAt} /> },
    {
      id: "description",
      header: "description",
      width: 320,
      cell: (row) => <span title={row.description}>{row.description}</span>,
    },
  ];
}
