import type { DuckDBDataChunk, DuckDBResult } from "@duckdb/node-api";
import type { Chunk, Column, ColumnChunk } from "../engine.js";

/** Gathers the engine's small vectors into chunks of `size` rows. */
export async function* chunksOf(
  result: DuckDBResult,
  columns: readonly Column[],
  size: number,
  signal: AbortSignal | undefined,
): AsyncIterable<Chunk> {
  let filling = new Filling(columns, size);
  for (let data = await result.fetchChunk(); data !== null && data.rowCount > 0; data = await result.fetchChunk()) {
    signal?.throwIfAborted();
    for (let start = 0; start < data.rowCount; ) {
      const taken = filling.take(data, start);
      start += taken;
      if (filling.rows === size) {
        yield filling.chunk();
        filling = new Filling(columns, size);
      }
    }
  }
  if (filling.rows > 0) yield filling.chunk();
}

type Room =
  | { readonly kind: "numbers"; readonly values: Float64Array; missing: Uint8Array | undefined }
  | { readonly kind: "texts"; readonly values: (string | null)[] };

class Filling {
  rows = 0;
  readonly #size: number;
  readonly #rooms: readonly Room[];

  constructor(columns: readonly Column[], size: number) {
    this.#size = size;
    this.#rooms = columns.map((column) =>
      column.kind === "text"
        ? { kind: "texts", values: [] }
        : { kind: "numbers", values: new Float64Array(size), missing: undefined },
    );
  }

  /** Copies rows from `start` on as far as there is room; answers how many. */
  take(data: DuckDBDataChunk, start: number): number {
    const count = Math.min(data.rowCount - start, this.#size - this.rows);
    for (const [i, room] of this.#rooms.entries()) {
      const vector = data.getColumnVector(i);
      for (let row = 0; row < count; row++) {
        const value = vector.getItem(start + row);
        if (room.kind === "texts") {
          room.values.push(value as string | null);
        } else if (value === null) {
          room.missing ??= new Uint8Array(this.#size);
          room.missing[this.rows + row] = 1;
          room.values[this.rows + row] = Number.NaN;
        } else {
          room.values[this.rows + row] = value as number;
        }
      }
    }
    this.rows += count;
    return count;
  }

  chunk(): Chunk {
    const columns = this.#rooms.map((room): ColumnChunk => {
      if (room.kind === "texts") return room;
      const values = this.rows === this.#size ? room.values : room.values.slice(0, this.rows);
      if (room.missing === undefined) return { kind: "numbers", values };
      return { kind: "numbers", values, missing: room.missing.slice(0, this.rows) };
    });
    return { rows: this.rows, columns };
  }
}
