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
  ACCOUNTS_USER_NOT_FOUND: {
    status: 404,
    message: "User with username={user} not found",
    next: "List them with `paydown users list`, or make one with `paydown users create`.",
  },
  ACCOUNTS_USER_EXISTS: {
    status: 409,
    message: "User (username={user}) already exists.",
    next: "Choose another name, or change the password with `paydown users password`.",
  },
  ACCOUNTS_USER_NAME_INVALID: {
    status: 400,
    message: "{user} cannot be a user's name: letters, digits, `.`, `_`, `@` and `-` are taken, 1 to 128 of them.",
    next: "Choose a name such as `ada` or `ada@example.org`; a colon would end it in Basic authentication.",
  },
  ACCOUNTS_PASSWORD_WEAK: {
    status: 400,
    message: "Password must be a string longer than 12 characters. This one {problem}.",
    next: "Choose another one, or leave it out of `paydown users create` to have one made.",
  },
  ACCOUNTS_PASSWORD_CURRENT: {
    status: 400,
    message: "{problem}",
    next: "Send the password so far as `current`; an admin of every project can set a new one without it.",
  },
  ACCOUNTS_USER_SELF: {
    status: 400,
    message: "Users cannot delete their own account. Ask another admin to delete this user instead.",
    next: "Ask another admin of every project.",
  },
  ACCOUNTS_TOO_MANY_TRIES: {
    status: 429,
    message: "Too many wrong passwords for {user} from {address}; the next try is taken in {seconds} s.",
    next: "Wait, then send the right password; an admin sets a new one with `paydown users password`.",
  },
  ACCOUNTS_BUSY: {
    status: 429,
    message: "Too many passwords are being checked at this moment.",
    next: "Try again in a second; scripts better send a token, made with `paydown tokens create`.",
  },
  ACCOUNTS_ADMIN_MISSING: {
    status: 400,
    message: "Accounts with a password are asked for and there is no admin yet, nor a password for the first one.",
    next: "Set PAYDOWN_ADMIN_PASSWORD (and PAYDOWN_ADMIN_USER, `admin` if absent) for the first start.",
  },
  ACCOUNTS_GRANT_RESOURCE: {
    status: 400,
    message: "{resource} cannot be granted: {problem}.",
    next: "Name an experiment by its id, a model by its name, or `*` for all of the project.",
  },
  ACCOUNTS_GRANT_EXISTS: {
    status: 409,
    message: "{what} already exists.",
    next: "Update it instead, or withdraw it first.",
  },
  ACCOUNTS_GRANT_NOT_FOUND: {
    status: 404,
    message: "{what} not found",
    next: "List what there is with `paydown grants list`.",
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
