import { plotRuns } from "@paydown/api/tracking";
import { type GroupMetric, groupRuns, type RunGroup } from "@paydown/api/tracking-insight";
import { useQueries } from "@tanstack/react-query";
import { type ReactNode, useMemo } from "react";
import { operationOptions, usePages } from "#kit/data/use-operation.js";
import { count, many } from "#kit/numbers/format.js";
import { Empty, TooMuch } from "#kit/states/empty.jsx";
import { Loaded } from "#kit/states/loaded.jsx";
import type { Column } from "#kit/table/columns.js";
import { Table } from "#kit/table/table.jsx";
import { Go } from "#routes/link.jsx";
import { paths } from "#routes/paths.js";
import { useSetSearch } from "#routes/use-place.js";
import { IntervalCell, type IntervalScale } from "./interval-cell.jsx";
import type { BandScope } from "./metric-band.jsx";
import { spellColumn } from "./run-filter.js";
import { Swatch } from "./swatch.jsx";
import css from "./tracking.module.css";
import { verdict } from "./verdict.js";

const METRICS = 5;
/** Groups of at most so many runs show every value. */
const ALL_POINTS = 10;
/** Ids travel in the address of a question: so many at once. */
const AT_ONCE = 100;
const MOST_POINTS = 400;

interface RunGroupsProps {
  readonly project: string;
  readonly scope: BandScope;
  readonly sort: string | undefined;
  /** Metrics that are wanted first; those most runs share when absent. */
  readonly metrics?: readonly string[];
  /** How many of the first groups have a colour of their own. */
  readonly colours?: number;
  /** What is to stand below the table. */
  readonly below?: (groups: readonly RunGroup[]) => ReactNode;
}

/** Runs grouped by their parameters, seeds left out: mean and 95 % interval over each group. */
export function RunGroups({ project, scope, sort, metrics, colours = 0, below }: RunGroupsProps) {
  const set = useSetSearch();
  const sorted = sort?.match(/^-?(metrics\..+)$/s)?.[1];
  const wanted = metrics === undefined ? undefined : withFirst(sorted, metrics).slice(0, METRICS);
  const pages = usePages(groupRuns, {
    project,
    ...scope,
    ...(wanted === undefined ? {} : { metrics: wanted }),
    limit: 50,
    ...(sorted === undefined
      ? {}
      : { order: `${spellColumn(sorted)} ${sort?.startsWith("-") === true ? "DESC" : "ASC"}` }),
  });
  const first = pages.data?.pages[0];
  const groups = useMemo(() => pages.data?.pages.flatMap((page) => page.items) ?? [], [pages.data]);
  const shared = groups[0]?.metrics.map((one) => `metrics.${one.key}`).join("\n") ?? "";
  const keys = useMemo(() => shared.split("\n").filter((key) => key !== ""), [shared]);
  const values = useValues(project, groups, keys);
  const scales = useMemo(() => scalesOf(groups, keys.length), [groups, keys.length]);
  return (
    <Loaded question={{ ...pages, data: first }} what="The groups" lines={10}>
      {(page) =>
        groups.length === 0 ? (
          <Empty title="No group">No run matches, or none has a parameter.</Empty>
        ) : (
          <div className={css.stack}>
            <p className={css.quiet}>
              {many(page.total, "group")} of {many(page.runs, "run")} by {page.by.join(", ") || "nothing that differs"}
              {page.ignored.length === 0 ? "" : `; left out: ${page.ignored.join(", ")}`}. Lines are 95 % intervals of
              the mean, dots are runs; fewer than three runs have no mean.
            </p>
            <Table
              label="Groups"
              rows={groups}
              columns={groupColumns({
                project,
                keys,
                values,
                scales,
                best: groups[0],
                sorted,
                coloured: groups.slice(0, colours),
              })}
              rowKey={(group) => group.id}
              total={page.total}
              sort={sort ?? "-runs"}
              onSort={(next) => set({ sort: next })}
              more={pages.hasNextPage ? () => void pages.fetchNextPage() : undefined}
              loading={pages.isFetchingNextPage}
            />
            {groups.filter((group) => group.runs <= ALL_POINTS).reduce((sum, group) => sum + group.runs, 0) >
            MOST_POINTS ? (
              <TooMuch>{`Dots are drawn for the first ${count(MOST_POINTS)} runs.`}</TooMuch>
            ) : null}
            {below?.(groups)}
          </div>
        )
      }
    </Loaded>
  );
}

function withFirst(first: string | undefined, others: readonly string[]): string[] {
  return [...new Set([...(first === undefined ? [] : [first]), ...others])];
}

interface Means {
  readonly project: string;
  readonly keys: readonly string[];
  readonly values: ReadonlyMap<string, readonly (number | undefined)[]>;
  readonly scales: readonly IntervalScale[];
  readonly best: RunGroup | undefined;
  readonly sorted: string | undefined;
  readonly coloured: readonly RunGroup[];
}

