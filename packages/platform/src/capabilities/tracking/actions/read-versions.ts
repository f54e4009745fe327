import type { Ctx } from "#base/context.js";
import type { Tx } from "#base/db/db.js";
import { enqueue } from "#base/jobs/queue.js";
import {
  type SeenVersion,
  versionFileLimit,
  versionsInConda,
  versionsInMlmodel,
  versionsInRequirements,
} from "../model/run-versions.js";
import { findLoggedModel } from "../store/logged-models.js";
import { insertVersions } from "../store/run-versions.js";
import { findArtifacts } from "../views/artifacts.js";

export const versionsJob = "tracking.read-versions";

/** Files that say what a model was made with, and how each is read. */
const readers: Readonly<Record<string, (text: string) => SeenVersion[]>> = {
  MLmodel: versionsInMlmodel,
  "requirements.txt": versionsInRequirements,
  "conda.yaml": versionsInConda,
};

/** Reads a model's environment once its files are complete. */
export async function planReading(
  tx: Tx,
  base: Pick<Ctx, "clock" | "ids">,
  project: string,
  modelId: string,
): Promise<void> {
  await enqueue(tx, base, {
    kind: versionsJob,
    project,
    payload: { modelId },
    dedupe: `${versionsJob}/${project}/${modelId}`,
  });
}

/** Notes for the run that logged a model what the model's files say it was made with. */
export async function readModelVersions(ctx: Ctx, project: string, modelId: string): Promise<{ versions: number }> {
  const model = await ctx.db.read((r) => findLoggedModel(r, project, modelId));
  const runId = model?.source_run_id;
  if (model === undefined || runId === null || runId === undefined) return { versions: 0 };
  const files = (await ctx.db.read((r) => findArtifacts(r, project, model.artifact_location))) ?? [];
  const seen: SeenVersion[] = [];
  for (const file of files) {
    const read = readers[file.path];
    if (read === undefined || file.size > versionFileLimit) continue;
    seen.push(...read((await ctx.blobs.read(file.hash)).toString("utf8")));
  }
  await ctx.db.write((tx) => insertVersions(tx, project, runId, seen, ctx.clock.now()));
  return { versions: seen.length };
}

/** Notes which client a run's calls come from. */
export async function noteClient(ctx: Ctx, project: string, runId: string, version: string): Promise<void> {
  const seen: SeenVersion[] = [{ source: "header", what: "client", version }];
  await ctx.db.write((tx) => insertVersions(tx, project, runId, seen, ctx.clock.now()));
}
