import { DuckDBInstance } from "@duckdb/node-api";
import type { Flight } from "./features.ts";

/** Reads flights from Parquet files, in file order; `sample` keeps about that many, chosen by a seeded hash of the row. */
export async function readFlights(
  files: readonly string[],
  options: { readonly sample?: number; readonly seed?: number; readonly from?: number; readonly to?: number } = {},
): Promise<Flight[]> {
  const instance = await DuckDBInstance.create(":memory:", {
    threads: "2",
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
  });
  const connection = await instance.connect();
  try {
    const list = files.map((file) => `'${file.replaceAll("'", "''")}'`).join(", ");
    const bounds = [
      ...(options.from === undefined ? [] : [`date >= make_timestamp(${Math.trunc(options.from)}::bigint * 1000)`]),
      ...(options.to === undefined ? [] : [`date < make_timestamp(${Math.trunc(options.to)}::bigint * 1000)`]),
    ];
    const where = bounds.length === 0 ? "" : `where ${bounds.join(" and ")}`;
    const result = await connection.stream(
      `select epoch_ms(date)::double, distance::double, origin, destination, delay::double from read_parquet([${list}]) ${where}`,
    );
    const flights: Flight[] = [];
    for (;;) {
      const chunk = await result.fetchChunk();
      if (chunk === null || chunk.rowCount === 0) break;
      const [at, distance, origin, destination, delay] = [0, 1, 2, 3, 4].map((i) => chunk.getColumnValues(i));
      for (let i = 0; i < chunk.rowCount; i++) {
        flights.push({
          at: at?.[i] as number,
          distance: distance?.[i] as number,
          origin: origin?.[i] as string,
          destination: destination?.[i] as string,
          delay: delay?.[i] as number,
        });
      }
    }
    return options.sample === undefined ? flights : draw(flights, options.sample, options.seed ?? 0);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** Draws `size` of the items without replacement, in their old order; the same seed draws the same. */
export function draw<T>(items: readonly T[], size: number, seed: number): T[] {
  if (size >= items.length) return [...items];
  const random = randomFrom(seed);
  const kept: T[] = [];
  let wanted = size;
  // Selection sampling (Knuth, The Art of Computer Programming, vol. 2, algorithm S): one pass, order kept.
  for (let i = 0; i < items.length && wanted > 0; i++) {
    if (random() * (items.length - i) < wanted) {
      kept.push(items[i] as T);
      wanted--;
    }
  }
  return kept;
}

/** Seeded uniform numbers in [0, 1) (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = (seed ^ 0x9e3779b9) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
