import {
  createExperiment,
  deleteExperiment,
  deleteExperimentTag,
  mlflowViews,
  renameExperiment,
  restoreExperiment,
  setExperimentTag,
} from "#capabilities/tracking/index.js";
import { endpoint } from "../endpoint.js";
import { enumOf, int, invalid, keyValue, list, required, string } from "../fields.js";
import { present } from "../json.js";
import { toExperiment } from "../shapes.js";

export const viewType = enumOf({ ACTIVE_ONLY: 1, DELETED_ONLY: 2, ALL: 3 });

/** Experiment ids are decimal text. */
export function toExperimentId(text: string): number {
  if (!/^-?\d{1,15}$/.test(text)) {
    throw invalid(`Invalid experiment ID '${text}'. Experiment ID must be a valid integer.`);
  }
  return Number(text);
}

/** A page size that must be positive and at most `most`. */
export function toLimit(value: number | undefined, most: number): number {
  if (value === undefined || value < 1) {
    throw invalid(`Invalid value ${value ?? 0} for parameter 'max_results' supplied. It must be a positive integer`);
  }
  if (value > most) {
    throw invalid(`Invalid value ${value} for parameter 'max_results' supplied. It must be at most ${most}`);
  }
  return value;
}

const id = { experiment_id: required(string) };

export const experimentEndpoints = [
  endpoint("GET /experiments/get-by-name", { experiment_name: required(string) }, async ({ ctx, project }, input) => ({
    experiment: toExperiment(await mlflowViews.getExperimentByName(ctx, project, input.experiment_name), project),
  })),
  endpoint("GET /experiments/get", id, async ({ ctx, project }, input) => ({
    experiment: toExperiment(
      await mlflowViews.getExperiment(ctx, project, toExperimentId(input.experiment_id)),
      project,
    ),
  })),
  endpoint(
    "POST /experiments/create",
    { name: required(string), artifact_location: string, tags: list(keyValue) },
    async ({ ctx, project }, input) => {
      const row = await createExperiment(ctx, {
        project,
        name: input.name,
        artifactLocation: input.artifact_location || undefined,
        tags: (input.tags ?? []).map(({ key, value = "" }) => ({ key, value })),
      });
      return { experiment_id: String(row.id) };
    },
  ),
  endpoint(
    "POST GET /experiments/search",
    { max_results: int, page_token: string, filter: string, order_by: list(string), view_type: viewType },
    async ({ ctx, project }, input) => {
      const page = await mlflowViews.findExperiments(ctx, project, {
        filter: input.filter ?? "",
        order: input.order_by ?? [],
        view: input.view_type ?? "ACTIVE_ONLY",
        limit: toLimit(input.max_results, 50_000),
        token: input.page_token,
      });
      return present({
        experiments: page.items.map((item) => toExperiment(item, project)),
        next_page_token: page.token,
      });
    },
  ),
  endpoint("POST /experiments/update", { ...id, new_name: required(string) }, async ({ ctx, project }, input) => {
    await renameExperiment(ctx, project, toExperimentId(input.experiment_id), input.new_name);
    return {};
  }),
  endpoint("POST /experiments/delete", id, async ({ ctx, project }, input) => {
    await deleteExperiment(ctx, project, toExperimentId(input.experiment_id));
    return {};
  }),
  endpoint("POST /experiments/restore", id, async ({ ctx, project }, input) => {
    await restoreExperiment(ctx, project, toExperimentId(input.experiment_id));
    return {};
  }),
  endpoint(
    "POST /experiments/set-experiment-tag",
    { ...id, key: required(string), value: string },
    async ({ ctx, project }, { experiment_id, key, value = "" }) => {
      await setExperimentTag(ctx, project, toExperimentId(experiment_id), { key, value });
      return {};
    },
  ),
  endpoint(
    "POST /experiments/delete-experiment-tag",
    { ...id, key: required(string) },
    async ({ ctx, project }, input) => {
      await deleteExperimentTag(ctx, project, toExperimentId(input.experiment_id), input.key);
      return {};
    },
  ),
  endpoint(
    "POST /experiments/search-datasets",
    { experiment_ids: list(string) },
    async ({ ctx, project }, { experiment_ids: ids = [] }) => {
      if (ids.length === 0) throw invalid("SearchDatasets request must specify at least one experiment_id.");
      if (ids.length > 20) {
        throw invalid(
          `SearchDatasets request cannot specify more than 20 experiment_ids. Received ${ids.length} experiment_ids.`,
        );
      }
      for (const one of ids) await mlflowViews.getExperiment(ctx, project, toExperimentId(one));
      const summaries = await mlflowViews.findDatasetSummaries(ctx, ids.map(toExperimentId));
      return present({
        dataset_summaries: summaries.map((one) =>
          present({
            experiment_id: String(one.experiment_id),
            name: one.name,
            digest: one.digest,
            context: one.context ?? undefined,
          }),
        ),
      });
    },
    { reads: true },
  ),
];
