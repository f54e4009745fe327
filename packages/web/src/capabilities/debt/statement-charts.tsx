import type { Statement } from "@paydown/api/debt";
import { Band } from "#kit/charts/band.jsx";
import { Section } from "#kit/page/page.jsx";
import css from "./debt.module.css";
import { monthTick } from "./months.js";

/** Twelve months of interest: the whole, then one panel a channel, all on their own month axis and one scale. */
export function StatementCharts({ statement }: { readonly statement: Statement }) {
  const { series } = statement;
  const channels = [...new Set(series.flatMap((point) => point.channels.map((channel) => channel.channel)))];
  const tops = channels.map((name) => {
    const points = series.map((point) => point.channels.find((channel) => channel.channel === name)?.attributed);
    return {
      name,
      points,
      top: Math.max(0, ...points.map((range) => range?.p90 ?? 0)),
      total: points.reduce((sum, range) => sum + (range?.p50 ?? 0), 0),
    };
  });
  const seen = tops.filter((channel) => channel.top > 0).sort((a, b) => b.total - a.total);
  const max = Math.max(0, ...seen.map((channel) => channel.top));
  return (
    <Section title="Interest" note="hours a week; band P10 to P90, darker P25 to P75, line P50">
      <div className={css.multiples}>
        <div className={css.wide}>
          <Band
            title="charged to items"
            unit="h/wk"
            height={150}
            points={series.map((point) => ({ label: monthTick(point.month), range: point.interest ?? undefined }))}
          />
        </div>
        {seen.map((channel) => (
          <Band
            key={channel.name}
            title={channel.name.replaceAll("-", " ")}
            unit="h/wk"
            max={max}
            points={series.map((point, at) => ({
              label: monthTick(point.month),
              range: channel.points[at] ?? undefined,
            }))}
          />
        ))}
      </div>
    </Section>
  );
}
