import { type Static, Type } from "typebox";
import { defineEvent } from "./event.js";
import { defineOperation } from "./operation.js";
import { Correction } from "./tracking.js";
import { InProject, Instant, Paging, page } from "./values.js";

/** What tracking keeps, and what it lets go: retention, purges, storage, corrections. */

const runId = Type.String({ pattern: "^[A-Za-z0-9][A-Za-z0-9_-]{0,255}$", description: "Id of the run." });
const experimentId = Type.String({ pattern: "^[0-9]{1,18}$", description: "Decimal id of the experiment." });
const modelId = Type.String({ minLength: 1, maxLength: 256, description: "Id of the logged model." });
const reason = Type.String({ minLength: 1, maxLength: 1000, description: "Why; kept for good." });

/** Rows and bytes that go, or went, with a purge. */
export const PurgeCounts = Type.Object({
  runs: Type.Integer({ description: "Runs." }),
  experiments: Type.Integer({ description: "Experiments." }),
  models: Type.Integer({ description: "Logged models." }),
  points: Type.Integer({ description: "Metric points." }),
  texts: Type.Integer({ description: "Parameters and tags." }),
  files: Type.Integer({ description: "Artifact files." }),
  bytes: Type.Integer({ description: "Their logical size; equal files count each time." }),
  freed: Type.Integer({
    description:
      "Bytes of objects that no other record names. They leave the disk a day after the last name went, so that an upload under way is safe.",
  }),
});
export type PurgeCounts = Static<typeof PurgeCounts>;

export const PurgeRefusal = Type.Object({
  kind: Type.Union([Type.Literal("run"), Type.Literal("experiment"), Type.Literal("model")], {
    description: "run, experiment or (logged) model.",
  }),
  id: Type.String({ description: "Its id." }),
  name: Type.String({ description: "Its name." }),
  why: Type.String({ description: "What still needs it, in one sentence." }),
});
export type PurgeRefusal = Static<typeof PurgeRefusal>;

export const Purge = Type.Object({
  id: Type.Optional(Type.String({ description: "Id of the record; absent when nothing was begun." })),
  kind: Type.Union([Type.Literal("runs"), Type.Literal("experiments"), Type.Literal("models")], {
    description: "What was asked to go.",
  }),
  state: Type.Union([Type.Literal("preview"), Type.Literal("running"), Type.Literal("done")], {
    description: "preview: nothing was touched; running: the background work goes on; done.",
  }),
  deletedBefore: Type.Integer({
    description: "Only what was deleted before this instant goes, milliseconds since the Unix epoch.",
  }),
  by: Type.String({ description: "Who asked." }),
  door: Type.String({ description: "Through which door; `job` when the retention asked." }),
  reason: Type.String({ description: "Why." }),
  at: Instant,
  finishedAt: Type.Optional(Instant),
  counts: PurgeCounts,
  refused: Type.Array(PurgeRefusal, { description: "What stays because something needs it; the first hundred." }),
  refusedTotal: Type.Integer({ description: "How many stay." }),
});
export type Purge = Static<typeof Purge>;

const purgeInput = {
  olderThanDays: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 36_500,
      description: "Only what was deleted at least so many days ago; the project's retention when absent, 0 for all.",
    }),
  ),
  confirm: Type.Optional(
    Type.Boolean({ description: "true removes for good; else the answer says what would go and touches nothing." }),
  ),
  reason: Type.Optional(
    Type.String({ minLength: 1, maxLength: 1000, description: "Why; demanded with `confirm`, kept for good." }),
  ),
};

/** Removes deleted runs for good. */
export const purgeRuns = defineOperation({
  name: "tracking.purgeRuns",
  method: "POST",
  path: "/projects/:project/run-purges",
  input: Type.Object({
    ...InProject,
    runIds: Type.Optional(
      Type.Array(runId, { minItems: 1, maxItems: 1000, description: "Only these; every deleted run when absent." }),
    ),
    experimentId: Type.Optional(experimentId),
    ...purgeInput,
  }),
  reply: Purge,
  permission: "admin",
  doc: "Removes deleted runs for good, with their metrics, parameters, tags and artifacts; without --confirm it only says what would go.",
  cli: { command: "runs purge", positional: ["runIds"] },
});

/** Removes deleted experiments for good. */
export const purgeExperiments = defineOperation({
  name: "tracking.purgeExperiments",
  method: "POST",
  path: "/projects/:project/experiment-purges",
  input: Type.Object({
    ...InProject,
    experimentIds: Type.Optional(
      Type.Array(experimentId, {
        minItems: 1,
        maxItems: 1000,
        description: "Only these; every deleted experiment when absent.",
      }),
    ),
    ...purgeInput,
  }),
  reply: Purge,
  permission: "admin",
  doc: "Removes deleted experiments for good, with their runs, logged models and artifacts; their names are free again.",
  cli: { command: "experiments purge", positional: ["experimentIds"] },
});

