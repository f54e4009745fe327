import type { Reader, Tx } from "#base/db/db.js";
import { amongIntegers, chunksOf, placeholders } from "#base/db/rows.js";
import type { DatasetRow, RunRecord } from "../tables.js";

export interface DatasetInput {
  readonly name: string;
  readonly digest: string;
  readonly sourceType: string;
  readonly source: string;
  readonly schema: string | undefined;
  readonly profile: string | undefined;
  readonly tags: readonly { key: string; value: string }[];
  readonly context: string | undefined;
}

export interface StoredInput extends Omit<DatasetRow, "id" | "project" | "experiment_id"> {
  readonly run_id: number;
  readonly context: string | null;
  readonly tags: string;
}

/** Links datasets to a run; a dataset known by name and digest stays as it was first logged. Answers the new ones. */
export async function insertInputs(tx: Tx, run: RunRecord, inputs: readonly DatasetInput[]): Promise<DatasetInput[]> {
  const fresh: DatasetInput[] = [];
  for (const [position, input] of inputs.entries()) {
    await tx.run({
      sql: `insert into experiment_datasets (project, experiment_id, name, digest, source_type, source, schema, profile)
            values (?, ?, ?, ?, ?, ?, ?, ?) on conflict (experiment_id, name, digest) do nothing`,
      parameters: [
        run.project,
        run.experiment_id,
        input.name,
        input.digest,
        input.sourceType,
        input.source,
        input.schema ?? null,
        input.profile ?? null,
      ],
    });
    const dataset = await tx.get<{ id: number }>({
      sql: "select id from experiment_datasets where experiment_id = ? and name = ? and digest = ?",
      parameters: [run.experiment_id, input.name, input.digest],
    });
    const linked = await tx.run({
      sql: `insert into run_inputs (run_id, dataset_id, position, context, tags) values (?, ?, ?, ?, ?)
            on conflict (run_id, dataset_id) do nothing`,
      parameters: [run.id, dataset?.id, position, input.context ?? null, JSON.stringify(input.tags)],
    });
    if (linked > 0) fresh.push(input);
  }
  return fresh;
}

/** Datasets the runs read, in the order logged. `brief` leaves schema and profile out: they can be megabytes. */
export async function runInputs(r: Reader, runs: readonly number[], brief = false): Promise<StoredInput[]> {
  const inputs: StoredInput[] = [];
  const wide = brief ? "null as schema, null as profile" : "d.schema, d.profile";
  for (const chunk of chunksOf(runs)) {
    const list = amongIntegers(r, chunk);
    inputs.push(
      ...(await r.all<StoredInput>({
        sql: `select i.run_id, i.context, i.tags, d.name, d.digest, d.source_type, d.source, ${wide}
              from run_inputs i join experiment_datasets d on d.id = i.dataset_id
              where i.run_id ${list.sql} order by i.run_id, i.position, d.id`,
        parameters: list.parameters,
        keep: "always",
      })),
    );
  }
  return inputs;
}

export interface DatasetSummary {
  readonly experiment_id: number;
  readonly name: string;
  readonly digest: string;
  readonly context: string | null;
}

/** Which datasets the experiments' runs read, in which context. */
export async function datasetSummaries(r: Reader, experimentIds: readonly number[]): Promise<DatasetSummary[]> {
  const list = placeholders(experimentIds);
  return r.all({
    sql: `select distinct d.experiment_id, d.name, d.digest, i.context
          from experiment_datasets d join run_inputs i on i.dataset_id = d.id
          where d.experiment_id in (${list.sql}) order by d.experiment_id, d.name, d.digest limit 1000`,
    parameters: list.parameters,
  });
}

export interface StoredModelLink {
  readonly run_id: number;
  readonly direction: "input" | "output";
  readonly model_id: string;
  readonly step: number;
}

export async function insertModelLinks(
  tx: Tx,
  run: RunRecord,
  direction: "input" | "output",
  models: readonly { modelId: string; step: number }[],
): Promise<void> {
  for (const { modelId, step } of models) {
    await tx.run({
      sql: `insert into run_models (run_id, direction, model_id, step) values (?, ?, ?, ?)
            on conflict (run_id, direction, model_id) do update set step = excluded.step`,
      parameters: [run.id, direction, modelId, step],
    });
  }
}

export async function modelLinks(r: Reader, runs: readonly number[]): Promise<StoredModelLink[]> {
  const links: StoredModelLink[] = [];
  for (const chunk of chunksOf(runs)) {
    const list = amongIntegers(r, chunk);
    links.push(
      ...(await r.all<StoredModelLink>({
        sql: `select run_id, direction, model_id, step from run_models where run_id ${list.sql} order by run_id, step, model_id`,
        parameters: list.parameters,
        keep: "always",
      })),
    );
  }
  return links;
}
