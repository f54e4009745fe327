import { seriesStyle } from "#kit/charts/series.js";
import css from "./tracking.module.css";

/** The colour a run or a group has in the charts, beside its name; nothing when it has none. */
export function Swatch({ colour }: { readonly colour: number | undefined }) {
  if (colour === undefined) return null;
  const { colour: background, dash } = seriesStyle(colour);
  return (
    <i
      className={css.swatch}
      style={{ "--swatch": background } as Record<string, string>}
      data-dashed={dash.length > 0 ? "" : undefined}
      aria-hidden
    />
  );
}
