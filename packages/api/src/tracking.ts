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
  metrics: Type.Array(Column, {
    description:
      "Common before uncommon, held-out quality before other measures before families such as `importance.x`; at most 50, `counts` says how many there are.",
  }),
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
    fields: Type.Optional(
      Type.Union([Type.Literal("info"), Type.Literal("all")], {
        description:
          "info: only who, when and in which state; no code, datasets, error, parent, or column. all when absent.",
      }),
    ),
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

/** A recorded value that was corrected; the original is kept. */
export const Correction = Type.Object({
  id: Type.String({ description: "Id of the correction." }),
  runId,
  what: Type.Union(
    [
      Type.Literal("param"),
      Type.Literal("tag"),
      Type.Literal("metric"),
      Type.Literal("name"),
      Type.Literal("experiment"),
    ],
    { description: "What was corrected." },
  ),
  key: Type.String({ description: "Which parameter, tag or metric; empty for the name and the experiment." }),
  before: Type.String({
    description:
      "What it was: the text, or for a metric its points as JSON `[[step, time, value], ...]`, the first 1,000.",
  }),
  after: Type.Union([Type.String(), Type.Null()], { description: "What it is now; null: removed." }),
  points: Type.Integer({ description: "Points of a metric it touched; 0 for all else." }),
  by: Type.String({ description: "Who corrected it." }),
  door: Type.String({ description: "Through which door." }),
  reason: Type.String({ description: "Why." }),
  at: Instant,
});
export type Correction = Static<typeof Correction>;

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
  traces: Type.Optional(Type.Integer({ description: "How many traces belong to it; absent when none does." })),
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
  config: Type.Optional(
    Type.Object(
      {
        hash: Type.String({ description: "SHA-256 of the configuration." }),
        from: Type.Union([Type.Literal("logged"), Type.Literal("parameters")], {
          description: "logged: the run said so; parameters: hashed here over its parameters.",
        }),
      },
      { description: "Absent when the run logged neither a hash nor a parameter." },
    ),
  ),
  corrections: Type.Array(Correction, { description: "Corrections of recorded values, newest first, at most 100." }),
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
  x: Type.Optional(Type.Number({ description: "Where the bucket begins on the axis; absent on the axis of steps." })),
  xTo: Type.Optional(Type.Number({ description: "Where it ends on the axis; absent on the axis of steps." })),
  smooth: Type.Optional(
    Type.Number({ description: "Smoothed value at the bucket's last point; absent when no smoothing was asked for." }),
  ),
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
    axis: Type.Optional(
      Type.String({
        pattern: "^(step|time|metrics\\..{1,250})$",
        description:
          "What the buckets divide: `step`, also when absent; `time`; or `metrics.<name>`, the value that metric had at the same step.",
      }),
    ),
    smoothing: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 0.999,
        description: "Weight of the past in a moving average over every point, spaced by the axis; none when absent.",
      }),
    ),
  }),
  reply: Type.Object({
    key: Type.String({ description: "Metric name." }),
    series: Type.Array(
      Type.Object({
        runId,
        name: Type.String({ description: "Name of the run." }),
        points: Type.Integer({ description: "Points recorded in the range asked for." }),
        reduced: Type.Boolean({ description: "true when buckets hold more than one point." }),
        buckets: Type.Array(HistoryBucket, { description: "In the order of the axis." }),
      }),
    ),
  }),
  permission: "read",
  doc: "Gives metric curves as minimum, maximum and mean per bucket of steps, time or another metric, computed over every point.",
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

