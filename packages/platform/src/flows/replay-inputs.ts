import { getDataset } from "@paydown/api/data";
import { getVersion } from "@paydown/api/registry";
import type { Ctx } from "#base/context.js";
import type { Perform } from "#base/perform.js";
import { viewTable } from "#capabilities/data/index.js";
import { iterateRows } from "#capabilities/serving/index.js";
import { flowErrors } from "./errors.js";

export type Columns = Record<string, number[] | string[]>;

/** Inputs to answer, by column, all of the same length. */
export interface ReplayInputs {
  readonly kind: "dataset" | "predictions" | "example";
  /** `dataset@version`, deployment, or `model/version`. */
  readonly name: string;
  readonly columns: Columns;
  readonly rows: number;
  /** Rows there were beyond those. */
  readonly leftOut: number;
}

export interface WantedInputs {
  readonly project: string;
  readonly model: string;
  /** Version whose input example is taken when nothing else is named. */
  readonly from: number;
  readonly deployment?: string | undefined;
  readonly dataset?: string | undefined;
  readonly datasetVersion?: string | undefined;
  /** Most rows. */
  readonly rows: number;
  /** Columns either version takes. */
  readonly columns: readonly string[];
}

/** Sampling is seeded, so that the same replay takes the same rows. */
const seed = 1;
const exampleLimit = 16 * 1024 * 1024;

/** Throws FLOW_REPLAY_NO_ROWS, FLOW_REPLAY_NO_EXAMPLE and what the dataset or the deployment throws. */
export async function gatherInputs(ctx: Ctx, perform: Perform, wanted: WantedInputs): Promise<ReplayInputs> {
  const inputs =
    wanted.dataset !== undefined
      ? await fromDataset(ctx, perform, wanted, wanted.dataset)
      : wanted.deployment !== undefined
        ? await fromPredictions(ctx, wanted, wanted.deployment)
        : await fromExample(ctx, perform, wanted);
  if (inputs.rows === 0) throw flowErrors.FLOW_REPLAY_NO_ROWS({ name: inputs.name });
  return inputs;
}

async function fromDataset(ctx: Ctx, perform: Perform, wanted: WantedInputs, dataset: string): Promise<ReplayInputs> {
  const { project } = wanted;
  const newest = (await perform(ctx, getDataset, { project, dataset })).items[0]?.version;
  const version = wanted.datasetVersion ?? newest;
  if (version === undefined) throw flowErrors.FLOW_REPLAY_NO_ROWS({ name: dataset });
  const table = await viewTable(ctx, { project, dataset, version });
  const { columns: described } = await ctx.engine.describe(table.files, ctx.signal);
  const names = wanted.columns.filter((name) => described.some((column) => column.name === name));
  const sample = await ctx.engine.sampleRows(
    { files: table.files },
    { size: wanted.rows, seed, columns: names },
    ctx.signal,
  );
  return {
    kind: "dataset",
    name: `${dataset}@${table.version}`,
    columns: toColumns(sample.columns, sample.rows),
    rows: sample.rows.length,
    leftOut: Math.max(0, table.rows - sample.rows.length),
  };
}

/** The newest logged rows. */
async function fromPredictions(ctx: Ctx, wanted: WantedInputs, deployment: string): Promise<ReplayInputs> {
  const columns: Columns = {};
  let rows = 0;
  let leftOut = 0;
  const until = Number.MAX_SAFE_INTEGER;
  for await (const chunk of iterateRows(ctx, { project: wanted.project, deployment, from: 0, to: until })) {
    const given: Record<string, ArrayLike<number> | readonly string[]> = { ...chunk.inputs, ...chunk.texts };
    for (const name of wanted.columns) {
      const values = given[name];
      if (values === undefined) continue;
      columns[name] ??= [];
      for (let i = 0; i < chunk.rows; i++) (columns[name] as unknown[]).push(values[i]);
    }
    rows += chunk.rows;
    const surplus = Math.max(0, rows - wanted.rows);
    for (const values of Object.values(columns)) values.splice(0, values.length - Math.min(rows, wanted.rows));
    rows -= surplus;
    leftOut += surplus;
  }
  // A column that only some of the models logged cannot be replayed over all rows.
  for (const [name, values] of Object.entries(columns)) if (values.length !== rows) delete columns[name];
  return { kind: "predictions", name: deployment, columns, rows, leftOut };
}

