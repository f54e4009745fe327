import { type Static, Type } from "typebox";
import { defineOperation } from "./operation.js";
import { Lifecycle, MetricValue, RunStatus } from "./tracking.js";
import { InProject, Instant, Paging, page } from "./values.js";

/** What runs say together: counts, groups over seeds, datasets, environments, repeated runs, configuration schemas. */

const runId = Type.String({ pattern: "^[A-Za-z0-9][A-Za-z0-9_-]{0,255}$", description: "Id of the run." });
const experimentId = Type.String({ pattern: "^[0-9]{1,18}$", description: "Decimal id of the experiment." });

const searched = {
  experimentIds: Type.Optional(
    Type.Array(experimentId, { maxItems: 1000, description: "Experiments to search; all of the project when absent." }),
  ),
  filter: Type.Optional(Type.String({ maxLength: 10_000, description: "As in `runs search`." })),
  lifecycle: Type.Optional(Lifecycle),
};

/** Of the runs that match only some. */
const named = {
  selectionId: Type.Optional(
    Type.String({ pattern: "^[0-9a-f]{12}$", description: "Of these, only the runs a selection names." }),
  ),
  runIds: Type.Optional(Type.Array(runId, { minItems: 1, maxItems: 200, description: "Of these, only these runs." })),
};

/** How many runs match. */
export const countRuns = defineOperation({
  name: "tracking.countRuns",
  method: "GET",
  path: "/projects/:project/run-count",
  input: Type.Object({ ...InProject, ...searched }),
  reply: Type.Object({
    total: Type.Integer({ description: "Exact number of matches." }),
    byStatus: Type.Array(
      Type.Object({ status: RunStatus, runs: Type.Integer({ description: "Matches in this state." }) }),
      { description: "States that occur, most first." },
    ),
  }),
  permission: "read",
  doc: "Counts the runs that match a filter, exactly, over all experiments or some.",
  cli: { command: "runs count", positional: ["filter"] },
});

export const GroupMetric = Type.Object({
  key: Type.String({ description: "Metric name." }),
  n: Type.Integer({ description: "Runs whose latest value is a finite number." }),
  missing: Type.Integer({ description: "Runs of the group without such a value: not logged, NaN or infinite." }),
  mean: Type.Optional(Type.Number({ description: "Mean; absent when n is 0." })),
  sd: Type.Optional(Type.Number({ description: "Sample standard deviation (n - 1); absent when n is below 2." })),
  low: Type.Optional(
    Type.Number({ description: "Lower end of the 95 % interval of the mean by Student's t; n of 2 and more." }),
  ),
  high: Type.Optional(Type.Number({ description: "Upper end of that interval." })),
  min: Type.Optional(Type.Number({ description: "Least value." })),
  max: Type.Optional(Type.Number({ description: "Greatest value." })),
});
export type GroupMetric = Static<typeof GroupMetric>;

export const RunGroup = Type.Object({
  id: Type.String({ description: "Hash of the key; the same for the same parameters." }),
  key: Type.Record(Type.String(), Type.Union([Type.String(), Type.Null()]), {
    description: "Parameters the runs of the group share, of those that tell the groups apart; null: not logged.",
  }),
  runs: Type.Integer({ description: "Runs in the group." }),
  runIds: Type.Array(Type.String(), { description: "Their ids, newest first; the first thousand." }),
  experimentIds: Type.Array(Type.String(), { description: "Experiments they are in." }),
  seeds: Type.Array(Type.String(), { description: "Distinct seeds logged, sorted; the first hundred." }),
  metrics: Type.Array(GroupMetric, { description: "In the order asked for." }),
});
export type RunGroup = Static<typeof RunGroup>;

/** Runs grouped by their parameters. */
export const groupRuns = defineOperation({
  name: "tracking.groupRuns",
  method: "GET",
  path: "/projects/:project/run-groups",
  input: Type.Object({
    ...InProject,
    ...Paging,
    ...searched,
    ...named,
    by: Type.Optional(
      Type.Array(Type.String({ maxLength: 250, description: "Parameter name, with or without `params.`." }), {
        maxItems: 50,
        description: "Parameters that make a group; every parameter but seeds when absent.",
      }),
    ),
    metrics: Type.Optional(
      Type.Array(Type.String({ maxLength: 250, description: "Metric name, with or without `metrics.`." }), {
        maxItems: 20,
        description: "Metrics to sum up; the five most runs share when absent.",
      }),
    ),
    order: Type.Optional(
      Type.String({
        maxLength: 300,
        description: "`runs DESC` (when absent), or a metric's mean: `metrics.auc DESC`. Groups without one come last.",
      }),
    ),
  }),
  reply: Type.Object({
    items: Type.Array(RunGroup),
    cursor: Type.Optional(
      Type.String({ description: "Opaque; pass it back to get the next page. Absent on the last page." }),
    ),
    total: Type.Integer({ description: "Exact number of groups." }),
    runs: Type.Integer({ description: "Exact number of runs grouped." }),
    by: Type.Array(Type.String(), { description: "Parameters that tell the groups apart." }),
    ignored: Type.Array(Type.String(), { description: "Seed-like parameters left out of the key." }),
  }),
  permission: "read",
  doc: "Groups runs by their parameters, seeds left out, with mean, deviation and 95 % interval of each metric over the group.",
  cli: { command: "runs groups", positional: ["filter"] },
});

