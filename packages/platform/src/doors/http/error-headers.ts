import type { CodedError } from "#base/errors.js";

/** Headers that go with a refusal: when to come back, and how to say who one is. */
export function errorHeaders(error: CodedError, challenge: string): Record<string, string> {
  const { retryAfter } = (error.details ?? {}) as { retryAfter?: unknown };
  return {
    ...(typeof retryAfter === "number" ? { "retry-after": String(Math.max(1, Math.ceil(retryAfter))) } : {}),
    ...(error.status === 401 ? { "www-authenticate": challenge } : {}),
  };
}

/** For our own interface and clients. Not Basic: a browser would ask for a password in a box of its own. */
export const bearerChallenge = 'Bearer realm="paydown"';
