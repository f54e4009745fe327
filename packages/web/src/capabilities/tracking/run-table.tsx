import type { RunRow } from "@paydown/api/tracking";
import { useMemo } from "react";
import { Button } from "#kit/controls/button.jsx";
import { useKeys } from "#kit/keys.js";
import { BulkBar, Table } from "#kit/table/table.jsx";
import { paths } from "#routes/paths.js";
import { useGo, useSetSearch } from "#routes/use-place.js";
import { MOST_PINS, type Pins, togglePin, writePins } from "./pins.js";
import { runColumns } from "./run-columns.jsx";
import css from "./tracking.module.css";
import type { Found, RunQuestion, useRuns } from "./use-runs.js";
import { useSelection } from "./use-selection.js";

/** So many runs are compared side by side; more as groups. */
const MOST_BESIDE = 20;

interface RunTableProps {
  readonly question: RunQuestion;
  readonly found: Found;
  readonly runs: ReturnType<typeof useRuns>;
  readonly pins: Pins;
  readonly kept: readonly RunRow[];
  readonly onPin: (id: string) => void;
  readonly onFilter: (filter: string) => void;
}

/** Pinned runs first, then the runs in order; what is picked can be compared. */
export function RunTable({ question, found, runs, pins, kept, onPin, onFilter }: RunTableProps) {
  const { project, sort } = question;
  const set = useSetSearch();
  const go = useGo();
  const { picked, pick, problem, selectionId } = useSelection(project);
  const { pages } = runs;
  const settled = !pages.isPlaceholderData;
  const rows = useMemo(() => {
    const top = new Set(kept.map((run) => run.runId));
    return top.size === 0 ? runs.rows : [...kept, ...runs.rows.filter((run) => !top.has(run.runId))];
  }, [runs.rows, kept]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what the columns call is the same at every drawing
  const columns = useMemo(
    () => runColumns({ question, found, pins, settled, onPin, onFilter }),
    [question, found, pins, settled],
  );
  // More than fit in an address have a short id once the server has named them.
  const target =
    picked.size < 2
      ? undefined
      : picked.size <= MOST_BESIDE
        ? paths.compare(project, [...picked])
        : selectionId === undefined
          ? undefined
          : paths.compareSelection(project, selectionId);
  const compare = () => target !== undefined && go(target);
  useKeys({ c: compare });
  return (
    <>
      <Table
        label="Runs"
        rows={rows}
        columns={columns}
        rowKey={(row) => row.runId}
        rowPath={(row) => paths.run(project, row.runId)}
        total={found.total}
        sort={sort ?? "-start_time"}
        onSort={(next) => set({ sort: next })}
        more={pages.hasNextPage ? () => void pages.fetchNextPage() : undefined}
        loading={pages.isFetchingNextPage}
        picked={picked}
        onPick={pick}
        preview="sel"
      />
      <BulkBar picked={picked.size} onClear={() => pick(new Set())}>
        <Button kind="primary" disabled={target === undefined} onClick={compare}>
          Compare{picked.size > MOST_BESIDE ? " as groups" : ""}
        </Button>
        <Button
          disabled={pins.size >= MOST_PINS}
          onClick={() => {
            const next = [...picked].filter((id) => !pins.has(id)).reduce((before, id) => togglePin(before, id), pins);
            set({ pins: writePins(next) });
          }}
        >
          Pin{picked.size > MOST_PINS - pins.size ? ` first ${MOST_PINS - pins.size}` : ""}
        </Button>
        {problem === undefined ? null : (
          <span role="alert" className={css.quiet}>
            {problem}
          </span>
        )}
      </BulkBar>
    </>
  );
}
