import { Button } from "#kit/controls/button.jsx";
import { Tag } from "#kit/controls/mark.jsx";
import { count, many } from "#kit/numbers/format.js";
import { useField, useSetSearch } from "#routes/use-place.js";
import { ColumnPicker } from "./column-picker.jsx";
import { SavedViews } from "./saved-views.jsx";
import css from "./tracking.module.css";
import type { Found, RunQuestion } from "./use-runs.js";

/** Views and columns, what is folded, and how many runs wait to be shown. */
export function RunToolbar({
  question,
  found,
  waiting,
  onRefresh,
  view,
}: {
  readonly question: RunQuestion;
  readonly found: Found;
  readonly waiting: number;
  readonly onRefresh: () => void;
  readonly view: string;
}) {
  const set = useSetSearch();
  const [group] = useField("group");
  const { columns } = found;
  if (columns === undefined) return null;
  const { metrics, params } = columns.counts;
  const constant = columns.params.filter((column) => column.shape === "constant");
  return (
    <div className={css.folds}>
      <SavedViews project={question.project} />
      {view === "table" ? (
        <>
          <ColumnPicker
            project={question.project}
            experimentId={question.experimentId}
            shown={question.cols?.split(",") ?? columns.shown}
            onChange={(next) => set({ cols: next.join(",") })}
          />
          {question.cols === undefined ? null : (
            <Button kind="quiet" onClick={() => set({ cols: undefined })}>
              Default columns
            </Button>
          )}
        </>
      ) : null}
      {view === "table" ? (
        <Button
          aria-pressed={group !== undefined}
          onClick={() => set({ group: group === undefined ? "seeds" : undefined })}
        >
          Group over seeds
        </Button>
      ) : null}
      {waiting > 0 ? (
        <Button kind="primary" className={css.waits} onClick={onRefresh}>
          {many(waiting, "new run")}: show
        </Button>
      ) : null}
      <span>
        {many(metrics.varying + metrics.constant + metrics.rare, "metric")}, {many(params.varying, "parameter")}{" "}
        varying, {count(params.constant)} constant, {count(params.rare + metrics.rare)} rare
      </span>
      {constant.slice(0, 4).map((column) => (
        <Tag key={column.column} title={`${column.key} is the same on ${count(column.runs)} runs`}>
          <bdi>{`${column.key} = ${String(column.value ?? "").slice(0, 24)}`}</bdi>
        </Tag>
      ))}
      {constant.length > 4 ? <span>and {count(constant.length - 4)} more</span> : null}
    </div>
  );
}
