import { resolve } from "node:path";
import {
  createExperiment,
  deleteExperiment,
  deleteExperimentTag,
  mlflowViews,
  renameExperiment,
  restoreExperiment,
  setExperimentTag,
} from "#capabilities/tracking/index.js";
import { endpoint, filledPage } from "../endpoint.js";
import { enumOf, int, invalid, keyValue, list, required, string } from "../fields.js";
import { present } from "../json.js";
import { toExperiment } from "../shapes.js";

export const viewType = enumOf({ ACTIVE_ONLY: 1, DELETED_ONLY: 2, ALL: 3 });

/** Experiment ids are decimal text. */
export function toExperimentId(text: string): number {
  if (!/^\s*[+-]?\d+\s*$/.test(text)) {
    throw invalid(`Invalid experiment ID '${text}'. Experiment ID must be a valid integer.`);
  }
  // Beyond what a database counts to there is none, and nothing to look up.
  const id = Number(text);
  return Number.isSafeInteger(id) ? id : -1;
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

/** The experiments of a list that may be read; the others are passed over, as the stock server does. */
export function only(sees: ((id: string) => boolean) | "all", ids: readonly number[]): number[] {
  return sees === "all" ? [...ids] : ids.filter((id) => sees(String(id)));
}

/** A path without a scheme is one of this machine, seen from where the server was started, as MLflow takes it. */
function absolute(location: string): string {
  return /^[A-Za-z][A-Za-z0-9+.-]*:/.test(location) || location.startsWith("/") ? location : resolve(location);
}

const id = { experiment_id: required(string) };

export const experimentEndpoints = [
  endpoint(
    "GET /experiments/get-by-name",
    { experiment_name: required(string) },
    async ({ ctx, project, demand }, input) => {
      const found = await mlflowViews.getExperimentByName(ctx, project, input.experiment_name);
      await demand("read", { experiments: [String(found.row.id)] });
      return { experiment: toExperiment(found, project) };
    },
    { needs: "list" },
  ),
  endpoint("GET /experiments/get", id, async ({ ctx, project }, input) => ({
    experiment: toExperiment(
      await mlflowViews.getExperiment(ctx, project, toExperimentId(input.experiment_id)),
      project,
    ),
  })),
  endpoint(
    "POST /experiments/create",
    { name: required(string), artifact_location: string, tags: list(keyValue) },
    async ({ ctx, project, artifactRoot }, input) => {
      const row = await createExperiment(ctx, {
        project,
        artifactRoot,
        name: input.name,
        artifactLocation: input.artifact_location ? absolute(input.artifact_location) : undefined,
        tags: (input.tags ?? []).map(({ key, value = "" }) => ({ key, value })),
      });
      return { experiment_id: String(row.id) };
    },
    { needs: "found" },
  ),
  endpoint(
    "POST GET /experiments/search",
    { max_results: int, page_token: string, filter: string, order_by: list(string), view_type: viewType },
    async ({ ctx, project, readable }, input) => {
      const sees = await readable("experiment");
      const page = await filledPage(
        toLimit(input.max_results, 50_000),
        input.page_token,
        (limit, token) =>
          mlflowViews.findExperiments(ctx, project, {
            filter: input.filter ?? "",
            order: input.order_by ?? [],
            view: input.view_type ?? "ACTIVE_ONLY",
            limit,
            token,
          }),
        sees === "all" ? "all" : ({ row }) => sees(String(row.id)),
      );
      return present({
        experiments: page.items.map((item) => toExperiment(item, project)),
        next_page_token: page.token,
      });
    },
    { needs: "list" },
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
    async ({ ctx, project, readable }, { experiment_ids: ids = [] }) => {
      if (ids.length === 0) throw invalid("SearchDatasets request must specify at least one experiment_id.");
      if (ids.length > 20) {
        throw invalid(
          `SearchDatasets request cannot specify more than 20 experiment_ids. Received ${ids.length} experiment_ids.`,
        );
      }
      const seen = only(await readable("experiment"), ids.map(toExperimentId));
      const summaries = await mlflowViews.findDatasetSummaries(ctx, project, seen);
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
    { needs: "list" },
  ),
];
