import { dirname, join } from "node:path";
import { type ForeignDatabase, openForeignSqlite } from "#base/db/sqlite-foreign.js";
import { errors } from "../errors.js";
import { given, toModelStatus } from "./file-store.js";
import { realFolder } from "./folder.js";
import { findLocal, type LocalRoots } from "./local-roots.js";
import { isExact, PointBuffer } from "./points.js";
import type { Problems } from "./problems.js";
import type {
  RunStatus,
  Source,
  SourceDataset,
  SourceLoggedModel,
  SourceModel,
  SourceRun,
  SourceVersion,
  Text,
} from "./source.js";

const batch = 100;
const pieceSize = 20_000;
/** Rows taken from the file at once. */
const window = 20_000;

/**
 * Opens MLflow's SQLite database, of 1.x to 3.x: tables and columns that a version lacks are empty. Read by key in
 * windows, so that memory does not grow with the file.
 */
export function openSqliteStore(
  path: string,
  workspace: string,
  roots: LocalRoots,
  problems: Problems,
): Source & { readonly workspaces: readonly string[] } {
  const db = openForeignSqlite(path);
  const has = (table: string, column: string) => db.columns(table).has(column);
  if (db.columns("experiments").size === 0 || db.columns("runs").size === 0) {
    db.close();
    throw errors.CLI_IMPORT_SOURCE_INVALID({
      source: path,
      problem: "it is a SQLite database without MLflow's tables `experiments` and `runs`",
    });
  }
  const spaced = has("experiments", "workspace");
  const workspaces = spaced
    ? db
        .all<{ workspace: string }>("select distinct workspace from experiments order by workspace")
        .map((row) => row.workspace)
    : [];
  const space = spaced ? [workspace] : [];
  const inSpace = (table: string, alias: string) => (has(table, "workspace") ? `${alias}.workspace = ?` : "1 = 1");
  const spaceOf = (table: string) => (has(table, "workspace") ? [workspace] : []);

  return {
    kind: "sqlite",
    name: spaced && workspace !== "default" ? `${path}#${workspace}` : path,
    workspaces,
    runs: Number(
      db.get<{ n: number }>(
        `select count(*) as n from runs r join experiments e on e.experiment_id = r.experiment_id where ${inSpace("experiments", "e")}`,
        ...space,
      )?.n ?? 0,
    ),
    async *experiments() {
      const times = has("experiments", "creation_time")
        ? "creation_time, last_update_time"
        : "null as creation_time, null as last_update_time";
      const rows = db.all<ExperimentLine>(
        `select cast(e.experiment_id as text) as id, e.name, e.artifact_location, e.lifecycle_stage, ${times}
         from experiments e where ${inSpace("experiments", "e")} order by e.experiment_id`,
        ...space,
      );
      for (const row of rows) {
        const tags = has("experiment_tags", "key")
          ? db.all<Text>(
              "select key, coalesce(value, '') as value from experiment_tags where experiment_id = ? order by key",
              row.id,
            )
          : [];
        yield {
          id: row.id,
          name: row.name,
          deleted: row.lifecycle_stage === "deleted",
          createdAt: row.creation_time ?? firstRunOf(db, row.id),
          updatedAt: row.last_update_time ?? row.creation_time ?? firstRunOf(db, row.id),
          location: row.artifact_location ?? "",
          tags,
        };
      }
    },
    async *runsOf(experiment) {
      for (let after = ""; ; ) {
        const rows = db.all<RunLine>(
          `select r.* from runs r where r.experiment_id = ? and r.run_uuid > ? order by r.run_uuid limit ${batch}`,
          experiment.id,
          after,
        );
        if (rows.length === 0) return;
        after = (rows.at(-1) as RunLine).run_uuid;
        const runs = rows.flatMap((row) => toRun(db, row, problems));
        if (runs.length > 0) yield runs;
      }
    },
    async *pointsOf(_experiment, runs) {
      const buffer = new PointBuffer(pieceSize);
      const nan = has("metrics", "is_nan") ? "is_nan" : "0";
      const step = has("metrics", "step") ? "step" : "0";
      for (const run of runs) {
        for (let after = Number.MIN_SAFE_INTEGER; ; ) {
          const rows = db.all<{ at: number; key: string; value: number; timestamp: number; step: number; nan: number }>(
            `select rowid as at, key, value, timestamp, ${step} as step, ${nan} as nan from metrics
             where run_uuid = ? and rowid > ? order by rowid limit ${window}`,
            run.id,
            after,
          );
          for (const row of rows) {
            const value = row.nan ? Number.NaN : row.value;
            if (typeof value !== "number") {
              problems.loss(`run ${run.id}`, `A point of metric ${row.key} has no number: ${String(value)}.`);
            } else if (isExact(problems, run.id, row.key, row.step, row.timestamp)) {
              buffer.add(run.id, row.key, row.step, row.timestamp, value);
            }
            if (buffer.full) yield* buffer.take();
          }
          if (rows.length < window) break;
          after = rows.at(-1)?.at as number;
        }
      }
      yield* buffer.take();
    },
    async *loggedModelsOf(experiment) {
      if (!has("logged_models", "model_id")) return;
      for (let after = ""; ; ) {
        const rows = db.all<LoggedModelLine>(
          `select * from logged_models where experiment_id = ? and model_id > ? order by model_id limit ${batch}`,
          experiment.id,
          after,
        );
        if (rows.length === 0) return;
        after = (rows.at(-1) as LoggedModelLine).model_id;
        for (const row of rows) yield toLoggedModel(db, row, problems);
      }
    },
    async *models() {
      if (!has("registered_models", "name")) return;
      for (let after: string | undefined; ; ) {
        const row = db.get<ModelLine>(
          `select * from registered_models m where ${inSpace("registered_models", "m")} ${after === undefined ? "" : "and m.name > ?"}
           order by m.name limit 1`,
          ...spaceOf("registered_models"),
          ...(after === undefined ? [] : [after]),
        );
        if (row === undefined) return;
        after = row.name;
        yield toModel(db, row, (table) => ({ where: inSpace(table, "t"), values: spaceOf(table) }));
      }
    },
    filesAt: (owner) => findLocal(roots, owner, problems),
    close: () => db.close(),
  };
}

