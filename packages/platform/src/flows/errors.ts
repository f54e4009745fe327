import { defineErrors } from "#base/errors.js";

export const flowErrors = defineErrors({
  FLOW_JOB_NOT_FOUND: {
    status: 404,
    message: "Project {project} has no job {job}.",
    next: "Check the id; the operation that asked for the job answered it.",
  },
  FLOW_RECIPE_MISSING: {
    status: 409,
    message: "Model {model} has no recipe, so nobody knows how to train it again.",
    next: "Add `recipes: {{model}: {command: [...], cwd: ..., dataset: ...}}` to paydown.yaml on the server and restart it.",
  },
  FLOW_NO_CHAMPION: {
    status: 409,
    message: "Model {model} has no version under the alias `champion` to compare with.",
    next: "Point the alias at the version in use: `paydown models alias {model} champion <version> --reason ...`.",
  },
  FLOW_NOTHING_NEWER: {
    status: 409,
    message: "Dataset {dataset} has no version newer than those version {version} of {model} was trained on.",
    next: "Add the newer data with `paydown datasets add {dataset}`, then start the retraining again.",
  },
  FLOW_TRAINING_FAILED: {
    status: 502,
    message: "The training of {model} {status}: {reason}.",
    next: "Read the end of its log in the details; correct the recipe or the data and start again.",
  },
  FLOW_TRAINING_SAID_NOTHING: {
    status: 502,
    message: "The training of {model} ended well, but its last line is no JSON object with a `version`.",
    next: "Let the recipe's command print one JSON object with `runId` and `version` as its last line.",
  },
  FLOW_NO_LABELLED_ROWS: {
    status: 409,
    message:
      "Deployment {deployment} has no predictions with known outcomes in the time asked, so versions cannot be compared.",
    next: "Record outcomes with `paydown outcomes record`, or name a longer time.",
  },
  FLOW_DEPLOYMENT_MISSING: {
    status: 409,
    message: "No live deployment serves model {model}, so there are no rows to compare versions on.",
    next: "Deploy it with `paydown deployments create <name> {model}`.",
  },
  FLOW_REPLAY_INPUTS: {
    status: 400,
    message: "A replay takes its inputs from one place; a deployment and a dataset were both named.",
    next: "Name one of `--deployment` and `--dataset`, or neither to use the input example of the first version.",
  },
  FLOW_REPLAY_NO_EXAMPLE: {
    status: 409,
    message: "Version {version} of {model} has no input example that can be replayed: {problem}.",
    next: "Name inputs with `--deployment` or `--dataset`, or log the model with `input_example=`.",
  },
  FLOW_REPLAY_NO_ROWS: {
    status: 409,
    message: "{name} has no rows to replay.",
    next: "Name another dataset or deployment.",
  },
  FLOW_REPLAY_COLUMN_MISSING: {
    status: 409,
    message: "{name} has no column {column}, which version {version} of {model} takes.",
    next: "Replay inputs that both versions take; the columns there are: {columns}.",
  },
});
