import type { RunGroup } from "@paydown/api/tracking-insight";
import { Section } from "#kit/page/page.jsx";
import { Empty, TooMuch } from "#kit/states/empty.jsx";
import { useField } from "#routes/use-place.js";
import { type BandOf, type BandScope, MetricBand } from "./metric-band.jsx";
import { primaryMetric } from "./metric-value.js";
import { CurveControls, useCurveLook } from "./run-charts.jsx";
import { spellColumn } from "./run-filter.js";
import { RunGroups } from "./run-groups.jsx";

/** Groups that are told apart by colour. */
const MOST_COLOURS = 6;
/** So many runs can be named one by one in an address; more have a short id. */
const MOST_NAMED = 200;

/** Many runs compared as groups of equal parameters: mean, interval and every run a group, a band of curves for each. */
export function CompareGroups({
  project,
  ids,
  selectionId,
}: {
  readonly project: string;
  readonly ids: readonly string[];
  readonly selectionId: string | undefined;
}) {
  const [sort] = useField("sort");
  const look = useCurveLook();
  if (ids.length > MOST_NAMED)
    return (
      <Empty title="Too many runs for an address" command={`paydown runs select ${ids.slice(0, 3).join(" ")} ...`}>
        Select the runs in the run table, or name them by a short id and open this page with pick=@ and that id.
      </Empty>
    );
  const scope: BandScope = selectionId === undefined ? { runIds: [...ids] } : { selectionId };
  return (
    <RunGroups
      project={project}
      scope={scope}
      sort={sort}
      colours={MOST_COLOURS}
      below={(groups) => {
        const measures = groups[0]?.metrics.map((one) => one.key) ?? [];
        const primary = sort?.match(/^-?metrics\.(.+)$/s)?.[1] ?? primaryMetric(measures);
        return primary === undefined ? null : (
          <Section title="Over steps">
            <CurveControls metrics={measures} shown={[]} />
            <MetricBand project={project} metric={primary} of={bandsOf(groups, scope)} height={300} {...look} />
            {groups.length > MOST_COLOURS ? (
              <TooMuch>{`The first ${MOST_COLOURS} groups of the table, in its order.`}</TooMuch>
            ) : null}
          </Section>
        );
      }}
    />
  );
}

/** A band for each of the first groups; its runs are those of the scope with its parameters. */
function bandsOf(groups: readonly RunGroup[], scope: BandScope): BandOf[] {
  return groups.slice(0, MOST_COLOURS).map((group, at) => {
    const clauses = Object.entries(group.key).map(([name, value]) => clause(`params.${name}`, value));
    const filter = clauses.join(" AND ");
    const words = Object.entries(group.key).map(([name, value]) => `${name}=${value ?? "not logged"}`);
    return {
      id: group.id,
      name: words.join(", ").slice(0, 80) || "all runs",
      scope: { ...scope, ...(filter === "" ? {} : { filter }) },
      style: at,
    };
  });
}

function clause(column: string, value: string | null): string {
  const name = spellColumn(column);
  if (value === null) return `${name} IS NULL`;
  return value.includes("'") ? `${name} = "${value}"` : `${name} = '${value}'`;
}