interface ExperimentLine {
  id: string;
  name: string;
  artifact_location: string | null;
  lifecycle_stage: string | null;
  creation_time: number | null;
  last_update_time: number | null;
}

/** Databases of MLflow 1 say no times of experiments. */
function firstRunOf(db: ForeignDatabase, id: string): number {
  const row = db.get<{ at: number | null }>("select min(start_time) as at from runs where experiment_id = ?", id);
  return row?.at ?? 0;
}

interface RunLine {
  run_uuid: string;
  name: string | null;
  user_id: string | null;
  status: string | null;
  start_time: number | null;
  end_time: number | null;
  lifecycle_stage: string | null;
  artifact_uri: string | null;
}

const statuses: readonly string[] = ["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"];

function toRun(db: ForeignDatabase, row: RunLine, problems: Problems): SourceRun[] {
  const id = row.run_uuid;
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,255}$/.test(id)) {
    problems.loss(`run ${id}`, "Its id is not one a run may have.");
    return [];
  }
  if (!statuses.includes(row.status ?? "")) {
    problems.loss(`run ${id}`, `Its status ${String(row.status)} is unknown; it is taken as FAILED.`);
  }
  const texts = (table: string) =>
    db.all<Text>(`select key, coalesce(value, '') as value from ${table} where run_uuid = ? order by key`, id);
  const tags = texts("tags");
  return [
    {
      id,
      name: row.name || tags.find((tag) => tag.key === "mlflow.runName")?.value || "",
      user: row.user_id ?? "",
      status: statuses.includes(row.status ?? "") ? (row.status as RunStatus) : "FAILED",
      startedAt: row.start_time ?? 0,
      ...(row.end_time === null ? {} : { endedAt: row.end_time }),
      deleted: row.lifecycle_stage === "deleted",
      artifactUri: row.artifact_uri ?? "",
      params: texts("params"),
      tags,
      inputs: inputsOf(db, id),
      models: modelsOf(db, id),
    },
  ];
}

