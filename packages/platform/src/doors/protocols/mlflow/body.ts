import { mlflowErrors } from "./errors.js";
import { parseJson } from "./json.js";

/** A JSON object; old clients send it as JSON text inside a JSON string. An empty body is an empty object. */
export function toObject(body: Buffer | undefined): Record<string, unknown> {
  if (body === undefined || body === null || body.length === 0) return {};
  let value: unknown;
  try {
    value = parseJson(body.toString("utf8"));
    if (typeof value === "string") value = parseJson(value);
  } catch (cause) {
    throw mlflowErrors.MLFLOW_BAD_REQUEST(
      { problem: `Bad Request. The body is not JSON: ${(cause as Error).message}` },
      { cause },
    );
  }
  if (value === null) return {};
  if (typeof value !== "object" || Array.isArray(value)) {
    throw mlflowErrors.MLFLOW_BAD_REQUEST({ problem: "Bad Request. The body must be a JSON object." });
  }
  return value as Record<string, unknown>;
}
