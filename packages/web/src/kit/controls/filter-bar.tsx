import { Search, X } from "lucide-react";
import { type FormEvent, type KeyboardEvent, useEffect, useId, useState } from "react";
import { count } from "#kit/numbers/format.js";
import { IconButton } from "./button.jsx";
import { parseFilter, toggleTerm, valuesOf } from "./filter.js";
import css from "./filter-bar.module.css";

export interface Facet {
  readonly field: string;
  readonly label: string;
  readonly values: readonly { readonly value: string; readonly label?: string; readonly count?: number | undefined }[];
}

interface FilterBarProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly placeholder: string;
  readonly facets?: readonly Facet[];
  /** Whole words offered while typing, besides the facets. */
  readonly words?: readonly string[];
  readonly error?: string | undefined;
  /** Where in the text the error lies; it is marked under the line. */
  readonly errorAt?: number | undefined;
  /** Told while typing, so that words can be looked up among thousands. */
  readonly onType?: (text: string) => void;
}

/** One line of filter text with completion, and the facets under it with their counts. Enter applies. */
export function FilterBar({
  label,
  value,
  onChange,
  placeholder,
  facets = [],
  words = [],
  error,
  errorAt,
  onType,
}: FilterBarProps) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const list = useId();
  const offers = complete(text, facets, words);
  const shown = open && offers.length > 0;
  function type(next: string) {
    setText(next);
    setOpen(true);
    setActive(-1);
    onType?.(next);
  }
  function take(offer: string) {
    setText(offer);
    setOpen(false);
    setActive(-1);
  }
  function press(event: KeyboardEvent) {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (offers.length === 0) return;
      setOpen(true);
      const by = event.key === "ArrowDown" ? 1 : -1;
      setActive((before) => (before + by + offers.length + (before < 0 && by < 0 ? 1 : 0)) % offers.length);
    } else if (event.key === "Escape" && shown) setOpen(false);
    else if ((event.key === "Enter" || event.key === "Tab") && shown && offers[active] !== undefined)
      take(offers[active]);
    else return;
    event.preventDefault();
  }
  function apply(event: FormEvent) {
    event.preventDefault();
    setOpen(false);
    onChange(text.trim());
  }
  const filter = parseFilter(value);
  return (
    <search className={css.bar}>
      <form onSubmit={apply} className={css.form}>
        <Search size={15} aria-hidden />
        <input
          type="text"
          role="combobox"
          aria-label={label}
          aria-autocomplete="list"
          aria-expanded={shown}
          aria-controls={shown ? list : undefined}
          aria-activedescendant={shown && active >= 0 ? `${list}-${active}` : undefined}
          aria-invalid={error === undefined ? undefined : true}
          autoComplete="off"
          placeholder={placeholder}
          className={css.input}
          data-filter=""
          spellCheck={false}
          value={text}
          onChange={(event) => type(event.target.value)}
          onKeyDown={press}
          onBlur={() => setOpen(false)}
        />
        {shown ? (
          <div role="listbox" id={list} aria-label={`Words for ${label.toLowerCase()}`} className={css.popover}>
            {offers.map((offer, at) => (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are the field's
              // biome-ignore lint/a11y/useFocusableInteractive: the field keeps the focus and names the active one
              <div
                key={offer}
                id={`${list}-${at}`}
                role="option"
                aria-selected={at === active}
                className={css.offer}
                onMouseDown={(event) => event.preventDefault()}
                onClick={() => take(offer)}
              >
                {offer}
              </div>
            ))}
          </div>
        ) : null}
        {value === "" ? null : (
          <IconButton label="Clear the filter" onClick={() => onChange("")}>
            <X size={14} aria-hidden />
          </IconButton>
        )}
      </form>
      {error === undefined ? null : (
        <div className={css.error} role="alert">
          {errorAt === undefined ? null : (
            <p className={css.where}>
              {`At character ${errorAt + 1}: `}
              {value.slice(Math.max(0, errorAt - 60), errorAt)}
              <mark>{value.slice(errorAt, errorAt + 80) || " "}</mark>
            </p>
          )}
          <p>{error}</p>
        </div>
      )}
      {facets.length === 0 ? null : (
        <div className={css.facets}>
          {facets.map((facet) => (
            <fieldset key={facet.field} className={css.facet}>
              <legend>{facet.label}</legend>
              {facet.values.map((one) => (
                <button
                  key={one.value}
                  type="button"
                  aria-pressed={valuesOf(filter, facet.field).includes(one.value)}
                  onClick={() => onChange(toggleTerm(value, facet.field, one.value))}
                >
                  {one.label ?? one.value}
                  {one.count === undefined ? null : <small>{count(one.count)}</small>}
                </button>
              ))}
            </fieldset>
          ))}
        </div>
      )}
    </search>
  );
}

/** What the last, unfinished word may become. */
function complete(text: string, facets: readonly Facet[], words: readonly string[]): string[] {
  const cut = text.lastIndexOf(" ") + 1;
  const [before, last] = [text.slice(0, cut), text.slice(cut).toLowerCase()];
  if (last === "") return [];
  const all = [
    ...facets.flatMap((facet) => [`${facet.field}:`, ...facet.values.map((one) => `${facet.field}:${one.value}`)]),
    ...words,
  ];
  return all
    .filter((one) => one.toLowerCase().includes(last) && one.toLowerCase() !== last)
    .slice(0, 8)
    .map((one) => before + one);
}
