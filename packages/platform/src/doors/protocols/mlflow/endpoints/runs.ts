import { quoteSet } from "#base/filter/tests.js";
import {
  changeRun,
  contextTag,
  createRun,
  deleteRun,
  deleteTag,
  joinPath,
  listFolder,
  logBatch,
  logInputs,
  logMetric,
  logOutputs,
  logParam,
  mlflowViews,
  recordModel,
  restoreRun,
  runArtifactPath,
  setTags,
  toSafePath,
  toStorePath,
} from "#capabilities/tracking/index.js";
import { endpoint } from "../endpoint.js";
import { mlflowErrors } from "../errors.js";
import {
  atMost,
  double,
  enumOf,
  int,
  invalid,
  keyValue,
  list,
  message,
  missing,
  required,
  seeDocs,
  string,
} from "../fields.js";
import { present } from "../json.js";
import { streamPoints } from "../points.js";
import { toNewRun, toRun, toRunInfo } from "../shapes.js";
import { only, toExperimentId, toLimit, viewType } from "./experiments.js";

const status = enumOf({ RUNNING: 1, SCHEDULED: 2, FINISHED: 3, FAILED: 4, KILLED: 5 });
/** Clients of all ages send `run_id`, `run_uuid`, or both. */
const runFields = { run_id: string, run_uuid: string };

function runOf(input: { run_id?: string | undefined; run_uuid?: string | undefined }): string {
  const id = input.run_id || input.run_uuid;
  if (!id) throw missing("run_id");
  return id;
}

const metricFields = {
  key: required(string),
  value: required(double),
  timestamp: required(int),
  step: int,
  model_id: string,
  dataset_name: string,
  dataset_digest: string,
};

interface WireMetric {
  readonly key: string;
  readonly value: number;
  readonly timestamp: number;
  readonly step: number | undefined;
  readonly model_id: string | undefined;
  readonly dataset_name: string | undefined;
  readonly dataset_digest: string | undefined;
}

function toMetric(metric: WireMetric) {
  return {
    key: metric.key,
    value: metric.value,
    timestamp: metric.timestamp,
    step: metric.step ?? 0,
    modelId: metric.model_id || undefined,
    datasetName: metric.dataset_name || undefined,
    datasetDigest: metric.dataset_digest || undefined,
  };
}

const withValue = ({ key, value = "" }: { key: string; value: string | undefined }) => ({ key, value });

