import { randomBytes } from "node:crypto";
import type { Evidence } from "@paydown/api/tracking";
import type { Ctx } from "#base/context.js";
import { type Outgoing, openOutgoing } from "#base/outgoing/outgoing.js";
import { openSealing, type Sealing } from "#base/sealing.js";

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

/** A logged model as tracking has it. */
export interface LoggedModelSource {
  readonly artifactUri: string;
  readonly sourceRunId: string | undefined;
  readonly name: string;
  readonly status: string;
  readonly experimentId: string;
  readonly deleted: boolean;
}

export interface ReadyLoggedModel {
  /** Grows from one to the next. */
  readonly place: number;
  readonly modelId: string;
  readonly name: string;
  readonly experimentId: string;
  readonly experimentName: string;
  readonly sourceRunId: string | undefined;
  readonly artifactUri: string;
}

/** What the registry asks about where versions and logged models come from. */
export interface ModelSources {
  /** Every stored file below a URI; undefined when the URI is not of this server's store. */
  findFiles(ctx: Ctx, project: string, uri: string): Promise<readonly StoredFile[] | undefined>;
  /** Ids of the experiments whose artifacts a URI names, by where their roots lie; none for a URI outside this server's store. */
  experimentsAt(ctx: Ctx, project: string, uri: string): Promise<readonly string[]>;
  /** Deleted ones too, until they are purged. */
  findLoggedModel(ctx: Ctx, project: string, modelId: string): Promise<LoggedModelSource | undefined>;
  /** Logged models with complete files, not deleted and not in a deleted experiment: a page of them after a place. */
  readyLoggedModels(ctx: Ctx, project: string, after: number, limit: number): Promise<readonly ReadyLoggedModel[]>;
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

/** What webhooks need of the house. */
export interface WebhookMeans {
  readonly outgoing: Outgoing;
  /** Opened when the first secret is kept or used; throws CONFIG_INVALID where no key can be had. */
  sealing(): Sealing;
}

/** Means of a registry that stands alone: https to the public internet, a key that lives as long as the process. */
export function ownMeans(): WebhookMeans {
  const sealing = openSealing(randomBytes(32).toString("base64"));
  return { outgoing: openOutgoing({ schemes: ["https"], privateAddresses: false }), sealing: () => sealing };
}
