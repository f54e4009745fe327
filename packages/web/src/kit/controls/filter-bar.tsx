import { Combobox, ComboboxItem, ComboboxPopover, ComboboxProvider } from "@ariakit/react";
import { Search, X } from "lucide-react";
import { type FormEvent, useEffect, useState } from "react";
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
  const offers = complete(text, facets, words);
  function apply(event: FormEvent) {
    event.preventDefault();
    onChange(text.trim());
  }
  const filter = parseFilter(value);
  return (
    <search className={css.bar}>
      <form onSubmit={apply} className={css.form}>
        <Search size={15} aria-hidden />
        <ComboboxProvider
          value={text}
          setValue={(next) => {
            setText(next);
            onType?.(next);
          }}
        >
          <Combobox
            aria-label={label}
            placeholder={placeholder}
            className={css.input}
            autoSelect={false}
            data-filter=""
            spellCheck={false}
            aria-invalid={error === undefined ? undefined : true}
          />
          {offers.length === 0 ? null : (
            <ComboboxPopover gutter={6} sameWidth className={css.popover} unmountOnHide>
              {offers.map((offer) => (
                <ComboboxItem
                  key={offer}
                  value={offer}
                  setValueOnClick={() => {
                    setText(offer);
                    return false;
                  }}
                  className={css.offer}
                >
                  {offer}
                </ComboboxItem>
              ))}
            </ComboboxPopover>
          )}
        </ComboboxProvider>
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
