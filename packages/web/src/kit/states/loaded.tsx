import type { ReactNode } from "react";
import { Failure } from "./failure.jsx";
import css from "./states.module.css";

interface Question<T> {
  readonly data: T | undefined;
  readonly error: unknown;
  readonly isPending: boolean;
  readonly isPlaceholderData?: boolean;
  refetch(): unknown;
}

interface LoadedProps<T> {
  readonly question: Question<T>;
  /** What is shown, for the error's headline: "The ledger". */
  readonly what: string;
  readonly lines?: number;
  readonly children: (data: T) => ReactNode;
}

/** The states of an answer: nothing for 150 ms, then its shape; its failure in place; old data stays, dimmed, while new comes. */
export function Loaded<T>({ question, what, lines = 6, children }: LoadedProps<T>) {
  if (question.data !== undefined)
    return <div className={question.isPlaceholderData === true ? css.stale : undefined}>{children(question.data)}</div>;
  if (question.error !== null && question.error !== undefined)
    return <Failure error={question.error} what={what} retry={() => void question.refetch()} />;
  return <Skeleton lines={lines} />;
}

const WIDTHS = ["62%", "88%", "74%", "81%", "55%", "70%"];

export function Skeleton({ lines = 6 }: { readonly lines?: number }) {
  return (
    <div className={css.skeleton} aria-busy="true" aria-label="Loading" role="status">
      {Array.from({ length: lines }, (_, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines have no identity
        <i key={at} style={{ width: WIDTHS[at % WIDTHS.length] }} />
      ))}
    </div>
  );
}