/** How a metric is spread over the runs that match: what a brush in the header of its column is drawn from. */
export const getRunHistogram = defineOperation({
  name: "tracking.getRunHistogram",
  method: "GET",
  path: "/projects/:project/run-histogram",
  input: Type.Object({
    ...InProject,
    key: Type.String({ minLength: 1, maxLength: 250, description: "Metric name." }),
    experimentIds: Type.Optional(
      Type.Array(experimentId, { maxItems: 1000, description: "All of the project when absent." }),
    ),
    filter: Type.Optional(Type.String({ maxLength: 10_000, description: "The filter of `runs search`." })),
    bins: Type.Optional(Type.Integer({ minimum: 2, maximum: 100, description: "How many bins; 24 when absent." })),
  }),
  reply: Type.Object({
    key: Type.String({ description: "Metric name." }),
    low: Type.Optional(Type.Number({ description: "Least finite latest value; absent when there is none." })),
    high: Type.Optional(Type.Number({ description: "Greatest finite latest value." })),
    counts: Type.Array(Type.Integer(), {
      description: "Runs in each of the equal bins from `low` to `high`, the last one closed; exact.",
    }),
    nan: Type.Integer({ description: "Runs whose latest value is NaN; they are in no bin." }),
    infinite: Type.Integer({ description: "Runs whose latest value is infinite; they are in no bin." }),
  }),
  permission: "read",
  doc: "Counts the runs that match a filter in bins of a metric's latest value.",
  cli: { command: "runs histogram", positional: ["key"] },
});

/** Values of many runs, column by column, for scatter and parallel coordinates. */
export const plotRuns = defineOperation({
  name: "tracking.plotRuns",
  method: "GET",
  path: "/projects/:project/run-values",
  input: Type.Object({
    ...InProject,
    experimentIds: Type.Optional(
      Type.Array(experimentId, { maxItems: 1000, description: "All of the project when absent." }),
    ),
    filter: Type.Optional(Type.String({ maxLength: 10_000, description: "The filter of `runs search`." })),
    columns: Type.Array(Type.String({ description: "`metrics.<key>`, `params.<key>` or `tags.<key>`." }), {
      minItems: 1,
      maxItems: 16,
      description: "Whose values are wanted.",
    }),
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 200_000, description: "Most runs, newest first; 20,000 when absent." }),
    ),
  }),
  reply: Type.Object({
    runIds: Type.Array(Type.String(), { description: "The runs, newest first." }),
    startedAt: Type.Array(Type.Integer(), { description: "When each began, milliseconds since the Unix epoch." }),
    values: Type.Array(Type.Array(Type.Union([Type.Number(), Type.String(), Type.Null()])), {
      description:
        'One list a column, one value a run: a number for metrics ("NaN" where it is none), text for others, null where the run has none.',
    }),
    total: Type.Integer({ description: "Exact number of matches; more than `runIds` when `limit` cut them." }),
  }),
  permission: "read",
  doc: "Gives the values of up to sixteen columns for many runs at once, for plots.",
  cli: { command: "runs values", positional: ["columns"] },
});

export const RunView = Type.Object({
  viewId: Type.String({ description: "Id of the view." }),
  name: Type.String({ description: "Unique in the project." }),
  state: Type.Record(Type.String(), Type.String(), {
    description: "Fields of the run table's address: q, sort, cols, group, view, ...",
  }),
  isDefault: Type.Boolean({ description: "Whether run tables of the project open with it." }),
  savedAt: Instant,
  savedBy: Type.String({ description: "Name of the account or token that saved it last." }),
});
export type RunView = Static<typeof RunView>;

const viewId = Type.String({ pattern: "^[0-9A-Z]{26}$", description: "Id of the view." });

/** Saved views of the run tables, shared by the project. */
export const listViews = defineOperation({
  name: "tracking.listViews",
  method: "GET",
  path: "/projects/:project/run-views",
  input: Type.Object({ ...InProject }),
  reply: Type.Object({ items: Type.Array(RunView, { description: "By name; at most 200 are kept." }) }),
  permission: "read",
  doc: "Lists the saved views of the project's run tables.",
  cli: { command: "views list" },
});

