import * as api from "@paydown/api/tracking";
import * as importApi from "@paydown/api/tracking-import";
import * as insight from "@paydown/api/tracking-insight";
import * as upkeep from "@paydown/api/tracking-upkeep";
import { type Capability, defineCapability, type Implementation, implement, on } from "#base/capability.js";
import type { Ctx } from "#base/context.js";
import { createExperiment } from "./actions/change-experiment.js";
import { deleteRun, restoreRun } from "./actions/change-run.js";
import { correctRun } from "./actions/correct-run.js";
import { importExperiments } from "./actions/import-experiments.js";
import { importFiles, importLoggedModels } from "./actions/import-models.js";
import { finishImportedRuns, importPoints, importRuns } from "./actions/import-runs.js";
import { setTags } from "./actions/log-batch.js";
import { type AskedPurge, requestPurge } from "./actions/request-purge.js";
import { setRetention } from "./actions/retention.js";
import { saveSelection } from "./actions/save-selection.js";
import { deleteView, saveView, setDefaultView } from "./actions/save-view.js";
import { setConfigSchema } from "./actions/set-config-schema.js";
import { finishImport, startImport } from "./actions/start-import.js";
import { trackingErrors } from "./errors.js";
import { trackingJobs } from "./jobs.js";
import { nobodyElse, type TrackingNeeds } from "./needs.js";
import { trackingRules } from "./rules/index.js";
import { foldOnce } from "./store/keys.js";
import { trackingMigrations } from "./tables.js";
import { viewArtifacts } from "./views/artifacts.js";
import { withClientIds } from "./views/client-ids.js";
import { viewColumns } from "./views/columns.js";
import { viewComparison } from "./views/comparison.js";
import { viewConfigSchema } from "./views/config-schema.js";
import { viewCorrections } from "./views/corrections.js";
import { viewDatasetUses } from "./views/dataset-uses.js";
import { viewEnvironments } from "./views/environments.js";
import { viewExperiment, viewExperiments } from "./views/experiments.js";
import { viewImports } from "./views/imports.js";
import { viewMetricBand } from "./views/metric-band.js";
import { viewMetricHistory } from "./views/metric-history.js";
import { viewOnnx } from "./views/onnx.js";
import { retentionOf, viewPurge, viewPurges } from "./views/purges.js";
import { viewRerun } from "./views/rerun.js";
import { viewRunCount, viewRunGroups } from "./views/run-groups.js";
import { viewRunHistogram } from "./views/run-histogram.js";
import { viewRun } from "./views/run-page.js";
import { viewRunTable } from "./views/run-table.js";
import { viewRunValues } from "./views/run-values.js";
import { viewRunViews, viewSelection } from "./views/run-views.js";
import { viewStorage } from "./views/storage.js";
import { viewTableHead } from "./views/table-head.js";
import { viewTrace, viewTraces } from "./views/traces.js";

