import {
  createLoggedModel,
  deleteLoggedModel,
  deleteLoggedModelTag,
  finishLoggedModel,
  joinPath,
  listFolder,
  logLoggedModelParams,
  mlflowViews,
  setLoggedModelTags,
  toSafePath,
  toStorePath,
} from "#capabilities/tracking/index.js";
import { type Call, endpoint } from "../endpoint.js";
import { bool, enumOf, int, invalid, keyValue, list, message, required, string } from "../fields.js";
import { present } from "../json.js";
import { toLoggedModel } from "../shapes.js";
import { toExperimentId, toLimit } from "./experiments.js";

const id = { model_id: required(string) };
const withValue = ({ key, value = "" }: { key: string; value: string | undefined }) => ({ key, value });
const status = enumOf({ LOGGED_MODEL_PENDING: 1, LOGGED_MODEL_READY: 2, LOGGED_MODEL_UPLOAD_FAILED: 3 });

async function show({ ctx, project }: Call, modelId: string) {
  return { model: toLoggedModel(await mlflowViews.getLoggedModel(ctx, project, modelId)) };
}

export const loggedModelEndpoints = [
  endpoint(
    "POST /logged-models",
    {
      experiment_id: required(string),
      name: string,
      model_type: string,
      source_run_id: string,
      params: list(keyValue),
      tags: list(keyValue),
    },
    async (call, input) => {
      const row = await createLoggedModel(call.ctx, {
        project: call.project,
        experimentId: toExperimentId(input.experiment_id),
        name: input.name,
        modelType: input.model_type,
        sourceRunId: input.source_run_id || undefined,
        params: (input.params ?? []).map(withValue),
        tags: (input.tags ?? []).map(withValue),
      });
      return show(call, row.model_id);
    },
  ),
  endpoint(
    "POST /logged-models/search",
    {
      experiment_ids: required(list(string)),
      filter: string,
      datasets: list(message({ dataset_name: string, dataset_digest: string })),
      max_results: int,
      order_by: list(message({ field_name: string, ascending: bool, dataset_name: string, dataset_digest: string })),
      page_token: string,
    },
    async ({ ctx, project }, input) => {
      const page = await mlflowViews.findLoggedModelPage(ctx, project, {
        experimentIds: input.experiment_ids.map(toExperimentId),
        filter: input.filter ?? "",
        datasets: (input.datasets ?? []).map((one) => {
          if (!one.dataset_name) throw invalid("`dataset_name` in the `datasets` clause must be specified.");
          return { name: one.dataset_name, digest: one.dataset_digest || undefined };
        }),
        order: (input.order_by ?? []).map((one) => ({
          name: one.field_name ?? "",
          ascending: one.ascending ?? true,
          datasetName: one.dataset_name || undefined,
          datasetDigest: one.dataset_digest || undefined,
        })),
        limit: toLimit(input.max_results || 100, 50_000),
        token: input.page_token,
      });
      return present({ models: page.items.map(toLoggedModel), next_page_token: page.token });
    },
    { reads: true },
  ),
  endpoint("GET /logged-models/:model_id", { ...id, allow_deleted: bool }, async ({ ctx, project }, input) => ({
    model: toLoggedModel(await mlflowViews.getLoggedModel(ctx, project, input.model_id, input.allow_deleted ?? false)),
  })),
  endpoint("PATCH /logged-models/:model_id", { ...id, status: required(status) }, async (call, input) => {
    const to = input.status.replace("LOGGED_MODEL_", "") as "PENDING" | "READY" | "UPLOAD_FAILED";
    await finishLoggedModel(call.ctx, call.project, input.model_id, to);
    return show(call, input.model_id);
  }),
  endpoint("DELETE /logged-models/:model_id", id, async ({ ctx, project }, input) => {
    await deleteLoggedModel(ctx, project, input.model_id);
    return {};
  }),
  endpoint("PATCH /logged-models/:model_id/tags", { ...id, tags: list(keyValue) }, async (call, input) => {
    await setLoggedModelTags(call.ctx, call.project, input.model_id, (input.tags ?? []).map(withValue));
    return {};
  }),
  endpoint(
    "DELETE /logged-models/:model_id/tags/:tag_key",
    { ...id, tag_key: required(string) },
    async ({ ctx, project }, input) => {
      await deleteLoggedModelTag(ctx, project, input.model_id, input.tag_key);
      return {};
    },
  ),
  endpoint("POST /logged-models/:model_id/params", { ...id, params: list(keyValue) }, async (call, input) => {
    await logLoggedModelParams(call.ctx, call.project, input.model_id, (input.params ?? []).map(withValue));
    return {};
  }),
  endpoint(
    "GET /logged-models/:model_id/artifacts/directories",
    { ...id, artifact_directory_path: string },
    async ({ ctx, project }, input) => {
      const { row } = await mlflowViews.getLoggedModel(ctx, project, input.model_id);
      const path = toSafePath(input.artifact_directory_path ?? "");
      const folder = toStorePath(row.artifact_location);
      if (folder === undefined) return { root_uri: row.artifact_location };
      const found = await ctx.db.read((r) => listFolder(r, project, joinPath(folder, path)));
      return present({
        root_uri: row.artifact_location,
        files: [
          ...found.folders.map((name) => ({ path: joinPath(path, name), is_dir: true })),
          ...found.files.map((file) => ({ path: joinPath(path, file.name), is_dir: false, file_size: file.size })),
        ].sort((a, b) => (a.path < b.path ? -1 : 1)),
      });
    },
  ),
];
