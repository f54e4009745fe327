import type { ReactNode } from "react";
import css from "./states.module.css";

/** Unknown is a value: a drawing, a word, and the cheapest way to settle it. Never blank, zero or a dash. */
export function Unknown({
  remedy,
  children = "unknown",
}: {
  readonly remedy?: ReactNode;
  readonly children?: ReactNode;
}) {
  return (
    <span className={css.unknown}>
      <i className={css.hatch} aria-hidden="true" />
      <span>
        {children}
        {remedy === undefined ? null : <span className={css.remedy}> · {remedy}</span>}
      </span>
    </span>
  );
}

export interface Unseen {
  readonly what: string;
  readonly remedy: string;
}

/** What no evidence channel covers, each with what would make it visible. */
export function NotSeen({ sources }: { readonly sources: readonly Unseen[] }) {
  return (
    <ul className={css.unseen}>
      {sources.map((source) => (
        <li key={source.what}>
          <i className={css.hatch} aria-hidden="true" />
          <span>{source.what}</span>
          <p>{source.remedy}</p>
        </li>
      ))}
    </ul>
  );
}
