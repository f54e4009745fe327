import { getStatement, type Statement } from "@paydown/api/debt";
import { ChevronLeft, ChevronRight, Printer } from "lucide-react";
import { Button, ButtonLink } from "#kit/controls/button.jsx";
import { useOperation } from "#kit/data/use-operation.js";
import { Why } from "#kit/derivation/derivation.jsx";
import { count, many, percent, span } from "#kit/numbers/format.js";
import { month as monthName, stamp } from "#kit/numbers/time.js";
import { Columns, Fact, Facts, Fold, Page, Section } from "#kit/page/page.jsx";
import { RangeText } from "#kit/ranges/range-cell.jsx";
import { ScoreBar } from "#kit/ranges/score-bar.jsx";
import { scanCommand } from "#kit/states/command.js";
import { Empty } from "#kit/states/empty.jsx";
import { Loaded } from "#kit/states/loaded.jsx";
import { NotSeen, Unknown } from "#kit/states/unknown.jsx";
import { Go } from "#routes/link.jsx";
import { paths } from "#routes/paths.js";
import { useField, useProject, useSearchFields } from "#routes/use-place.js";
import css from "./debt.module.css";
import { ItemLines } from "./item-lines.jsx";
import { monthAfter, monthStart } from "./months.js";
import { PrincipalAccount } from "./principal-account.jsx";
import { StatementCharts } from "./statement-charts.jsx";
import { StatementWhy } from "./statement-why.jsx";

/** The monthly account: what debt cost, whether it rises, what to do with the capacity there is. */
export function Screen() {
  const project = useProject();
  const [month] = useField("month");
  const question = useOperation(getStatement, { project, ...(month === undefined ? {} : { month }) }, { keep: true });
  const shown = question.data?.month ?? month;
  return (
    <Page
      title="Statement"
      heading={shown === undefined ? "Statement" : monthName(monthStart(shown))}
      meta={question.data === undefined ? undefined : <Basis of={question.data} />}
      actions={
        shown === undefined ? undefined : (
          <Months month={shown} project={project} closed={question.data?.closed ?? false} />
        )
      }
    >
      <Loaded question={question} what="The statement" lines={12}>
        {(statement) =>
          isEmpty(statement) ? (
            <NoDebtYet statement={statement} project={project} />
          ) : (
            <Account statement={statement} project={project} />
          )
        }
      </Loaded>
    </Page>
  );
}

function Account({ statement, project }: { statement: Statement; project: string }) {
  const view = useSearchFields().view;
  if (view === "plain") return <Plain statement={statement} />;
  return (
    <div className={css.stack}>
      <Headline statement={statement} project={project} />
      <Figures statement={statement} />
      <Section title="Principal" note="hours; every step sums exactly">
        <PrincipalAccount statement={statement} project={project} />
      </Section>
      <StatementCharts statement={statement} />
      <Columns>
        <Section title="Dearest" actions={<Go to={`${paths.ledger(project)}?sort=-interest`}>all</Go>}>
          <ItemLines lines={statement.dearest} project={project} shows="interest" />
        </Section>
        <Section title="Best payback" actions={<Go to={`${paths.ledger(project)}?sort=payback`}>all</Go>}>
          <ItemLines lines={statement.bestPayback} project={project} shows="payback" />
        </Section>
        <Section title="Growing fastest">
          <ItemLines lines={statement.growing} project={project} shows="growth" />
        </Section>
      </Columns>
      <Columns>
        <PlanStrip statement={statement} project={project} />
        <Section
          title="Overdue and called"
          note={`${many(statement.overdue.length, "item")} overdue, ${count(statement.called.length)} called`}
        >
          <ItemLines lines={[...statement.called, ...statement.overdue].slice(0, 5)} project={project} shows="due" />
        </Section>
        <Section title="Not visible" note={many(statement.notSeen.length, "source")}>
          {statement.notSeen.length === 0 ? (
            <p className={css.quiet}>Every evidence channel reported in this month.</p>
          ) : (
            <NotSeen sources={statement.notSeen} />
          )}
        </Section>
      </Columns>
      <Section title="How far off we were">
        <p className={css.words}>{statement.modelError.sentence}</p>
        {statement.outlook.shown ? null : <p className={css.quiet}>No outlook is drawn: {statement.outlook.why}</p>}
      </Section>
      {statement.benchmarks.length === 0 ? null : (
        <Fold title="Benchmark lines, and what they rest on">
          <ul className={css.plain}>
            {statement.benchmarks.map((line) => (
              <li key={line.basis}>
                <b>{percent(line.share)}</b> {line.basis}
              </li>
            ))}
          </ul>
        </Fold>
      )}
      <StatementWhy statement={statement} project={project} />
      <footer className={css.seal}>
        Statement {statement.month}, as of {stamp(statement.asOf)}, sha256 <code>{statement.hash}</code>
      </footer>
    </div>
  );
}

function Headline({ statement, project }: { statement: Statement; project: string }) {
  const { interest, previousInterest: before, concentration } = statement;
  if (statement.events === 0) {
    const { p10, p90 } = statement.principalHours;
    return (
      <p className={css.headline}>
        No event has cost hours this month, in what can be seen. {many(statement.openItems, "open item")} would take{" "}
        <Why of="principal">
          <b>{span(p10, p90)} h</b>
        </Why>{" "}
        to repay.
      </p>
    );
  }
  if (interest === null) {
    return (
      <p className={css.headline}>
        What debt costs is <Unknown>not visible yet</Unknown>. {statement.plain[0] ?? ""}
      </p>
    );
  }
  const direction =
    before === null
      ? ""
      : interest.p50 > before.p50 * 1.05
        ? "up from"
        : interest.p50 < before.p50 * 0.95
          ? "down from"
          : "as last month:";
  return (
    <p className={css.headline}>
      Debt cost this team{" "}
      <Why of="interest">
        <b>{span(interest.p10, interest.p90)} h a week</b>
      </Why>{" "}
      <Go to={paths.ledger(project, "state:open sort:-interest")}>({many(statement.events, "event")})</Go>
      {before === null ? "." : `, ${direction} ${span(before.p10, before.p90)}.`}
      {concentration === null
        ? null
        : ` ${percent(concentration.assets)} of assets carry ${percent(concentration.share)} of it.`}
    </p>
  );
}

