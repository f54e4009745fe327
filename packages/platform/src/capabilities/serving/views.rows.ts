import type { ScoreColumn } from "@paydown/api/serving";
import type { Ctx } from "#base/context.js";
import { queries } from "#base/db/queries.js";
import { servingErrors } from "./errors.js";
import { findDeployment, findServed } from "./store.js";
import type { OutcomeRow, PredictionRow, ServingTables } from "./tables.js";
import { type Column, columnOf, scoresOf } from "./tensors/columns.js";
import { unpack } from "./tensors/pack.js";
import type { Tensor, TensorSpec } from "./tensors/tensor.js";

const q = queries<ServingTables>();

/** Rows of the prediction log as columns, all of the same length, in order of event time. */
export interface RowChunk {
  readonly rows: number;
  readonly model: string;
  readonly version: number;
  readonly requestIds: readonly string[];
  /** Row inside its request. */
  readonly rowIndexes: Int32Array;
  readonly consumers: readonly string[];
  /** Event time (ms, UTC). */
  readonly times: Float64Array;
  /** Numeric input columns by name; NaN where a value is missing. */
  readonly inputs: Readonly<Record<string, Float64Array>>;
  /** Text input columns by name. */
  readonly texts: Readonly<Record<string, readonly string[]>>;
  /** NaN where the model gave none. */
  readonly scores: Float64Array;
  /** NaN where nothing is known yet. */
  readonly outcomes: Float64Array;
}

export interface IterateRows {
  readonly project: string;
  readonly deployment: string;
  /** Event times `[from, to)`, ms. */
  readonly from: number;
  readonly to: number;
  /** Only these columns; all when absent. */
  readonly columns?: readonly string[] | undefined;
  /** Most rows of a chunk, unless one request alone has more; 8,192 when absent. */
  readonly chunkRows?: number | undefined;
}

type LogRow = PredictionRow & { consumer: string };

const pageRequests = 400;

/**
 * Reads the log of a deployment in bounded chunks, one model version each. Nothing is held between chunks; rows logged
 * meanwhile with an event time already passed are not seen. Throws SERVING_DEPLOYMENT_NOT_FOUND.
 */
export async function* iterateRows(ctx: Pick<Ctx, "db">, asked: IterateRows): AsyncGenerator<RowChunk> {
  const deployment = await ctx.db.read((r) => findDeployment(r, asked.project, asked.deployment));
  if (deployment === undefined) throw servingErrors.SERVING_DEPLOYMENT_NOT_FOUND({ name: asked.deployment });
  const score = deployment.score === null ? undefined : (JSON.parse(deployment.score) as ScoreColumn);
  const chunkRows = asked.chunkRows ?? 8192;
  const served = new Map<number, Served>();
  let place = { time: asked.from, id: 0 };
  for (;;) {
    const page = await ctx.db.read((r) =>
      r.all<LogRow>({
        sql: `select p.*, c.consumer from predictions p join deployment_consumers c on c.id = p.consumer_id
          where p.deployment_id = ? and p.event_time < ? and (p.event_time > ? or (p.event_time = ? and p.id > ?))
          order by p.event_time, p.id limit ?`,
        parameters: [deployment.id, asked.to, place.time, place.time, place.id, pageRequests],
      }),
    );
    for (const group of chunksOf(page, chunkRows)) {
      const first = group[0] as LogRow;
      let schema = served.get(first.served_id);
      if (schema === undefined) {
        schema = await readServed(ctx, first.served_id, asked.columns);
        served.set(first.served_id, schema);
      }
      const outcomes = await ctx.db.read((r) =>
        r.all<OutcomeRow>(
          q
            .selectFrom("prediction_outcomes")
            .selectAll()
            .where(
              "prediction_id",
              "in",
              group.map((row) => row.id),
            ),
        ),
      );
      yield toChunk(group, schema, score, outcomes);
    }
    const last = page.at(-1);
    if (last === undefined || page.length < pageRequests) return;
    place = { time: last.event_time, id: last.id };
  }
}

interface Served {
  readonly model: string;
  readonly version: number;
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly columns: readonly Column[];
}

async function readServed(ctx: Pick<Ctx, "db">, id: number, wanted: readonly string[] | undefined): Promise<Served> {
  const row = await ctx.db.read((r) => findServed(r, id));
  if (row === undefined) throw servingErrors.SERVING_LOG_UNREADABLE();
  const names = (specs: string): string[] => (JSON.parse(specs) as TensorSpec[]).map((spec) => spec.name);
  const columns = (JSON.parse(row.columns) as Column[]).filter(
    (one) => wanted === undefined || wanted.includes(one.name),
  );
  return {
    model: row.model,
    version: row.version,
    inputNames: names(row.inputs),
    outputNames: names(row.outputs),
    columns,
  };
}

/** Neighbours of the same version, as many as fit. */
function* chunksOf(page: readonly LogRow[], chunkRows: number): Generator<LogRow[]> {
  let group: LogRow[] = [];
  let rows = 0;
  for (const row of page) {
    if (group.length > 0 && (rows + row.row_count > chunkRows || row.served_id !== group[0]?.served_id)) {
      yield group;
      group = [];
      rows = 0;
    }
    group.push(row);
    rows += row.row_count;
  }
  if (group.length > 0) yield group;
}

function toChunk(
  group: readonly LogRow[],
  served: Served,
  score: ScoreColumn | undefined,
  known: readonly OutcomeRow[],
): RowChunk {
  const rows = group.reduce((sum, row) => sum + row.row_count, 0);
  const requestIds = new Array<string>(rows);
  const consumers = new Array<string>(rows);
  const rowIndexes = new Int32Array(rows);
  const times = new Float64Array(rows);
  const scores = new Float64Array(rows);
  const outcomes = new Float64Array(rows).fill(Number.NaN);
  const inputs: Record<string, Float64Array> = {};
  const texts: Record<string, string[]> = {};
  for (const column of served.columns) {
    if (column.text) texts[column.name] = new Array<string>(rows);
    else inputs[column.name] = new Float64Array(rows);
  }
  const starts = new Map<number, number>();
  let at = 0;
  for (const row of group) {
    starts.set(row.id, at);
    const tensors = unpack(served.inputNames, row.inputs);
    for (const column of served.columns) fillColumn(column, tensors, at, inputs, texts);
    scores.set(scoresOf(unpack(served.outputNames, row.outputs), score, row.row_count), at);
    for (let i = 0; i < row.row_count; i++, at++) {
      requestIds[at] = row.request_id;
      consumers[at] = row.consumer;
      rowIndexes[at] = i;
      times[at] = row.event_time;
    }
  }
  for (const outcome of known) {
    outcomes[(starts.get(outcome.prediction_id) as number) + outcome.row_index] = outcome.value;
  }
  const { model, version } = served;
  return { rows, model, version, requestIds, rowIndexes, consumers, times, inputs, texts, scores, outcomes };
}

function fillColumn(
  column: Column,
  tensors: readonly Tensor[],
  at: number,
  inputs: Record<string, Float64Array>,
  texts: Record<string, string[]>,
): void {
  const tensor = tensors.find((one) => one.name === column.input);
  if (tensor === undefined) return;
  if (!column.text) {
    inputs[column.name]?.set(columnOf(tensor, column), at);
    return;
  }
  const values = tensor.data as string[];
  const target = texts[column.name] as string[];
  for (let row = 0; row * column.width < values.length; row++) {
    target[at + row] = values[row * column.width + column.offset] as string;
  }
}
