import css from "./figures.module.css";
import { count, exact } from "./format.js";
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

/** A count: exact, grouped. */
export function Count({ of, one, more }: { of: number; one?: string; more?: string }) {
  return (
    <span className={css.figure} title={exact(of)}>
      {count(of)}
      {one === undefined ? "" : ` ${of === 1 ? one : (more ?? `${one}s`)}`}
    </span>
  );
}

/** A measured value with its full precision on hover. */
export function Figure({ of, write, unit }: { of: number; write: (value: number) => string; unit?: string }) {
  return (
    <span className={css.figure} title={`${exact(of)}${unit === undefined ? "" : ` ${unit}`}`}>
      {write(of)}
      {unit === undefined ? null : <span className={css.unit}> {unit}</span>}
    </span>
  );
}