function groupColumns({ project, keys, values, scales, best, sorted, coloured }: Means): Column<RunGroup>[] {
  const compared = sorted === undefined ? undefined : keys.indexOf(sorted);
  const phone = globalThis.innerWidth < 600;
  const facts: Column<RunGroup>[] = [
    { id: "runs", header: "runs", width: 70, align: "right", cell: (group) => count(group.runs) },
    {
      id: "seeds",
      header: "seeds",
      width: 110,
      cell: (group) => (
        <span title={group.seeds.join(", ")}>{group.seeds.length === 0 ? "not logged" : group.seeds.join(", ")}</span>
      ),
    },
  ];
  return [
    {
      id: "group",
      header: "same parameters",
      width: 300,
      head: true,
      cell: (group) => {
        const words = Object.entries(group.key).map(([name, value]) => `${name}=${value ?? "not logged"}`);
        const [only] = group.runIds;
        const text = words.join(", ") || "all runs";
        const link =
          group.runs === 1 && only !== undefined
            ? paths.run(project, only)
            : group.runIds.length >= 2 && group.runIds.length <= 20
              ? paths.compare(project, group.runIds)
              : undefined;
        const colour = coloured.indexOf(group);
        return (
          <>
            <Swatch colour={colour < 0 ? undefined : colour} />
            {link === undefined ? (
              <bdi title={text}>{text}</bdi>
            ) : (
              <Go to={link} title={text}>
                <bdi>{text}</bdi>
              </Go>
            )}
          </>
        );
      },
    },
    // On a phone what came out stands beside the name.
    ...(phone ? [] : facts),
    ...keys.map((column, at): Column<RunGroup> => {
      const key = column.slice("metrics.".length);
      return {
        id: column,
        header: key,
        sort: column,
        width: 272,
        cell: (group) => {
          const of = group.metrics[at];
          if (of === undefined) return <span className={css.quiet}>not logged</span>;
          const points = group.runs > ALL_POINTS ? undefined : group.runIds.flatMap((id) => values.get(id)?.[at] ?? []);
          return <IntervalCell of={of} values={points} scale={scales[at] ?? { low: 0, high: 1 }} />;
        },
      };
    }),
    ...(compared === undefined || compared < 0
      ? []
      : [
          {
            id: "verdict",
            header: "against the first",
            width: 200,
            cell: (group: RunGroup) => {
              const [a, b] = [group.metrics[compared], best?.metrics[compared]];
              if (group === best) return "";
              return a === undefined || b === undefined ? "not logged" : verdict(keys[compared] ?? "", a, b);
            },
          },
        ]),
    ...(phone ? facts : []),
  ];
}

/** The latest values of the runs in small groups, in the order of the metrics. */
function useValues(project: string, groups: readonly RunGroup[], keys: readonly string[]) {
  const ids = groups
    .filter((group) => group.runs <= ALL_POINTS)
    .flatMap((group) => group.runIds)
    .slice(0, MOST_POINTS);
  const chunks = Array.from({ length: Math.ceil(ids.length / AT_ONCE) }, (_, at) =>
    ids.slice(at * AT_ONCE, (at + 1) * AT_ONCE),
  );
  const replies = useQueries({
    queries:
      keys.length === 0
        ? []
        : chunks.map((chunk) =>
            operationOptions(plotRuns, {
              project,
              filter: `attributes.run_id IN (${chunk.map((id) => `'${id}'`).join(", ")})`,
              columns: [...keys],
              limit: AT_ONCE,
            }),
          ),
  });
  const found = new Map<string, (number | undefined)[]>();
  for (const { data } of replies) {
    for (const [row, id] of (data?.runIds ?? []).entries()) {
      found.set(
        id,
        keys.map((_, at) => {
          const value = data?.values[at]?.[row];
          return typeof value === "number" && Math.abs(value) < Number.MAX_VALUE ? value : undefined;
        }),
      );
    }
  }
  return found;
}

/** One axis a metric, from the least to the greatest value of all groups; intervals of few runs may reach beyond it. */
function scalesOf(groups: readonly RunGroup[], metrics: number): IntervalScale[] {
  return Array.from({ length: metrics }, (_, at) => {
    const all = groups.flatMap((group): number[] => {
      const of: GroupMetric | undefined = group.metrics[at];
      const ends = of === undefined || of.n < 3 ? [of?.min, of?.max] : [of.min, of.max, of.low, of.high];
      return ends.filter((end) => end !== undefined);
    });
    return all.length === 0
      ? { low: 0, high: 1 }
      : { low: all.reduce((a, b) => Math.min(a, b)), high: all.reduce((a, b) => Math.max(a, b)) };
  });
}
