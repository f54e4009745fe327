import { deleteView, listViews, type RunView, saveView, setDefaultView } from "@paydown/api/tracking";
import { Star, Trash2 } from "lucide-react";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { Button, IconButton } from "#kit/controls/button.jsx";
import { TextField } from "#kit/controls/field.jsx";
import { useAction, useOperation } from "#kit/data/use-operation.js";
import { many } from "#kit/numbers/format.js";
import { tell } from "#kit/states/failure.jsx";
import { useSearchFields, useSetSearch } from "#routes/use-place.js";
import css from "./column-picker.module.css";

/** What a view is made of. Selection, pins and the open preview belong to the reader, not to the view. */
const FIELDS = [
  "q",
  "sort",
  "cols",
  "group",
  "view",
  "metric",
  "x",
  "y",
  "colour",
  "axes",
  "smooth",
  "axis",
  "clip",
  "log",
] as const;

/** Named views of the run tables, shared by the project; one may be the default. */
export function SavedViews({ project }: { readonly project: string }) {
  const search = useSearchFields();
  const set = useSetSearch();
  const views = useOperation(listViews, { project });
  const save = useAction(saveView, ["tracking.listViews"]);
  const remove = useAction(deleteView, ["tracking.listViews"]);
  const mark = useAction(setDefaultView, ["tracking.listViews"]);
  const [name, setName] = useState("");
  const now = Object.fromEntries(
    FIELDS.flatMap((field) => (search[field] === undefined ? [] : [[field, search[field]]])),
  );
  const items = views.data?.items ?? [];
  const open = items.find((view) => same(view.state, now));
  const problem = [save.error, remove.error, mark.error, views.error].find((error) => error !== null);
  useDefault(items, now, (view) => set(blank(view.state), { replace: true }));
  function keep(event: FormEvent) {
    event.preventDefault();
    if (name.trim() !== "") save.mutate({ project, name, state: now }, { onSuccess: () => setName("") });
  }
  return (
    <>
      <button type="button" className={css.open} popoverTarget="views">
        {open === undefined ? `Views: ${items.length}` : <bdi>{open.name}</bdi>}
      </button>
      <section id="views" popover="auto" className={css.pop} aria-label="Saved views">
        {items.length === 0 ? <p>No view is saved yet. A view keeps columns, filter, sort and kind of view.</p> : null}
        <ul>
          {items.map((view) => (
            <li key={view.viewId} className={css.view}>
              <Button kind="quiet" aria-pressed={view === open} onClick={() => set(blank(view.state))}>
                <bdi>{view.name}</bdi>
              </Button>
              <IconButton
                label={view.isDefault ? `${view.name} is the default; take it back` : `Make ${view.name} the default`}
                aria-pressed={view.isDefault}
                onClick={() => mark.mutate({ project, viewId: view.viewId, on: !view.isDefault })}
              >
                <Star size={14} fill={view.isDefault ? "currentColor" : "none"} aria-hidden />
              </IconButton>
              <IconButton label={`Delete ${view.name}`} onClick={() => remove.mutate({ project, viewId: view.viewId })}>
                <Trash2 size={14} aria-hidden />
              </IconButton>
            </li>
          ))}
        </ul>
        <form onSubmit={keep} className={css.save}>
          <TextField
            bare
            label="Name of the view"
            placeholder="Save this view as"
            maxLength={100}
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
          <Button kind="primary" type="submit" disabled={name.trim() === "" || save.isPending}>
            {items.some((view) => view.name === name.trim()) ? "Replace" : "Save"}
          </Button>
        </form>
        {problem === undefined ? null : <p role="alert">{tell(problem).message}</p>}
        <p>{many(items.length, "view")}, shared by the project</p>
      </section>
    </>
  );
}

/** Opens the default view once, when the address says nothing of its own. */
function useDefault(items: readonly RunView[], now: Record<string, string>, open: (view: RunView) => void): void {
  const settled = useRef(Object.keys(now).length > 0);
  const view = items.find((one) => one.isDefault);
  useEffect(() => {
    if (settled.current || view === undefined) return;
    settled.current = true;
    open(view);
  }, [view, open]);
}

/** The view's fields, and all others of a view taken away. */
function blank(state: Record<string, string>): Record<string, string | undefined> {
  return Object.fromEntries(FIELDS.map((field) => [field, state[field]]));
}

function same(a: Record<string, string>, b: Record<string, string>): boolean {
  return FIELDS.every((field) => (a[field] ?? "") === (b[field] ?? ""));
}
