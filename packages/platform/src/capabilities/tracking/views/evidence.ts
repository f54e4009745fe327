import type { Reproducibility } from "@paydown/api/tracking";
import type { Ctx } from "#base/context.js";
import type { Reader } from "#base/db/db.js";
import { reproducibilityOf } from "../reproducibility.js";
import { findRun } from "../store/runs.js";
import type { RunRecord } from "../tables.js";
import { type RunContents, runContents, toMap } from "./run-contents.js";
import { environmentFiles } from "./run-page.js";

/** What other capabilities may know of a run. */
export interface RunEvidence {
  readonly runId: string;
  readonly name: string;
  readonly experimentId: string;
  readonly status: string;
  readonly artifactUri: string;
  readonly startedAt: number;
  readonly endedAt: number | undefined;
  readonly datasets: readonly {
    name: string;
    digest: string;
    context: string | undefined;
    schema: string | undefined;
  }[];
  readonly reproducibility: Reproducibility;
}

/** Evidence of one run; undefined when there is no such run in the project. */
export async function findRunEvidence(ctx: Ctx, project: string, runId: string): Promise<RunEvidence | undefined> {
  return ctx.db.read(async (r) => {
    const run = await findRun(r, project, runId);
    return run === undefined ? undefined : evidenceOf(r, run);
  });
}

async function evidenceOf(r: Reader, run: RunRecord): Promise<RunEvidence> {
  const [contents] = (await runContents(r, [run])) as [RunContents];
  return {
    runId: run.run_id,
    name: run.name,
    experimentId: String(run.experiment_id),
    status: run.status,
    artifactUri: run.artifact_uri,
    startedAt: run.start_time,
    endedAt: run.end_time ?? undefined,
    datasets: contents.inputs.map((input) => ({
      name: input.name,
      digest: input.digest,
      context: input.context ?? undefined,
      schema: input.schema ?? undefined,
    })),
    reproducibility: reproducibilityOf({
      params: toMap(contents.params),
      tags: toMap(contents.tags),
      inputs: contents.inputs,
      environmentFiles: await environmentFiles(r, run.project, contents),
    }),
  };
}
