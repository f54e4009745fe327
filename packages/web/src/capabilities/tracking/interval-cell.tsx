import { metric } from "#kit/numbers/format.js";
import css from "./tracking.module.css";
import { LEAST, type Measured } from "./verdict.js";

/** The axis all cells of a column share. */
export interface IntervalScale {
  readonly low: number;
  readonly high: number;
}

const WIDTH = 96;
const HEIGHT = 22;

/** Every value when there are at most ten, the 95 % interval of the mean and the mean once there are three. */
export function IntervalCell({
  of,
  values,
  scale,
}: {
  readonly of: Measured;
  readonly values: readonly number[] | undefined;
  readonly scale: IntervalScale;
}) {
  if (of.n === 0) return <span className={css.quiet}>not logged</span>;
  const x = (value: number) =>
    scale.high === scale.low ? WIDTH / 2 : 4 + ((value - scale.low) / (scale.high - scale.low)) * (WIDTH - 8);
  const { low, high, mean, n } = of;
  const summed = n >= LEAST && mean !== undefined && low !== undefined && high !== undefined;
  const words = summed
    ? `${metric(mean)} ± ${metric((high - low) / 2)}`
    : (values ?? []).map(metric).join(", ") || (mean === undefined ? "" : metric(mean));
  return (
    <span
      className={css.interval}
      title={summed ? `95 % interval of the mean: ${metric(low)} to ${metric(high)}` : words}
    >
      <svg width={WIDTH} height={HEIGHT} aria-hidden="true">
        {summed ? <line className={css.reach} x1={x(low)} x2={x(high)} y1={HEIGHT / 2} y2={HEIGHT / 2} /> : null}
        {summed ? <line className={css.mean} x1={x(mean)} x2={x(mean)} y1={4} y2={HEIGHT - 4} /> : null}
        {n <= 10
          ? values?.map((value, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: runs of a group have no order
              <circle key={at} cx={x(value)} cy={HEIGHT / 2} r={2.6} />
            ))
          : null}
      </svg>
      <span>{words}</span> <small>n={n}</small>
    </span>
  );
}
