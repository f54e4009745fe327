import { defineErrors } from "#base/errors.js";

export const errors = defineErrors({
  ACCOUNTS_PROJECT_NOT_FOUND: {
    status: 404,
    message: "There is no project {project}.",
    next: "List the projects you may see with `paydown projects list`, or make it with `paydown projects create`.",
  },
  ACCOUNTS_PROJECT_EXISTS: {
    status: 409,
    message: "There is a project {project} already.",
    next: "Choose another name, or use that project.",
  },
  ACCOUNTS_TIME_ZONE_UNKNOWN: {
    status: 400,
    message: "{timeZone} is not a time zone.",
    next: "Name one of the IANA database, e.g. `Europe/Berlin` or `UTC`.",
  },
  ACCOUNTS_TOKEN_NOT_FOUND: {
    status: 404,
    message: "Project {project} has no token {token}.",
    next: "List them with `paydown tokens list`; the identity is not the secret.",
  },
  ACCOUNTS_ROLE_TOO_HIGH: {
    status: 403,
    message: "{who} has not the role {role} in {project} and cannot have a token with it.",
    next: "Ask for a lesser role, or have the role granted first with `paydown members grant`.",
  },
  ACCOUNTS_EXPIRY_PAST: {
    status: 400,
    message: "The token would have expired before it was made: {expiresAt} is past.",
    next: "Name an instant to come, in milliseconds, or none.",
  },
  ACCOUNTS_ASSET_INVALID: {
    status: 400,
    message: "{asset} is not an asset: it must be written `kind:id`, e.g. `dataset:flights`.",
    next: "Write it as `kind:id`; `paydown lineage search` prints it so.",
  },
  ACCOUNTS_HAND_OVER_NOT_FOUND: {
    status: 404,
    message: "Project {project} has no hand-over {handOver}.",
    next: "List them with `paydown hand-overs list`.",
  },
  ACCOUNTS_HAND_OVER_SETTLED: {
    status: 409,
    message: "Hand-over {handOver} is {state} already.",
    next: "Offer the asset again if it is to change hands once more.",
  },
  ACCOUNTS_HAND_OVER_NO_TAKER: {
    status: 400,
    message: "Hand-over {handOver} names no team that takes the asset.",
    next: "Say which team accepts it, with --team.",
  },
  ACCOUNTS_REASON_MISSING: {
    status: 400,
    message: "Returning hand-over {handOver} needs a reason.",
    next: "Say what is missing, with --reason.",
  },
});
