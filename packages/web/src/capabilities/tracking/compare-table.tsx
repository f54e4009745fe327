import type { Reply } from "@paydown/api/operation";
import type { compareRuns } from "@paydown/api/tracking";
import { Button } from "#kit/controls/button.jsx";
import { delta, metric } from "#kit/numbers/format.js";
import { Go } from "#routes/link.jsx";
import { paths } from "#routes/paths.js";
import type { Pins } from "./pins.js";
import { Swatch } from "./swatch.jsx";
import css from "./tracking.module.css";

interface CompareTableProps {
  readonly comparison: Reply<typeof compareRuns>;
  readonly onlyDiffering: boolean;
  readonly project: string;
  /** Which run differences are taken against; the first when absent. */
  readonly base?: number;
  /** Runs that have a colour in the charts beside it. */
  readonly pins?: Pins;
  readonly onBase?: (runId: string) => void;
}

const ORDER = ["code", "data", "environment", "configuration", "parameters", "metrics"];

/** Rows by group, with differences to one of the runs. */
export function CompareTable({ comparison, onlyDiffering, project, base = 0, onBase, pins }: CompareTableProps) {
  const rows = comparison.rows
    .filter((row) => !onlyDiffering || row.differs)
    .toSorted((a, b) => ORDER.indexOf(a.group) - ORDER.indexOf(b.group));
  if (rows.length === 0) return <p className={css.quiet}>Nothing differs in what was logged.</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling box must be reachable by keyboard
    <section className={css.scroll} aria-label="Comparison" tabIndex={0}>
      <table className={css.differs}>
        <thead>
          <tr>
            <th scope="col">what</th>
            {comparison.runs.map((run, order) => (
              <th key={run.runId} scope="col">
                <Swatch colour={pins?.get(run.runId)} />
                <Go to={paths.run(project, run.runId)} title={run.runId}>
                  <bdi>{run.name === "" ? run.runId.slice(0, 7) : run.name.slice(0, 60)}</bdi>
                </Go>
                {onBase === undefined ? null : order === base ? (
                  <b> base</b>
                ) : (
                  <Button
                    kind="quiet"
                    aria-label={`as base: ${run.name || run.runId}`}
                    onClick={() => onBase(run.runId)}
                  >
                    as base
                  </Button>
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, at) => (
            <tr key={`${row.group} ${row.name}`}>
              <th scope="row">
                {rows[at - 1]?.group === row.group ? "" : <b>{row.group} </b>}
                {row.name}
              </th>
              {row.values.map((value, order) => (
                <td key={comparison.runs[order]?.runId ?? order} data-differs={row.differs ? "" : undefined}>
                  <Value value={value} base={order === base ? null : (row.values[base] ?? null)} group={row.group} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Value({ value, base, group }: { value: string | number | null; base: string | number | null; group: string }) {
  if (value === null) return <>not logged</>;
  if (typeof value === "string") return <>{group === "code" && value.length > 20 ? value.slice(0, 7) : value}</>;
  return (
    <span title={String(value)}>
      {metric(value)}
      {typeof base === "number" && base !== value ? <span className={css.quiet}> {delta(value - base)}</span> : null}
    </span>
  );
}
