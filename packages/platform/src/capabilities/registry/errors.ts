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
});
