/** What is counted on both sides. */
export const kinds = {
  experiments: "experiments",
  experimentTags: "experiment tags",
  runs: "runs",
  points: "metric points",
  params: "parameters",
  tags: "run tags",
  inputs: "dataset inputs",
  modelLinks: "model inputs and outputs",
  loggedModels: "logged models",
  loggedModelTexts: "their params and tags",
  loggedModelMetrics: "their metrics",
  models: "registered models",
  modelTags: "their tags",
  versions: "model versions",
  versionTags: "their tags",
  aliases: "aliases",
  files: "artifact files",
  bytes: "artifact bytes",
} as const;
export type Kind = keyof typeof kinds;

export interface Counted {
  readonly kind: Kind;
  readonly source: number;
  readonly here: number;
}

/** Counts of the source as it was read, and of what is here as this server's database has it. */
export class Tally {
  private readonly source = new Map<Kind, number>();
  private readonly target = new Map<Kind, number>();

  read(kind: Kind, count: number): void {
    this.source.set(kind, (this.source.get(kind) ?? 0) + count);
  }

  here(kind: Kind, count: number): void {
    this.target.set(kind, (this.target.get(kind) ?? 0) + count);
  }

  readOf(kind: Kind): number {
    return this.source.get(kind) ?? 0;
  }

  /** Every kind that either side has, in order. */
  lines(): Counted[] {
    return (Object.keys(kinds) as Kind[])
      .map((kind) => ({ kind, source: this.readOf(kind), here: this.target.get(kind) ?? 0 }))
      .filter((line) => line.source > 0 || line.here > 0);
  }
}
