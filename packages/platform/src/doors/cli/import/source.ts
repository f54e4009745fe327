import type { Readable } from "node:stream";

/** What any kind of source yields: MLflow's records, normalised, one at a time, so that size costs no memory. */

export interface Text {
  readonly key: string;
  readonly value: string;
}

export interface SourceExperiment {
  readonly id: string;
  readonly name: string;
  readonly deleted: boolean;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Root URI of its artifacts as the source has it; may be empty. */
  readonly location: string;
  readonly tags: readonly Text[];
}

export interface SourceDataset {
  readonly name: string;
  readonly digest: string;
  readonly sourceType: string;
  readonly source: string;
  readonly schema?: string;
  readonly profile?: string;
  readonly tags: readonly Text[];
}

export type RunStatus = "RUNNING" | "SCHEDULED" | "FINISHED" | "FAILED" | "KILLED";

export interface SourceRun {
  readonly id: string;
  readonly name: string;
  readonly user: string;
  readonly status: RunStatus;
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly deleted: boolean;
  readonly artifactUri: string;
  readonly params: readonly Text[];
  readonly tags: readonly Text[];
  readonly inputs: readonly SourceDataset[];
  readonly models: readonly {
    readonly direction: "input" | "output";
    readonly modelId: string;
    readonly step: number;
  }[];
}

/** A piece of one metric's history, by column; NaN and infinities as they are. */
export interface SourcePoints {
  readonly runId: string;
  readonly key: string;
  readonly steps: number[];
  readonly timestamps: number[];
  readonly values: number[];
}

export interface SourceLoggedModel {
  readonly id: string;
  readonly name: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly status: "PENDING" | "READY" | "UPLOAD_FAILED";
  readonly modelType?: string;
  readonly sourceRunId?: string;
  readonly deleted: boolean;
  readonly artifactUri: string;
  readonly params: readonly Text[];
  readonly tags: readonly Text[];
  readonly metrics: readonly {
    readonly key: string;
    readonly step: number;
    readonly timestamp: number;
    readonly value: number;
    readonly runId: string;
    readonly datasetName: string;
    readonly datasetDigest: string;
  }[];
}

export interface SourceVersion {
  readonly version: number;
  readonly source: string;
  /** Where its files are, when the source says it apart from `source`. */
  readonly storage?: string;
  readonly runId?: string;
  readonly modelId?: string;
  readonly runLink?: string;
  readonly description?: string;
  readonly stage: string;
  readonly status: string;
  readonly by: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly tags: readonly Text[];
}

export interface SourceModel {
  readonly name: string;
  readonly description?: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly tags: readonly Text[];
  /** Greatest number ever given, deleted versions included, as far as the source shows them. */
  readonly lastVersion: number;
  readonly versions: readonly SourceVersion[];
  readonly aliases: readonly { readonly alias: string; readonly version: number }[];
}

export interface SourceFile {
  /** Below the root, with `/`. */
  readonly path: string;
  readonly size: number;
  open(): Promise<Readable>;
}

/** Files below an artifact root: to be copied, or left where they are and why. */
export type FoundFiles =
  | { readonly kind: "files"; readonly files: AsyncIterable<SourceFile> }
  | { readonly kind: "reference"; readonly why: string };

export interface Source {
  readonly kind: "file-store" | "sqlite" | "server";
  /** The same source has the same name at every import; no credentials in it. */
  readonly name: string;
  /** Runs in all, when that is known without reading them. */
  readonly runs: number | undefined;
  experiments(): AsyncIterable<SourceExperiment>;
  /** Runs of an experiment in batches. */
  runsOf(experiment: SourceExperiment): AsyncIterable<readonly SourceRun[]>;
  /** Metric histories of runs of one batch, in pieces, each point once. */
  pointsOf(experiment: SourceExperiment, runs: readonly SourceRun[]): AsyncIterable<SourcePoints>;
  loggedModelsOf(experiment: SourceExperiment): AsyncIterable<SourceLoggedModel>;
  models(): AsyncIterable<SourceModel>;
  /** Files below an artifact root of a run or logged model. */
  filesAt(owner: FileOwner): Promise<FoundFiles>;
  close(): void;
}

export interface FileOwner {
  readonly uri: string;
  readonly experiment: SourceExperiment;
  readonly kind: "run" | "model";
  readonly id: string;
}
