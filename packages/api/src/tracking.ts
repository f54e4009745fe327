import { type Static, Type } from "typebox";
import { defineEvent } from "./event.js";
import { defineOperation } from "./operation.js";
import { InProject, Instant, Paging, page } from "./values.js";

/** A metric's value. JSON has no NaN, so it travels as the text `"NaN"`; infinities travel as ±1.7976931348623157e308. */
export const MetricValue = Type.Union([Type.Number(), Type.Literal("NaN")], {
  description: 'A number, or "NaN". Infinities are ±1.7976931348623157e308.',
});
export type MetricValue = Static<typeof MetricValue>;

/** `yes` and `no` are proved by a record, `unknown` is what no record settles. */
export const Known = Type.Union([Type.Literal("yes"), Type.Literal("no"), Type.Literal("unknown")], {
  description: "yes and no are proved by a record; unknown is what no record settles.",
});
export type Known = Static<typeof Known>;

/** A question about an asset, its answer and the record that proves it. */
export const Evidence = Type.Object({
  state: Known,
  evidence: Type.String({ description: "What was seen, or what is missing, in one sentence." }),
});
export type Evidence = Static<typeof Evidence>;

export const RunStatus = Type.Union(
  [
    Type.Literal("RUNNING"),
    Type.Literal("SCHEDULED"),
    Type.Literal("FINISHED"),
    Type.Literal("FAILED"),
    Type.Literal("KILLED"),
  ],
  { description: "As in MLflow: RUNNING, SCHEDULED, FINISHED, FAILED or KILLED." },
);
export type RunStatus = Static<typeof RunStatus>;

export const Lifecycle = Type.Union([Type.Literal("active"), Type.Literal("deleted")], {
  description: "Deleted records are hidden and can be restored.",
});
export type Lifecycle = Static<typeof Lifecycle>;

const experimentId = Type.String({ pattern: "^[0-9]{1,18}$", description: "Decimal id of the experiment." });
const runId = Type.String({ pattern: "^[A-Za-z0-9][A-Za-z0-9_-]{0,255}$", description: "Id of the run." });
const Tags = Type.Record(Type.String(), Type.String(), { description: "Free text by key." });

export const Experiment = Type.Object({
  experimentId,
  name: Type.String({ description: "Unique in the project." }),
  lifecycle: Lifecycle,
  artifactLocation: Type.String({ description: "Root URI of its runs' artifacts." }),
  createdAt: Instant,
  updatedAt: Instant,
  tags: Tags,
  runs: Type.Integer({ description: "Exact number of active runs." }),
  running: Type.Integer({ description: "How many of them are running." }),
  failed: Type.Integer({ description: "How many of them failed." }),
  lastRunAt: Type.Optional(Instant),
});
export type Experiment = Static<typeof Experiment>;

/** Which code a run used: a commit and whether the working tree was clean. */
export const RunCode = Type.Object({
  commit: Type.String({ description: "Full commit hash." }),
  dirty: Type.Union([Type.Literal("yes"), Type.Literal("no"), Type.Literal("unknown")], {
    description: "Whether uncommitted changes were present; stock MLflow clients do not say.",
  }),
});

export const RunDataset = Type.Object({
  name: Type.String({ description: "Dataset name." }),
  digest: Type.String({ description: "Digest as logged; a dataset version id when 16 hex digits long." }),
  context: Type.Optional(Type.String({ description: "training, eval, ..." })),
});

/** One row of the run table. */
export const RunRow = Type.Object({
  runId,
  name: Type.String({ description: "Name of the run; not unique." }),
  experimentId,
  status: RunStatus,
  lifecycle: Lifecycle,
  user: Type.String({ description: "User name the client sent; may be empty." }),
  startedAt: Instant,
  endedAt: Type.Optional(Instant),
  parentRunId: Type.Optional(Type.String({ description: "Run this one is nested in." })),
  code: Type.Optional(RunCode),
  datasets: Type.Array(RunDataset, { description: "Datasets logged as inputs." }),
  error: Type.Optional(Type.String({ description: "First line of the error that ended the run, when it was logged." })),
  metrics: Type.Record(Type.String(), MetricValue, { description: "Latest values of the columns asked for." }),
  params: Type.Record(Type.String(), Type.String(), { description: "Values of the columns asked for." }),
  tags: Type.Record(Type.String(), Type.String(), { description: "Values of the columns asked for." }),
});
export type RunRow = Static<typeof RunRow>;