function inputsOf(db: ForeignDatabase, runId: string): SourceDataset[] {
  if (!db.columns("inputs").has("input_uuid") || !db.columns("datasets").has("dataset_uuid")) return [];
  const rows = db.all<{
    input_uuid: string;
    name: string;
    digest: string;
    dataset_source_type: string;
    dataset_source: string;
    dataset_schema: string | null;
    dataset_profile: string | null;
  }>(
    `select i.input_uuid, d.name, d.digest, d.dataset_source_type, d.dataset_source, d.dataset_schema, d.dataset_profile
     from inputs i join datasets d on d.dataset_uuid = i.source_id
     where i.source_type = 'DATASET' and i.destination_type = 'RUN' and i.destination_id = ? order by i.rowid`,
    runId,
  );
  return rows.map((row) => ({
    name: row.name,
    digest: row.digest,
    sourceType: row.dataset_source_type,
    source: row.dataset_source,
    ...(row.dataset_schema === null ? {} : { schema: row.dataset_schema }),
    ...(row.dataset_profile === null ? {} : { profile: row.dataset_profile }),
    tags: db.all<Text>("select name as key, value from input_tags where input_uuid = ? order by name", row.input_uuid),
  }));
}

function modelsOf(db: ForeignDatabase, runId: string): SourceRun["models"][number][] {
  const columns = db.columns("inputs");
  if (!columns.has("destination_id")) return [];
  const rows = db.all<{ type: string; id: string; step: number }>(
    `select destination_type as type, destination_id as id, ${columns.has("step") ? "step" : "0 as step"} from inputs
     where source_id = ? and source_type in ('RUN_INPUT', 'RUN_OUTPUT') order by rowid`,
    runId,
  );
  return rows.map((row) => ({
    direction: row.type === "MODEL_OUTPUT" ? ("output" as const) : ("input" as const),
    modelId: row.id,
    step: row.step,
  }));
}

interface LoggedModelLine {
  model_id: string;
  name: string;
  artifact_location: string;
  creation_timestamp_ms: number;
  last_updated_timestamp_ms: number;
  status: number;
  lifecycle_stage: string | null;
  model_type: string | null;
  source_run_id: string | null;
}

function toLoggedModel(db: ForeignDatabase, row: LoggedModelLine, problems: Problems): SourceLoggedModel {
  const id = row.model_id;
  const metrics = db.all<{
    metric_name: string;
    metric_timestamp_ms: number;
    metric_step: number;
    metric_value: number | null;
    run_id: string;
    dataset_name: string | null;
    dataset_digest: string | null;
  }>("select * from logged_model_metrics where model_id = ? order by rowid", id);
  return {
    id,
    name: row.name,
    createdAt: row.creation_timestamp_ms,
    updatedAt: row.last_updated_timestamp_ms,
    status: toModelStatus(String(row.status)),
    ...(row.model_type ? { modelType: row.model_type } : {}),
    ...(row.source_run_id ? { sourceRunId: row.source_run_id } : {}),
    deleted: row.lifecycle_stage === "deleted",
    artifactUri: row.artifact_location,
    params: db.all<Text>(
      "select param_key as key, param_value as value from logged_model_params where model_id = ?",
      id,
    ),
    tags: db.all<Text>("select tag_key as key, tag_value as value from logged_model_tags where model_id = ?", id),
    metrics: metrics
      .filter((one) => isExact(problems, one.run_id, one.metric_name, one.metric_step, one.metric_timestamp_ms))
      .map((one) => ({
        key: one.metric_name,
        step: one.metric_step,
        timestamp: one.metric_timestamp_ms,
        value: one.metric_value ?? Number.NaN,
        runId: one.run_id,
        datasetName: one.dataset_name ?? "",
        datasetDigest: one.dataset_digest ?? "",
      })),
  };
}