export const runEndpoints = [
  endpoint(
    "POST /runs/create",
    { experiment_id: required(string), user_id: string, run_name: string, start_time: int, tags: list(keyValue) },
    async ({ ctx, project }, input) => {
      const created = await createRun(ctx, {
        project,
        experimentId: toExperimentId(input.experiment_id),
        user: input.user_id,
        name: input.run_name,
        startTime: input.start_time,
        tags: (input.tags ?? []).map(withValue),
      });
      return { run: toNewRun(created) };
    },
  ),
  endpoint("GET /runs/get", runFields, async ({ ctx, project }, input) => ({
    run: toRun(await mlflowViews.getRun(ctx, project, runOf(input))),
  })),
  endpoint(
    "POST /runs/update",
    { ...runFields, status, end_time: int, run_name: string },
    async ({ ctx, project }, input) => {
      const change = { status: input.status, endTime: input.end_time, name: input.run_name };
      return { run_info: toRunInfo(await changeRun(ctx, project, runOf(input), change)) };
    },
  ),
  endpoint("POST /runs/delete", runFields, async ({ ctx, project }, input) => {
    await deleteRun(ctx, project, runOf(input));
    return {};
  }),
  endpoint("POST /runs/restore", runFields, async ({ ctx, project }, input) => {
    await restoreRun(ctx, project, runOf(input));
    return {};
  }),
  endpoint("POST /runs/log-metric", { ...runFields, ...metricFields }, async ({ ctx, project }, input) => {
    await logMetric(ctx, project, runOf(input), toMetric(input));
    return {};
  }),
  endpoint(
    "POST /runs/log-parameter",
    { ...runFields, key: required(string), value: string },
    async ({ ctx, project }, input) => {
      await logParam(ctx, project, runOf(input), withValue(input));
      return {};
    },
  ),
  endpoint(
    "POST /runs/set-tag",
    { ...runFields, key: required(string), value: string },
    async ({ ctx, project }, input) => {
      await setTags(ctx, project, runOf(input), [withValue(input)]);
      return {};
    },
  ),
  endpoint("POST /runs/delete-tag", { ...runFields, key: required(string) }, async ({ ctx, project }, input) => {
    await deleteTag(ctx, project, runOf(input), input.key);
    return {};
  }),
  endpoint(
    "POST /runs/log-batch",
    { ...runFields, metrics: list(message(metricFields)), params: list(keyValue), tags: list(keyValue) },
    async ({ ctx, project }, input) => {
      await logBatch(ctx, project, runOf(input), {
        metrics: (input.metrics ?? []).map(toMetric),
        params: (input.params ?? []).map(withValue),
        tags: (input.tags ?? []).map(withValue),
      });
      return {};
    },
  ),
  endpoint(
    "POST /runs/log-inputs",
    {
      ...runFields,
      datasets: list(
        message({
          tags: list(keyValue),
          dataset: required(
            message({
              name: required(string),
              digest: required(string),
              source_type: required(string),
              source: required(string),
              schema: string,
              profile: string,
            }),
          ),
        }),
      ),
      models: list(message({ model_id: required(string) })),
    },
    async ({ ctx, project }, input) => {
      const datasets = (input.datasets ?? []).map(({ dataset, tags = [] }) => ({
        name: dataset.name,
        digest: dataset.digest,
        sourceType: dataset.source_type,
        source: dataset.source,
        schema: dataset.schema,
        profile: dataset.profile,
        tags: tags.map(withValue),
        context: tags.find((tag) => tag.key === contextTag)?.value,
      }));
      const models = (input.models ?? []).map((model) => model.model_id);
      await logInputs(ctx, project, runOf(input), datasets, models);
      return {};
    },
  ),
  endpoint(
    "POST /runs/outputs",
    { ...runFields, models: required(list(message({ model_id: required(string), step: int }))) },
    async ({ ctx, project }, input) => {
      const models = input.models.map(({ model_id, step = 0 }) => ({ modelId: model_id, step }));
      await logOutputs(ctx, project, runOf(input), models);
      return {};
    },
  ),
  endpoint("POST /runs/log-model", { ...runFields, model_json: required(string) }, async ({ ctx, project }, input) => {
    await recordModel(ctx, project, runOf(input), toModelSummary(input.model_json));
    return {};
  }),
  endpoint(
    "POST /runs/search",
    {
      experiment_ids: list(string),
      filter: string,
      run_view_type: viewType,
      max_results: int,
      order_by: list(string),
      page_token: string,
    },
    async ({ ctx, project, readable }, input) => {
      const page = await mlflowViews.findRunPage(ctx, project, {
        experimentIds: only(await readable("experiment"), (input.experiment_ids ?? []).map(toExperimentId)),
        filter: input.filter ?? "",
        order: input.order_by ?? [],
        view: input.run_view_type ?? "ACTIVE_ONLY",
        limit: toLimit(atMost(input.max_results ?? 1000, 50_000), 50_000),
        token: input.page_token,
      });
      return present({ runs: page.items.map(toRun), next_page_token: page.token });
    },
    { needs: "list" },
  ),
  endpoint(
    "GET /metrics/get-history",
    { ...runFields, metric_key: required(string), max_results: int, page_token: string },
    async ({ ctx, project }, input) => {
      const limit = input.max_results;
      if (limit !== undefined && limit <= 0) {
        throw invalid(`Invalid value ${limit} for parameter 'max_results' supplied. It must be a positive integer.`);
      }
      const page = await mlflowViews.metricHistory(ctx, project, {
        runId: runOf(input),
        key: input.metric_key,
        limit,
        token: input.page_token,
      });
      return streamPoints([{ key: input.metric_key, points: page.points }], page.token);
    },
  ),
  endpoint(
    "GET /metrics/get-history-bulk",
    { run_id: list(string), metric_key: string, max_results: int },
    async ({ ctx, project }, { run_id: ids = [], metric_key: key, max_results: most = 25_000 }) => {
      if (ids.length === 0) throw invalid("GetMetricHistoryBulk request must specify at least one run_id.");
      if (ids.length > 100) {
        throw invalid(
          `GetMetricHistoryBulk request cannot specify more than 100 run_ids. Received ${ids.length} run_ids.`,
        );
      }
      if (key === undefined) throw invalid("GetMetricHistoryBulk request must specify a metric_key.");
      const series = await mlflowViews.bulkHistory(ctx, project, ids, key, Math.min(most, 25_000));
      return streamPoints(
        series.map((one) => ({ key, ...one })),
        undefined,
        true,
      );
    },
  ),
  endpoint(
    "GET /metrics/get-history-bulk-interval",
    { run_ids: required(list(string)), metric_key: required(string), start_step: int, end_step: int, max_results: int },
    async ({ ctx, project }, input) => {
      const { run_ids: ids, metric_key: key, start_step: from, end_step: to, max_results: most = 2500 } = input;
      if (ids.length > 100) {
        throw invalid(
          `GetMetricHistoryBulkInterval request must specify at most 100 run_ids. Received ${ids.length} run_ids. ${seeDocs}`,
        );
      }
      if (most < 1 || most > 2500) throw invalid(`max_results must be between 1 and 2500. ${seeDocs}`);
      if ((from === undefined) !== (to === undefined)) {
        throw invalid("If either start step or end step are specified, both must be specified.");
      }
      if (from !== undefined && to !== undefined && from > to) {
        throw invalid(`end_step must be greater than start_step. Found start_step=${from} and end_step=${to}.`);
      }
      const series = await mlflowViews.sampledHistory(ctx, project, { runIds: ids, key, from, to, most });
      return streamPoints(series.map((one) => ({ key, ...one })));
    },
  ),
  endpoint(
    "GET /artifacts/list",
    { ...runFields, path: string, page_token: string },
    async ({ ctx, project }, input) => {
      const { root, folder, path } = await runArtifactPath(ctx, project, runOf(input), input.path ?? "");
      if (folder === undefined) return { root_uri: root };
      const found = await ctx.db.read((r) => listFolder(r, project, joinPath(folder, path)));
      return present({
        root_uri: root,
        files: [
          ...found.folders.map((name) => ({ path: joinPath(path, name), is_dir: true })),
          ...found.files.map((file) => ({ path: joinPath(path, file.name), is_dir: false, file_size: file.size })),
        ].sort((a, b) => (a.path < b.path ? -1 : 1)),
      });
    },
  ),
  endpoint(
    "POST /artifacts/presigned-upload-url",
    { run_id: string, model_id: string, path: required(string), expiration: int },
    async ({ ctx, project }, input) => {
      if (Boolean(input.run_id) === Boolean(input.model_id)) {
        throw invalid("Exactly one of run_id and model_id must be provided.");
      }
      toSafePath(input.path);
      const root = input.run_id
        ? (await mlflowViews.getRun(ctx, project, input.run_id)).run.artifact_uri
        : (await mlflowViews.getLoggedModel(ctx, project, input.model_id as string)).row.artifact_location;
      if (toStorePath(root) !== undefined) {
        throw invalid(
          `Presigned upload is not supported for proxied artifact storage (artifact URI scheme: ${root.split(":", 1)[0]}). This endpoint requires a direct cloud storage artifact URI.`,
        );
      }
      throw mlflowErrors.MLFLOW_PRESIGNED_UNSUPPORTED({ what: "upload" });
    },
  ),
  endpoint(
    "POST /artifacts/presigned-download-url",
    { run_id: required(string), path: required(string), expiration: int },
    async ({ ctx, project }, input) => {
      toSafePath(input.path);
      const { expiration = 900 } = input;
      if (expiration < 1 || expiration > 604_800) {
        throw invalid(`expiration must be between 1 and 604800 seconds (got ${expiration}).`);
      }
      const root = (await mlflowViews.getRun(ctx, project, input.run_id)).run.artifact_uri;
      if (toStorePath(root) !== undefined) {
        throw invalid(
          `Presigned download is not supported for runs with proxied artifact storage (artifact URI scheme: ${root.split(":", 1)[0]}). This endpoint requires a run with a direct cloud storage artifact URI.`,
        );
      }
      throw mlflowErrors.MLFLOW_PRESIGNED_UNSUPPORTED({ what: "download" });
    },
    { reads: true },
  ),
];

/** The summary a 2.x client logs of a model; what every reader of the list relies on must be there. */
function toModelSummary(text: string): object {
  let summary: unknown;
  try {
    summary = JSON.parse(text);
  } catch {
    throw invalid(`Malformed model info. \n ${text.slice(0, 200)} \n is not a valid JSON.`);
  }
  if (typeof summary !== "object" || summary === null || Array.isArray(summary)) {
    throw invalid("Model json is not a dictionary");
  }
  const absent = ["artifact_path", "flavors", "utc_time_created", "run_id"].filter((key) => !(key in summary));
  if (absent.length > 0) throw invalid(`Model json is missing mandatory fields: ${quoteSet(absent)}`);
  return summary;
}