/** Where curves lie together at one place of an axis. */
export const BandPlace = Type.Object({
  x: Type.Number({ description: "Middle of the place, in the axis' unit." }),
  n: Type.Integer({ description: "Curves that reach it." }),
  low: Type.Number({ description: "P10 of their values." }),
  median: Type.Number({ description: "Median of their values." }),
  high: Type.Number({ description: "P90 of their values." }),
});
export type BandPlace = Static<typeof BandPlace>;

/** The curves of many runs as one. */
export const getMetricBand = defineOperation({
  name: "tracking.getMetricBand",
  method: "GET",
  path: "/projects/:project/metric-band",
  input: Type.Object({
    ...InProject,
    ...searched,
    ...named,
    key: Type.String({ minLength: 1, maxLength: 250, description: "Metric name." }),
    places: Type.Optional(
      Type.Integer({
        minimum: 2,
        maximum: 1000,
        description:
          "Places the axis is divided into, 200 when absent; fewer where places times curves exceed 4,000,000.",
      }),
    ),
    fromStep: Type.Optional(Type.Integer({ description: "First step wanted." })),
    toStep: Type.Optional(Type.Integer({ description: "Last step wanted." })),
    axis: Type.Optional(
      Type.String({
        pattern: "^(step|time|relative|metrics\\..{1,250})$",
        description:
          "`step`, also when absent; `time`; `relative`, milliseconds since each run began; or `metrics.<name>`, the value that metric had at the same step.",
      }),
    ),
    smoothing: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 0.999,
        description: "Weight of the past in a moving average over every point of each curve; none when absent.",
      }),
    ),
  }),
  reply: Type.Object({
    key: Type.String({ description: "Metric name." }),
    runs: Type.Integer({ description: "Exact number of runs that match." }),
    curves: Type.Integer({ description: "How many of them have points of this metric here." }),
    used: Type.Integer({
      description:
        "How many of these were read: all, or, where they have more than 10,000,000 points together (one that was logged in the last minutes counts ten), some that their ids choose.",
    }),
    once: Type.Boolean({ description: "true when no curve has more than one point." }),
    nan: Type.Integer({ description: "Points that are NaN; they count nowhere." }),
    places: Type.Array(BandPlace, {
      description: "In the order of the axis. A curve counts with its mean at each place between its own ends.",
    }),
  }),
  permission: "read",
  doc: "Gives median and P10 to P90 of one metric's curves over every run that matches, however many.",
  cli: { command: "runs band", positional: ["key"] },
});

/** How surely two uses of a dataset are the same data. */
export const MatchStrength = Type.Union(
  [Type.Literal("content"), Type.Literal("digest"), Type.Literal("source"), Type.Literal("name")],
  {
    description:
      "content: equal hashes of all of it; digest: equal MLflow digests, 32 bits over at most 10,000 rows; source: the same place, whose content may have changed; name: nothing but the name.",
  },
);
export type MatchStrength = Static<typeof MatchStrength>;

const digests = Type.Array(Type.String(), { description: "Digests." });

/** One state of a dataset, wherever runs logged it. */
export const DatasetIdentity = Type.Object({
  name: Type.String({ description: "Name as logged." }),
  digest: Type.String({ description: "Digest as logged." }),
  strength: MatchStrength,
  sources: Type.Array(
    Type.Object({
      type: Type.String({ description: "local, s3, http, code, ..." }),
      source: Type.String({ description: "As logged, usually JSON; shortened to 500 characters." }),
    }),
    { description: "Where runs said it came from." },
  ),
  contexts: Type.Array(Type.String(), { description: "training, eval, ..." }),
  runs: Type.Integer({ description: "Runs that read it, deleted ones left out." }),
  runIds: Type.Array(Type.String(), { description: "Newest first, at most 20." }),
  experiments: Type.Array(Type.Object({ experimentId, name: Type.String({ description: "Its name." }) }), {
    description: "Experiments these runs are in.",
  }),
  models: Type.Array(
    Type.Object({
      modelId: Type.String({ description: "Id of a logged model." }),
      name: Type.String({ description: "Its name." }),
      runId,
    }),
    { description: "Models those runs logged, newest first, at most 20." },
  ),
  firstAt: Type.Optional(Instant),
  lastAt: Type.Optional(Instant),
  alsoNamed: Type.Array(Type.String(), { description: "Other names under which the same content was logged." }),
  otherContent: Type.Array(
    Type.Object({
      by: Type.Union([Type.Literal("source"), Type.Literal("name")], {
        description: "source: the same name and place; name: the same name, another place.",
      }),
      digests,
    }),
    { description: "Digests under the same name that are not this one: same name, other content." },
  ),
});
export type DatasetIdentity = Static<typeof DatasetIdentity>;