/** What a metric, parameter or tag looks like over the experiments searched. Counts include deleted runs. */
export const Column = Type.Object({
  column: Type.String({ description: "`metrics.<key>`, `params.<key>` or `tags.<key>`." }),
  key: Type.String({ description: "The key alone." }),
  runs: Type.Integer({ description: "How many runs have it." }),
  shape: Type.Union([Type.Literal("varying"), Type.Literal("constant"), Type.Literal("rare")], {
    description:
      "rare: on fewer than one run in twenty (of at least twenty runs); constant: the same value wherever it is.",
  }),
  value: Type.Optional(Type.Union([MetricValue, Type.String()], { description: "The value, when constant." })),
  min: Type.Optional(Type.Number({ description: "Least latest value of a metric." })),
  max: Type.Optional(Type.Number({ description: "Greatest latest value of a metric." })),
});
export type Column = Static<typeof Column>;

const KindCount = Type.Object({
  varying: Type.Integer({ description: "Columns whose value differs." }),
  constant: Type.Integer({ description: "Columns with one value; folded by default." }),
  rare: Type.Integer({ description: "Columns on few runs; found by column search." }),
});

export const RunColumns = Type.Object({
  shown: Type.Array(Type.String(), { description: "The columns filled into the rows, in order." }),
  metrics: Type.Array(Column, { description: "Most shared first, at most 50; `counts` says how many there are." }),
  params: Type.Array(Column, { description: "Varying before constant before rare, most shared first, at most 50." }),
  tags: Type.Array(Column, { description: "User tags (no `mlflow.` or `paydown.` prefix), at most 50." }),
  counts: Type.Object({ metrics: KindCount, params: KindCount, tags: KindCount }),
});

/** Creates an experiment. */
export const createExperiment = defineOperation({
  name: "tracking.createExperiment",
  method: "POST",
  path: "/projects/:project/experiments",
  input: Type.Object({
    ...InProject,
    name: Type.String({ minLength: 1, maxLength: 500, description: "Unique in the project." }),
    tags: Type.Optional(Tags),
  }),
  reply: Experiment,
  permission: "write",
  founds: "experiment",
  doc: "Creates an experiment, a named group of comparable runs.",
  cli: { command: "experiments create", positional: ["name"] },
});

/** Lists experiments, newest first. */
export const listExperiments = defineOperation({
  name: "tracking.listExperiments",
  method: "GET",
  path: "/projects/:project/experiments",
  input: Type.Object({
    ...InProject,
    ...Paging,
    filter: Type.Optional(
      Type.String({ maxLength: 10_000, description: "e.g. `name LIKE 'churn%' AND tags.team = 'risk'`." }),
    ),
    lifecycle: Type.Optional(Lifecycle),
  }),
  reply: page(Experiment),
  permission: "read",
  filtered: true,
  doc: "Lists the project's experiments, newest first.",
  cli: { command: "experiments list" },
});

/** One experiment with its counts. */
export const getExperiment = defineOperation({
  name: "tracking.getExperiment",
  method: "GET",
  path: "/projects/:project/experiments/:experimentId",
  input: Type.Object({ ...InProject, experimentId }),
  reply: Experiment,
  permission: "read",
  doc: "Shows one experiment with its counts of runs.",
  cli: { command: "experiments show", positional: ["experimentId"] },
});

