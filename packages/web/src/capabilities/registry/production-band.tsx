import type { Reply } from "@paydown/api/operation";
import type { getModel } from "@paydown/api/registry";
import { useId } from "react";
import { ago, day, stamp } from "#kit/numbers/time.js";
import { useWidth } from "#kit/use-width.js";
import { Go } from "#routes/link.jsx";
import { paths } from "#routes/paths.js";
import css from "./registry.module.css";

const DAY = 86_400_000;

type Span = Reply<typeof getModel>["spans"][number];

interface ProductionBandProps {
  readonly alias: string;
  readonly spans: readonly Span[];
  readonly project: string;
  readonly model: string;
  readonly from: number;
  readonly to: number;
  /** The moment the page shows; undefined is now. */
  readonly asOf: number | undefined;
}

/** Which version stood behind an alias, over time: a block a version, gaps hatched. Answers "what ran on 3 March, and who put it there". */
export function ProductionBand({ alias, spans, project, model, from, to, asOf }: ProductionBandProps) {
  const [box, width] = useWidth<HTMLDivElement>();
  const hatch = useId();
  const x = (at: number) => (to === from ? 0 : ((at - from) / (to - from)) * width);
  return (
    <div className={css.band} ref={box}>
      {/* biome-ignore lint/a11y/useSemanticElements: a drawing with links in it */}
      <svg
        width={width}
        height={48}
        role="group"
        aria-label={`${alias}: ${spans.map((span) => `${span.version === undefined ? "nothing" : `version ${span.version}`} from ${day(span.from)}`).join(", ")}`}
      >
        <defs>
          <pattern id={hatch} width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
            <line className={css.hatch} x1="0" x2="0" y1="0" y2="6" />
          </pattern>
        </defs>
        {spans.map((span) => {
          const left = x(Math.max(from, span.from));
          const wide = Math.max(2, x(span.to ?? to) - left - 1);
          const title = `${span.version === undefined ? "no version" : `v${span.version}`}, ${stamp(span.from)} to ${span.to === undefined ? "now" : stamp(span.to)}, by ${span.by}${span.reason === "" ? "" : `: ${span.reason}`}`;
          if (span.version === undefined)
            return (
              <rect key={span.from} className={css.gap} fill={`url(#${hatch})`} x={left} y={4} width={wide} height={26}>
                <title>{title}</title>
              </rect>
            );
          return (
            <Go key={span.from} to={paths.modelVersion(project, model, span.version)} aria-label={title}>
              <title>{title}</title>
              <rect data-parity={span.version % 2} x={left} y={4} width={wide} height={26} rx={3} />
              {wide > 26 ? (
                <text x={left + 7} y={22}>
                  v{span.version}
                </text>
              ) : null}
            </Go>
          );
        })}
        {asOf === undefined ? null : <line className={css.now} x1={x(asOf)} x2={x(asOf)} y1={0} y2={34} />}
        <text className={css.axis} x={0} y={44}>
          {to - from < 2 * DAY ? stamp(from) : day(from)}
        </text>
        <text className={css.axis} x={width} y={44} textAnchor="end">
          {ago(to, Date.now())}
        </text>
      </svg>
    </div>
  );
}
