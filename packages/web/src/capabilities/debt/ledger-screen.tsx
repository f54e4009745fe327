import { changeMatching, type DebtItem, listItems } from "@paydown/api/debt";
import { useState } from "react";
import { Button, ButtonGroup } from "#kit/controls/button.jsx";
import { TextField } from "#kit/controls/field.jsx";
import { type Facet, FilterBar } from "#kit/controls/filter-bar.jsx";
import { Severity, Tag } from "#kit/controls/mark.jsx";
import { useAction, usePages } from "#kit/data/use-operation.js";
import { count, many, span } from "#kit/numbers/format.js";
import { ago } from "#kit/numbers/time.js";
import { Page } from "#kit/page/page.jsx";
import { SidePanel } from "#kit/page/side-panel.jsx";
import { scanCommand } from "#kit/states/command.js";
import { Empty } from "#kit/states/empty.jsx";
import { tell } from "#kit/states/failure.jsx";
import { Loaded } from "#kit/states/loaded.jsx";
import { Unknown } from "#kit/states/unknown.jsx";
import type { Column } from "#kit/table/columns.js";
import { Table } from "#kit/table/table.jsx";
import { Go } from "#routes/link.jsx";
import { paths } from "#routes/paths.js";
import { useField, useProject, useSetSearch } from "#routes/use-place.js";
import css from "./debt.module.css";
import { ItemPreview } from "./item-preview.jsx";
import { ReachText } from "./reach-text.jsx";

const FACETS: Record<string, string> = {
  family: "Family",
  severity: "Severity",
  state: "State",
  kind: "Asset",
  team: "Team",
  channel: "Channel",
  confidence: "Confidence",
  fixable: "Fixable",
};
const FIELD: Record<string, string> = { severity: "sev" };

/** Everything that is owed: by rule at first, sortable by four numbers that are never multiplied. */
export function Screen() {
  const project = useProject();
  const [q] = useField("q");
  const [sort = "-rate"] = useField("sort");
  const [group = "rule"] = useField("group");
  const [sel] = useField("sel");
  const set = useSetSearch();
  const pages = usePages(listItems, {
    project,
    q: q ?? "",
    sort,
    limit: 200,
    ...(group === "rule" ? { group: "rule" as const } : {}),
  });
  const first = pages.data?.pages[0];
  const items = pages.data?.pages.flatMap((page) => page.items) ?? [];
  const groups = new Map((first?.groups ?? []).map((one) => [one.rule, one]));
  const previewed = items.find((item) => item.id === sel);
  return (
    <Page
      title="Ledger"
      heading={first === undefined ? "Ledger" : `Ledger: ${many(first.total, "item")}`}
      lede={
        first === undefined
          ? undefined
          : `${count(first.newTotal)} new since the baseline${first.unknownSort > 0 ? `; ${many(first.unknownSort, "item")} unknown in this order stand last` : ""}.`
      }
      actions={
        <ButtonGroup label="Group">
          <Button aria-pressed={group === "rule"} onClick={() => set({ group: undefined })}>
            By rule
          </Button>
          <Button aria-pressed={group === "none"} onClick={() => set({ group: "none" })}>
            Flat
          </Button>
        </ButtonGroup>
      }
    >
      <FilterBar
        label="Filter the ledger"
        placeholder="state:open family:data sev:<=1 words"
        value={q ?? ""}
        onChange={(text) => set({ q: text === "" ? undefined : text })}
        facets={toFacets(first?.facets)}
        words={["due:overdue", "fixable:yes", "new:30d", "sort:-rate"]}
        error={pages.error === null ? undefined : tell(pages.error).message}
      />
      <Loaded question={{ ...pages, data: first }} what="The ledger" lines={14}>
        {(page) =>
          page.total === 0 ? (
            (q ?? "") === "" ? (
              <Empty title="Nothing is owed, as far as can be seen" command={scanCommand(project)}>
                A scan of the repository opens the ledger. What no evidence covers is listed on the statement.
              </Empty>
            ) : (
              <Empty
                title="No item matches this filter"
                action={<Button onClick={() => set({ q: undefined })}>Clear the filter</Button>}
              >
                The whole ledger may have more.
              </Empty>
            )
          ) : (
            <>
              <Table
                label="Debt items"
                rows={items}
                columns={columns(project)}
                rowKey={(item) => item.id}
                rowPath={(item) => paths.item(project, item.id)}
                total={page.total}
                sort={sort}
                onSort={(next) => set({ sort: next === "-rate" ? undefined : next })}
                more={pages.hasNextPage ? () => void pages.fetchNextPage() : undefined}
                loading={pages.isFetchingNextPage}
                preview="sel"
                {...(group === "rule"
                  ? {
                      group: {
                        of: byRule,
                        heading: (rule: string, rows: readonly DebtItem[]) => (
                          <span className={css.ruleHead}>
                            {rule} {rows[0]?.slug}
                            <small>
                              {many(groups.get(rule)?.count ?? rows.length, "item")}
                              {groups.get(rule) === undefined
                                ? ""
                                : `, ${span(groups.get(rule)?.principal.p10 ?? 0, groups.get(rule)?.principal.p90 ?? 0)} h principal`}
                              {(groups.get(rule)?.fixable ?? 0) > 0
                                ? `, ${count(groups.get(rule)?.fixable ?? 0)} fixable now`
                                : ""}
                            </small>
                          </span>
                        ),
                      },
                    }
                  : {})}
              />
              {(q ?? "") === "" ? null : <Bulk project={project} q={q ?? ""} total={page.total} />}
            </>
          )
        }
      </Loaded>
      {previewed === undefined ? null : (
        <SidePanel title={previewed.message} field="sel">
          <ItemPreview item={previewed} project={project} />
        </SidePanel>
      )}
    </Page>
  );
}