interface ModelLine {
  name: string;
  creation_time: number | null;
  last_updated_time: number | null;
  description: string | null;
}

interface VersionLine {
  version: number;
  creation_time: number | null;
  last_updated_time: number | null;
  description: string | null;
  user_id: string | null;
  current_stage: string | null;
  source: string | null;
  storage_location?: string | null;
  run_id: string | null;
  run_link: string | null;
  status: string | null;
}

type Within = (table: string) => { where: string; values: readonly string[] };

function toModel(db: ForeignDatabase, row: ModelLine, within: Within): SourceModel {
  const read = <R>(table: string, select: string, order: string): R[] => {
    if (db.columns(table).size === 0) return [];
    const { where, values } = within(table);
    return db.all<R>(
      `select ${select} from ${table} t where ${where} and t.name = ? order by ${order}`,
      ...values,
      row.name,
    );
  };
  const versions = read<VersionLine>("model_versions", "t.*", "t.version");
  const tags = Map.groupBy(
    read<Text & { version: number }>("model_version_tags", "t.version, t.key, coalesce(t.value, '') as value", "t.key"),
    (tag) => tag.version,
  );
  const createdAt = row.creation_time ?? 0;
  return {
    name: row.name,
    ...(row.description ? { description: row.description } : {}),
    createdAt,
    updatedAt: row.last_updated_time ?? createdAt,
    tags: read<Text>("registered_model_tags", "t.key, coalesce(t.value, '') as value", "t.key"),
    lastVersion: Math.max(0, ...versions.map((version) => version.version)),
    versions: versions
      .filter((version) => version.current_stage !== "Deleted_Internal")
      .map((version) => toVersion(version, tags.get(version.version) ?? [])),
    aliases: read<{ alias: string; version: number }>("registered_model_aliases", "t.alias, t.version", "t.alias"),
  };
}

function toVersion(row: VersionLine, tags: readonly Text[]): SourceVersion {
  const source = row.source ?? "";
  return {
    version: row.version,
    source,
    ...given({
      storage: row.storage_location || undefined,
      runId: row.run_id || undefined,
      modelId: /^models:\/(m-[0-9a-f]{32})$/.exec(source)?.[1],
      runLink: row.run_link || undefined,
      description: row.description || undefined,
    }),
    stage: row.current_stage ?? "None",
    status: row.status ?? "READY",
    by: row.user_id ?? "",
    createdAt: row.creation_time ?? 0,
    updatedAt: row.last_updated_time ?? row.creation_time ?? 0,
    tags: tags.map(({ key, value }) => ({ key, value })),
  };
}

/** What the database holds that has no place here, by table. */
export function untakenTables(path: string): { what: string; rows: number }[] {
  const db = openForeignSqlite(path);
  try {
    const tables = {
      trace_info: "traces",
      evaluation_datasets: "evaluation datasets",
      scorers: "scorers",
      webhooks: "webhooks",
    };
    return Object.entries(tables).flatMap(([table, what]) => {
      if (db.columns(table).size === 0) return [];
      const rows = Number(db.get<{ n: number }>(`select count(*) as n from ${table}`)?.n ?? 0);
      return rows === 0 ? [] : [{ what, rows }];
    });
  } finally {
    db.close();
  }
}

/**
 * Where artifacts of a database may lie: in `mlruns` and `mlartifacts` beside it, and where --artifacts says. Its whole
 * folder may be somebody's home, which a database must not be able to name.
 */
export async function sqliteRoots(path: string, artifacts: readonly string[]): Promise<LocalRoots> {
  const home = dirname(path);
  const [runs, store] = await Promise.all([realFolder(join(home, "mlruns")), realFolder(join(home, "mlartifacts"))]);
  const beside = [runs, store].filter((one) => one !== undefined);
  return {
    home,
    allowed: [...beside, ...artifacts],
    stores: artifacts.length > 0 ? artifacts : store === undefined ? [] : [store],
  };
}