/** Saves what a run table shows under a name. */
export const saveView = defineOperation({
  name: "tracking.saveView",
  method: "POST",
  path: "/projects/:project/run-views",
  input: Type.Object({
    ...InProject,
    name: Type.String({ minLength: 1, maxLength: 100, description: "A view of the same name is replaced." }),
    state: Type.Record(Type.String({ pattern: "^[a-z][a-zA-Z]{0,31}$" }), Type.String({ maxLength: 20_000 }), {
      maxProperties: 32,
      description: "Fields of the run table's address: q, sort, cols, group, view, ...",
    }),
  }),
  reply: RunView,
  permission: "write",
  doc: "Saves columns, filter, sort, group and kind of view under a name, for everybody in the project.",
  cli: { command: "views save", positional: ["name"] },
});

/** Removes a saved view. */
export const deleteView = defineOperation({
  name: "tracking.deleteView",
  method: "DELETE",
  path: "/projects/:project/run-views/:viewId",
  input: Type.Object({ ...InProject, viewId }),
  reply: Type.Object({ viewId, name: Type.String({ description: "Name it had." }) }),
  permission: "write",
  doc: "Removes a saved view of the run tables.",
  cli: { command: "views delete", positional: ["viewId"] },
});

/** The view with which run tables open. */
export const setDefaultView = defineOperation({
  name: "tracking.setDefaultView",
  method: "POST",
  path: "/projects/:project/run-views/:viewId/default",
  input: Type.Object({
    ...InProject,
    viewId,
    on: Type.Optional(Type.Boolean({ description: "false: run tables open as they come again. true when absent." })),
  }),
  reply: RunView,
  permission: "write",
  doc: "Makes a saved view the one with which the project's run tables open; there is at most one.",
  cli: { command: "views default", positional: ["viewId"] },
});

const selectionId = Type.String({ pattern: "^[0-9a-f]{12}$", description: "Short id of the selection." });

/** Names a list of runs by a short id, so that an address can hold it. */
export const saveSelection = defineOperation({
  name: "tracking.saveSelection",
  method: "POST",
  path: "/projects/:project/run-selections",
  input: Type.Object({
    ...InProject,
    runIds: Type.Array(runId, {
      minItems: 1,
      maxItems: 10_000,
      description: "The runs; order and repeats do not matter.",
    }),
  }),
  reply: Type.Object({ selectionId, runs: Type.Integer({ description: "How many different runs it names." }) }),
  permission: "write",
  doc: "Names a selection of runs by a short id; the same runs get the same id.",
  cli: { command: "runs select", positional: ["runIds"] },
});

/** The runs of a selection. */
export const getSelection = defineOperation({
  name: "tracking.getSelection",
  method: "GET",
  path: "/projects/:project/run-selections/:selectionId",
  input: Type.Object({ ...InProject, selectionId }),
  reply: Type.Object({ selectionId, runIds: Type.Array(Type.String(), { description: "The runs, by id." }) }),
  permission: "read",
  doc: "Shows which runs a short selection id names.",
  cli: { command: "runs selection", positional: ["selectionId"] },
});

const OnnxEnd = Type.Object({
  name: Type.String({ description: "Name of the input or output." }),
  type: Type.String({ description: "Element type, e.g. `float32`; or `sequence`, `map`, `optional`." }),
  shape: Type.Array(Type.String(), { description: "One a dimension: a number, a name, or `?` when free." }),
});

