import { type Static, Type } from "typebox";
import { defineOperation } from "./operation.js";
import { InProject } from "./values.js";

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
