import { adoptPlan, getFrontier, makePlan, type Plan } from "@paydown/api/debt";
import type { Reply } from "@paydown/api/operation";
import { useQuery } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useEffect, useState } from "react";
import { Button } from "#kit/controls/button.jsx";
import { TextField } from "#kit/controls/field.jsx";
import { Severity, Tag } from "#kit/controls/mark.jsx";
import { client } from "#kit/data/client.js";
import { useAction, useOperation } from "#kit/data/use-operation.js";
import { count, estimate, many, percent, span } from "#kit/numbers/format.js";
import { day } from "#kit/numbers/time.js";
import { Fact, Facts, Fold, Page, Section } from "#kit/page/page.jsx";
import { scanCommand } from "#kit/states/command.js";
import { Empty } from "#kit/states/empty.jsx";
import { Failure, tell } from "#kit/states/failure.jsx";
import { Loaded, Skeleton } from "#kit/states/loaded.jsx";
import { Unknown } from "#kit/states/unknown.jsx";
import type { Column } from "#kit/table/columns.js";
import { Table } from "#kit/table/table.jsx";
import { Go } from "#routes/link.jsx";
import { paths } from "#routes/paths.js";
import { useProject, useSearchFields, useSetSearch } from "#routes/use-place.js";
import css from "./debt.module.css";
import { FrontierChart } from "./frontier-chart.jsx";

type Frontier = Reply<typeof getFrontier>;

/** What a budget should pay, what one more percent would free, and when not to pay at all. */
export function Screen() {
  const project = useProject();
  const frontier = useOperation(getFrontier, { project });
  return (
    <Page title="Plan">
      <Loaded question={frontier} what="The planner" lines={10}>
        {(data) =>
          data.points.length === 0 || data.totalHours === 0 ? (
            <Empty title="Nothing to plan yet" command={scanCommand(project)}>
              The planner orders what the ledger holds. Once there are priced items it says which to pay with a given
              budget.
            </Empty>
          ) : (
            <Planner frontier={data} project={project} />
          )
        }
      </Loaded>
    </Page>
  );
}

function Planner({ frontier, project }: { frontier: Frontier; project: string }) {
  const { budget } = useSearchFields();
  const set = useSetSearch();
  const most = Math.max(1, Math.ceil(frontier.totalHours));
  const asked = Math.min(most, budget === undefined ? startBudget(frontier) : Number(budget) || 0);
  const [hours, setHours] = useState(asked);
  useEffect(() => setHours(asked), [asked]);
  const plan = useQuery({
    queryKey: ["debt.makePlan", project, asked],
    queryFn: ({ signal }) => client.call(makePlan, { project, budgetHours: asked }, { signal }),
    placeholderData: (before) => before,
  });
  const near = frontier.points.findLast((point) => point.hours <= hours + 1e-9);
  const step = Math.max(1, Math.round((frontier.capacity === null ? most : frontier.capacity * 4) / 100));
  const settle = (value: number) => set({ budget: String(Math.round(value)) }, { replace: true });
  return (
    <div className={css.stack}>
      <Section
        title="Budget"
        note={
          frontier.capacity === null
            ? "hours; set the project's weekly hours to see shares"
            : `hours; ${percent(hours / (frontier.capacity * 4))} of four weeks' capacity`
        }
      >
        <div className={css.budget}>
          <input
            type="range"
            aria-label="Budget, hours"
            aria-valuetext={`${Math.round(hours)} hours`}
            min={0}
            max={most}
            step={1}
            value={hours}
            onChange={(event) => setHours(Number(event.target.value))}
            onPointerUp={() => settle(hours)}
            onKeyDown={(event) => {
              const by =
                event.key === "ArrowRight" || event.key === "ArrowUp"
                  ? 1
                  : event.key === "ArrowLeft" || event.key === "ArrowDown"
                    ? -1
                    : 0;
              if (by === 0) return;
              event.preventDefault();
              const next = Math.min(most, Math.max(0, hours + by * step * (event.shiftKey ? 5 : 1)));
              setHours(next);
              settle(next);
            }}
          />
          <TextField
            bare
            label="Budget, hours"
            type="number"
            min={0}
            max={most}
            value={Math.round(hours)}
            onChange={(event) => settle(Math.min(most, Math.max(0, Number(event.target.value))))}
          />
        </div>
        <p className={css.quiet}>
          Must pay {Math.round(frontier.mustPayHours)} h.{" "}
          {near === undefined
            ? "This pays nothing."
            : `This pays ${many(near.items, "item")} and frees ${span(near.frees.p10, near.frees.p90)} h a week.`}{" "}
          Arrow keys move by 1 %, with Shift by 5 %.
        </p>
        <FrontierChart frontier={frontier} hours={hours} />
      </Section>
      {plan.data === undefined ? (
        plan.error === null ? (
          <Skeleton />
        ) : (
          <Failure error={plan.error} what="The plan" retry={() => void plan.refetch()} />
        )
      ) : (
        <PlanTable plan={plan.data} project={project} hours={asked} stale={plan.isPlaceholderData} />
      )}
    </div>
  );
}

