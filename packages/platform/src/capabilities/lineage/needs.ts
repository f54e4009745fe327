import type { Ctx } from "#base/context.js";

/** One logged prediction, as whoever logged it knows it. */
export interface FoundPrediction {
  readonly deployment: string;
  readonly model: string;
  readonly version: number;
  /** When it was made (ms, UTC). */
  readonly at: number;
  /** Who asked; absent when nobody was recorded. */
  readonly consumer?: string | undefined;
}

/** What lineage asks of others. */
export interface LineageNeeds {
  /** A prediction by `<requestId>/<row>`; undefined when it is not in the log. */
  findPrediction(ctx: Ctx, project: string, id: string): Promise<FoundPrediction | undefined>;
}