async function fromExample(ctx: Ctx, perform: Perform, wanted: WantedInputs): Promise<ReplayInputs> {
  const { project, model, from: version } = wanted;
  const refuse = (problem: string) => flowErrors.FLOW_REPLAY_NO_EXAMPLE({ version, model, problem });
  const { files } = await perform(ctx, getVersion, { project, model, version });
  const file = ["input_example.json", "serving_input_example.json", "serving_input_payload.json"]
    .map((path) => files.find((one) => one.path === path))
    .find((one) => one !== undefined);
  if (file === undefined) throw refuse("no input_example.json is among its stored files");
  if (file.size > exampleLimit) throw refuse(`${file.path} has ${file.size} bytes; at most ${exampleLimit} are read`);
  let parsed: unknown;
  try {
    parsed = JSON.parse((await ctx.blobs.read(file.hash)).toString("utf8"));
  } catch {
    throw refuse(`${file.path} is no JSON`);
  }
  const table = tableOf(parsed, wanted.columns);
  if (table === undefined) throw refuse(`${file.path} is neither a table nor lists of rows`);
  const rows = table.rows.slice(0, wanted.rows);
  return {
    kind: "example",
    name: `${model}/${version}`,
    columns: toColumns(table.columns, rows),
    rows: rows.length,
    leftOut: table.rows.length - rows.length,
  };
}

/** A split frame, records, or rows without names, which then are the columns in order. */
function tableOf(
  value: unknown,
  columns: readonly string[],
): { columns: readonly string[]; rows: readonly (readonly unknown[])[] } | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (Array.isArray(value)) {
    if (value.every((row) => Array.isArray(row))) return { columns, rows: value as unknown[][] };
    if (value.every((row) => typeof row === "object" && row !== null)) {
      const names = [...new Set(value.flatMap((row: object) => Object.keys(row)))];
      return { columns: names, rows: value.map((row: Record<string, unknown>) => names.map((name) => row[name])) };
    }
    return undefined;
  }
  const { data, columns: named, ...rest } = value as Record<string, unknown>;
  if (Array.isArray(data) && data.every((row) => Array.isArray(row))) {
    return { columns: Array.isArray(named) ? named.map(String) : columns, rows: data as unknown[][] };
  }
  for (const inner of ["dataframe_split", "dataframe_records", "inputs", "instances"]) {
    if (inner in rest) return tableOf(rest[inner], columns);
  }
  const lists = Object.entries(value).filter((entry): entry is [string, unknown[]] => Array.isArray(entry[1]));
  const length = lists[0]?.[1].length;
  if (length === undefined || lists.some(([, list]) => list.length !== length)) return undefined;
  return {
    columns: lists.map(([name]) => name),
    rows: Array.from({ length }, (_, row) =>
      lists.map(([, list]) => (Array.isArray(list[row]) ? list[row][0] : list[row])),
    ),
  };
}

function toColumns(names: readonly string[], rows: readonly (readonly unknown[])[]): Columns {
  return Object.fromEntries(
    names.map((name, at) => {
      const values = rows.map((row) => row[at]);
      return [name, values.some((value) => typeof value === "string") ? values.map(toText) : values.map(toNumber)];
    }),
  );
}

function toText(value: unknown): string {
  return value === null || value === undefined ? "" : String(value);
}

function toNumber(value: unknown): number {
  return typeof value === "number" ? value : typeof value === "boolean" ? Number(value) : Number.NaN;
}
