import { registryErrors } from "../errors.js";

/** Packs an offset into an opaque token. */
export function toToken(offset: number): string {
  return Buffer.from(JSON.stringify({ offset })).toString("base64");
}

/** Unpacks a token; refuses what this server cannot have written. */
export function toOffset(token: string | undefined): number {
  if (token === undefined || token === "") return 0;
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(token)) throw registryErrors.REGISTRY_PAGE_TOKEN_INVALID();
  let offset: unknown;
  try {
    offset = (JSON.parse(Buffer.from(token, "base64").toString("utf8")) as { offset?: unknown } | null)?.offset;
  } catch (cause) {
    throw registryErrors.REGISTRY_PAGE_TOKEN_INVALID({}, { cause });
  }
  if (typeof offset !== "number" || !Number.isSafeInteger(offset) || offset < 0) {
    throw registryErrors.REGISTRY_PAGE_TOKEN_INVALID();
  }
  return offset;
}