/** Removes deleted logged models for good. */
export const purgeLoggedModels = defineOperation({
  name: "tracking.purgeLoggedModels",
  method: "POST",
  path: "/projects/:project/logged-model-purges",
  input: Type.Object({
    ...InProject,
    modelIds: Type.Optional(
      Type.Array(modelId, {
        minItems: 1,
        maxItems: 1000,
        description: "Only these; every deleted logged model when absent.",
      }),
    ),
    ...purgeInput,
  }),
  reply: Purge,
  permission: "admin",
  doc: "Removes deleted logged models for good, with their files; without --confirm it only says what would go.",
  cli: { command: "logged-models purge", positional: ["modelIds"] },
});

/** Every purge, newest first. */
export const listPurges = defineOperation({
  name: "tracking.listPurges",
  method: "GET",
  path: "/projects/:project/purges",
  input: Type.Object({ ...InProject, ...Paging }),
  reply: page(Purge),
  permission: "read",
  doc: "Lists what was removed for good: who, when, why and how much.",
  cli: { command: "purges list" },
});

/** One purge and how far it is. */
export const getPurge = defineOperation({
  name: "tracking.getPurge",
  method: "GET",
  path: "/projects/:project/purges/:purge",
  input: Type.Object({ ...InProject, purge: Type.String({ maxLength: 64, description: "Id of the purge." }) }),
  reply: Purge,
  permission: "read",
  doc: "Shows one purge: what went, what stayed and why.",
  cli: { command: "purges show", positional: ["purge"] },
});

export const Retention = Type.Object({
  deletedDays: Type.Union([Type.Integer({ minimum: 0, maximum: 36_500 }), Type.Null()], {
    description: "Days a deleted record is kept before it is purged; null: for ever.",
  }),
  from: Type.Union([Type.Literal("default"), Type.Literal("config"), Type.Literal("project")], {
    description: "Who says so: nobody (default), the server's configuration (`retentionDays`), or this project.",
  }),
  by: Type.Optional(Type.String({ description: "Who set it for this project." })),
  at: Type.Optional(Instant),
  reason: Type.Optional(Type.String({ description: "Why." })),
});
export type Retention = Static<typeof Retention>;

/** How long deleted records are kept. */
export const getRetention = defineOperation({
  name: "tracking.getRetention",
  method: "GET",
  path: "/projects/:project/retention",
  input: Type.Object(InProject),
  reply: Retention,
  permission: "read",
  doc: "Says how long deleted runs, experiments and logged models are kept before they are purged.",
  cli: { command: "retention show" },
});

/** Sets how long deleted records are kept. */
export const setRetention = defineOperation({
  name: "tracking.setRetention",
  method: "PUT",
  path: "/projects/:project/retention",
  input: Type.Object({
    ...InProject,
    deletedDays: Type.Union(
      [Type.Integer({ minimum: 0, maximum: 36_500 }), Type.Literal("forever"), Type.Literal("default")],
      { description: "Days, `forever`, or `default` for the server's configuration." },
    ),
    reason,
  }),
  reply: Retention,
  permission: "admin",
  doc: "Sets after how many days deleted records are purged by themselves: days, `forever`, or `default`.",
  cli: { command: "retention set", positional: ["deletedDays"] },
});

const StoredAmount = Type.Object({
  rows: Type.Integer({ description: "Rows." }),
  bytes: Type.Integer({
    description: "Bytes of the values; what the database adds for keys and indexes is not in it.",
  }),
});

const TraceAmount = Type.Object({
  traces: Type.Integer({ description: "Traces." }),
  spans: Type.Integer({ description: "Their spans." }),
  bytes: Type.Integer({ description: "Bytes of these; files of traces count as artifacts." }),
});

/** Where the bytes are. */
export const viewStorage = defineOperation({
  name: "tracking.viewStorage",
  method: "GET",
  path: "/projects/:project/storage",
  input: Type.Object({
    ...InProject,
    top: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 100, description: "So many experiments, largest first; 10 when absent." }),
    ),
  }),
  reply: Type.Object({
    points: StoredAmount,
    params: StoredAmount,
    tags: StoredAmount,
    artifacts: Type.Object({
      files: Type.Integer({ description: "Files." }),
      bytes: Type.Integer({ description: "Their size, equal files counted each time." }),
      stored: Type.Integer({ description: "Bytes of the distinct objects behind them." }),
      objects: Type.Integer({ description: "Distinct objects." }),
    }),
    experiments: Type.Array(
      Type.Object({
        experimentId,
        name: Type.String({ description: "Its name." }),
        deleted: Type.Boolean({ description: "Whether it is deleted." }),
        runs: Type.Integer({ description: "Runs, deleted ones included." }),
        points: Type.Integer({ description: "Metric points." }),
        files: Type.Integer({
          description: "Artifact files below its root; below its runs and logged models where its root is elsewhere.",
        }),
        bytes: Type.Integer({ description: "Their size." }),
      }),
      { description: "Largest first, by artifact bytes, then by points." },
    ),
    experimentsTotal: Type.Integer({ description: "How many experiments there are, deleted ones included." }),
    deleted: Type.Object(
      { now: PurgeCounts, byRetention: Type.Optional(PurgeCounts) },
      {
        description:
          "What purging all that is deleted would free now, and what the retention would; the latter is absent when deleted records are kept for ever. What a model version stands on stays and is not counted; objects shared between runs, models and experiments that would all go are counted in bytes, not in `freed`.",
      },
    ),
    traces: Type.Object({
      ...TraceAmount.properties,
      keptDays: Type.Union([Type.Integer(), Type.Null()], {
        description: "Days a trace is kept by the server's configuration (`traceDays`); null: for ever.",
      }),
      due: Type.Optional(
        Type.Object(TraceAmount.properties, {
          description: "What is older than that and goes within a day; absent when traces are kept for ever.",
        }),
      ),
    }),
    waiting: Type.Object(
      {
        objects: Type.Integer({ description: "Objects." }),
        bytes: Type.Integer({ description: "Their size." }),
      },
      { description: "Objects that lost their last name and leave the disk within a day." },
    ),
    retention: Retention,
  }),
  permission: "read",
  doc: "Says where the bytes of runs are: points, parameters, tags, traces, artifacts as named and as stored, by experiment, and what a purge would free.",
  cli: { command: "storage" },
});

