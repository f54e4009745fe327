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

/** A token as the colour it resolves to in this theme, for canvas. */
export function resolveColour(token: string, near: Element): string {
  const probe = document.createElement("span");
  probe.style.color = token;
  near.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}