/** The run table. */
export const searchRuns = defineOperation({
  name: "tracking.searchRuns",
  method: "GET",
  path: "/projects/:project/runs",
  input: Type.Object({
    ...InProject,
    ...Paging,
    experimentIds: Type.Optional(
      Type.Array(experimentId, {
        maxItems: 1000,
        description: "Experiments to search; all of the project when absent.",
      }),
    ),
    filter: Type.Optional(
      Type.String({
        maxLength: 10_000,
        description:
          "MLflow's filter grammar with OR, NOT and parentheses, e.g. `metrics.auc > 0.7 AND (params.model = 'xgb' OR tags.team IN ('a','b'))`.",
      }),
    ),
    order: Type.Optional(
      Type.Array(Type.String({ description: "`metrics.auc DESC`, `params.lr`, `start_time`." }), {
        maxItems: 10,
        description: "Sort keys; newest first when absent. Runs without the value come last.",
      }),
    ),
    columns: Type.Optional(
      Type.Array(Type.String({ description: "`metrics.<key>`, `params.<key>` or `tags.<key>`." }), {
        maxItems: 200,
        description: "Values to fill in; the most shared metrics and the varying parameters when absent.",
      }),
    ),
    lifecycle: Type.Optional(Lifecycle),
    discover: Type.Optional(
      Type.Boolean({ description: "false leaves column discovery and the exact total out, for following pages." }),
    ),
  }),
  reply: Type.Object({
    items: Type.Array(RunRow),
    cursor: Type.Optional(
      Type.String({ description: "Opaque; pass it back to get the next page. Absent on the last page." }),
    ),
    total: Type.Optional(Type.Integer({ description: "Exact number of matches; absent when `discover` is false." })),
    running: Type.Optional(
      Type.Integer({ description: "Matches that are running now; absent when `discover` is false." }),
    ),
    columns: Type.Optional(RunColumns),
  }),
  permission: "read",
  filtered: true,
  doc: "Searches, sorts and pages runs, and says which columns are worth showing.",
  cli: { command: "runs search", positional: ["filter"] },
});

/** Column search over thousands of names. */
export const listColumns = defineOperation({
  name: "tracking.listColumns",
  method: "GET",
  path: "/projects/:project/run-columns",
  input: Type.Object({
    ...InProject,
    experimentIds: Type.Optional(
      Type.Array(experimentId, { maxItems: 1000, description: "All of the project when absent." }),
    ),
    kind: Type.Optional(
      Type.Union([Type.Literal("metrics"), Type.Literal("params"), Type.Literal("tags")], {
        description: "All three when absent.",
      }),
    ),
    text: Type.Optional(Type.String({ maxLength: 250, description: "Part of the key, in any case." })),
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1000, description: "Most columns answered; 100 when absent." }),
    ),
  }),
  reply: Type.Object({
    items: Type.Array(Column),
    total: Type.Integer({ description: "Exact number of columns that match." }),
  }),
  permission: "read",
  filtered: true,
  doc: "Finds metric, parameter and tag columns by part of their name.",
  cli: { command: "runs columns", positional: ["text"] },
});

export const RunMetric = Type.Object({
  key: Type.String({ description: "Metric name." }),
  value: MetricValue,
  step: Type.Integer({ description: "Step of the latest value." }),
  at: Instant,
});

export const RunInput = Type.Object({
  name: Type.String({ description: "Dataset name." }),
  digest: Type.String({ description: "Digest as logged." }),
  sourceType: Type.String({ description: "local, s3, http, code, ..." }),
  source: Type.String({ description: "Source as logged, usually JSON." }),
  context: Type.Optional(Type.String({ description: "training, eval, ..." })),
  schema: Type.Optional(Type.String({ description: "Schema as logged, JSON." })),
  profile: Type.Optional(Type.String({ description: "Profile as logged, JSON." })),
  strength: Type.Union([Type.Literal("content"), Type.Literal("weak"), Type.Literal("none")], {
    description:
      "How surely the digest names the data: content = hash of all of it; weak = MLflow's 32 bits over at most 10,000 rows; none = no real source.",
  }),
});

export const RunModel = Type.Object({
  modelId: Type.String({ description: "Id of the logged model." }),
  name: Type.String({ description: "Name under which it was logged." }),
  status: Type.String({ description: "PENDING, READY or UPLOAD_FAILED." }),
  step: Type.Optional(Type.Integer({ description: "Step at which it was logged." })),
});

export const Reproducibility = Type.Object(
  { code: Evidence, data: Evidence, config: Evidence, environment: Evidence, seed: Evidence },
  { description: "Whether this run could be repeated, by ingredient." },
);
export type Reproducibility = Static<typeof Reproducibility>;

