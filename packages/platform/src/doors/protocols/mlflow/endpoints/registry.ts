import { dropModelGrants, moveModelGrants } from "#capabilities/accounts/index.js";
import {
  createModel,
  createVersion,
  deleteModel,
  deleteModelTag,
  deleteVersion,
  deleteVersionTag,
  describeModel,
  describeVersion,
  mlflowViews,
  moveToStage,
  removeAlias,
  renameModel,
  setAlias,
  setModelTag,
  setVersionTag,
} from "#capabilities/registry/index.js";
import { modelSources, setLoggedModelTags, mlflowViews as tracking } from "#capabilities/tracking/index.js";
import { type Call, endpoint, filledPage } from "../endpoint.js";
import { atMost, bool, int, invalid, keyValue, list, required, string } from "../fields.js";
import { present } from "../json.js";
import { toModelVersion, toRegisteredModel } from "../shapes.js";

const name = { name: required(string) };
const nameAndVersion = { name: required(string), version: required(string) };
const withValue = ({ key, value = "" }: { key: string; value: string | undefined }) => ({ key, value });
const modelVersionsTag = "mlflow.modelVersions";

function toVersion(text: string): number {
  const version = /^\s*[+-]?\d+\s*$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(version)) throw invalid(`Parameter 'version' must be an integer, got '${text}'.`);
  return version;
}

function toLimit(value: number, most: number): number {
  if (value < 1) throw invalid(`Invalid value for max_results. It must be a positive integer, but got ${value}`);
  // Both travel in the query string, where a number is a text.
  return atMost(value, most, "max_results", String(value));
}

async function showModel({ ctx, project }: Call, model: string) {
  return { registered_model: toRegisteredModel(await mlflowViews.getModel(ctx, project, model)) };
}

async function showVersion({ ctx, project }: Call, model: string, version: number) {
  return { model_version: toModelVersion(await mlflowViews.getVersion(ctx, project, model, version)) };
}

const search = { filter: string, max_results: int, order_by: list(string), page_token: string };

