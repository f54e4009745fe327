import type { Reader, Tx } from "#base/db/db.js";
import { chunksOf, insertRows, placeholders } from "#base/db/rows.js";
import {
  type BlockSummary,
  blockHead,
  decodeBlock,
  decodePieces,
  encodeBlock,
  type Piece,
  piecesOf,
  summarize,
} from "../model/metric-block.js";
import { fromRows, merged, type Points, picked, type StoredPoint, sliced } from "../model/metric-points.js";

export interface BlockRow extends BlockSummary {
  readonly id: number;
}

/** Open points of a series that are worth a block. */
export const blockPoints = 2048;
/** Of a run that has ended, fewer are: nothing more is coming. */
export const leastBlock = 32;
/** Most open points one sealing takes, so that no transaction is long. */
const mostAtOnce = 4 * blockPoints;
/** Blocks between which late points fall are written anew; that waits until it pays. */
const rewriteRatio = 16;

const columns = "id, first_step, first_time, last_step, last_time, from_time, to_time, points, nans, low, high, total";

/** Blocks of a series that touch a range of steps, in order. */
export function findBlocks(r: Reader, run: number, key: number, from: number, to: number): Promise<BlockRow[]> {
  return r.all({
    sql: `select ${columns} from metric_blocks where run_id = ? and key_id = ? and first_step <= ? and last_step >= ?
          order by first_step, first_time, id`,
    parameters: [run, key, to, from],
  });
}

/** The bytes of blocks; undefined when one was rewritten meanwhile, so that the caller looks again. */
export async function loadBlocks(r: Reader, ids: readonly number[]): Promise<Map<number, Uint8Array> | undefined> {
  const found = new Map<number, Uint8Array>();
  for (const chunk of chunksOf(ids, 256)) {
    const list = placeholders(chunk);
    const rows = await r.all<{ id: number; data: Uint8Array }>({
      sql: `select id, data from metric_block_data where id in (${list.sql})`,
      parameters: list.parameters,
    });
    for (const row of rows) found.set(row.id, row.data);
  }
  return found.size === new Set(ids).size ? found : undefined;
}

/** Places of a block from which on all of its bytes are read sooner than a piece for each. */
const mostPlaces = 16;

/** Only the points at these places of blocks, in the order asked; undefined when a block was rewritten meanwhile. */
export async function loadPoints(
  r: Reader,
  wanted: readonly { readonly id: number; readonly places: readonly number[] }[],
): Promise<Points[] | undefined> {
  const whole = wanted.filter((one) => one.places.length > mostPlaces).map((one) => one.id);
  const parts = wanted.filter((one) => one.places.length <= mostPlaces);
  const [blocks, heads] = await Promise.all([
    loadBlocks(r, whole),
    readPieces(
      r,
      parts.map(({ id }) => ({ id, at: 0, length: blockHead })),
    ),
  ]);
  if (blocks === undefined || heads === undefined) return undefined;
  const asked = parts.map(({ id, places }, i) =>
    piecesOf(heads[i] as Uint8Array, places).map((piece) => ({ id, ...piece })),
  );
  const pieces = await readPieces(r, asked.flat());
  if (pieces === undefined) return undefined;
  const found = new Map<number, Points>();
  let at = 0;
  for (const [i, { id, places }] of parts.entries()) {
    const { length } = asked[i] as Piece[];
    found.set(id, decodePieces(heads[i] as Uint8Array, places, pieces.slice(at, at + length)));
    at += length;
  }
  return wanted.map(({ id, places }) => found.get(id) ?? picked(decodeBlock(blocks.get(id) as Uint8Array), places));
}

/** Pieces of blocks, in the order asked; undefined when a block is not there. */
async function readPieces(
  r: Reader,
  pieces: readonly (Piece & { readonly id: number })[],
): Promise<Uint8Array[] | undefined> {
  const found: Uint8Array[] = [];
  for (const chunk of chunksOf(pieces, 1024)) {
    const list = chunk.map(({ id, at, length }, i) => `(${i},${id},${at + 1},${length})`);
    const rows = await r.all<{ n: number; piece: Uint8Array }>({
      sql: `with w (n, id, place, bytes) as (values ${list.join(",")})
            select w.n, substr(d.data, w.place, w.bytes) as piece from w join metric_block_data d on d.id = w.id`,
      parameters: [],
      keep: "never",
    });
    const start = found.length;
    for (const row of rows) found[start + row.n] = row.piece;
    for (let i = start; i < start + chunk.length; i++) if (found[i] === undefined) return undefined;
  }
  return found;
}

/** Adds points, sorted and without repeats, as blocks of their own. */
export async function insertBlocks(tx: Tx, run: number, key: number, points: Points): Promise<void> {
  const rows: unknown[][] = [];
  const pieces = Math.max(1, Math.round(points.length / blockPoints));
  for (let i = 0; i < pieces; i++) {
    const from = Math.floor((points.length * i) / pieces);
    const some = sliced(points, from, Math.floor((points.length * (i + 1)) / pieces));
    const stored = await tx.get<{ id: number }>({
      sql: "insert into metric_block_data (data) values (?) returning id",
      parameters: [encodeBlock(some)],
    });
    const s = summarize(some);
    rows.push([
      run,
      key,
      (stored as { id: number }).id,
      ...[s.first_step, s.first_time, s.last_step, s.last_time, s.from_time, s.to_time],
      ...[s.points, s.nans, s.low, s.high, s.total],
    ]);
  }
  for (const insert of insertRows(`insert into metric_blocks (run_id, key_id, ${columns})`, rows)) await tx.run(insert);
}