export const Run = Type.Object({
  runId,
  name: Type.String({ description: "Name of the run; not unique." }),
  experimentId,
  experimentName: Type.String({ description: "Name of its experiment." }),
  status: RunStatus,
  lifecycle: Lifecycle,
  user: Type.String({ description: "User name the client sent; may be empty." }),
  startedAt: Instant,
  endedAt: Type.Optional(Instant),
  artifactUri: Type.String({ description: "Root URI of its artifacts." }),
  parentRunId: Type.Optional(Type.String({ description: "Run this one is nested in." })),
  children: Type.Integer({ description: "How many runs are nested in it." }),
  code: Type.Optional(RunCode),
  error: Type.Optional(
    Type.Object({
      text: Type.String({ description: "The error as logged." }),
      signature: Type.String({
        description: "What kind of debt it points at, e.g. `unpinned-environment`; `other` when none.",
      }),
    }),
  ),
  metrics: Type.Array(RunMetric, { description: "Latest value of every metric, by key." }),
  params: Type.Record(Type.String(), Type.String(), { description: "Every parameter." }),
  tags: Tags,
  inputs: Type.Array(RunInput, { description: "Datasets it read." }),
  inputModels: Type.Array(RunModel, { description: "Logged models it read." }),
  outputModels: Type.Array(RunModel, { description: "Models it logged." }),
  artifacts: Type.Object({
    files: Type.Integer({ description: "Stored files, without those of its logged models." }),
    bytes: Type.Integer({ description: "Their size." }),
    stored: Type.Boolean({
      description: "false when the artifact root is outside this server, so that nothing can be counted.",
    }),
  }),
  reproducibility: Reproducibility,
});
export type Run = Static<typeof Run>;

/** The run page. */
export const getRun = defineOperation({
  name: "tracking.getRun",
  method: "GET",
  path: "/projects/:project/runs/:runId",
  input: Type.Object({ ...InProject, runId }),
  reply: Run,
  permission: "read",
  doc: "Shows one run with everything it logged and whether it could be repeated.",
  cli: { command: "runs show", positional: ["runId"] },
});

/** One pixel column of a curve: the points whose step or time falls into it. */
export const HistoryBucket = Type.Object({
  step: Type.Integer({ description: "Least step in the bucket." }),
  stepTo: Type.Integer({ description: "Greatest step in the bucket." }),
  at: Type.Integer({ description: "Earliest time in the bucket, milliseconds since the Unix epoch." }),
  count: Type.Integer({ description: "Points in the bucket, NaN included." }),
  nan: Type.Integer({ description: "How many of them are NaN; they count in no other figure." }),
  min: Type.Optional(Type.Number({ description: "Least value; absent when all are NaN." })),
  max: Type.Optional(Type.Number({ description: "Greatest value; absent when all are NaN." })),
  mean: Type.Optional(Type.Number({ description: "Mean value; absent when all are NaN." })),
});
export type HistoryBucket = Static<typeof HistoryBucket>;

/** Curves, reduced on the server. */
export const getMetricHistory = defineOperation({
  name: "tracking.getMetricHistory",
  method: "GET",
  path: "/projects/:project/metric-history",
  input: Type.Object({
    ...InProject,
    runIds: Type.Array(runId, { minItems: 1, maxItems: 100, description: "Runs whose curves are wanted." }),
    key: Type.String({ maxLength: 250, description: "Metric name." }),
    buckets: Type.Optional(
      Type.Integer({ minimum: 2, maximum: 5000, description: "Most points a curve; 500 when absent." }),
    ),
    fromStep: Type.Optional(Type.Integer({ description: "First step wanted." })),
    toStep: Type.Optional(Type.Integer({ description: "Last step wanted." })),
  }),
  reply: Type.Object({
    key: Type.String({ description: "Metric name." }),
    series: Type.Array(
      Type.Object({
        runId,
        name: Type.String({ description: "Name of the run." }),
        points: Type.Integer({ description: "Points recorded in the range asked for." }),
        reduced: Type.Boolean({ description: "true when buckets hold more than one point." }),
        buckets: Type.Array(HistoryBucket, { description: "By step." }),
      }),
    ),
  }),
  permission: "read",
  doc: "Gives metric curves as minimum, maximum and mean per bucket of steps, computed over every point.",
  cli: { command: "runs history", positional: ["key", "runIds"] },
});

