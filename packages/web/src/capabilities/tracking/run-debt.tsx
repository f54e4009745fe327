import { listItems } from "@paydown/api/debt";
import { Severity } from "#kit/controls/mark.jsx";
import { useOperation } from "#kit/data/use-operation.js";
import { count } from "#kit/numbers/format.js";
import { Section } from "#kit/page/page.jsx";
import { Loaded } from "#kit/states/loaded.jsx";
import { Go } from "#routes/link.jsx";
import { paths } from "#routes/paths.js";
import css from "./tracking.module.css";

interface RunDebtProps {
  readonly runId: string;
  readonly experimentId: string;
  readonly project: string;
}

/** What is owed on this run, and on the experiment whose script it shares. */
export function RunDebt({ runId, experimentId, project }: RunDebtProps) {
  const q = `state:open asset:run:${runId},experiment:${experimentId}`;
  const items = useOperation(listItems, { project, q, limit: 5 });
  return (
    <Section title="Debt here">
      <Loaded question={items} what="The debt" lines={2}>
        {(data) =>
          data.total === 0 ? (
            <p className={css.quiet}>No open item on this run or its experiment.</p>
          ) : (
            <ul className={css.owed}>
              {data.items.map((item) => (
                <li key={item.id}>
                  <Severity of={item.severity} /> <Go to={paths.item(project, item.id)}>{item.message}</Go>
                </li>
              ))}
              {data.total > data.items.length ? (
                <li>
                  <Go to={paths.ledger(project, q)}>all {count(data.total)}</Go>
                </li>
              ) : null}
            </ul>
          )
        }
      </Loaded>
    </Section>
  );
}
