import type { Reader } from "#base/db/db.js";
import { baseErrors } from "#base/errors.js";
import { type BlockSummary, decodeBlock } from "../model/metric-block.js";
import {
  between,
  fromRows,
  joined,
  merged,
  noPoints,
  type Points,
  picked,
  type StoredPoint,
} from "../model/metric-points.js";
import { type BlockRow, findBlocks, loadBlocks, loadPoints } from "./metric-blocks.js";

/** A stretch of a series: points at hand, or a whole block of which only the summary is. */
export type Stretch =
  | { readonly length: number; readonly points: Points; readonly block?: undefined }
  | { readonly length: number; readonly block: BlockSummary & { readonly id: number }; readonly points?: undefined };

/**
 * The points of one metric of one run within a range of steps, as stretches in the order step, time, value. Nothing is in
 * it twice, and blocks that lie whole in the range and among no later points stay closed until they are asked for.
 */
export interface Series {
  readonly length: number;
  readonly stretches: readonly Stretch[];
  /** The points of stretches, in the order given. */
  load(stretches: readonly Stretch[]): Promise<Points[]>;
  /** Of each stretch only the points at these places. */
  pick(stretches: readonly { readonly stretch: Stretch; readonly places: readonly number[] }[]): Promise<Points[]>;
}

/** A block was rewritten between two looks. */
class Moved {}

const tries = 20;

/** Reads a series by `work`, again from the start whenever one of its blocks was rewritten meanwhile. */
export async function withSeries<R>(
  r: Reader,
  run: number,
  key: number,
  from: number,
  to: number,
  work: (series: Series) => Promise<R>,
): Promise<R> {
  for (let i = 0; i < tries; i++) {
    try {
      return await work(await openSeries(r, run, key, from, to));
    } catch (problem) {
      if (!(problem instanceof Moved)) throw problem;
    }
  }
  throw baseErrors.DB_UNAVAILABLE({ problem: "a metric's history is being rewritten faster than it can be read" });
}

async function openSeries(r: Reader, run: number, key: number, from: number, to: number): Promise<Series> {
  // Open points first: what is sealed between the two looks is then seen twice, never not at all, and repeats are dropped.
  const open = fromRows(
    await r.all<StoredPoint>({
      sql: `select step, timestamp, value, nan from metric_points
            where run_id = ? and key_id = ? and step >= ? and step <= ? order by step, timestamp, value, nan`,
      parameters: [run, key, from, to],
    }),
  );
  const blocks = await findBlocks(r, run, key, from, to);

  async function load(stretches: readonly Stretch[]): Promise<Points[]> {
    const closed = stretches.flatMap((one) => (one.block === undefined ? [] : [one.block.id]));
    const bytes = await loadBlocks(r, closed);
    if (bytes === undefined) throw new Moved();
    return stretches.map((one) => one.points ?? decodeBlock(bytes.get(one.block.id) as Uint8Array));
  }

  const stretches: Stretch[] = [];
  for (const group of groupsOf(blocks, open)) {
    const [only] = group.blocks;
    if (group.open.length === 0 && group.blocks.length === 1 && only !== undefined) {
      const block = { ...only, points: Number(only.points), nans: Number(only.nans) };
      if (block.first_step >= from && block.last_step <= to) {
        stretches.push({ length: block.points, block });
        continue;
      }
    }
    const loaded = await load(group.blocks.map((block) => ({ length: block.points, block })));
    const points = between(merged([...loaded, group.open]), from, to);
    if (points.length > 0) stretches.push({ length: points.length, points });
  }
  return {
    length: stretches.reduce((sum, one) => sum + one.length, 0),
    stretches,
    load,
    async pick(wanted) {
      const closed = wanted.flatMap(({ stretch: { block }, places }) =>
        block === undefined ? [] : [{ id: block.id, places }],
      );
      const found = await loadPoints(r, closed);
      if (found === undefined) throw new Moved();
      const inOrder = found.values();
      return wanted.map(({ stretch, places }) =>
        stretch.points === undefined ? (inOrder.next().value as Points) : picked(stretch.points, places),
      );
    },
  };
}

interface Group {
  blocks: BlockRow[];
  open: Points;
}

/** Blocks and open points that share a stretch of steps and times belong together; all else stands alone, in order. */
function groupsOf(blocks: readonly BlockRow[], open: Points): Group[] {
  const groups: Group[] = [];
  let at = 0;
  const takeUntil = (step: number, time: number, inclusive: boolean): Points => {
    const start = at;
    while (at < open.length) {
      const order = (open.steps[at] as number) - step || (open.times[at] as number) - time;
      if (order > 0 || (order === 0 && !inclusive)) break;
      at++;
    }
    if (start === at) return noPoints;
    return {
      length: at - start,
      steps: open.steps.subarray(start, at),
      times: open.times.subarray(start, at),
      values: open.values.subarray(start, at),
    };
  };
  for (let i = 0; i < blocks.length; ) {
    const first = blocks[i] as BlockRow;
    const before = takeUntil(first.first_step, first.first_time, false);
    if (before.length > 0) groups.push({ blocks: [], open: before });
    const group: BlockRow[] = [first];
    let [step, time] = [first.last_step, first.last_time];
    for (i++; i < blocks.length; i++) {
      const next = blocks[i] as BlockRow;
      if (next.first_step > step || (next.first_step === step && next.first_time > time)) break;
      group.push(next);
      if (next.last_step > step || (next.last_step === step && next.last_time > time)) {
        [step, time] = [next.last_step, next.last_time];
      }
    }
    groups.push({ blocks: group, open: takeUntil(step, time, true) });
  }
  const rest = takeUntil(Number.POSITIVE_INFINITY, 0, true);
  if (rest.length > 0) groups.push({ blocks: [], open: rest });
  return groups;
}

/** Every point of a series, in order. */
export async function allPoints(series: Series): Promise<Points> {
  return joined(await series.load(series.stretches));
}

/** The points at these places of the series, which ascend. */
export async function pointsAt(series: Series, places: readonly number[]): Promise<Points> {
  const wanted: { stretch: Stretch; places: number[] }[] = [];
  let start = 0;
  let i = 0;
  for (const stretch of series.stretches) {
    const within: number[] = [];
    while (i < places.length && (places[i] as number) < start + stretch.length) {
      within.push((places[i++] as number) - start);
    }
    if (within.length > 0) wanted.push({ stretch, places: within });
    start += stretch.length;
  }
  return joined(await series.pick(wanted));
}
