import { unpackOffset, unpackToken } from "#base/page-token.js";
import { trackingErrors } from "../errors.js";

export { packToken as toToken } from "#base/page-token.js";

function refuse(problem: string, cause?: unknown): Error {
  return trackingErrors.TRACKING_PAGE_TOKEN_INVALID({ problem }, { cause });
}

/** Unpacks a token; refuses what this server cannot have written. */
export function fromToken(token: string): unknown {
  return unpackToken(token, refuse);
}

/** A token that holds an offset; used where lists are short. */
export function toOffset(token: string | undefined): number {
  return unpackOffset(token, refuse);
}

/** A token that holds a place among sort terms of texts and numbers. */
export function toPlace(token: string | undefined): (string | number)[] | undefined {
  if (token === undefined || token === "") return undefined;
  const place = fromToken(token);
  if (!Array.isArray(place) || place.length === 0 || !place.every((v) => typeof v === "string" || Number.isFinite(v))) {
    throw wrongPlace(place);
  }
  return place as (string | number)[];
}

/** The token is one of ours, or could be, but of another search. */
export function wrongPlace(place: unknown): Error {
  return refuse(`parsed value=${JSON.stringify(place)}`);
}