/** Tracking, given what it asks of the rest of the house. */
export function trackingIn(needs: TrackingNeeds): Capability {
  return defineCapability({
    name: "tracking",
    migrations: trackingMigrations,
    errors: trackingErrors.catalogue,
    rules: trackingRules(needs),
    jobs: trackingJobs(needs),
    listeners: [on(api.RunCreated, foldOnce)],
    operations: [
      ...upkeepOperations(needs),
      ...insightOperations(needs),
      ...screenOperations(),
      ...importOperations(),
      implement(api.createExperiment, async (ctx, { project, name, tags = {} }) => {
        const row = await createExperiment(ctx, {
          project,
          name,
          artifactRoot: needs.artifactRoot(),
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
      implement(api.listTraces, viewTraces),
      implement(api.getTrace, viewTrace),
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
    ].map(withClientIds),
  });
}

/** What another server's records come in by, in bounded batches. */
function importOperations(): Implementation[] {
  return [
    implement(importApi.startImport, startImport),
    implement(importApi.listImports, viewImports),
    implement(importApi.importExperiments, importExperiments),
    implement(importApi.importRuns, importRuns),
    implement(importApi.importPoints, importPoints),
    implement(importApi.importFiles, importFiles),
    implement(importApi.finishImportedRuns, finishImportedRuns),
    implement(importApi.importLoggedModels, importLoggedModels),
    implement(importApi.finishImport, finishImport),
  ];
}

/** Tracking alone in the house. */
export const tracking: Capability = trackingIn(nobodyElse);

function upkeepOperations(needs: TrackingNeeds): Implementation[] {
  const purge = async (ctx: Ctx, request: AskedPurge) => requestPurge(ctx, needs, request);
  return [
    implement(upkeep.purgeRuns, (ctx, { runIds, experimentId, ...input }) =>
      purge(ctx, { ...input, kind: "runs", scope: { ids: runIds, experimentId: toNumber(experimentId) } }),
    ),
    implement(upkeep.purgeExperiments, (ctx, { experimentIds, ...input }) =>
      purge(ctx, { ...input, kind: "experiments", scope: { ids: experimentIds } }),
    ),
    implement(upkeep.purgeLoggedModels, (ctx, { modelIds, ...input }) =>
      purge(ctx, { ...input, kind: "models", scope: { ids: modelIds } }),
    ),
    implement(upkeep.listPurges, viewPurges),
    implement(upkeep.getPurge, viewPurge),
    implement(upkeep.getRetention, (ctx, { project }) => ctx.db.read((r) => retentionOf(r, needs, project))),
    implement(upkeep.setRetention, (ctx, input) => setRetention(ctx, needs, input)),
    implement(upkeep.viewStorage, (ctx, input) => viewStorage(ctx, needs, input)),
    implement(upkeep.correctRun, correctRun),
    implement(upkeep.listCorrections, viewCorrections),
  ];
}

/** What the run table and its charts ask. */
function screenOperations(): Implementation[] {
  return [
    implement(api.getRunHistogram, viewRunHistogram),
    implement(api.plotRuns, viewRunValues),
    implement(api.listViews, viewRunViews),
    implement(api.saveView, saveView),
    implement(api.deleteView, deleteView),
    implement(api.setDefaultView, setDefaultView),
    implement(api.saveSelection, saveSelection),
    implement(api.getSelection, viewSelection),
    implement(api.describeOnnx, viewOnnx),
    implement(api.readTable, viewTableHead),
  ];
}

const toNumber = (id: string | undefined): number | undefined => (id === undefined ? undefined : Number(id));

function insightOperations(needs: TrackingNeeds): Implementation[] {
  return [
    implement(insight.countRuns, viewRunCount),
    implement(insight.getMetricBand, viewMetricBand),
    implement(insight.groupRuns, viewRunGroups),
    implement(insight.listDatasetUses, viewDatasetUses),
    implement(insight.viewEnvironments, (ctx, input) => viewEnvironments(ctx, needs, input)),
    implement(insight.explainRerun, viewRerun),
    implement(insight.getConfigSchema, viewConfigSchema),
    implement(insight.setConfigSchema, setConfigSchema),
  ];
}

export {
  type AssessmentKind,
  assessTrace,
  changeAssessment,
  deleteAssessment,
  type NewAssessment,
} from "./actions/assess-trace.js";
export {
  createExperiment,
  deleteExperiment,
  deleteExperimentTag,
  ensureDefaultExperiment,
  renameExperiment,
  restoreExperiment,
  setExperimentTag,
} from "./actions/change-experiment.js";
export { type CreatedRun, changeRun, createRun, deleteRun, restoreRun } from "./actions/change-run.js";
export {
  deleteTraces,
  deleteTraceTag,
  endTrace,
  linkPromptsToTrace,
  linkTracesToRun,
  setTraceTag,
} from "./actions/change-trace.js";
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
export { logSpans, type NewTrace, recordTrace } from "./actions/log-traces.js";
export { noteClient } from "./actions/read-versions.js";
export { removeArtifacts, storeArtifact } from "./actions/store-artifact.js";
export { planTraceSweep } from "./actions/sweep-traces.js";
export { abortUpload, beginUpload, completeUpload, storePart } from "./actions/upload-in-parts.js";
export { artifactScheme, joinPath, toSafePath, toStorePath } from "./model/artifact-path.js";
export { encodeBlock, summarize as summarizeBlock } from "./model/metric-block.js";
export type { Points } from "./model/metric-points.js";
export { clientVersion } from "./model/run-versions.js";
export { type AnyValue, type Attribute, parseExact, type Span, wide } from "./model/span.js";
export { toTraceId } from "./model/trace.js";
export { contextTag, fromStored, type KeyValue, type MetricPoint, type RunStatus, runStatuses } from "./model.js";
export type { ExperimentRow, LoggedModelRow, RunRecord, TraceAssessmentRow } from "./tables.js";
export {
  type FoundFile,
  findArtifacts,
  listFolder,
  type OpenFile,
  openArtifact,
  runArtifactPath,
} from "./views/artifacts.js";
export { clientIds, rowIds } from "./views/client-ids.js";
export { type ColumnUse, columnsUsed, findRunEvidence, modelSources, type RunEvidence } from "./views/evidence.js";
export { findExperimentsAt, findExperimentsOf } from "./views/experiments-of.js";
export * as mlflowViews from "./views/mlflow.js";
export type { RunContents } from "./views/run-contents.js";
export * as traceViews from "./views/traces.js";
