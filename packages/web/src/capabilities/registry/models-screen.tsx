import { viewLeadTime } from "@paydown/api/flows";
import { listModels, listPromotions, type RegisteredModel } from "@paydown/api/registry";
import { Tag } from "#kit/controls/mark.jsx";
import { useOperation, usePages } from "#kit/data/use-operation.js";
import { When } from "#kit/numbers/figures.jsx";
import { count, duration, many, rangeText } from "#kit/numbers/format.js";
import { Fold, Page } from "#kit/page/page.jsx";
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
      <div className={css.stack}>
        <Pace project={project} />
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
      </div>
    </Page>
  );
}

/** How long an idea takes to its first prediction, and what waits for a decision. */
function Pace({ project }: { project: string }) {
  const lead = useOperation(viewLeadTime, { project });
  const open = useOperation(listPromotions, { project, state: "open", limit: 100 });
  const waiting = open.data?.items.length ?? 0;
  return (
    <>
      <p>
        <Go to={paths.promotions(project)}>
          {waiting === 0 ? "No promotion waits" : `${many(waiting, "promotion waits", "promotions wait")}`}
        </Go>
        .{" "}
        {lead.data === undefined
          ? ""
          : lead.data.hours === undefined
            ? "The lead time from first run to first production prediction is not known for any model."
            : `From first run to first production prediction: ${rangeText(lead.data.hours)} h (n=${lead.data.known}).`}
      </p>
      {lead.data === undefined || lead.data.items.length === 0 ? null : (
        <Fold title={`Lead time, ${lead.data.known} known, ${lead.data.unknown} with a missing link`}>
          <ul className={css.gates}>
            {lead.data.items.map((one) => (
              <li key={`${one.model}:${one.deployment}`}>
                <span>
                  <Go to={paths.model(project, one.model)}>{one.model}</Go> at {one.deployment}
                </span>
                <span>
                  {one.hours === undefined ? "unknown" : duration(one.hours * 3_600_000)}
                  <span className={css.quiet}>
                    {" "}
                    {one.chain.map((step) => step.evidence).join(" ")} {one.missing.join(" ")}
                  </span>
                </span>
              </li>
            ))}
          </ul>
        </Fold>
      )}
    </>
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
    { id: "tier", header: "criticality", width: 110, cell: (row) => row.tier ?? "not set" },
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
