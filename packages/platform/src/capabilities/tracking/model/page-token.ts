import { trackingErrors } from "../errors.js";

/** Packs a place into an opaque token. */
export function toToken(place: unknown): string {
  return Buffer.from(JSON.stringify(place)).toString("base64");
}

/** Unpacks a token; refuses what this server cannot have written. */
export function fromToken(token: string): unknown {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(token)) throw trackingErrors.TRACKING_PAGE_TOKEN_INVALID();
  try {
    return JSON.parse(Buffer.from(token, "base64").toString("utf8"));
  } catch (cause) {
    throw trackingErrors.TRACKING_PAGE_TOKEN_INVALID({}, { cause });
  }
}

/** A token that holds an offset; used where lists are short. */
export function toOffset(token: string | undefined): number {
  if (token === undefined || token === "") return 0;
  const place = fromToken(token) as { offset?: unknown };
  const offset = Number(place?.offset);
  if (!Number.isSafeInteger(offset) || offset < 0) throw trackingErrors.TRACKING_PAGE_TOKEN_INVALID();
  return offset;
}

/** A token that holds a place among `terms` sort terms of texts and numbers. */
export function toPlace(token: string | undefined): (string | number)[] | undefined {
  if (token === undefined || token === "") return undefined;
  const place = fromToken(token);
  if (!Array.isArray(place) || place.length === 0 || !place.every((v) => typeof v === "string" || Number.isFinite(v))) {
    throw trackingErrors.TRACKING_PAGE_TOKEN_INVALID();
  }
  return place as (string | number)[];
}
