import type { RunRow } from "@paydown/api/tracking";
import { Pin } from "lucide-react";
import { seriesStyle } from "#kit/charts/series.js";
import { CopyId } from "#kit/controls/copy.jsx";
import { RunState } from "#kit/controls/mark.jsx";
import { When } from "#kit/numbers/figures.jsx";
import { duration, shortId } from "#kit/numbers/format.js";
import { Unknown } from "#kit/states/unknown.jsx";
import type { Column } from "#kit/table/columns.js";
import { Go } from "#routes/link.jsx";
import { paths } from "#routes/paths.js";
import { ColumnHistogram } from "./column-histogram.jsx";
import { unitOf, writeMetric, writeParam } from "./metric-value.js";
import { MOST_PINS, type Pins } from "./pins.js";
import css from "./tracking.module.css";
import type { Found, RunQuestion } from "./use-runs.js";

/** Of so many metric columns the header shows how they are spread; each costs the server a count over all runs. */
const SPREAD = 4;

interface Means {
  readonly question: RunQuestion;
  readonly found: Found | undefined;
  readonly pins: Pins;
  /** The rows answer the question: only then the server counts how values are spread. */
  readonly settled: boolean;
  readonly onPin: (id: string) => void;
  readonly onFilter: (filter: string) => void;
}

/** What a run is, then what came out, then what went in. */
export function runColumns({ question, found, pins, settled, onPin, onFilter }: Means): Column<RunRow>[] {
  const { project } = question;
  const shown = found?.columns?.shown ?? [];
  const spread = new Set(shown.filter((column) => column.startsWith("metrics.")).slice(0, SPREAD));
  const phone = globalThis.innerWidth < 600;
  const values = shown.map((column) =>
    valueColumn(column, spread.has(column) ? { question, settled, onFilter } : undefined),
  );
  const state: Column<RunRow>[] = [
    { id: "status", header: "status", width: 118, sort: "status", cell: (row) => <RunState of={row.status} /> },
    { id: "started", header: "started", width: 110, sort: "start_time", cell: (row) => <When at={row.startedAt} /> },
  ];
  return [
    {
      id: "name",
      header: "run",
      width: 250,
      head: true,
      cell: (row) => (
        <span className={css.name}>
          <PinMark run={row} pins={pins} onPin={onPin} />
          <Go to={paths.run(project, row.runId)} title={`${row.name} ${row.runId}`}>
            <bdi>{row.name === "" ? shortId(row.runId) : row.name}</bdi>
          </Go>
        </span>
      ),
    },
    // On a phone one column stands beside the name: what came out.
    ...(phone ? [...values, ...state] : [...state, ...values]),
    {
      id: "took",
      header: "took",
      width: 80,
      align: "right",
      cell: (row) =>
        row.endedAt === undefined ? <span className={css.quiet}>not yet</span> : duration(row.endedAt - row.startedAt),
    },
    {
      id: "data",
      header: "data",
      width: 140,
      cell: (row) =>
        row.datasets[0] === undefined ? (
          <Unknown />
        ) : (
          <span className={css.mono} title={row.datasets.map((one) => `${one.name}@${one.digest}`).join(", ")}>
            {row.datasets[0].name}@{row.datasets[0].digest.slice(0, 4)}
            {row.datasets.length > 1 ? ` +${row.datasets.length - 1}` : ""}
          </span>
        ),
    },
    {
      id: "code",
      header: "code",
      hint: "Commit; * means uncommitted changes",
      width: 96,
      cell: (row) =>
        row.code === undefined ? (
          <Unknown />
        ) : (
          <span className={css.mono} title={`${row.code.commit}; uncommitted changes: ${row.code.dirty}`}>
            {shortId(row.code.commit)}
            {row.code.dirty === "yes" ? "*" : ""}
          </span>
        ),
    },
    { id: "id", header: "id", width: 96, cell: (row) => <CopyId id={row.runId} label="run" /> },
  ];
}

function valueColumn(
  column: string,
  brush: Pick<Means, "question" | "settled" | "onFilter"> | undefined,
): Column<RunRow> {
  const cut = column.indexOf(".");
  const [kind, key] = [column.slice(0, cut), column.slice(cut + 1)];
  const header = key.replaceAll(/([._/])/g, "$1\u200b");
  const unit = unitOf(key);
  const common = { id: column, header, hint: column, sort: column, ...(unit === undefined ? {} : { unit }) };
  if (kind !== "metrics") {
    const of = (row: RunRow) => (kind === "params" ? row.params[key] : row.tags[key]);
    return {
      ...common,
      width: 112,
      cell: (row) =>
        of(row) === undefined ? (
          <span className={css.quiet}>not logged</span>
        ) : (
          <bdi title={of(row)}>{writeParam(of(row))}</bdi>
        ),
    };
  }
  return {
    ...common,
    width: 120,
    align: "right",
    ...(brush === undefined
      ? {}
      : {
          under: (
            <ColumnHistogram
              settled={brush.settled}
              question={brush.question}
              column={column}
              onFilter={brush.onFilter}
            />
          ),
        }),
    cell: (row) => {
      const value = row.metrics[key];
      if (value === undefined) return <span className={css.quiet}>not logged</span>;
      return <span title={String(value)}>{writeMetric(value)}</span>;
    },
  };
}

/** Pins a run: it keeps its colour in every view, and stays at the top. */
function PinMark({
  run,
  pins,
  onPin,
}: {
  readonly run: Pick<RunRow, "runId" | "name">;
  readonly pins: Pins;
  readonly onPin: (id: string) => void;
}) {
  const colour = pins.get(run.runId);
  const full = colour === undefined && pins.size >= MOST_PINS;
  const what = run.name === "" ? shortId(run.runId) : run.name;
  return (
    <button
      type="button"
      className={css.pin}
      aria-pressed={colour !== undefined}
      aria-label={`${colour === undefined ? "Pin" : "Unpin"} ${what}`}
      title={
        full ? `${MOST_PINS} runs are pinned: unpin one first` : colour === undefined ? "Pin: keeps a colour" : "Unpin"
      }
      disabled={full}
      onClick={() => onPin(run.runId)}
    >
      {colour === undefined ? (
        <Pin size={13} aria-hidden />
      ) : (
        <i style={{ background: seriesStyle(colour).colour }} data-dashed={colour > 5 ? "" : undefined} />
      )}
    </button>
  );
}
