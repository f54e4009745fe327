import { packToken, unpackOffset } from "#base/page-token.js";
import { registryErrors } from "../errors.js";

/** Packs an offset into an opaque token. */
export function toToken(offset: number): string {
  return packToken({ offset });
}

/** Unpacks a token; refuses what this server cannot have written. */
export function toOffset(token: string | undefined): number {
  return unpackOffset(token, (problem, cause) => registryErrors.REGISTRY_PAGE_TOKEN_INVALID({ problem }, { cause }));
}
