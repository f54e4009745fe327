export type Season = "hour-of-week" | "day-of-week" | "hour-of-day" | "none";
export type Window = "hour" | "day";

export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;

export function windowMs(window: Window): number {
  return window === "hour" ? hourMs : dayMs;
}

/** Windows a season needs at least, so that each of its slots is seen three times (four for days, which are few). */
const needed: Record<Season, number> = {
  "hour-of-week": 3 * 168,
  "day-of-week": 4 * 7,
  "hour-of-day": 3 * 24,
  none: 0,
};

/** The finest season this much history can carry. */
export function chooseSeason(window: Window, windows: number): Season {
  if (window === "hour" && windows >= needed["hour-of-week"]) return "hour-of-week";
  if (window === "hour" && windows >= needed["hour-of-day"]) return "hour-of-day";
  if (window === "day" && windows >= needed["day-of-week"]) return "day-of-week";
  return "none";
}

/** The slot of its season a window beginning at this instant (UTC) falls in. */
export function slotOf(at: number, season: Season): number {
  const hour = Math.floor(at / hourMs);
  const day = Math.floor(at / dayMs);
  switch (season) {
    case "hour-of-week":
      return mod(hour, 168);
    case "day-of-week":
      return mod(day, 7);
    case "hour-of-day":
      return mod(hour, 24);
    case "none":
      return 0;
  }
}

function mod(a: number, b: number): number {
  return ((a % b) + b) % b;
}
