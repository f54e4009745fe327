import { Info } from "lucide-react";
import type { ReactNode } from "react";
import { CopyText } from "./copy-text.jsx";
import css from "./states.module.css";

interface EmptyProps {
  readonly title: string;
  readonly children: ReactNode;
  /** The one command that fills the page, ready to be pasted. */
  readonly command?: string | undefined;
  readonly action?: ReactNode;
}

/** Nothing here yet: what the place is for, and the one thing that fills it. */
export function Empty({ title, children, command, action }: EmptyProps) {
  return (
    <section className={css.empty}>
      <h2>{title}</h2>
      <p>{children}</p>
      {command === undefined ? null : (
        <div className={css.command}>
          <pre>{command}</pre>
          <CopyText text={command} />
        </div>
      )}
      {action}
    </section>
  );
}

/** How the server narrowed the answer. */
export function TooMuch({ children }: { readonly children: ReactNode }) {
  return (
    <p className={css.note}>
      <Info size={14} aria-hidden />
      <span>{children}</span>
    </p>
  );
}
