/** The first moment of `2026-10`, in UTC. */
export function monthStart(month: string): number {
  return Date.parse(`${month}-01T00:00:00Z`);
}

/** The month `by` months later. */
export function monthAfter(month: string, by: number): string {
  const date = new Date(monthStart(month));
  date.setUTCMonth(date.getUTCMonth() + by);
  return date.toISOString().slice(0, 7);
}

/** `Oct`, as an axis has it. */
export function monthTick(month: string): string {
  return new Intl.DateTimeFormat("en-GB", { month: "short", timeZone: "UTC" }).format(monthStart(month));
}
