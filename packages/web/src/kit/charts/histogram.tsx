import css from "./charts.module.css";

interface HistogramProps {
  readonly counts: readonly number[];
  /** The same bins of the version it is compared with. */
  readonly reference?: readonly number[] | undefined;
  readonly label: string;
  readonly width?: number;
  readonly height?: number;
}

/** This version's bars over the grey of the reference, on one axis, as shares: a shift can be seen, a change of size does not hide it. */
export function Histogram({ counts, reference, label, width = 120, height = 26 }: HistogramProps) {
  const now = shares(counts);
  const before = reference === undefined ? [] : shares(reference);
  const bins = Math.max(now.length, before.length, 1);
  const top = Math.max(...now, ...before, 1e-9);
  const step = width / bins;
  const gap = step > 4 ? 1 : 0;
  const bars = (values: readonly number[], kind: string | undefined, inset: number) =>
    values.map((value, bin) => {
      const tall = (value / top) * (height - 1);
      return value <= 0 ? null : (
        <rect
          // biome-ignore lint/suspicious/noArrayIndexKey: a bin is its position
          key={bin}
          className={kind}
          x={bin * step + inset}
          width={Math.max(0.6, step - gap - inset * 2)}
          y={height - Math.max(tall, 0.8)}
          height={Math.max(tall, 0.8)}
        />
      );
    });
  return (
    <svg className={css.spark} width={width} height={height} role="img" aria-label={label}>
      {bars(before, css.ref, 0)}
      {bars(now, css.bar, before.length > 0 && step > 6 ? step * 0.18 : 0)}
    </svg>
  );
}

export function HistogramKey({ now, reference }: { readonly now: string; readonly reference: string }) {
  return (
    <p className={css.key}>
      <span>
        <i data-kind="now" /> {now}
      </span>
      <span>
        <i data-kind="reference" /> {reference}
      </span>
    </p>
  );
}

function shares(counts: readonly number[]): number[] {
  const total = counts.reduce((sum, one) => sum + one, 0);
  return counts.map((one) => (total === 0 ? 0 : one / total));
}
