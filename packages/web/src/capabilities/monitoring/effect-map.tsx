import { getSeries } from "@paydown/api/monitoring";
import { useOperation } from "#kit/data/use-operation.js";
import { delta } from "#kit/numbers/format.js";
import { day } from "#kit/numbers/time.js";
import { Section } from "#kit/page/page.jsx";
import { Loaded } from "#kit/states/loaded.jsx";
import { effectStep } from "./effect-step.js";
import css from "./monitoring.module.css";

const DAY = 86_400_000;

/** Effect size by signal and day on the diverging scale; hatched where it could not be judged. Never p-values. */
export function EffectMap({
  project,
  monitor,
  window,
}: {
  readonly project: string;
  readonly monitor: string;
  readonly window: { readonly from?: number; readonly to?: number };
}) {
  const question = useOperation(getSeries, { project, name: monitor, ...window });
  return (
    <Loaded question={question} what="The map" lines={10}>
      {(data) => {
        const days = [
          ...new Set(data.series.flatMap((series) => series.points.map((point) => Math.floor(point.at / DAY)))),
        ]
          .sort((a, b) => a - b)
          .slice(-60);
        const all = data.series
          .flatMap((series) =>
            series.points.flatMap((point) => (point.effect === null ? [] : [Math.abs(point.effect)])),
          )
          .sort((a, b) => a - b);
        const top = all[Math.floor(all.length * 0.98)] ?? 1;
        return (
          <Section title="Effect by day" note={`largest of each day; full colour from ${delta(top)}`}>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling box must be reachable by keyboard */}
            <section className={css.heat} tabIndex={0} aria-label="Effect by signal and day">
              <table>
                <tbody>
                  {data.series.map((series) => {
                    const byDay = Map.groupBy(series.points, (point) => Math.floor(point.at / DAY));
                    return (
                      <tr key={series.signal}>
                        <th scope="row">
                          {series.subject} {series.kind}
                        </th>
                        {days.map((one) => {
                          const effects = (byDay.get(one) ?? []).flatMap((point) =>
                            point.effect === null ? [] : [point.effect],
                          );
                          const worst = effects.toSorted((a, b) => Math.abs(b) - Math.abs(a))[0];
                          const label = `${series.subject}, ${day(one * DAY, "utc")}: ${worst === undefined ? "unknown" : delta(worst)}`;
                          return (
                            <td key={one}>
                              <span
                                className={css.cell}
                                title={label}
                                style={{
                                  background:
                                    worst === undefined ? "var(--hatch)" : `var(--diverging-${effectStep(worst, top)})`,
                                }}
                              >
                                <span className="only-read">{label}</span>
                              </span>
                            </td>
                          );
                        })}
                      </tr>
                    );
                  })}
                </tbody>
              </table>
            </section>
          </Section>
        );
      }}
    </Loaded>
  );
}
