import type { Reader } from "#base/db/db.js";
import { modelLinks, runInputs, type StoredInput, type StoredModelLink } from "../store/inputs.js";
import { type LatestMetric, latestMetrics, type RunText, runParams, runTags } from "../store/runs.js";
import type { RunRecord } from "../tables.js";

/** A run with everything logged to it. */
export interface RunContents {
  readonly run: RunRecord;
  readonly metrics: LatestMetric[];
  readonly params: RunText[];
  readonly tags: RunText[];
  readonly inputs: StoredInput[];
  readonly models: StoredModelLink[];
}

/** Everything of many runs by one query a kind, whatever their number. */
export async function runContents(r: Reader, runs: readonly RunRecord[]): Promise<RunContents[]> {
  const ids = runs.map((run) => run.id);
  const [metrics, params, tags, inputs, models] = await Promise.all([
    latestMetrics(r, ids),
    runParams(r, ids),
    runTags(r, ids),
    runInputs(r, ids),
    modelLinks(r, ids),
  ]);
  const byRun = new Map<number, RunContents>(
    runs.map((run) => [run.id, { run, metrics: [], params: [], tags: [], inputs: [], models: [] }]),
  );
  for (const metric of metrics) byRun.get(metric.run_id)?.metrics.push(metric);
  for (const param of params) byRun.get(param.run_id)?.params.push(param);
  for (const tag of tags) byRun.get(tag.run_id)?.tags.push(tag);
  for (const input of inputs) byRun.get(input.run_id)?.inputs.push(input);
  for (const model of models) byRun.get(model.run_id)?.models.push(model);
  return [...byRun.values()];
}

export function toMap(texts: readonly RunText[]): Map<string, string> {
  return new Map(texts.map((text) => [text.key, text.value]));
}