/** What an ONNX file says about itself. It is read, never loaded or run. */
export const describeOnnx = defineOperation({
  name: "tracking.describeOnnx",
  method: "GET",
  path: "/projects/:project/runs/:runId/onnx",
  input: Type.Object({
    ...InProject,
    runId,
    path: Type.String({ minLength: 1, maxLength: 2000, description: "File below the run's root." }),
  }),
  reply: Type.Object({
    irVersion: Type.Integer({ description: "Version of the file format." }),
    producer: Type.String({ description: "Program that wrote it, with its version when given." }),
    opsets: Type.Record(Type.String(), Type.Integer(), {
      description: "Operator sets by domain; `ai.onnx` is the standard one.",
    }),
    inputs: Type.Array(OnnxEnd, { description: "Without constants; at most 256." }),
    outputs: Type.Array(OnnxEnd, { description: "At most 256." }),
    nodes: Type.Integer({ description: "Operators in the graph, those of nested graphs and functions included." }),
    operators: Type.Array(
      Type.Object({
        name: Type.String({ description: "Operator, with its domain unless that is the standard one." }),
        count: Type.Integer({ description: "How often it stands in the graph." }),
      }),
      { description: "Most frequent first; at most 500 kinds." },
    ),
    parameters: Type.Integer({ description: "Numbers in the constants." }),
    constants: Type.Integer({ description: "How many constants there are." }),
    external: Type.Integer({ description: "Constants whose data lies in other files." }),
    metadata: Type.Record(Type.String(), Type.String(), { description: "Free text the producer added; at most 50." }),
  }),
  permission: "read",
  doc: "Summarises an ONNX artifact: inputs, outputs, operators, operator sets and number of parameters.",
  cli: { command: "runs onnx", positional: ["runId", "path"] },
});

/** Hides a run. */
/** The first rows of a Parquet file. */
export const readTable = defineOperation({
  name: "tracking.readTable",
  method: "GET",
  path: "/projects/:project/runs/:runId/table",
  input: Type.Object({
    ...InProject,
    runId,
    path: Type.String({ minLength: 1, maxLength: 2000, description: "Parquet file below the run's root." }),
    rows: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, description: "Most rows; 40 when absent." })),
    columns: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, description: "Most columns; 50 when absent." })),
  }),
  reply: Type.Object({
    columns: Type.Array(
      Type.Object({
        name: Type.String({ description: "Name of the column." }),
        type: Type.String({ description: "The engine's word for its type; cut after 200 characters." }),
      }),
      { description: "The first columns, in the file's order." },
    ),
    width: Type.Integer({ description: "How many columns the file has." }),
    total: Type.Integer({ description: "How many rows the file has." }),
    rows: Type.Array(Type.Array(Type.Union([Type.String(), Type.Null()])), {
      description:
        "The first rows, a text a cell: cut after 200 characters with `…`; nested values as `…`, bytes as their number; null where there is none.",
    }),
  }),
  permission: "read",
  doc: "Shows the first rows of a Parquet file of a run.",
  cli: { command: "runs table", positional: ["runId", "path"] },
});

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

/** An experiment is called otherwise from now on; what refers to it by id goes on doing so. */
export const ExperimentRenamed = defineEvent({
  name: "tracking.experiment-renamed",
  payload: Type.Object({
    experimentId,
    before: Type.String({ description: "Its name until now." }),
    name: Type.String({ description: "Its name from now on." }),
  }),
  doc: "An experiment was renamed.",
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
    dirty: Type.Optional(
      Type.Union([Type.Boolean(), Type.Null()], {
        description: "Whether there were uncommitted changes; null when nothing says so any more.",
      }),
    ),
    configHash: Type.Optional(Type.String({ description: "Hash of the configuration." })),
    environmentHash: Type.Optional(Type.String({ description: "Hash of the environment." })),
    seed: Type.Optional(Type.String({ description: "Random seed." })),
  }),
  doc: "Evidence tags of a run were set, corrected or removed; an empty text, or null, is unknown again. Other tags raise no event.",
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

const traceId = Type.String({ pattern: "^[A-Za-z0-9][A-Za-z0-9_-]{0,249}$", description: "Id of the trace." });

/** How a trace stands: `IN_PROGRESS` until its root span was seen. */
export const TraceState = Type.Union(
  [Type.Literal("OK"), Type.Literal("ERROR"), Type.Literal("IN_PROGRESS"), Type.Literal("STATE_UNSPECIFIED")],
  { description: "As in MLflow: OK, ERROR, IN_PROGRESS or STATE_UNSPECIFIED." },
);
export type TraceState = Static<typeof TraceState>;

