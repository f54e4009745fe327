/** One scheduled flight as the data has it. `delay` is minutes late at arrival; negative is early. */
export interface Flight {
  readonly at: number;
  readonly distance: number;
  readonly origin: string;
  readonly destination: string;
  readonly delay: number;
}

/** What the model is asked with; the same function makes it for training and for every request. */
export interface Inputs {
  readonly hour: number;
  readonly weekday: number;
  readonly month: number;
  readonly distance: number;
  readonly origin: string;
  readonly destination: string;
}

export const numericInputs = ["hour", "weekday", "month", "distance"] as const;
export const textInputs = ["origin", "destination"] as const;

export function toInputs(flight: Flight): Inputs {
  const at = new Date(flight.at);
  return {
    hour: Math.fround(at.getUTCHours() + at.getUTCMinutes() / 60),
    weekday: at.getUTCDay(),
    month: at.getUTCMonth() + 1,
    distance: flight.distance,
    origin: flight.origin,
    destination: flight.destination,
  };
}

export function isLate(flight: Flight, minutes: number): 0 | 1 {
  return flight.delay >= minutes ? 1 : 0;
}
