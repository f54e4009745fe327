import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { many, metric } from "#kit/numbers/format.js";
import { Skeleton } from "#kit/states/loaded.jsx";
import css from "./charts.module.css";

export interface LineSeries {
  readonly id: string;
  readonly name: string;
  readonly x: readonly number[];
  readonly y: readonly (number | null)[];
  readonly low?: readonly (number | null)[];
  readonly high?: readonly (number | null)[];
}

export interface LinesProps {
  readonly title: string;
  readonly xLabel: string;
  readonly series: readonly LineSeries[];
  readonly height?: number;
  readonly log?: boolean;
  readonly time?: boolean;
}

const UplotLines = lazy(() => import("./uplot-lines.jsx"));

/** Curves of up to thousands of points. Mounted when scrolled to; the table twin holds the last values. */
export function Lines(props: LinesProps) {
  const place = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState(false);
  const { height = 200 } = props;
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const watch = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) setSeen(true);
      },
      { rootMargin: "200px" },
    );
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  const last = props.series.map((one) => `${one.name} ${lastValue(one)}`).slice(0, 12);
  return (
    <figure
      className={css.figure}
      aria-label={`${props.title} over ${props.xLabel}: ${many(props.series.length, "series", "series")}; last values ${last.join(", ")}`}
    >
      <figcaption>
        <b>{props.title}</b>
        <span>over {props.xLabel}</span>
      </figcaption>
      <div ref={place} style={{ minHeight: height + 22 }}>
        {seen ? (
          <Suspense fallback={<Skeleton lines={4} />}>
            <UplotLines {...props} height={height} />
          </Suspense>
        ) : null}
      </div>
    </figure>
  );
}

function lastValue(series: LineSeries): string {
  const value = series.y.findLast((one) => one !== null);
  return value == null ? "none" : metric(value);
}
