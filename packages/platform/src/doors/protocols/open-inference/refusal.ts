import { servingErrors } from "#capabilities/serving/index.js";

/** A malformed request, always a 400. */
export function refused(problem: string): Error {
  return servingErrors.SERVING_REQUEST_INVALID({ problem });
}