export const CompareRow = Type.Object({
  group: Type.Union(
    [
      Type.Literal("code"),
      Type.Literal("data"),
      Type.Literal("environment"),
      Type.Literal("configuration"),
      Type.Literal("parameters"),
      Type.Literal("metrics"),
    ],
    { description: "Section of the table." },
  ),
  name: Type.String({ description: "What is compared." }),
  values: Type.Array(Type.Union([Type.String(), Type.Number(), Type.Null()]), {
    description: "One a run, in the order of `runs`; null where the run has none.",
  }),
  differs: Type.Boolean({ description: "Whether any two runs differ in it." }),
});

/** Runs that differ in nothing but the seed, summed up. */
export const SeedGroup = Type.Object({
  runIds: Type.Array(runId, { description: "The runs of the group, in the order asked for." }),
  metrics: Type.Array(
    Type.Object({
      name: Type.String({ description: "Metric name." }),
      values: Type.Array(Type.Number(), { description: "Every run's latest value." }),
      mean: Type.Optional(Type.Number({ description: "Absent for fewer than three runs." })),
      low: Type.Optional(Type.Number({ description: "Lower end of the 95 % interval of the mean." })),
      high: Type.Optional(Type.Number({ description: "Upper end of the 95 % interval of the mean." })),
    }),
  ),
});

/** Two to twenty runs side by side. */
export const compareRuns = defineOperation({
  name: "tracking.compareRuns",
  method: "GET",
  path: "/projects/:project/run-comparison",
  input: Type.Object({
    ...InProject,
    runIds: Type.Array(runId, { minItems: 2, maxItems: 20, description: "Runs to compare; the first is the base." }),
  }),
  reply: Type.Object({
    runs: Type.Array(RunRow, { description: "The runs, in the order asked for." }),
    rows: Type.Array(CompareRow, { description: "Code, data, environment, configuration, parameters, metrics." }),
    seedGroups: Type.Array(SeedGroup, { description: "Groups of two and more runs equal but for the seed." }),
  }),
  permission: "read",
  doc: "Compares two to twenty runs: code, data, environment, configuration, parameters and metrics.",
  cli: { command: "runs compare", positional: ["runIds"] },
});

/** Files and folders of a run, one level. */
export const listArtifacts = defineOperation({
  name: "tracking.listArtifacts",
  method: "GET",
  path: "/projects/:project/runs/:runId/artifacts",
  input: Type.Object({
    ...InProject,
    runId,
    path: Type.Optional(
      Type.String({ maxLength: 2000, description: "Folder below the run's root; the root when absent." }),
    ),
  }),
  reply: Type.Object({
    root: Type.String({ description: "Artifact URI of the run." }),
    stored: Type.Boolean({ description: "false when the root is outside this server, so that nothing can be listed." }),
    items: Type.Array(
      Type.Object({
        path: Type.String({ description: "Below the run's root." }),
        folder: Type.Boolean({ description: "true for a folder." }),
        size: Type.Optional(Type.Integer({ description: "Bytes of a file." })),
        hash: Type.Optional(Type.String({ description: "SHA-256 of a file." })),
        href: Type.Optional(Type.String({ description: "Path on this server that answers the file's bytes." })),
      }),
    ),
  }),
  permission: "read",
  doc: "Lists one folder of a run's artifacts, those of its logged models included.",
  cli: { command: "runs artifacts", positional: ["runId", "path"] },
});

/** Hides a run. */
export const deleteRun = defineOperation({
  name: "tracking.deleteRun",
  method: "DELETE",
  path: "/projects/:project/runs/:runId",
  input: Type.Object({ ...InProject, runId }),
  reply: Type.Object({ runId, lifecycle: Lifecycle }),
  permission: "write",
  doc: "Hides a run; `runs restore` brings it back.",
  cli: { command: "runs delete", positional: ["runId"] },
});

/** Brings a hidden run back. */
export const restoreRun = defineOperation({
  name: "tracking.restoreRun",
  method: "POST",
  path: "/projects/:project/runs/:runId/restore",
  input: Type.Object({ ...InProject, runId }),
  reply: Type.Object({ runId, lifecycle: Lifecycle }),
  permission: "write",
  doc: "Brings a deleted run back.",
  cli: { command: "runs restore", positional: ["runId"] },
});

