import { useKeys } from "#kit/keys.js";
import { count } from "#kit/numbers/format.js";
import { Go } from "#routes/link.jsx";
import { stringifySearch } from "#routes/search.js";
import { useGo, useSearchFields } from "#routes/use-place.js";
import css from "./controls.module.css";

export interface Tab {
  readonly id: string;
  readonly label: string;
  readonly count?: number | undefined;
}

/** Sections of a page. The open one is in the URL; `[` and `]` walk them. */
export function Tabs({
  label,
  tabs,
  field = "tab",
}: {
  readonly label: string;
  readonly tabs: readonly Tab[];
  readonly field?: string;
}) {
  const search = useSearchFields();
  const go = useGo();
  const open = openTab(tabs, search[field]);
  const href = (id: string) => {
    const { why: _why, ...rest } = search;
    return `${globalThis.location.pathname}${stringifySearch({ ...rest, [field]: id === tabs[0]?.id ? undefined : id })}`;
  };
  const walk = (by: number) => {
    const at = tabs.findIndex((tab) => tab.id === open);
    const next = tabs[(at + by + tabs.length) % tabs.length];
    if (next !== undefined) go(href(next.id));
  };
  useKeys({ "[": () => walk(-1), "]": () => walk(1) });
  return (
    <nav className={css.tabs} aria-label={label}>
      {tabs.map((tab) => (
        <Go key={tab.id} to={href(tab.id)} aria-current={tab.id === open ? "page" : undefined}>
          {tab.label}
          {tab.count === undefined ? null : <small>{count(tab.count)}</small>}
        </Go>
      ))}
    </nav>
  );
}

/** The open tab, or the first when the URL names none or one that is not there. */
export function openTab(tabs: readonly Tab[], named: string | undefined): string {
  return tabs.find((tab) => tab.id === named)?.id ?? tabs[0]?.id ?? "";
}
