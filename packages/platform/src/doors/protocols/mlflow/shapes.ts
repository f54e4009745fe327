import type { mlflowViews as registry } from "#capabilities/registry/index.js";
import {
  type CreatedRun,
  type ExperimentRow,
  fromStored,
  type RunContents,
  type RunRecord,
  type mlflowViews as tracking,
} from "#capabilities/tracking/index.js";
import { present } from "./json.js";

type KeyValues = readonly { key: string; value: string }[];

const bare = (texts: KeyValues) => texts.map(({ key, value }) => ({ key, value }));
const stage = (deleted: number) => (deleted === 1 ? "deleted" : "active");

export function toExperiment({ row, tags }: { row: ExperimentRow; tags: KeyValues }, workspace: string) {
  return present({
    experiment_id: String(row.id),
    name: row.name,
    artifact_location: row.artifact_location,
    lifecycle_stage: stage(row.deleted),
    last_update_time: row.updated_at,
    creation_time: row.created_at,
    tags: bare(tags),
    workspace,
  });
}

type Run = Omit<RunRecord, "id">;

export function toRunInfo(run: Run) {
  return present({
    run_uuid: run.run_id,
    experiment_id: String(run.experiment_id),
    run_name: run.name,
    user_id: run.user_name,
    status: run.status,
    start_time: run.start_time,
    end_time: run.end_time ?? undefined,
    artifact_uri: run.artifact_uri,
    lifecycle_stage: stage(run.deleted),
    run_id: run.run_id,
  });
}

/** A run just made has no outputs to speak of; one that is read shows that it has none. */
export function toNewRun(run: CreatedRun) {
  const { outputs: _none, ...born } = toRun({ run, tags: run.tags, metrics: [], params: [], inputs: [], models: [] });
  return born;
}

/** Everything of a run but the row number, of which clients hear nothing. */
type Contents = Omit<RunContents, "run" | "params" | "tags"> & {
  readonly run: Run;
  readonly params: KeyValues;
  readonly tags: KeyValues;
};

export function toRun({ run, metrics, params, tags, inputs, models }: Contents) {
  const read = models.filter((link) => link.direction === "input").map((link) => ({ model_id: link.model_id }));
  const written = models
    .filter((link) => link.direction === "output")
    .map((link) => ({ model_id: link.model_id, step: link.step }));
  return present({
    info: toRunInfo(run),
    data: present({
      metrics: metrics.map((one) => ({
        key: one.key,
        value: fromStored(one.value, one.nan),
        timestamp: one.timestamp,
        step: one.step,
      })),
      params: bare(params),
      tags: bare(tags),
    }),
    inputs: present({
      dataset_inputs: inputs.map((one) =>
        present({
          tags: JSON.parse(one.tags) as { key: string; value: string }[],
          dataset: present({
            name: one.name,
            digest: one.digest,
            source_type: one.source_type,
            source: one.source,
            schema: one.schema ?? undefined,
            profile: one.profile ?? undefined,
          }),
        }),
      ),
      model_inputs: read,
    }),
    outputs: present({ model_outputs: written }),
  });
}

export function toLoggedModel({ row, tags, params, metrics }: tracking.FullLoggedModel) {
  return {
    info: present({
      model_id: row.model_id,
      experiment_id: String(row.experiment_id),
      name: row.name,
      creation_timestamp_ms: row.created_at,
      last_updated_timestamp_ms: row.updated_at,
      artifact_uri: row.artifact_location,
      status: `LOGGED_MODEL_${row.status}`,
      model_type: row.model_type ?? "",
      source_run_id: row.source_run_id ?? "",
      tags: bare(tags),
    }),
    data: present({
      params: bare(params),
      metrics: metrics.map((one) =>
        present({
          key: one.key,
          value: fromStored(one.value, one.nan),
          timestamp: one.timestamp,
          step: one.step,
          dataset_name: one.dataset_name || undefined,
          dataset_digest: one.dataset_digest || undefined,
          model_id: one.model_id,
          run_id: one.run_id,
        }),
      ),
    }),
  };
}

export function toModelVersion({ row, tags, aliases }: registry.FullVersion) {
  return present({
    name: row.name,
    version: String(row.version),
    creation_timestamp: row.created_at,
    last_updated_timestamp: row.updated_at,
    current_stage: row.stage,
    description: row.description ?? undefined,
    source: row.source,
    run_id: row.run_id ?? "",
    status: "READY",
    run_link: row.run_link ?? "",
    model_id: row.logged_model_id ?? undefined,
    tags: bare(tags),
    aliases: [...aliases],
  });
}

export function toRegisteredModel({ row, tags, aliases, latest }: registry.FullModel) {
  return present({
    name: row.name,
    creation_timestamp: row.created_at,
    last_updated_timestamp: row.updated_at,
    description: row.description || undefined,
    latest_versions: latest.map(toModelVersion),
    tags: bare(tags),
    aliases: aliases.map(({ alias, version }) => ({ alias, version: String(version) })),
  });
}
