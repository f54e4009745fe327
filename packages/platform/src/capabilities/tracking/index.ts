import * as api from "@paydown/api/tracking";
import { defineCapability, implement } from "#base/capability.js";
import type { Ctx } from "#base/context.js";
import { createExperiment } from "./actions/change-experiment.js";
import { deleteRun, restoreRun } from "./actions/change-run.js";
import { setTags } from "./actions/log-batch.js";
import { trackingErrors } from "./errors.js";
import { sealMetrics } from "./jobs.js";
import { trackingRules } from "./rules/index.js";
import { trackingMigrations } from "./tables.js";
import { viewArtifacts } from "./views/artifacts.js";
import { viewColumns } from "./views/columns.js";
import { viewComparison } from "./views/comparison.js";
import { viewExperiment, viewExperiments } from "./views/experiments.js";
import { viewMetricHistory } from "./views/metric-history.js";
import { viewRun } from "./views/run-page.js";
import { viewRunTable } from "./views/run-table.js";

export const tracking = defineCapability({
  name: "tracking",
  migrations: trackingMigrations,
  errors: trackingErrors.catalogue,
  jobs: [sealMetrics],
  rules: trackingRules,
  operations: [
    implement(api.createExperiment, async (ctx, { project, name, tags = {} }) => {
      const row = await createExperiment(ctx, {
        project,
        name,
        tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
      });
      return viewExperiment(ctx, { project, experimentId: String(row.id) });
    }),
    implement(api.listExperiments, viewExperiments),
    implement(api.getExperiment, viewExperiment),
    implement(api.searchRuns, viewRunTable),
    implement(api.listColumns, viewColumns),
    implement(api.getRun, viewRun),
    implement(api.getMetricHistory, viewMetricHistory),
    implement(api.compareRuns, viewComparison),
    implement(api.listArtifacts, viewArtifacts),
    implement(api.deleteRun, async (ctx, { project, runId }) => {
      await deleteRun(ctx, project, runId);
      return { runId, lifecycle: "deleted" as const };
    }),
    implement(api.restoreRun, async (ctx, { project, runId }) => {
      await restoreRun(ctx, project, runId);
      return { runId, lifecycle: "active" as const };
    }),
    implement(api.tagRun, async (ctx: Ctx, { project, runId, tags }) => {
      await setTags(
        ctx,
        project,
        runId,
        Object.entries(tags).map(([key, value]) => ({ key, value })),
      );
      return { runId, tags: (await viewRun(ctx, { project, runId })).tags };
    }),
  ],
});

export {
  createExperiment,
  deleteExperiment,
  deleteExperimentTag,
  ensureDefaultExperiment,
  renameExperiment,
  restoreExperiment,
  setExperimentTag,
} from "./actions/change-experiment.js";
export { changeRun, createRun, deleteRun, restoreRun } from "./actions/change-run.js";
export { deleteTag, logBatch, logParam, recordModel, setTags } from "./actions/log-batch.js";
export { logInputs, logOutputs } from "./actions/log-inputs.js";
export { logMetric } from "./actions/log-metric.js";
export {
  createLoggedModel,
  deleteLoggedModel,
  deleteLoggedModelTag,
  finishLoggedModel,
  logLoggedModelParams,
  setLoggedModelTags,
} from "./actions/log-model.js";
export { removeArtifacts, storeArtifact } from "./actions/store-artifact.js";
export { joinPath, toSafePath, toStorePath } from "./model/artifact-path.js";
export { encodeBlock, summarize as summarizeBlock } from "./model/metric-block.js";
export type { Points } from "./model/metric-points.js";
export { contextTag, fromStored, type KeyValue, type MetricPoint, type RunStatus, runStatuses } from "./model.js";
export type { ExperimentRow, LoggedModelRow, RunRecord } from "./tables.js";
export {
  type FoundFile,
  findArtifacts,
  listFolder,
  type OpenFile,
  openArtifact,
  runArtifactPath,
} from "./views/artifacts.js";
export { type ColumnUse, columnsUsed, findRunEvidence, modelSources, type RunEvidence } from "./views/evidence.js";
export * as mlflowViews from "./views/mlflow.js";
export type { RunContents } from "./views/run-contents.js";