/** Corrects one recorded value of a run. */
export const correctRun = defineOperation({
  name: "tracking.correctRun",
  method: "POST",
  path: "/projects/:project/runs/:runId/corrections",
  input: Type.Object({
    ...InProject,
    runId,
    what: Type.Union(
      [
        Type.Literal("param"),
        Type.Literal("tag"),
        Type.Literal("metric"),
        Type.Literal("name"),
        Type.Literal("experiment"),
      ],
      { description: "What is wrong: a parameter, a tag, points of a metric, the name, or the experiment it is in." },
    ),
    key: Type.Optional(Type.String({ minLength: 1, maxLength: 250, description: "Which parameter, tag or metric." })),
    value: Type.Optional(
      Type.String({
        maxLength: 8000,
        description:
          "What is right: a text; for a metric a number, NaN or ±Infinity; for the experiment its id. Absent: the parameter, tag or points are removed.",
      }),
    ),
    step: Type.Optional(
      Type.Integer({ description: "Which step of a metric; the whole series when absent, which can only be removed." }),
    ),
    at: Type.Optional(
      Type.Integer({ description: "Which time of the step, when it holds several points, in milliseconds." }),
    ),
    reason,
  }),
  reply: Correction,
  permission: "approve",
  doc: "Corrects or removes a parameter, tag, metric point or series, renames a run or moves it to another experiment; the original is kept.",
  cli: { command: "runs correct", positional: ["runId", "what", "key", "value"] },
});

/** Corrections, newest first. */
export const listCorrections = defineOperation({
  name: "tracking.listCorrections",
  method: "GET",
  path: "/projects/:project/corrections",
  input: Type.Object({ ...InProject, ...Paging, runId: Type.Optional(runId) }),
  reply: page(Correction),
  permission: "read",
  doc: "Lists corrections of runs, newest first: what it was, what it is, who and why.",
  cli: { command: "corrections list" },
});

/** A recorded value of a run was corrected. */
export const RunCorrected = defineEvent({
  name: "tracking.run-corrected",
  payload: Correction,
  doc: "A parameter, tag, metric, name or the experiment of a run was corrected or removed.",
});

/** A run belongs to another experiment than it was logged to; raised beside the correction that says why. */
export const RunMoved = defineEvent({
  name: "tracking.run-moved",
  payload: Type.Object({
    runId,
    from: Type.String({ description: "Decimal id of the experiment it was in." }),
    experimentId,
    experimentName: Type.String({ description: "Name of the experiment it is in now." }),
  }),
  doc: "A correction moved a run to another experiment.",
});

/** An experiment, run or logged model is gone for good, with everything that was recorded of it. */
export const RecordPurged = defineEvent({
  name: "tracking.record-purged",
  payload: Type.Object({
    kind: Type.Union([Type.Literal("experiment"), Type.Literal("run"), Type.Literal("logged-model")], {
      description: "What it was.",
    }),
    id: Type.String({ description: "Its id, which nothing else will have." }),
    purge: Type.String({ description: "Id of the purge." }),
  }),
  doc: "A deleted experiment, run or logged model was removed for good by a purge.",
});

/** A purge is over. */
export const Purged = defineEvent({
  name: "tracking.purged",
  payload: Type.Object({
    purge: Type.String({ description: "Id of the purge." }),
    kind: Type.Union([Type.Literal("runs"), Type.Literal("experiments"), Type.Literal("models")], {
      description: "What was asked to go.",
    }),
    reason: Type.String({ description: "Why." }),
    by: Type.String({ description: "Who asked." }),
    counts: PurgeCounts,
    refused: Type.Integer({ description: "How many stayed because something needs them." }),
  }),
  doc: "A purge of deleted runs, experiments or logged models ended.",
});
