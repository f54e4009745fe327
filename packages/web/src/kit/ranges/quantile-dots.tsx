import { useMemo, useState } from "react";
import { estimate, measured } from "#kit/numbers/format.js";
import { useWidth } from "#kit/use-width.js";
import css from "./ranges.module.css";
import { quantileDots, type Spread } from "./scale.js";

const HEIGHT = 84;

interface QuantileDotsProps {
  readonly of: Spread;
  readonly label: string;
  readonly unit: string;
}

/** Fifty equally likely values: readers count chances. Moving the threshold says how many lie above it. */
export function QuantileDots({ of: range, label, unit }: QuantileDotsProps) {
  const [box, width] = useWidth<HTMLDivElement>();
  const values = useMemo(() => quantileDots(range), [range]);
  const low = Math.min(0, values[0] ?? 0);
  const high = Math.max((values[48] ?? 1) * 1.05, range.p90 * 1.1, 1e-9);
  const [threshold, setThreshold] = useState(
    () =>
      Number(
        estimate(range.p50)
          .replace(/\u202f/g, "")
          .replace("\u2212", "-"),
      ) || range.p50,
  );
  const bins = Math.max(14, Math.min(40, Math.floor(width / 11)));
  const radius = Math.min(4.2, (width / bins - 1.5) / 2);
  const x = (value: number) => ((Math.min(value, high) - low) / (high - low)) * Math.max(0, width - 10) + 5;
  const stacks = new Map<number, number>();
  const over = values.filter((value) => value > threshold).length;
  const dots = values.map((value, order) => {
    const bin = Math.min(bins - 1, Math.floor(((Math.min(value, high) - low) / (high - low)) * bins));
    const level = stacks.get(bin) ?? 0;
    stacks.set(bin, level + 1);
    return { order, value, cx: ((bin + 0.5) / bins) * Math.max(0, width - 10) + 5, level };
  });
  const tallest = Math.max(...stacks.values(), 1);
  const pitch = Math.min(radius * 2 + 0.6, (HEIGHT - 20) / tallest);
  return (
    <div className={css.dots} ref={box}>
      <svg
        width={width}
        height={HEIGHT}
        role="img"
        aria-label={`${label}: ${over} of 50 chances over ${measured(threshold)} ${unit}`}
      >
        {width === 0
          ? null
          : dots.map((dot) => (
              <circle
                key={dot.order}
                className={dot.value > threshold ? undefined : css.low}
                cx={dot.cx}
                cy={HEIGHT - 18 - pitch * (dot.level + 0.5)}
                r={Math.max(1, Math.min(radius, pitch / 2 - 0.2))}
              />
            ))}
        <line className={css.rule} x1={x(threshold)} x2={x(threshold)} y1={2} y2={HEIGHT - 16} />
        <text x={5} y={HEIGHT - 3}>
          {estimate(low)}
        </text>
        <text x={Math.max(0, width - 5)} y={HEIGHT - 3} textAnchor="end">
          {estimate(high)} {unit}
        </text>
      </svg>
      <input
        type="range"
        aria-label={`Threshold for ${label}, ${unit}`}
        min={low}
        max={high}
        step={(high - low) / 200}
        value={threshold}
        onChange={(event) => setThreshold(Number(event.target.value))}
      />
      <p>
        {over} of 50: over {estimate(threshold)} {unit}
      </p>
    </div>
  );
}
