import type { Reply } from "@paydown/api/operation";
import { type RunRow, searchRuns } from "@paydown/api/tracking";
import { useMemo } from "react";
import { useOperation, usePages, useRestart } from "#kit/data/use-operation.js";
import { toOrder } from "./run-filter.js";

export type Found = Reply<typeof searchRuns>;

export interface RunQuestion {
  readonly project: string;
  readonly experimentId: string;
  readonly q: string | undefined;
  readonly sort: string | undefined;
  readonly cols: string | undefined;
}

const LIVE = 4000;
const LOOK = 10_000;
/** Running rows that are kept fresh; their ids travel in the URL of the question. */
const MOST_LIVE = 60;

/** What the question is about, without its pages: shared by the table, the charts and the plots. */
export function runScope({ project, experimentId, q }: RunQuestion) {
  return { project, experimentIds: [experimentId], ...(q === undefined ? {} : { filter: q }) };
}

/**
 * The runs of a table, page after page. Rows of running runs are asked again and change in place; new runs are counted and
 * wait until they are asked for, so that no row moves under the pointer.
 */
export function useRuns(question: RunQuestion, on: boolean) {
  const { project, sort, cols } = question;
  const columns =
    cols === undefined
      ? {}
      : {
          columns: cols
            .split(",")
            .filter((one) => one !== "")
            .slice(0, 200),
        };
  const asked = {
    ...runScope(question),
    limit: 100,
    ...(sort === undefined ? {} : { order: [toOrder(sort)] }),
    ...columns,
  };
  const pages = usePages(searchRuns, asked, { enabled: on, following: { discover: false } });
  const refresh = useRestart(searchRuns, asked);
  const first = pages.data?.pages[0];
  const shown = first?.columns?.shown;
  const loaded = useMemo(() => pages.data?.pages.flatMap((page) => page.items) ?? [], [pages.data]);
  const running = loaded.filter((run) => run.status === "RUNNING" || run.status === "SCHEDULED").slice(0, MOST_LIVE);
  const ids = running.map((run) => run.runId);
  const live = useOperation(
    searchRuns,
    {
      project,
      experimentIds: [question.experimentId],
      filter: `attributes.run_id IN (${ids.map((id) => `'${id}'`).join(", ")})`,
      columns: [...(shown ?? [])],
      limit: MOST_LIVE,
      discover: false,
    },
    { enabled: on && ids.length > 0, every: LIVE, keep: true },
  );
  const rows = useMemo(() => {
    const fresh = new Map(live.data?.items.map((run) => [run.runId, run]));
    return fresh.size === 0 ? loaded : loaded.map((run): RunRow => fresh.get(run.runId) ?? run);
  }, [loaded, live.data]);
  const look = useOperation(
    searchRuns,
    { ...runScope(question), limit: 1, columns: [] },
    { enabled: on && first !== undefined, every: LOOK, keep: true },
  );
  const waiting =
    look.data?.total === undefined || first?.total === undefined || pages.isPlaceholderData || look.isPlaceholderData
      ? 0
      : look.data.total - first.total;
  return {
    pages,
    first,
    rows,
    /** Runs that match and came after the table was drawn. */
    waiting: Math.max(0, waiting),
    refresh,
  };
}
