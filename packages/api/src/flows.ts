import { type Static, Type } from "typebox";
import { defineOperation } from "./operation.js";
import { InProject, Instant, NodeRef, Range } from "./values.js";

/** Background work that somebody asked for. */
export const Job = Type.Object({
  id: Type.String({ description: "Id of the job." }),
  kind: Type.String({ description: "What it does, `<capability>.<verb-noun>`." }),
  state: Type.Union([Type.Literal("queued"), Type.Literal("running"), Type.Literal("done"), Type.Literal("failed")], {
    description: "queued, running, done or failed.",
  }),
  share: Type.Number({ description: "Share done, 0 to 1." }),
  doing: Type.String({ description: "What it is doing; may be empty." }),
  attempts: Type.Integer({ description: "How often it was begun." }),
  result: Type.Optional(Type.Unknown({ description: "What it answered, when it is done." })),
  problem: Type.Optional(Type.String({ description: "Why it failed, or failed last time." })),
});
export type Job = Static<typeof Job>;

/** Trains a model again. */
export const retrainModel = defineOperation({
  name: "flows.retrainModel",
  method: "POST",
  path: "/projects/:project/models/:model/retrain",
  input: Type.Object({
    ...InProject,
    model: Type.String({
      minLength: 1,
      maxLength: 256,
      description: "Name of the model; the server's configuration holds its recipe.",
    }),
    reason: Type.String({ minLength: 1, maxLength: 1000, description: "Why; kept with the promotion." }),
    seed: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 2147483647, description: "Seed of the training; 1 when absent." }),
    ),
  }),
  reply: Job,
  permission: "approve",
  doc: "Trains a model again on newer data and promotes the result only if it is better on rows neither version was trained on.",
  cli: { command: "models retrain", positional: ["model"] },
});

/** What became of a job. */
export const getJob = defineOperation({
  name: "flows.getJob",
  method: "GET",
  path: "/projects/:project/jobs/:job",
  input: Type.Object({ ...InProject, job: Type.String({ maxLength: 64, description: "Id of the job." }) }),
  reply: Job,
  permission: "read",
  doc: "Shows background work: its state, progress, result or problem.",
  cli: { command: "jobs show", positional: ["job"] },
});

const LeadTimeStep = Type.Object({
  what: Type.Union(
    [
      Type.Literal("first-run"),
      Type.Literal("run"),
      Type.Literal("version"),
      Type.Literal("deployment"),
      Type.Literal("prediction"),
    ],
    {
      description:
        "first-run: the earliest run of the line; run: the one that made the version; version; deployment: when it went live; prediction: the first it answered.",
    },
  ),
  node: NodeRef,
  at: Type.Optional(Instant),
  evidence: Type.String({ description: "What the records say, in one sentence." }),
});

/** One model's way from idea to production. */
export const LeadTime = Type.Object({
  model: Type.String({ description: "Name of the model." }),
  version: Type.Integer({ description: "The version that answered first in production." }),
  deployment: Type.String({ description: "Where it answered." }),
  state: Type.Union([Type.Literal("known"), Type.Literal("unknown")], {
    description: "unknown: a link of the chain is missing, see `missing`.",
  }),
  hours: Type.Optional(
    Type.Number({ description: "From the first run to the first prediction, when the chain is whole." }),
  ),
  chain: Type.Array(LeadTimeStep, { description: "First run to first prediction, as far as it is known." }),
  missing: Type.Array(Type.String(), { description: "Links that no record gives, and how to record them." }),
});
export type LeadTime = Static<typeof LeadTime>;

/** From the first run to the first prediction. */
export const viewLeadTime = defineOperation({
  name: "flows.viewLeadTime",
  method: "GET",
  path: "/projects/:project/lead-time",
  input: Type.Object({
    ...InProject,
    model: Type.Optional(Type.String({ maxLength: 250, description: "Only this model." })),
  }),
  reply: Type.Object({
    items: Type.Array(LeadTime, { description: "One a model and deployment, by model." }),
    hours: Type.Optional(Range),
    known: Type.Integer({ description: "Chains that are whole." }),
    unknown: Type.Integer({ description: "Chains with a missing link." }),
    waiting: Type.Array(Type.String(), {
      description: "Models with no deployment yet: their lead time is still running.",
    }),
  }),
  permission: "read",
  doc: "Computes the lead time from a model's first experiment run to its first production prediction, with the chain of evidence.",
  cli: { command: "lead-time" },
});

/** Lets two versions answer the same inputs. */
export const replayVersions = defineOperation({
  name: "flows.replayVersions",
  method: "POST",
  path: "/projects/:project/models/:model/replays",
  input: Type.Object({
    ...InProject,
    model: Type.String({ minLength: 1, maxLength: 250, description: "Name of the model." }),
    from: Type.Integer({ minimum: 1, description: "Version to compare with." }),
    to: Type.Integer({ minimum: 1, description: "Version that is compared." }),
    deployment: Type.Optional(
      Type.String({ minLength: 1, maxLength: 250, description: "Take the inputs of its newest logged predictions." }),
    ),
    dataset: Type.Optional(
      Type.String({ minLength: 1, maxLength: 250, description: "Take the rows of this dataset." }),
    ),
    datasetVersion: Type.Optional(
      Type.String({ minLength: 1, maxLength: 64, description: "Version of that dataset; its newest when absent." }),
    ),
    rows: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 100000, description: "Most rows to answer; 10,000 when absent." }),
    ),
    tolerance: Type.Optional(
      Type.Number({
        minimum: 0,
        description: "Absolute difference up to which numbers are the same; 1e-6 when absent.",
      }),
    ),
  }),
  reply: Job,
  permission: "write",
  doc: "Lets two ONNX versions answer the same inputs and stores the differences; the inputs are the input example of `from` unless a deployment or a dataset is named.",
  cli: { command: "models replay", positional: ["model", "from", "to"] },
});