/** Which data runs read. */
export const listDatasetUses = defineOperation({
  name: "tracking.listDatasetUses",
  method: "GET",
  path: "/projects/:project/run-datasets",
  input: Type.Object({
    ...InProject,
    ...Paging,
    name: Type.Optional(Type.String({ maxLength: 500, description: "Only this name, exactly." })),
    digest: Type.Optional(Type.String({ maxLength: 64, description: "Only this digest, under any name." })),
    experimentId: Type.Optional(experimentId),
    disagreeing: Type.Optional(
      Type.Boolean({ description: "true: only names under which different content was logged." }),
    ),
  }),
  reply: page(DatasetIdentity),
  permission: "read",
  doc: "Lists the datasets runs read, one entry for the same data across experiments, with how surely it is the same and where digests disagree.",
  cli: { command: "runs datasets", positional: ["name"] },
});

const VersionSpan = Type.Object({
  value: Type.String({ description: "The version." }),
  runs: Type.Integer({ description: "Runs that used it." }),
  firstAt: Instant,
  lastAt: Instant,
});

/** Versions runs were made with. */
export const viewEnvironments = defineOperation({
  name: "tracking.viewEnvironments",
  method: "GET",
  path: "/projects/:project/experiments/:experimentId/environments",
  input: Type.Object({ ...InProject, experimentId }),
  reply: Type.Object({
    looked: Type.Integer({ description: "Runs looked at, newest first; at most 2,000." }),
    runs: Type.Integer({ description: "Active runs of the experiment." }),
    items: Type.Array(
      Type.Object({
        what: Type.String({
          description: "`client` (the MLflow client), `python`, `mlflow`, `environment` (hash), or a package's name.",
        }),
        source: Type.String({ description: "What says so: header, MLmodel, requirements, tag." }),
        versions: Type.Array(VersionSpan, { description: "Newest first." }),
        drifting: Type.Boolean({ description: "Whether the runs looked at used more than one." }),
      }),
      { description: "client, python, mlflow first, then packages by name." },
    ),
    silent: Type.Integer({ description: "Runs that say nothing of their environment." }),
    live: Type.Array(
      Type.Object({
        model: Type.String({ description: "Name of the model." }),
        version: Type.Integer({ description: "Version in use." }),
        deployment: Type.String({ description: "Deployment that serves it." }),
        runId: Type.Optional(Type.String({ description: "Run that made it; absent when none is named." })),
        differs: Type.Array(
          Type.Object({
            what: Type.String({ description: "As in `items`." }),
            live: Type.String({ description: "Version behind the model in use." }),
            newest: Type.String({ description: "Version of the newest run that says." }),
          }),
          { description: "Where the newest runs of the experiment left the model in use behind." },
        ),
        unknown: Type.Array(Type.String(), { description: "What one of both sides does not say." }),
      }),
      { description: "Live versions trained in this experiment, against its newest runs." },
    ),
    skew: Type.Object({
      server: Type.String({ description: "MLflow version this server speaks." }),
      clients: Type.Array(VersionSpan, { description: "Client versions seen, newest first." }),
      majors: Type.Array(Type.Integer(), { description: "Major versions among them; more than one is a skew." }),
    }),
  }),
  permission: "read",
  doc: "Shows which client, Python and package versions the runs of an experiment were made with, over time and against the model in use.",
  cli: { command: "experiments environments", positional: ["experimentId"] },
});

const IngredientState = Type.Union([Type.Literal("same"), Type.Literal("differs"), Type.Literal("unknown")], {
  description: "same and differs are proved by records; unknown: one of the runs does not say.",
});

