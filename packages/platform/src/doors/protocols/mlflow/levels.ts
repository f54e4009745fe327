import type { Level } from "#base/auth/grants.js";
import { levels } from "#base/auth/grants.js";
import type { GrantType } from "#capabilities/accounts/index.js";
import { invalid } from "./fields.js";

/** MLflow's permission as our level; DENY of 3.17 is NO_PERMISSIONS of before and answered as such. */
export function enumLevel(text: string): Level {
  if (text === "DENY") return "NO_PERMISSIONS";
  const level = levels.find((one) => one === text);
  if (level !== undefined) return level;
  throw invalid(
    `Invalid permission '${text}'. Valid permissions are: ('READ', 'USE', 'EDIT', 'MANAGE', 'NO_PERMISSIONS', 'DENY')`,
  );
}

const enforced: readonly GrantType[] = ["experiment", "registered_model", "prompt"];
/** What newer servers also take, and this one would only pretend to. */
const others = [
  "scorer",
  "gateway_secret",
  "gateway_endpoint",
  "gateway_model_definition",
  "mcp_server",
  "run",
  "trace",
  "assessment",
  "logged_model",
  "review_queue",
  "registered_model_version",
  "prompt_version",
  "scorer_version",
  "mcp_server_version",
];

/** MLflow's resource type, of those that are enforced here. */
export function enumType(text: string, also: readonly GrantType[] = []): GrantType {
  const type = [...enforced, ...also].find((one) => one === text);
  if (type !== undefined) return type;
  if (others.includes(text)) {
    throw invalid(
      `Resource type '${text}' is not enforced by this server: runs, traces and logged models follow their experiment, versions their model. Grant 'experiment' or 'registered_model' instead.`,
    );
  }
  if (text === "workspace") {
    throw invalid(
      "resource_type 'workspace' is not supported by the per-user permission convenience APIs. Put the grant into a role.",
    );
  }
  const valid = [...enforced, ...others, "workspace"].sort().map((one) => `'${one}'`);
  throw invalid(`Invalid resource type '${text}'. Valid resource types are: (${valid.join(", ")})`);
}