function Figures({ statement }: { statement: Statement }) {
  const { dsr, score } = statement;
  return (
    <Facts>
      <Fact
        label="Debt service, of capacity"
        note={statement.reworkRatio === null ? "interest charged" : `all rework: ${shareSpan(statement.reworkRatio)}`}
      >
        {dsr === null ? <Unknown remedy="set weekly hours">unknown</Unknown> : <Why of="dsr">{shareSpan(dsr)}</Why>}
      </Fact>
      <Fact label="Risk interest, apart" note="h a week; nothing happened yet">
        <Why of="risk">{span(statement.riskInterest.p10, statement.riskInterest.p90)}</Why>
      </Fact>
      <Fact label="Principal" note={`h; ${many(statement.openItems, "open item")}, ${count(statement.newItems)} new`}>
        <Why of="principal">{span(statement.principalHours.p10, statement.principalHours.p90)}</Why>
      </Fact>
      <Fact
        label="ML Test Score"
        note={
          score === null
            ? "not computed yet"
            : score.unknown > 0
              ? `${many(score.unknown, "test")} unknown`
              : "all tests settled"
        }
      >
        {score === null ? (
          <Unknown />
        ) : (
          <>
            {score.low === score.high ? score.low : `${score.low} to ${score.high}`}
            <ScoreBar low={score.low} high={score.high} max={7} label="ML Test Score" />
          </>
        )}
      </Fact>
    </Facts>
  );
}

function PlanStrip({ statement, project }: { statement: Statement; project: string }) {
  const { plan } = statement;
  return (
    <Section title="Plan" actions={<Go to={paths.plan(project)}>open</Go>}>
      {plan === null ? (
        <>
          <p className={css.quiet}>
            No plan is adopted. The planner says what a given budget should pay, and when not to pay.
          </p>
          <div>
            <ButtonLink to={paths.plan(project)}>Make a plan</ButtonLink>
          </div>
        </>
      ) : (
        <p className={css.words}>
          {plan.spentHours === null
            ? "Hours spent are not recorded"
            : `${Math.round(plan.spentHours)} of ${Math.round(plan.plannedHours)} h spent`}
          , {count(plan.paid)} of {many(plan.items, "item")} paid.{" "}
          {plan.savings.freed === null ? (
            plan.savings.claim
          ) : (
            <>
              Freed <RangeText of={plan.savings.freed} unit="h/week" /> (matched, n={plan.savings.matched}).
            </>
          )}
        </p>
      )}
    </Section>
  );
}

function Plain({ statement }: { statement: Statement }) {
  return (
    <div className={css.plainPage}>
      {statement.plain.map((line) => (
        <p key={line}>{line}</p>
      ))}
      <footer className={css.seal}>
        Statement {statement.month}, as of {stamp(statement.asOf)}, sha256 <code>{statement.hash}</code>
      </footer>
    </div>
  );
}

function Basis({ of }: { of: Statement }) {
  return (
    <span>
      {of.closed ? "closed" : "running month"}, as of {stamp(of.asOf)}
    </span>
  );
}

function Months({ month, project, closed }: { month: string; project: string; closed: boolean }) {
  const [view, setView] = useField("view");
  const to = (by: number) => `${paths.statement(project)}?month=${monthAfter(month, by)}`;
  return (
    <>
      <ButtonLink to={to(-1)}>
        <ChevronLeft size={14} aria-hidden />
        {monthName(monthStart(monthAfter(month, -1))).slice(0, 3)}
      </ButtonLink>
      {closed ? (
        <ButtonLink to={to(1)}>
          {monthName(monthStart(monthAfter(month, 1))).slice(0, 3)}
          <ChevronRight size={14} aria-hidden />
        </ButtonLink>
      ) : null}
      <Button aria-pressed={view === "plain"} onClick={() => setView(view === "plain" ? undefined : "plain")}>
        Plain words
      </Button>
      <Button onClick={() => globalThis.print()}>
        <Printer size={14} aria-hidden />
        Print
      </Button>
    </>
  );
}

function NoDebtYet({ statement, project }: { statement: Statement; project: string }) {
  return (
    <div className={css.stack}>
      <Empty title="No debt is on record yet" command={scanCommand(project)}>
        A scan of your repository opens the ledger in about a minute; runs, data and traffic add what the debt costs.
        Nothing is executed.
      </Empty>
      {statement.notSeen.length === 0 ? null : (
        <Section title="Not visible" note={many(statement.notSeen.length, "source")}>
          <NotSeen sources={statement.notSeen} />
        </Section>
      )}
    </div>
  );
}

function isEmpty(statement: Statement): boolean {
  const { opening, closing, opened } = statement.principal;
  return statement.openItems === 0 && opening === 0 && closing === 0 && opened === 0 && statement.events === 0;
}

function shareSpan(share: { p10: number; p90: number }): string {
  return `${span(share.p10 * 100, share.p90 * 100)} %`;
}
