import { listColumns } from "@paydown/api/tracking";
import { useState } from "react";
import { TextField } from "#kit/controls/field.jsx";
import { useOperation } from "#kit/data/use-operation.js";
import { count, many } from "#kit/numbers/format.js";
import css from "./column-picker.module.css";

interface ColumnPickerProps {
  readonly project: string;
  readonly experimentId: string;
  readonly shown: readonly string[];
  readonly onChange: (columns: readonly string[]) => void;
}

/** Chooses columns out of thousands: the server searches the names. */
export function ColumnPicker({ project, experimentId, shown, onChange }: ColumnPickerProps) {
  const [text, setText] = useState("");
  const [open, setOpen] = useState(false);
  const found = useOperation(
    listColumns,
    { project, experimentIds: [experimentId], limit: 40, ...(text === "" ? {} : { text }) },
    { keep: true, enabled: open },
  );
  const toggle = (column: string) =>
    onChange(shown.includes(column) ? shown.filter((one) => one !== column) : [...shown, column]);
  return (
    <>
      <button type="button" className={css.open} popoverTarget="columns">
        Columns: {count(shown.length)}
      </button>
      <div id="columns" popover="auto" className={css.pop} onToggle={(event) => setOpen(event.newState === "open")}>
        <TextField
          bare
          label="Find a column"
          placeholder="Part of a name"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <ul>
          {(found.data?.items ?? []).map((column) => (
            <li key={column.column}>
              <label>
                <input type="checkbox" checked={shown.includes(column.column)} onChange={() => toggle(column.column)} />
                <span>{column.column}</span>
                <small>
                  {column.shape}, {many(column.runs, "run")}
                </small>
              </label>
            </li>
          ))}
        </ul>
        <p>{found.data === undefined ? "" : `${many(found.data.total, "column")} match`}</p>
      </div>
    </>
  );
}
