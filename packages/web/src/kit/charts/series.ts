/** How runs and groups are told apart: six hues, then dashes; never a seventh hue. */
export interface SeriesStyle {
  readonly colour: string;
  readonly dash: readonly number[];
}

const HUES = 6;
const DASHES: readonly (readonly number[])[] = [[], [6, 3], [2, 2], [8, 3, 2, 3]];

export function seriesStyle(order: number): SeriesStyle {
  return {
    colour: `var(--series-${(order % HUES) + 1})`,
    dash: DASHES[Math.floor(order / HUES) % DASHES.length] ?? [],
  };
}

const QUIET: SeriesStyle = { colour: "var(--text-3)", dash: [] };

/** How one of so many series is drawn: as it says itself, else by its position. */
export function styleOf(style: number | "quiet" | undefined, order: number, of: number): SeriesStyle {
  if (style === "quiet") return QUIET;
  if (style !== undefined) return seriesStyle(style);
  // Six hues tell six lines apart; more than that are told apart by pinning some.
  return of > 8 ? QUIET : seriesStyle(order);
}

/** A token as the colour it resolves to in this theme, for canvas. */
export function resolveColour(token: string, near: Element): string {
  const probe = document.createElement("span");
  probe.style.color = token;
  near.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}
