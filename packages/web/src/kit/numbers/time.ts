/** How moments are written: relative up to seven days, then the date; the exact stamp is for hover and focus. */

export type Zone = "local" | "utc";

const DAY = 86_400_000;
const STEPS: readonly (readonly [number, string])[] = [
  [DAY, "d"],
  [3_600_000, "h"],
  [60_000, "min"],
];

/** `just now`, `36 min ago`, `4 h ago`, `in 3 d`, `12 Mar 2026`. */
export function ago(instant: number, now: number, zone: Zone = "local"): string {
  const gap = now - instant;
  const size = Math.abs(gap);
  if (size < 60_000) return "just now";
  if (size >= 7 * DAY) return day(instant, zone);
  for (const [length, unit] of STEPS) {
    if (size >= length)
      return gap > 0 ? `${Math.floor(size / length)} ${unit} ago` : `in ${Math.floor(size / length)} ${unit}`;
  }
  return day(instant, zone);
}

/** `12 Mar 2026`. */
export function day(instant: number, zone: Zone = "local"): string {
  return format(instant, zone, { day: "numeric", month: "short", year: "numeric" });
}

/** `October 2026`. */
export function month(instant: number, zone: Zone = "utc"): string {
  return format(instant, zone, { month: "long", year: "numeric" });
}

/** `12 Mar 2026, 14:03:22 UTC`. */
export function stamp(instant: number, zone: Zone = "local"): string {
  const text = format(instant, zone, {
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  });
  return zone === "utc" ? `${text} UTC` : text;
}

/** How a moment travels in the URL: absolute, in UTC, without milliseconds. */
export function toUrlTime(instant: number): string {
  return new Date(instant).toISOString().replace(/\.\d{3}Z$/, "Z");
}

/** The moment a URL names, or nothing when it names none. */
export function fromUrlTime(text: string | undefined): number | undefined {
  if (text === undefined || text === "") return undefined;
  const instant = Date.parse(text);
  return Number.isNaN(instant) ? undefined : instant;
}

function format(instant: number, zone: Zone, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat("en-GB", zone === "utc" ? { ...options, timeZone: "UTC" } : options).format(instant);
}
