import type { Reproducibility } from "@paydown/api/tracking";
import type { Ctx } from "#base/context.js";
import type { Reader } from "#base/db/db.js";
import { toStorePath } from "../model/artifact-path.js";
import { commitOf, reproducibilityOf } from "../model/reproducibility.js";
import { evidenceTags } from "../model.js";
import { experimentIdText } from "../store/experiments.js";
import { findLoggedModel, findLoggedModels, readyModels } from "../store/logged-models.js";
import { schemasUsed } from "../store/rule-evidence.js";
import { findRun } from "../store/runs.js";
import type { RunRecord } from "../tables.js";
import { findArtifacts } from "./artifacts.js";
import { findExperimentsAt } from "./experiments-of.js";
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
  /** Artifact roots of the models it logged, by name. */
  readonly models: Readonly<Record<string, string>>;
  readonly reproducibility: Reproducibility;
  /** Commit, configuration and environment as its tags name them. */
  readonly hashes: {
    readonly commit: string | undefined;
    readonly datasets: readonly { readonly name: string; readonly digest: string }[];
    readonly config: string | undefined;
    readonly environment: string | undefined;
  };
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
  const written = contents.models.filter((link) => link.direction === "output").map((link) => link.model_id);
  const models = await findLoggedModels(r, run.project, written);
  const tags = toMap(contents.tags);
  return {
    runId: run.run_id,
    name: run.name,
    experimentId: await experimentIdText(r, run.experiment_id),
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
    models: Object.fromEntries(models.map((model) => [model.name, model.artifact_location])),
    reproducibility: reproducibilityOf({
      params: toMap(contents.params),
      tags,
      inputs: contents.inputs,
      environmentFiles: await environmentFiles(r, run.project, contents),
    }),
    hashes: {
      commit: commitOf(tags)?.commit,
      datasets: contents.inputs.map(({ name, digest }) => ({ name, digest })),
      config: tags.get(evidenceTags.config) || undefined,
      environment: tags.get(evidenceTags.environment) || undefined,
    },
  };
}

/** How often the runs that read a dataset say they read each of its columns. */
export interface ColumnUse {
  /** Runs, of the newest thousand, that logged which columns they read; the others say nothing either way. */
  readonly runs: number;
  readonly columns: Readonly<Record<string, number>>;
}

/** Which columns of a dataset the project's runs read; undefined when no run says. */
export async function columnsUsed(ctx: Ctx, project: string, dataset: string): Promise<ColumnUse | undefined> {
  const rows = await ctx.db.read((r) => schemasUsed(r, project, dataset));
  const columns: Record<string, number> = {};
  let runs = 0;
  for (const row of rows) {
    const names = columnsOf(row.schema);
    if (names === undefined) continue;
    runs++;
    for (const name of new Set(names)) columns[name] = (columns[name] ?? 0) + 1;
  }
  return runs === 0 ? undefined : { runs, columns };
}

/** Column names of an MLflow schema, `{"mlflow_colspec": [{"name": ..., "type": ...}]}`; undefined when it holds none. */
function columnsOf(schema: string | null): string[] | undefined {
  if (schema === null) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(schema);
  } catch {
    return undefined;
  }
  const specs = (value as { mlflow_colspec?: unknown } | null)?.mlflow_colspec;
  if (!Array.isArray(specs)) return undefined;
  return specs.flatMap((spec: { name?: unknown } | null) => (typeof spec?.name === "string" ? [spec.name] : []));
}

/** What the registry asks: files below a URI, a logged model, a run with the models it logged. */
export const modelSources = {
  findFiles: (ctx: Ctx, project: string, uri: string) => ctx.db.read((r) => findArtifacts(r, project, uri)),
  async experimentsAt(ctx: Ctx, project: string, uri: string) {
    const path = toStorePath(uri);
    return path === undefined ? [] : findExperimentsAt(ctx, project, path, true);
  },
  async findLoggedModel(ctx: Ctx, project: string, modelId: string) {
    return ctx.db.read(async (r) => {
      const model = await findLoggedModel(r, project, modelId);
      if (model === undefined) return undefined;
      return {
        artifactUri: model.artifact_location,
        sourceRunId: model.source_run_id ?? undefined,
        name: model.name,
        status: model.status,
        experimentId: await experimentIdText(r, model.experiment_id),
        deleted: model.deleted === 1,
      };
    });
  },
  async readyLoggedModels(ctx: Ctx, project: string, after: number, limit: number) {
    const models = await ctx.db.read((r) => readyModels(r, project, after, limit));
    return models.map((model) => ({
      place: model.id,
      modelId: model.model_id,
      name: model.name,
      experimentId: model.outer_id ?? String(model.experiment_id),
      experimentName: model.experiment_name,
      sourceRunId: model.source_run_id ?? undefined,
      artifactUri: model.artifact_location,
    }));
  },
  async findRun(ctx: Ctx, project: string, runId: string) {
    const evidence = await findRunEvidence(ctx, project, runId);
    if (evidence === undefined) return undefined;
    const { artifactUri, models, reproducibility, hashes } = evidence;
    return { artifactUri, models, reproducibility, hashes };
  },
};