/** Two runs, and why their results differ. */
export const explainRerun = defineOperation({
  name: "tracking.explainRerun",
  method: "GET",
  path: "/projects/:project/runs/:runId/rerun/:against",
  input: Type.Object({
    ...InProject,
    runId,
    against: Type.String({
      pattern: "^[A-Za-z0-9][A-Za-z0-9_-]{0,255}$",
      description: "The run it repeats.",
    }),
  }),
  reply: Type.Object({
    verdict: Type.Union(
      [
        Type.Literal("reproduced"),
        Type.Literal("ingredients-differ"),
        Type.Literal("same-ingredients-other-result"),
        Type.Literal("cannot-tell"),
      ],
      {
        description:
          "reproduced: equal results; ingredients-differ: results differ and so does an ingredient; same-ingredients-other-result: everything known is equal, so the run itself is not deterministic; cannot-tell: results differ or are missing, and an ingredient is unknown.",
      },
    ),
    summary: Type.String({ description: "The answer in one or two sentences." }),
    ingredients: Type.Array(
      Type.Object({
        name: Type.Union(
          [
            Type.Literal("code"),
            Type.Literal("data"),
            Type.Literal("params"),
            Type.Literal("config"),
            Type.Literal("environment"),
            Type.Literal("seed"),
            Type.Literal("hardware"),
          ],
          { description: "What a result is made of." },
        ),
        state: IngredientState,
        evidence: Type.String({ description: "What the records say, in one sentence." }),
        differences: Type.Array(
          Type.Object({
            name: Type.String({ description: "What differs." }),
            values: Type.Array(Type.Union([Type.String(), Type.Null()]), {
              description: "In the run, and in the one it repeats; null: not logged.",
            }),
          }),
          { description: "At most 100." },
        ),
      }),
      { description: "Likeliest source of a difference first." },
    ),
    metrics: Type.Array(
      Type.Object({
        key: Type.String({ description: "Metric name." }),
        values: Type.Array(Type.Union([MetricValue, Type.Null()]), {
          description: "Latest value in the run, and in the one it repeats; null: not logged.",
        }),
        delta: Type.Optional(Type.Number({ description: "Run minus the one it repeats." })),
        relative: Type.Optional(Type.Number({ description: "delta over the size of the latter; absent at 0." })),
        same: Type.Boolean({ description: "Whether they are equal to the last bit." }),
        timing: Type.Boolean({ description: "true for times and durations, which never repeat and do not count." }),
      }),
      { description: "Differing ones first." },
    ),
    unseen: Type.Array(Type.String(), { description: "What would have to be logged to settle the rest." }),
  }),
  permission: "read",
  doc: "Compares a run with the one it repeats and names the source of a differing result: code, data, parameters, configuration, environment, seed or hardware.",
  cli: { command: "runs explain", positional: ["runId", "against"] },
});

export const ConfigViolation = Type.Object({
  runId,
  name: Type.String({ description: "Name of the run." }),
  problems: Type.Array(Type.String(), { description: "What is wrong, one sentence each; the first ten." }),
});
export type ConfigViolation = Static<typeof ConfigViolation>;

export const ConfigSchemaState = Type.Object({
  experimentId,
  schema: Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()], {
    description: "JSON Schema of the runs' parameters as one flat object; null: none is set.",
  }),
  hash: Type.Optional(Type.String({ description: "SHA-256 of the schema." })),
  by: Type.Optional(Type.String({ description: "Who set it." })),
  at: Type.Optional(Instant),
  reason: Type.Optional(Type.String({ description: "Why." })),
  looked: Type.Integer({ description: "Ended runs checked, newest first; at most 2,000." }),
  violating: Type.Integer({ description: "How many of them do not fit." }),
  violations: Type.Array(ConfigViolation, { description: "The newest hundred of them." }),
  hashed: Type.Object(
    {
      logged: Type.Integer({ description: "Runs that logged a hash of their configuration." }),
      derived: Type.Integer({ description: "Runs whose parameters were hashed here in its place." }),
      none: Type.Integer({ description: "Runs with neither." }),
    },
    { description: "Where the configuration hash of the runs looked at comes from." },
  ),
});

/** The schema runs' parameters must fit. */
export const getConfigSchema = defineOperation({
  name: "tracking.getConfigSchema",
  method: "GET",
  path: "/projects/:project/experiments/:experimentId/config-schema",
  input: Type.Object({ ...InProject, experimentId }),
  reply: ConfigSchemaState,
  permission: "read",
  doc: "Shows the JSON Schema an experiment's parameters must fit, and the runs that do not fit it.",
  cli: { command: "experiments config-check", positional: ["experimentId"] },
});

/** Sets the schema runs' parameters must fit. */
export const setConfigSchema = defineOperation({
  name: "tracking.setConfigSchema",
  method: "PUT",
  path: "/projects/:project/experiments/:experimentId/config-schema",
  input: Type.Object({
    ...InProject,
    experimentId,
    schema: Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()], {
      description:
        "JSON Schema of an object with one property a parameter; numbers and booleans are read from their text. null removes it.",
    }),
    reason: Type.String({ minLength: 1, maxLength: 1000, description: "Why; kept." }),
  }),
  reply: ConfigSchemaState,
  permission: "approve",
  doc: "Sets the JSON Schema an experiment's parameters must fit; runs that do not are findings, never refused.",
  cli: { command: "experiments config-schema", positional: ["experimentId", "schema"] },
});
