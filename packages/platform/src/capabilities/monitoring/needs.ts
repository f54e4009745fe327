import type { BinnedFeature } from "@paydown/api/monitoring";
import type { Ctx } from "#base/context.js";

/** Rows of the prediction log as columns, all of the same length, in order of event time. */
export interface PredictionChunk {
  readonly rows: number;
  readonly version: number;
  /** Event time (ms, UTC), never falling from chunk to chunk. */
  readonly times: Float64Array;
  /** Numeric inputs by name; NaN where missing. */
  readonly inputs: Readonly<Record<string, Float64Array>>;
  /** Text inputs by name; empty where missing. */
  readonly texts: Readonly<Record<string, readonly string[]>>;
  /** NaN where the model gave none. */
  readonly scores: Float64Array;
  /** NaN where nothing is known yet. */
  readonly outcomes: Float64Array;
}

/** A deployment as far as watching it needs. */
export interface WatchedDeployment {
  readonly name: string;
  readonly model: string;
  readonly version: number;
  /** When this version went live (ms, UTC). */
  readonly since: number;
  /** End of the version's training data, when it is known (ms, UTC). */
  readonly trainedUntil?: number | undefined;
  /** Inputs it takes, when its schema says. */
  readonly inputs?: readonly string[] | undefined;
  /** Requests a week, when traffic is counted. */
  readonly predictionsPerWeek?: number | undefined;
}

/** What monitoring asks of others; wired in `capabilities.ts`. */
export interface MonitoringNeeds {
  /** Fixed bins and exact counts of each profiled feature; undefined when the version has no profile. */
  referenceProfile(
    ctx: Ctx,
    project: string,
    dataset: string,
    version: string,
  ): Promise<readonly BinnedFeature[] | undefined>;
  /** The log of a deployment in `[from, to)`, in bounded chunks and in order of event time. */
  predictionRows(
    ctx: Ctx,
    asked: {
      readonly project: string;
      readonly deployment: string;
      readonly from: number;
      readonly to: number;
      /** Only these inputs. */
      readonly columns: readonly string[];
    },
  ): AsyncIterable<PredictionChunk>;
  /** Deployments that are live; of one name only when it is given. */
  liveDeployments(ctx: Ctx, project: string, name?: string): Promise<readonly WatchedDeployment[]>;
}
