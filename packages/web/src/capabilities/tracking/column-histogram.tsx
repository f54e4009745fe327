import { getRunHistogram } from "@paydown/api/tracking";
import { type PointerEvent, useRef, useState } from "react";
import { useOperation } from "#kit/data/use-operation.js";
import { metric } from "#kit/numbers/format.js";
import { type Interval, intervalOf, withInterval, withoutColumn } from "./run-filter.js";
import css from "./tracking.module.css";
import { type RunQuestion, runScope } from "./use-runs.js";

const WIDTH = 92;
const HEIGHT = 22;

/**
 * How a metric is spread over the runs that match, in its header. Dragging keeps the runs between two values; the bars stay
 * those of all other conditions, so that the brush can be moved. By keyboard the same is written into the filter.
 */
export function ColumnHistogram({
  question,
  settled,
  column,
  onFilter,
}: {
  readonly question: RunQuestion;
  readonly settled: boolean;
  readonly column: string;
  readonly onFilter: (filter: string) => void;
}) {
  const { q = "" } = question;
  const others = withoutColumn(q, column);
  const key = column.slice("metrics.".length);
  const found = useOperation(
    getRunHistogram,
    { ...runScope({ ...question, q: others === "" ? undefined : others }), key, bins: 23 },
    { keep: true, enabled: settled },
  );
  const [drag, setDrag] = useState<readonly [number, number]>();
  const origin = useRef(0);
  const { low, high, counts = [] } = found.data ?? {};
  if (low === undefined || high === undefined || counts.length < 2) return <span className={css.spread} />;
  const top = Math.max(...counts);
  const step = WIDTH / counts.length;
  const asked = intervalOf(q, column);
  const toValue = (x: number) => low + ((high - low) * x) / WIDTH;
  const toX = (value: number) => Math.min(WIDTH, Math.max(0, ((value - low) / (high - low)) * WIDTH));
  const shown = drag ?? (asked === undefined ? undefined : ([toX(asked.low), toX(asked.high)] as const));
  const place = (event: PointerEvent) =>
    Math.min(WIDTH, Math.max(0, event.clientX - event.currentTarget.getBoundingClientRect().left));
  function release() {
    if (drag === undefined) return;
    const [from, to] = [Math.min(...drag), Math.max(...drag)];
    setDrag(undefined);
    const interval: Interval | undefined = to - from < 3 ? undefined : { low: toValue(from), high: toValue(to) };
    if (interval !== undefined || asked !== undefined) onFilter(withInterval(q, column, interval));
  }
  return (
    <span className={css.spread}>
      <svg
        width={WIDTH}
        height={HEIGHT}
        role="img"
        aria-label={`${key}: ${metric(low)} to ${metric(high)}; drag to filter`}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          origin.current = place(event);
          setDrag([origin.current, origin.current]);
        }}
        onPointerMove={(event) => drag !== undefined && setDrag([origin.current, place(event)])}
        onPointerUp={release}
        onPointerCancel={() => setDrag(undefined)}
      >
        <title>{`${metric(low)} to ${metric(high)}. Drag over a part to keep it, click to keep all.`}</title>
        {counts.map((n, bin) =>
          n === 0 ? null : (
            <rect
              // biome-ignore lint/suspicious/noArrayIndexKey: a bin is its position
              key={bin}
              x={bin * step}
              width={Math.max(1, step - 1)}
              y={HEIGHT - Math.max(1.5, Math.sqrt(n / top) * HEIGHT)}
              height={Math.max(1.5, Math.sqrt(n / top) * HEIGHT)}
              data-out={
                shown !== undefined &&
                (bin * step + step / 2 < Math.min(...shown) || bin * step + step / 2 > Math.max(...shown))
                  ? ""
                  : undefined
              }
            />
          ),
        )}
        {shown === undefined ? null : (
          <rect
            className={css.brush}
            x={Math.min(...shown)}
            width={Math.max(2, Math.abs(shown[1] - shown[0]))}
            y={0}
            height={HEIGHT}
          />
        )}
      </svg>
    </span>
  );
}
