/** Pinned runs as the URL holds them: `0.<run id>,3.<run id>`. The number is the run's colour and stays with it whoever comes or goes. */
export type Pins = ReadonlyMap<string, number>;

export const MOST_PINS = 8;

export function readPins(text: string | undefined): Pins {
  const pins = new Map<string, number>();
  for (const part of (text ?? "").split(",")) {
    const match = /^([0-7])\.([A-Za-z0-9_-]{1,256})$/.exec(part);
    if (match !== null && pins.size < MOST_PINS) pins.set(match[2] as string, Number(match[1]));
  }
  return pins;
}

export function writePins(pins: Pins): string | undefined {
  return pins.size === 0 ? undefined : [...pins].map(([id, colour]) => `${colour}.${id}`).join(",");
}

/** Pins the run with the first free colour, or unpins it; a ninth is not pinned. */
export function togglePin(pins: Pins, id: string): Pins {
  const next = new Map(pins);
  if (next.delete(id)) return next;
  const taken = new Set(pins.values());
  const colour = Array.from({ length: MOST_PINS }, (_, at) => at).find((at) => !taken.has(at));
  if (colour !== undefined) next.set(id, colour);
  return next;
}
