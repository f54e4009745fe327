import { type Flight, type Inputs, isLate, numericInputs, textInputs, toInputs } from "./features.ts";
import { draw, readFlights } from "./flights.ts";

const dayMs = 86_400_000;

/** Flights of one day as they are asked about, with what really happened. */
export interface Day {
  /** Start of the day, UTC, as the data has it. */
  readonly at: number;
  readonly flights: readonly { readonly at: number; readonly inputs: Inputs; readonly late: 0 | 1 }[];
}

/** Days of the files in order, each with at most `rowsPerDay` flights drawn by the seed. */
export async function readDays(
  files: readonly string[],
  options: { rowsPerDay: number; seed: number; lateMinutes: number },
): Promise<Day[]> {
  const flights = await readFlights(files);
  const days = Map.groupBy(flights, (flight: Flight) => Math.floor(flight.at / dayMs) * dayMs);
  return [...days]
    .sort(([a], [b]) => a - b)
    .map(([at, all]) => ({
      at,
      flights: draw(all, options.rowsPerDay, options.seed + at / dayMs).map((flight) => ({
        at: flight.at,
        inputs: toInputs(flight),
        late: isLate(flight, options.lateMinutes),
      })),
    }));
}

/** A request of the Open Inference Protocol v2 for these rows. */
export function toRequest(rows: readonly Inputs[], id: string, eventTime: number): object {
  return {
    id,
    parameters: { event_time: eventTime },
    inputs: [
      ...numericInputs.map((name) => ({
        name,
        shape: [rows.length, 1],
        datatype: "FP32",
        data: rows.map((row) => row[name]),
      })),
      ...textInputs.map((name) => ({
        name,
        shape: [rows.length, 1],
        datatype: "BYTES",
        data: rows.map((row) => row[name]),
      })),
    ],
    outputs: [{ name: "label" }, { name: "probabilities" }],
  };
}
