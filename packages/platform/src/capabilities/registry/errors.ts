import { defineErrors } from "#base/errors.js";

/** Messages are MLflow's own where it has one: its clients and their users know them. */
export const registryErrors = defineErrors({
  REGISTRY_INVALID: {
    status: 400,
    message: "{problem}",
    next: "Correct the value and send the request again.",
  },
  REGISTRY_FILTER_INVALID: {
    status: 400,
    message: "{problem}",
    next: "See the search section of the registry guide for what can be asked.",
  },
  REGISTRY_PAGE_TOKEN_INVALID: {
    status: 400,
    message: "Invalid page token, {problem}",
    next: "Start again from the first page; a token fits only the search it came from.",
  },
  REGISTRY_MODEL_NOT_FOUND: {
    status: 404,
    message: "Registered Model with name={name} not found",
    next: "List the models with `paydown models list`.",
  },
  REGISTRY_MODEL_EXISTS: {
    status: 400,
    message: "Registered Model (name={name}) already exists.",
    next: "Use another name, or add a version to the model there is.",
  },
  REGISTRY_VERSION_NOT_FOUND: {
    status: 404,
    message: "Model Version (name={name}, version={version}) not found",
    next: "Show the model's versions with `paydown models show`.",
  },
  REGISTRY_LOGGED_MODEL_NOT_FOUND: {
    status: 404,
    message: "Logged model with ID {loggedModelId} not found.",
    next: "`paydown runs show <run>` names the logged models of a run; a deleted one has no inspection.",
  },
  REGISTRY_LOGGED_MODEL_NOT_READY: {
    status: 409,
    message: "The files of logged model {loggedModelId} are not complete: it is {status}.",
    next: "Let its upload end; they are read by themselves as soon as it is READY.",
  },
  REGISTRY_ALIAS_NOT_FOUND: {
    status: 400,
    message: "Registered model alias {alias} not found.",
    next: "Show the model's aliases with `paydown models show`.",
  },
  REGISTRY_NO_LATEST: {
    status: 404,
    message: "Latest version not found for model {name}.",
    next: "Register a version first.",
  },
  REGISTRY_WEBHOOK_NOT_FOUND: {
    status: 404,
    message: "Webhook with ID {webhookId} not found.",
    next: "List the webhooks with `paydown webhooks list`.",
  },
  REGISTRY_DELIVERY_NOT_FOUND: {
    status: 404,
    message: "Delivery with ID {deliveryId} not found.",
    next: "List the deliveries with `paydown webhooks deliveries`; ended ones are kept for 30 days.",
  },
  REGISTRY_GUARDED: {
    status: 403,
    message: "{what} {name} of model {model} is guarded by the promotion policy and is not changed directly.",
    next: "Ask for it: `paydown promotions request {model} <version> --{flag} {name} --reason ...`; `paydown promotions policy --model {model}` shows what is asked for.",
  },
  REGISTRY_DATA_VERSION_MISSING: {
    status: 403,
    message:
      "Model {model} takes no version without a named version of its training data, by policy; {source} names none: {evidence}",
    next: "Log the training data as the run's input with its Paydown version as digest, then register from that run.",
  },
  REGISTRY_PROMOTION_NOT_FOUND: {
    status: 404,
    message: "Project {project} has no promotion request {promotion}.",
    next: "List them with `paydown promotions list`.",
  },
  REGISTRY_PROMOTION_TARGET: {
    status: 400,
    message: "A promotion names either an alias or a stage; {given}.",
    next: "Give one of `alias` and `stage`.",
  },
  REGISTRY_PROMOTION_OPEN: {
    status: 409,
    message: "Version {version} of {model} is already asked for as {target}, in request {promotion}.",
    next: "Approve, reject or withdraw that request: `paydown promotions show {promotion}`.",
  },
  REGISTRY_PROMOTION_CLOSED: {
    status: 409,
    message: "Promotion request {promotion} is {state} and takes no further decision.",
    next: "Ask anew with `paydown promotions request`.",
  },
  REGISTRY_FOUR_EYES: {
    status: 403,
    message: "{who} asked for promotion {promotion} and may not {what} it as well.",
    next: "Have somebody else with the role of an approver do it.",
  },
  REGISTRY_DECIDED_ALREADY: {
    status: 409,
    message: "{who} has already decided on promotion {promotion}.",
    next: "One person counts once; have another approver decide.",
  },
  REGISTRY_PROMOTION_NOT_YOURS: {
    status: 403,
    message: "Promotion {promotion} was asked for by {owner}; only they, or an approver, take it back.",
    next: "Ask {owner} to withdraw it, or an approver to reject it.",
  },
  REGISTRY_GATES_CLOSED: {
    status: 409,
    message: "Version {version} of {model} cannot be promoted yet: {gaps}.",
    next: "Close the gaps, or have an approver waive them: `paydown promotions waive {promotion} <gate> --reason ... --dueAt ...`.",
  },
  REGISTRY_WAIVER_NOT_NEEDED: {
    status: 409,
    message: "Gate {gate} does not block promotion {promotion}, so there is nothing to waive.",
    next: "See the gates with `paydown promotions show {promotion}`.",
  },
  REGISTRY_WAIVER_PAST: {
    status: 400,
    message: "A waiver must end in the future; {dueAt} is past.",
    next: "Give the day by which the gap is to be closed, as milliseconds since the epoch.",
  },
  REGISTRY_TARGET_MOVED: {
    status: 409,
    message: "Version {version} of {model} is no longer there to be promoted.",
    next: "Reject the request, and ask for a version there is.",
  },
});
