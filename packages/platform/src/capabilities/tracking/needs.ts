import type { Ctx } from "#base/context.js";
import type { Reader } from "#base/db/db.js";

/** A model version that is not deleted, and where it came from. */
export interface VersionOrigin {
  readonly model: string;
  readonly version: number;
  readonly runId: string | undefined;
  readonly loggedModelId: string | undefined;
  /** Where its files are, resolved to a root URI. */
  readonly location: string;
  readonly source: string;
  readonly createdAt: number;
}

/** A version that answers requests. */
export interface LiveVersion {
  readonly model: string;
  readonly version: number;
  readonly deployment: string;
}

/** What tracking asks of the rest of the house. */
export interface TrackingNeeds {
  /** Versions that are not deleted, in a transaction: a purge must not take away what one of them stands on. */
  versions(r: Reader, project: string): Promise<readonly VersionOrigin[]>;
  /** Versions some live deployment serves, by the models' names and numbers. */
  liveVersions(ctx: Ctx, project: string): Promise<readonly LiveVersion[]>;
  /** Which of these objects some other capability still names, in any project. */
  namedObjects(r: Reader, hashes: readonly string[]): Promise<ReadonlySet<string>>;
  /** Days a deleted record is kept, by the server's configuration; undefined: for ever. */
  retentionDays(): number | undefined;
  /** Days a trace is kept after it began; undefined: for ever. */
  traceDays(): number | undefined;
  /** MLflow version the server speaks. */
  mlflowVersion(): string;
  /** Root below which new experiments keep their artifacts; empty: in this server's own store. */
  artifactRoot(): string;
}

/** Tracking alone in the house: nobody else names anything. */
export const nobodyElse: TrackingNeeds = {
  versions: async () => [],
  liveVersions: async () => [],
  namedObjects: async () => new Set(),
  retentionDays: () => undefined,
  traceDays: () => undefined,
  mlflowVersion: () => "",
  artifactRoot: () => "",
};