const byRule = (item: DebtItem) => item.rule;

/** Acts on all that match the filter, not on the page; counts before it does. */
function Bulk({ project, q, total }: { project: string; q: string; total: number }) {
  const change = useAction(changeMatching);
  const [team, setTeam] = useState("");
  const [reason, setReason] = useState("");
  const run = (action: "assign" | "write-off" | "reopen", dryRun: boolean) =>
    change.mutate({ project, q, action, dryRun, ...(action === "assign" ? { team } : { reason }) });
  return (
    <details className={css.acts}>
      <summary>Change all {count(total)} that match</summary>
      <form onSubmit={(event) => event.preventDefault()}>
        <TextField label="Team" value={team} onChange={(event) => setTeam(event.target.value)} />
        <TextField label="Reason" value={reason} onChange={(event) => setReason(event.target.value)} />
        <div className={css.buttons}>
          <Button disabled={team === ""} onClick={() => run("assign", true)}>
            Count what assigning changes
          </Button>
          <Button disabled={team === ""} onClick={() => run("assign", false)}>
            Assign
          </Button>
          <Button disabled={reason === ""} onClick={() => run("write-off", true)}>
            Count what writing off changes
          </Button>
          <Button
            kind="danger"
            disabled={reason === "" || change.data === undefined}
            onClick={() => run("write-off", false)}
          >
            Write off
          </Button>
          <Button disabled={reason === ""} onClick={() => run("reopen", false)}>
            Reopen
          </Button>
        </div>
        <p role="status">
          {change.error === null ? null : tell(change.error).message}
          {change.data === undefined
            ? null
            : `${many(change.data.matched, "item")} match; ${count(change.data.changed)} ${change.variables?.dryRun === true ? "would change" : "changed"}, ${count(change.data.skipped)} skipped.`}
        </p>
      </form>
    </details>
  );
}

function columns(project: string): Column<DebtItem>[] {
  return [
    {
      id: "item",
      header: "item",
      width: 330,
      head: true,
      cell: (item) => (
        <span className={css.name} title={item.message}>
          <Go to={paths.item(project, item.id)}>{item.message}</Go>
          {item.isNew ? <Tag>new</Tag> : null}
        </span>
      ),
    },
    {
      id: "asset",
      header: "asset",
      width: 200,
      cell: (item) => (
        <span title={`${item.asset.kind}:${item.asset.id}`}>
          {item.asset.id.split("/").at(-1)}
          {item.place === undefined ? "" : `, ${item.place}`}
        </span>
      ),
    },
    {
      id: "severity",
      header: "severity",
      hint: "A class with a deadline, never a weight",
      width: 84,
      sort: "severity",
      cell: (item) => <Severity of={item.severity} />,
    },
    { id: "principal", header: "principal", unit: "h", width: 226, sort: "principal", range: (item) => item.principal },
    {
      id: "interest",
      header: "interest",
      unit: "h/wk, charged",
      width: 226,
      sort: "interest",
      range: (item) => item.interest ?? undefined,
    },
    {
      id: "payback",
      header: "payback",
      unit: "weeks",
      width: 112,
      sort: "payback",
      cell: (item) => <Short of={item.payback} />,
    },
    {
      id: "delay",
      header: "delay 26 wk",
      unit: "h",
      width: 112,
      sort: "delay",
      cell: (item) => <Short of={item.delay} />,
    },
    {
      id: "risk",
      header: "risk",
      unit: "h/wk",
      width: 90,
      sort: "risk",
      cell: (item) => (item.riskInterest === null ? "" : <Short of={item.riskInterest} />),
    },
    { id: "reach", header: "reach", width: 150, sort: "reach", cell: (item) => <ReachText of={item.reach} /> },
    {
      id: "due",
      header: "due",
      width: 90,
      sort: "due",
      cell: (item) => (item.dueAt === undefined ? "" : ago(item.dueAt, Date.now())),
    },
    { id: "state", header: "state", width: 90, cell: (item) => item.state },
  ];
}

function Short({ of }: { of: DebtItem["payback"] }) {
  return of === null ? <Unknown /> : span(of.p10, of.p90);
}

function toFacets(facets: Record<string, { value: string; count: number }[]> | undefined): Facet[] {
  return Object.entries(FACETS).flatMap(([field, label]) => {
    const values = facets?.[field] ?? [];
    return values.length < 2
      ? []
      : [
          {
            field: FIELD[field] ?? field,
            label,
            values: values.slice(0, 8).map((one) => ({ value: one.value, count: one.count })),
          },
        ];
  });
}
