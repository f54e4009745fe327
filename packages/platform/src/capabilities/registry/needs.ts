import type { Evidence } from "@paydown/api/tracking";
import type { Ctx } from "#base/context.js";

export interface StoredFile {
  /** Below the URI asked for. */
  readonly path: string;
  readonly hash: string;
  readonly size: number;
}

/** What the registry asks about where versions come from. */
export interface ModelSources {
  /** Every stored file below a URI; undefined when the URI is not of this server's store. */
  findFiles(ctx: Ctx, project: string, uri: string): Promise<readonly StoredFile[] | undefined>;
  /** Ids of the experiments whose artifacts a URI names, by where their roots lie; none for a URI outside this server's store. */
  experimentsAt(ctx: Ctx, project: string, uri: string): Promise<readonly string[]>;
  findLoggedModel(
    ctx: Ctx,
    project: string,
    modelId: string,
  ): Promise<{ readonly artifactUri: string; readonly sourceRunId: string | undefined } | undefined>;
  findRun(
    ctx: Ctx,
    project: string,
    runId: string,
  ): Promise<
    | {
        readonly artifactUri: string;
        /** Artifact roots of the models it logged, by name. */
        readonly models: Readonly<Record<string, string>>;
        readonly reproducibility: Readonly<Record<"code" | "data" | "config" | "environment" | "seed", Evidence>>;
      }
    | undefined
  >;
}