export const registryEndpoints = [
  endpoint(
    "POST /registered-models/create",
    { ...name, description: string, tags: list(keyValue) },
    async (call, input) => {
      await createModel(call.ctx, {
        project: call.project,
        name: input.name,
        description: input.description,
        tags: (input.tags ?? []).map(withValue),
      });
      return showModel(call, input.name);
    },
    { needs: "found" },
  ),
  endpoint("GET /registered-models/get", name, (call, input) => showModel(call, input.name)),
  endpoint("PATCH /registered-models/update", { ...name, description: string }, async (call, input) => {
    await describeModel(call.ctx, call.project, input.name, input.description ?? "");
    return showModel(call, input.name);
  }),
  endpoint("POST /registered-models/rename", { ...name, new_name: required(string) }, async (call, input) => {
    await renameModel(call.ctx, call.project, input.name, input.new_name);
    await moveModelGrants(call.ctx, call.project, input.name, input.new_name);
    return showModel(call, input.new_name);
  }),
  endpoint("DELETE /registered-models/delete", name, async ({ ctx, project }, input) => {
    await deleteModel(ctx, project, input.name);
    await dropModelGrants(ctx, project, input.name);
    return {};
  }),
  endpoint(
    "GET /registered-models/search",
    search,
    async ({ ctx, project, readable }, input) => {
      const sees = await readable("model");
      const page = await filledPage(
        toLimit(input.max_results ?? 100, 1000),
        input.page_token,
        (limit, token) =>
          mlflowViews.findModels(ctx, project, {
            filter: input.filter ?? "",
            order: input.order_by ?? [],
            limit,
            token,
          }),
        sees === "all" ? "all" : (item) => sees(item.row.name),
      );
      return present({ registered_models: page.items.map(toRegisteredModel), next_page_token: page.token });
    },
    { needs: "list" },
  ),
  endpoint(
    "POST GET /registered-models/get-latest-versions",
    { ...name, stages: list(string) },
    async ({ ctx, project }, input) =>
      present({
        model_versions: (await mlflowViews.latestOf(ctx, project, input.name, input.stages ?? [])).map(toModelVersion),
      }),
  ),
  endpoint(
    "POST /registered-models/set-tag",
    { ...name, key: required(string), value: string },
    async ({ ctx, project }, input) => {
      await setModelTag(ctx, project, input.name, withValue(input));
      return {};
    },
  ),
  endpoint(
    "DELETE /registered-models/delete-tag",
    { ...name, key: required(string) },
    async ({ ctx, project }, input) => {
      await deleteModelTag(ctx, project, input.name, input.key);
      return {};
    },
  ),
  endpoint(
    "POST /registered-models/alias",
    { ...nameAndVersion, alias: required(string) },
    async ({ ctx, project }, input) => {
      const version = toVersion(input.version);
      await setAlias(ctx, { project, name: input.name, alias: input.alias, version, reason: "" });
      return {};
    },
  ),
  endpoint("DELETE /registered-models/alias", { ...name, alias: required(string) }, async ({ ctx, project }, input) => {
    await removeAlias(ctx, { project, name: input.name, alias: input.alias, reason: "" });
    return {};
  }),
  endpoint("GET /registered-models/alias", { ...name, alias: required(string) }, async ({ ctx, project }, input) => ({
    model_version: toModelVersion(await mlflowViews.versionByAlias(ctx, project, input.name, input.alias)),
  })),
  endpoint(
    "POST /model-versions/create",
    {
      ...name,
      source: required(string),
      run_id: string,
      run_link: string,
      description: string,
      model_id: string,
      tags: list(keyValue),
    },
    async (call, input) => {
      if (input.run_id || input.model_id) {
        const named = {
          runs: input.run_id ? [input.run_id] : [],
          loggedModels: input.model_id ? [input.model_id] : [],
        };
        await call.demand("read", named);
      }
      // Asked first: a version of a model that is not there must not come into being.
      if (input.model_id) await tracking.getLoggedModel(call.ctx, call.project, input.model_id);
      const version = await createVersion(call.ctx, modelSources, {
        project: call.project,
        name: input.name,
        source: input.source,
        sourceWithin: true,
        runId: input.run_id,
        runLink: input.run_link,
        description: input.description,
        modelId: input.model_id,
        tags: (input.tags ?? []).map(withValue),
      });
      if (input.model_id) await noteRegistration(call, input.model_id, input.name, version);
      return showVersion(call, input.name, version);
    },
  ),
  endpoint("GET /model-versions/get", nameAndVersion, (call, input) =>
    showVersion(call, input.name, toVersion(input.version)),
  ),
  endpoint(
    "GET /model-versions/get-download-uri",
    { name: required(string), version: string },
    async ({ ctx, project }, input) => {
      const { row } = await mlflowViews.getVersion(ctx, project, input.name, toVersion(input.version ?? ""));
      return { artifact_uri: row.location };
    },
  ),
  endpoint(
    "GET /model-versions/search",
    search,
    async ({ ctx, project, readable }, input) => {
      const sees = await readable("model");
      const page = await filledPage(
        toLimit(input.max_results ?? 200_000, 200_000),
        input.page_token,
        (limit, token) =>
          mlflowViews.findVersions(ctx, project, {
            filter: input.filter ?? "",
            order: input.order_by ?? [],
            limit,
            token,
          }),
        sees === "all" ? "all" : (item) => sees(item.row.name),
      );
      return present({ model_versions: page.items.map(toModelVersion), next_page_token: page.token });
    },
    { needs: "list" },
  ),
  endpoint("PATCH /model-versions/update", { ...nameAndVersion, description: string }, async (call, input) => {
    const version = toVersion(input.version);
    await describeVersion(call.ctx, call.project, input.name, version, input.description ?? null);
    return showVersion(call, input.name, version);
  }),
  endpoint(
    "POST /model-versions/transition-stage",
    { ...nameAndVersion, stage: required(string), archive_existing_versions: bool },
    async (call, input) => {
      const version = toVersion(input.version);
      const archive = input.archive_existing_versions ?? false;
      await moveToStage(call.ctx, call.project, input.name, version, input.stage, archive);
      return showVersion(call, input.name, version);
    },
  ),
  endpoint("DELETE /model-versions/delete", nameAndVersion, async ({ ctx, project }, input) => {
    await deleteVersion(ctx, project, input.name, toVersion(input.version));
    return {};
  }),
  endpoint(
    "POST /model-versions/set-tag",
    { ...nameAndVersion, key: required(string), value: string },
    async ({ ctx, project }, input) => {
      await setVersionTag(ctx, project, input.name, toVersion(input.version), withValue(input));
      return {};
    },
  ),
  endpoint(
    "DELETE /model-versions/delete-tag",
    { ...nameAndVersion, key: required(string) },
    async ({ ctx, project }, input) => {
      await deleteVersionTag(ctx, project, input.name, toVersion(input.version), input.key);
      return {};
    },
  ),
];

/** A logged model carries the list of versions made of it, each once. */
async function noteRegistration(
  { ctx, project }: Call,
  modelId: string,
  model: string,
  version: number,
): Promise<void> {
  const { tags } = await tracking.getLoggedModel(ctx, project, modelId);
  const text = tags.find((tag) => tag.key === modelVersionsTag)?.value ?? "[]";
  const before = toRegistrations(text);
  if (before.some((one) => one.name === model && String(one.version) === String(version))) return;
  // As Python writes JSON: clients compare the text.
  const value = `[${[...before, { name: model, version }]
    .map((one) => `{"name": ${JSON.stringify(one.name)}, "version": ${JSON.stringify(one.version)}}`)
    .join(", ")}]`;
  await setLoggedModelTags(ctx, project, modelId, [{ key: modelVersionsTag, value }]);
}

function toRegistrations(text: string): { name?: unknown; version?: unknown }[] {
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? (list as { name?: unknown; version?: unknown }[]) : [];
  } catch {
    return [];
  }
}
