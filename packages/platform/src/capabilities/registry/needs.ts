import type { Evidence } from "@paydown/api/tracking";
import type { Ctx } from "#base/context.js";

export interface StoredFile {
  /** Below the URI asked for. */
  readonly path: string;
  readonly hash: string;
  readonly size: number;
}

/** What a run says it was made of, as recorded. */
export interface RunHashes {
  readonly commit: string | undefined;
  readonly datasets: readonly { readonly name: string; readonly digest: string }[];
  readonly config: string | undefined;
  readonly environment: string | undefined;
}

/** What the registry asks about where versions come from. */
export interface ModelSources {
  /** Every stored file below a URI; undefined when the URI is not of this server's store. */
  findFiles(ctx: Ctx, project: string, uri: string): Promise<readonly StoredFile[] | undefined>;
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
        readonly hashes: RunHashes;
      }
    | undefined
  >;
}