/** Sets tags, e.g. a note or evidence such as the commit. */
export const tagRun = defineOperation({
  name: "tracking.tagRun",
  method: "POST",
  path: "/projects/:project/runs/:runId/tags",
  input: Type.Object({
    ...InProject,
    runId,
    tags: Type.Record(Type.String({ minLength: 1, maxLength: 250 }), Type.String({ maxLength: 8000 }), {
      description: "Tags to set; others stay.",
    }),
  }),
  reply: Type.Object({ runId, tags: Tags }),
  permission: "write",
  doc: "Sets tags of a run.",
  cli: { command: "runs tag", positional: ["runId"] },
});

/** A run began. */
export const RunCreated = defineEvent({
  name: "tracking.run-created",
  payload: Type.Object({
    runId,
    name: Type.String({ description: "Name of the run." }),
    experimentId,
    experimentName: Type.String({ description: "Name of its experiment." }),
    user: Type.String({ description: "User name the client sent; may be empty." }),
    startedAt: Instant,
    parentRunId: Type.Optional(Type.String({ description: "Run this one is nested in." })),
    commit: Type.Optional(Type.String({ description: "Commit of the code, when it was sent with the run." })),
    configHash: Type.Optional(
      Type.String({ description: "Hash of the configuration, when it was sent with the run." }),
    ),
    environmentHash: Type.Optional(
      Type.String({ description: "Hash of the environment, when it was sent with the run." }),
    ),
    entryPoint: Type.Optional(Type.String({ description: "Path of the program, as logged." })),
  }),
  doc: "A run was created.",
});

/** A run reached FINISHED, FAILED or KILLED. */
export const RunFinished = defineEvent({
  name: "tracking.run-finished",
  payload: Type.Object({
    runId,
    name: Type.String({ description: "Name of the run." }),
    experimentId,
    status: RunStatus,
    startedAt: Instant,
    endedAt: Instant,
    error: Type.Optional(Type.String({ description: "The error that ended it, when it was logged." })),
  }),
  doc: "A run ended: finished, failed or was killed.",
});

/** A run said which data it reads. */
export const InputsLogged = defineEvent({
  name: "tracking.inputs-logged",
  payload: Type.Object({
    runId,
    datasets: Type.Array(
      Type.Object({
        name: Type.String({ description: "Dataset name." }),
        digest: Type.String({ description: "A dataset version id when 16 hex digits long." }),
        sourceType: Type.String({ description: "local, s3, http, code, ..." }),
        source: Type.String({ description: "As logged, usually JSON; shortened to 2,000 characters." }),
        context: Type.Optional(Type.String({ description: "training, eval, ..." })),
        strength: Type.Union([Type.Literal("content"), Type.Literal("weak"), Type.Literal("none")], {
          description: "How surely the digest names the data; see `RunInput`.",
        }),
      }),
    ),
    models: Type.Array(Type.Object({ modelId: Type.String({ description: "Id of the logged model." }) }), {
      description: "Logged models it reads.",
    }),
  }),
  doc: "A run logged the datasets and models it reads.",
});

/** A run's evidence tags were set: commit, dirty flag, configuration, environment or seed. */
export const RunTagged = defineEvent({
  name: "tracking.run-tagged",
  payload: Type.Object({
    runId,
    commit: Type.Optional(Type.String({ description: "Commit of the code." })),
    dirty: Type.Optional(Type.Boolean({ description: "Whether there were uncommitted changes." })),
    configHash: Type.Optional(Type.String({ description: "Hash of the configuration." })),
    environmentHash: Type.Optional(Type.String({ description: "Hash of the environment." })),
    seed: Type.Optional(Type.String({ description: "Random seed." })),
  }),
  doc: "Evidence tags of a run were set; other tags raise no event.",
});

/** A model was logged by a run and its files are complete. */
export const ModelLogged = defineEvent({
  name: "tracking.model-logged",
  payload: Type.Object({
    modelId: Type.String({ description: "Id of the logged model." }),
    name: Type.String({ description: "Name under which it was logged." }),
    experimentId,
    runId: Type.Optional(Type.String({ description: "The run that logged it." })),
    artifactUri: Type.String({ description: "Root URI of its files." }),
  }),
  doc: "A logged model became ready: its artifacts are complete.",
});