/** What people or judges said of a trace. */
export const TraceAssessment = Type.Object({
  id: Type.String({ description: "Id of the assessment." }),
  name: Type.String({ description: "What was assessed." }),
  kind: Type.Union([Type.Literal("feedback"), Type.Literal("expectation"), Type.Literal("issue")], {
    description: "feedback on what came out, the expectation of what should, or an issue seen.",
  }),
  value: Type.String({ description: "Text as it is; all else as JSON." }),
  source: Type.String({ description: "Who says so: HUMAN, LLM_JUDGE or CODE, with a name when it has one." }),
  valid: Type.Boolean({ description: "false once another one overrides it." }),
  at: Instant,
});

export const Trace = Type.Object({
  traceId,
  experimentId,
  name: Type.Optional(Type.String({ description: "Name of the trace." })),
  state: TraceState,
  at: Type.Integer({ description: "When it began, milliseconds since the Unix epoch." }),
  ms: Type.Optional(Type.Integer({ description: "How long it took, milliseconds; absent while it is in progress." })),
  runIds: Type.Array(Type.String({ description: "Id of a run." }), { description: "Runs it is evidence of." }),
  request: Type.Optional(Type.String({ description: "What went in, shortened." })),
  response: Type.Optional(Type.String({ description: "What came out, shortened." })),
  spans: Type.Integer({ description: "How many spans are stored; a client may have kept them in a file instead." }),
  tags: Tags,
  metadata: Type.Record(Type.String(), Type.String(), { description: "What the client recorded; never changed." }),
});
export type Trace = Static<typeof Trace>;

export const TraceSpan = Type.Object({
  spanId: Type.String({ description: "16 hexadecimal digits." }),
  parentId: Type.Optional(Type.String({ description: "Span it is nested in; absent for the root." })),
  name: Type.String({ description: "Name of the span." }),
  type: Type.Optional(Type.String({ description: "LLM, CHAIN, TOOL, RETRIEVER, ...; absent when unknown." })),
  status: Type.Union([Type.Literal("UNSET"), Type.Literal("OK"), Type.Literal("ERROR")], {
    description: "As in OpenTelemetry.",
  }),
  at: Type.Integer({ description: "Start, milliseconds since the Unix epoch." }),
  ms: Type.Optional(Type.Integer({ description: "Duration, milliseconds; absent when it has no end." })),
  attributes: Type.Record(Type.String(), Type.String(), {
    description: "Text as it is; all else as JSON; each shortened to 10,000 characters.",
  }),
});

/** Traces of an experiment or a run. */
export const listTraces = defineOperation({
  name: "tracking.listTraces",
  method: "GET",
  path: "/projects/:project/traces",
  input: Type.Object({
    ...InProject,
    ...Paging,
    experimentId: Type.Optional(experimentId),
    runId: Type.Optional(runId),
    filter: Type.Optional(
      Type.String({ maxLength: 10_000, description: "e.g. `status = 'ERROR' AND span.name LIKE 'retrieve%'`." }),
    ),
  }),
  reply: page(Trace),
  permission: "read",
  doc: "Lists traces, newest first: of an experiment, of a run, or of the whole project.",
  cli: { command: "traces list" },
});

/** One trace with its spans. */
export const getTrace = defineOperation({
  name: "tracking.getTrace",
  method: "GET",
  path: "/projects/:project/traces/:traceId",
  input: Type.Object({ ...InProject, traceId }),
  reply: Type.Object({
    ...Trace.properties,
    items: Type.Array(TraceSpan, { description: "Spans by start, at most 10,000; `spans` counts them all." }),
    assessments: Type.Array(TraceAssessment, { description: "Oldest first." }),
  }),
  permission: "read",
  doc: "Shows one trace with its spans and what was said of it.",
  cli: { command: "traces show", positional: ["traceId"] },
});
