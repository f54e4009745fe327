import { listPromotions, type Promotion } from "@paydown/api/registry";
import { Select } from "#kit/controls/field.jsx";
import { Tag } from "#kit/controls/mark.jsx";
import { usePages } from "#kit/data/use-operation.js";
import { When } from "#kit/numbers/figures.jsx";
import { many } from "#kit/numbers/format.js";
import { Page } from "#kit/page/page.jsx";
import { paydown } from "#kit/states/command.js";
import { Empty } from "#kit/states/empty.jsx";
import { Loaded } from "#kit/states/loaded.jsx";
import type { Column } from "#kit/table/columns.js";
import { Table } from "#kit/table/table.jsx";
import { Go } from "#routes/link.jsx";
import { paths } from "#routes/paths.js";
import { useField, useProject } from "#routes/use-place.js";
import css from "./registry.module.css";

const states = ["open", "promoted", "rejected", "withdrawn"] as const;

/** Requests that a version take over an alias or a stage. */
export function Screen() {
  const project = useProject();
  const [given, setState] = useField("state");
  const state = states.find((one) => one === given);
  const pages = usePages(listPromotions, { project, limit: 200, ...(state === undefined ? {} : { state }) });
  const first = pages.data?.pages[0];
  const rows = pages.data?.pages.flatMap((page) => page.items) ?? [];
  const open = rows.filter((row) => row.state === "open").length;
  return (
    <Page
      title="Promotions"
      lede={
        first === undefined
          ? undefined
          : open === 0
            ? "No request waits."
            : `${many(open, "request waits", "requests wait")} for evidence or a decision.`
      }
      actions={<Go to={paths.policy(project)}>the policy</Go>}
    >
      <div className={css.stack}>
        <div>
          <Select label="State" value={state ?? ""} onChange={(event) => setState(event.target.value || undefined)}>
            <option value="">all</option>
            {states.map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </Select>
        </div>
        <Loaded question={{ ...pages, data: first }} what="The requests">
          {() =>
            rows.length === 0 ? (
              <Empty
                title="Nobody asked for a promotion"
                command={paydown('promotions request <model> <version> --alias champion --reason "..."', project)}
              >
                A guarded alias or stage moves by request: gates look for evidence, people approve.
              </Empty>
            ) : (
              <Table
                label="Promotion requests"
                rows={rows}
                columns={columns(project)}
                rowKey={(row) => row.id}
                rowPath={(row) => paths.promotion(project, row.id)}
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

function columns(project: string): Column<Promotion>[] {
  return [
    {
      id: "what",
      header: "request",
      width: 280,
      head: true,
      cell: (row) => (
        <Go to={paths.promotion(project, row.id)}>
          {row.model} v{row.version} to {row.target.name}
        </Go>
      ),
    },
    { id: "state", header: "state", width: 110, cell: (row) => <Tag>{row.state}</Tag> },
    {
      id: "gaps",
      header: "in the way",
      width: 200,
      cell: (row) =>
        row.gates
          .filter((gate) => gate.blocks)
          .map((gate) => gate.gate)
          .join(", ") || "nothing",
    },
    { id: "approvals", header: "approvals", width: 100, cell: (row) => `${row.approvals} of ${row.approvalsNeeded}` },
    { id: "asked", header: "asked", width: 110, cell: (row) => <When at={row.requestedAt} /> },
    { id: "by", header: "by", width: 120, cell: (row) => row.requestedBy },
    { id: "why", header: "why", width: 300, cell: (row) => <span title={row.reason}>{row.reason}</span> },
  ];
}
