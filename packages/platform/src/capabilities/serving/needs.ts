import type { Ctx } from "#base/context.js";

/** A registered model version as far as serving it needs. */
export interface ServableVersion {
  readonly version: number;
  /** Files of the version, paths below its root. */
  readonly files: readonly { readonly path: string; readonly hash: string; readonly size: number }[];
  /** Inputs of the MLmodel signature, JSON as the file holds it. */
  readonly signatureInputs?: string | undefined;
}

/** What serving asks of others; wired in `capabilities.ts`. */
export interface ServingNeeds {
  /** The version, by number or alias; undefined when there is none. */
  findModelVersion(
    ctx: Ctx,
    project: string,
    model: string,
    which: { readonly version: number } | { readonly alias: string },
  ): Promise<ServableVersion | undefined>;
}
