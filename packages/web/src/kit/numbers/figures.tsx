import css from "./figures.module.css";
import { ago, stamp } from "./time.js";

/** A moment in words, with the exact stamp on hover and for screen readers. */
export function When({ at }: { at: number | undefined }) {
  if (at === undefined) return <span className={css.none}>never</span>;
  return (
    <time dateTime={new Date(at).toISOString()} title={stamp(at)} className={css.when}>
      {ago(at, Date.now())}
    </time>
  );
}