function PlanTable({ plan, project, hours, stale }: { plan: Plan; project: string; hours: number; stale: boolean }) {
  const adopt = useAction(adoptPlan);
  return (
    <>
      <p className={css.headline} aria-busy={stale}>
        {plan.sentence}
      </p>
      <Facts>
        <Fact label="Frees" note="h a week">
          {span(plan.frees.p10, plan.frees.p90)}
        </Fact>
        <Fact
          label="Payback"
          note={plan.paybackDate === null ? "weeks" : `weeks; ${day(plan.paybackDate)} if paid today`}
        >
          {plan.payback === null ? <Unknown /> : span(plan.payback.p10, plan.payback.p90)}
        </Fact>
        <Fact label="Shadow price" note="h/wk more for 1 % more">
          {plan.shadowPrice === null ? <Unknown /> : span(plan.shadowPrice.p10, plan.shadowPrice.p90)}
        </Fact>
        <Fact label="Break-even" note="of capacity: below it principal grows">
          {plan.breakEven === null ? (
            <Unknown remedy="needs history">unknown</Unknown>
          ) : (
            `${span(plan.breakEven.p10 * 100, plan.breakEven.p90 * 100)} %`
          )}
        </Fact>
        <Fact label="Solver" note={`${plan.solver}; kept in ${count(plan.scenarios)} scenarios`}>
          {plan.gap === 0 ? "exact" : `gap ${percent(plan.gap)}`}
        </Fact>
      </Facts>
      <Section
        title={`Pay, in this order: ${many(plan.items.length, "item")}`}
        actions={
          <span className={css.buttons}>
            <Button onClick={() => download(plan, "csv")}>
              <Download size={14} aria-hidden />
              CSV
            </Button>
            <Button onClick={() => download(plan, "md")}>
              <Download size={14} aria-hidden />
              Markdown
            </Button>
            <Button
              kind="primary"
              disabled={adopt.isPending || plan.items.length === 0}
              onClick={() => adopt.mutate({ project, budgetHours: hours })}
            >
              {adopt.isSuccess ? "Adopted" : "Adopt this plan"}
            </Button>
          </span>
        }
      >
        {adopt.error === null ? null : <p role="alert">{tell(adopt.error).message}</p>}
        {plan.items.length === 0 ? (
          <p className={css.quiet}>Nothing to pay with this budget; every item is listed below with its reason.</p>
        ) : (
          <Table
            label="Items to pay"
            rows={plan.items}
            columns={columns(project)}
            rowKey={(line) => line.id}
            rowPath={(line) => paths.item(project, line.id)}
          />
        )}
      </Section>
      <Fold title={`Not in the plan: ${many(plan.outTotal, "item")}, each with its reason`}>
        <ul className={css.plain}>
          {plan.out.map((line) => (
            <li key={line.id}>
              <Go to={paths.item(project, line.id)}>{line.message}</Go> <Tag>{line.reason.replaceAll("-", " ")}</Tag>{" "}
              {line.why}
            </li>
          ))}
        </ul>
      </Fold>
    </>
  );
}

function columns(project: string): Column<Plan["items"][number]>[] {
  return [
    { id: "order", header: "", hint: "Order", width: 40, align: "right", cell: (line) => count(line.order) },
    {
      id: "item",
      header: "item",
      width: 320,
      head: true,
      cell: (line) => (
        <span className={css.name} title={line.message}>
          <Go to={paths.item(project, line.id)}>{line.message}</Go>
          {line.mustPay ? <Tag>must pay</Tag> : null}
        </span>
      ),
    },
    { id: "severity", header: "severity", width: 84, cell: (line) => <Severity of={line.severity} /> },
    { id: "hours", header: "hours", unit: "h", width: 226, range: (line) => line.hours },
    { id: "frees", header: "frees", unit: "h/wk", width: 226, range: (line) => line.frees ?? undefined },
    {
      id: "payback",
      header: "payback",
      unit: "weeks",
      width: 90,
      cell: (line) => (line.payback === null ? <Unknown /> : span(line.payback.p10, line.payback.p90)),
    },
    {
      id: "kept",
      header: "kept in",
      unit: "scenarios",
      width: 90,
      align: "right",
      cell: (line) => percent(line.keptIn),
    },
    { id: "why", header: "why in", width: 320, cell: (line) => <span title={line.why}>{line.why}</span> },
  ];
}

/** 15 to 20 % of four weeks, or what is worthwhile when nobody said what capacity is. */
function startBudget(frontier: Frontier): number {
  const worthwhile = Math.max(frontier.mustPayHours, frontier.worthwhileHours);
  return Math.round(
    frontier.capacity === null
      ? worthwhile > 0
        ? worthwhile
        : frontier.totalHours / 5
      : Math.max(frontier.mustPayHours, frontier.capacity * 4 * 0.18),
  );
}

function download(plan: Plan, form: "csv" | "md"): void {
  const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const text =
    form === "csv"
      ? [
          "order,id,rule,asset,team,hours_p50,frees_p50,must_pay,message",
          ...plan.items.map((line) =>
            [
              line.order,
              line.id,
              line.rule,
              quote(`${line.asset.kind}:${line.asset.id}`),
              quote(line.team ?? ""),
              line.hours.p50,
              line.frees?.p50 ?? "",
              line.mustPay,
              quote(line.message),
            ].join(","),
          ),
        ].join("\n")
      : [
          `# Plan, ${Math.round(plan.budgetHours)} h`,
          "",
          plan.sentence,
          "",
          ...plan.items.map(
            (line) =>
              `${line.order}. ${line.message} (${line.rule}, ${estimate(line.hours.p50)} h${line.mustPay ? ", must pay" : ""})`,
          ),
        ].join("\n");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([`${text}\n`], { type: form === "csv" ? "text/csv" : "text/markdown" }));
  link.download = `plan.${form}`;
  link.click();
  URL.revokeObjectURL(link.href);
}