/**
 * Moves open points of a series into blocks, merged with the blocks among which they fall. Rows are read by deleting them:
 * whatever another writer adds meanwhile stays, and no point is ever in neither place.
 */
export async function sealSeries(tx: Tx, run: number, key: number): Promise<void> {
  const ofSeries = "run_id = ? and key_id = ?";
  for (;;) {
    const first = await tx.get<{ step: number; timestamp: number }>({
      sql: `select step, timestamp from metric_points where ${ofSeries} order by step, timestamp limit 1`,
      parameters: [run, key],
    });
    if (first === undefined) break;
    const bound = await tx.get<{ step: number; timestamp: number }>({
      sql: `select step, timestamp from metric_points where ${ofSeries} order by step, timestamp limit 1 offset ?`,
      parameters: [run, key, mostAtOnce],
    });
    const rows = await tx.all<StoredPoint>({
      sql: `delete from metric_points where ${ofSeries}${bound === undefined ? "" : " and step <= ? and (step, timestamp) <= (?, ?)"}
            returning step, timestamp, value, nan`,
      parameters: [run, key, ...(bound === undefined ? [] : [bound.step, bound.step, bound.timestamp])],
    });
    if (rows.length === 0) break;
    const open = merged([fromRows(rows)]);
    const last = open.length - 1;
    const among = await tx.all<{ id: number }>({
      sql: `select id from metric_blocks where ${ofSeries} and last_step >= ? and first_step <= ?
              and (last_step, last_time) >= (?, ?) and (first_step, first_time) <= (?, ?)`,
      parameters: [
        ...[run, key, first.step, open.steps[last]],
        ...[open.steps[0], open.times[0], open.steps[last], open.times[last]],
      ],
    });
    await insertBlocks(tx, run, key, merged([...(await takeBlocks(tx, run, key, among)), open]));
    if (bound === undefined) break;
  }
  await tx.run({ sql: `update latest_metrics set open = 0 where ${ofSeries}`, parameters: [run, key] });
}

/** Removes blocks and answers their points. Who deletes a block owns its points: of two writers one gets it. */
export async function takeBlocks(
  tx: Tx,
  run: number,
  key: number,
  blocks: readonly { id: number }[],
): Promise<Points[]> {
  const taken: Points[] = [];
  for (const chunk of chunksOf(blocks, 256)) {
    const list = placeholders(chunk.map((block) => block.id));
    await tx.run({
      sql: `delete from metric_blocks where run_id = ? and key_id = ? and id in (${list.sql})`,
      parameters: [run, key, ...list.parameters],
    });
    const rows = await tx.all<{ data: Uint8Array }>({
      sql: `delete from metric_block_data where id in (${list.sql}) returning data`,
      parameters: list.parameters,
    });
    for (const row of rows) taken.push(decodeBlock(row.data));
  }
  return taken;
}

/** Seals a series that has grown, unless that would rewrite far more than it adds; then it is asked again later. */
export async function sealGrown(tx: Tx, run: number, key: number, open: number): Promise<void> {
  const first = await tx.get<{ step: number; timestamp: number }>({
    sql: "select step, timestamp from metric_points where run_id = ? and key_id = ? order by step, timestamp limit 1",
    parameters: [run, key],
  });
  if (first === undefined) return;
  const among = await tx.get<{ n: number | null }>({
    sql: `select sum(points) as n from metric_blocks
          where run_id = ? and key_id = ? and last_step >= ? and (last_step, last_time) >= (?, ?)`,
    parameters: [run, key, first.step, first.step, first.timestamp],
  });
  if (Number(among?.n ?? 0) <= open * rewriteRatio) await sealSeries(tx, run, key);
}

/** Series of a run with enough open points for a block. */
export async function openSeries(r: Reader, run: number, limit: number): Promise<number[]> {
  const rows = await r.all<{ key_id: number }>({
    sql: "select key_id from latest_metrics where run_id = ? and open >= ? order by key_id limit ?",
    parameters: [run, leastBlock, limit],
  });
  return rows.map((row) => row.key_id);
}

/** Remembers that a run has ended with open points. */
export async function noteEnded(tx: Tx, run: number): Promise<void> {
  await tx.run({
    sql: "insert into runs_to_seal (run_id) values (?) on conflict (run_id) do nothing",
    parameters: [run],
  });
}

export async function nextToSeal(r: Reader): Promise<number | undefined> {
  return (await r.get<{ run_id: number }>({ sql: "select run_id from runs_to_seal limit 1", parameters: [] }))?.run_id;
}

export async function forgetSealed(tx: Tx, run: number): Promise<void> {
  await tx.run({ sql: "delete from runs_to_seal where run_id = ?", parameters: [run] });
}
