import type { Statement } from "@paydown/api/debt";
import { count, percent } from "#kit/numbers/format.js";
import { day } from "#kit/numbers/time.js";
import { RangeText } from "#kit/ranges/range-cell.jsx";
import { Unknown } from "#kit/states/unknown.jsx";
import { Go } from "#routes/link.jsx";
import { paths } from "#routes/paths.js";
import css from "./debt.module.css";

export type ItemLine = Statement["dearest"][number];
type Shows = "interest" | "payback" | "growth" | "due";

/** A handful of items, each with the one number the list is about. */
export function ItemLines({
  lines,
  project,
  shows,
}: {
  readonly lines: readonly ItemLine[];
  readonly project: string;
  readonly shows: Shows;
}) {
  if (lines.length === 0) return <p className={css.quiet}>{NONE[shows]}</p>;
  return (
    <ol className={css.lines}>
      {lines.map((line) => (
        <li key={line.id}>
          <Go to={paths.item(project, line.id)}>{line.message}</Go>
          <span>
            <Shown line={line} shows={shows} />
          </span>
          <small>
            {line.rule} {line.slug} · {line.asset.kind.replaceAll("-", " ")} {line.asset.id}
          </small>
        </li>
      ))}
    </ol>
  );
}

const NONE: Record<Shows, string> = {
  interest: "No item was charged interest.",
  payback: "No item is known to earn its hours back.",
  growth: "No item has enough history to grow.",
  due: "Nothing is overdue, no prudent debt is called.",
};

function Shown({ line, shows }: { line: ItemLine; shows: Shows }) {
  if (shows === "interest") return line.interest === null ? <Unknown /> : <RangeText of={line.interest} unit="h/wk" />;
  if (shows === "payback") return line.payback === null ? <Unknown /> : <RangeText of={line.payback} unit="wk" />;
  if (shows === "growth") return line.growth === null ? <Unknown /> : <>+{percent(line.growth)} a week</>;
  if (line.daysOverdue !== undefined && line.daysOverdue > 0) return <b>{count(line.daysOverdue)} d over</b>;
  return <>{line.dueAt === undefined ? line.state : day(line.dueAt)}</>;
}
