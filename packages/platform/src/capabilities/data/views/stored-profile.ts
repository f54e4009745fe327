import type { Ctx } from "#base/context.js";
import { decodeProfile } from "../model.codec.js";
import type { Profile } from "../model.js";

/** Reads a stored profile. Throws DATA_PROFILE_UNREADABLE. */
export async function loadProfile(ctx: Ctx, hash: string): Promise<Profile> {
  return decodeProfile(await ctx.blobs.read(hash), hash);
}
