import { getDataset } from "@paydown/api/data";
import { getVersion } from "@paydown/api/registry";
import { getRun } from "@paydown/api/tracking";
import type { Ctx } from "#base/context.js";
import type { Perform } from "#base/perform.js";

/** What a model version was trained on, and what has arrived since. */
export interface TrainingData {
  readonly dataset: string;
  /** Versions of the dataset it read, as logged. */
  readonly used: readonly string[];
  /** Versions added after the newest one it read, newest first, with their rows. */
  readonly newer: readonly { readonly version: string; readonly rows: number | undefined }[];
}

/** By dataset; empty when the version names no run, or the run no dataset of this project. */
export async function findTrainingData(
  ctx: Ctx,
  perform: Perform,
  asked: { readonly project: string; readonly model: string; readonly version: number },
): Promise<TrainingData[]> {
  const { project } = asked;
  const { runId } = await perform(ctx, getVersion, asked);
  if (runId === undefined) return [];
  const { inputs } = await perform(ctx, getRun, { project, runId });
  const byDataset = Map.groupBy(inputs, (input) => input.name);
  const found: TrainingData[] = [];
  for (const [dataset, some] of byDataset) {
    const used = some.map((input) => input.digest);
    const items = await perform(ctx, getDataset, { project, dataset }).then(
      (reply) => reply.items,
      (error: { code?: string }) => {
        // A dataset that only the tracker knows has no versions here to be behind of.
        if (error.code === "DATA_DATASET_NOT_FOUND") return [];
        throw error;
      },
    );
    const newest = items.findIndex((one) => used.includes(one.version));
    if (newest < 0) continue;
    found.push({ dataset, used, newer: items.slice(0, newest).map(({ version, rows }) => ({ version, rows })) });
  }
  return found;
}
