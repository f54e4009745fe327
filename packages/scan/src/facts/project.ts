import type { Place } from "#place.js";
import type { Inventory, Unseen } from "#report.js";
import type { Manifest } from "#sources/manifests.js";
import type { SourceFile } from "#sources/source-tree.js";
import type { ImportFact } from "./names.js";

/** The kind of repository: what is debt in an application may be right in a library. */
export type Profile = "app" | "library" | "course" | "competition";

export interface PlacedImport extends ImportFact {
  readonly place: Place;
}

/** Draws of random numbers and seeds seen in one file. */
export interface RandomnessFacts {
  /** Libraries with a global generator that the file draws from, with the first place of each. */
  readonly draws: ReadonlyMap<string, { readonly name: string; readonly place: Place }>;
  /** Libraries the file seeds; `*` for a helper that seeds all. */
  readonly seeds: ReadonlySet<string>;
}

/** What stays in memory of a Python file or notebook once its own rules have run. */
export interface FileSummary {
  readonly path: string;
  readonly kind: "python" | "notebook";
  readonly imports: readonly PlacedImport[];
  readonly randomness: RandomnessFacts;
  readonly isEntryPoint: boolean;
  readonly isTest: boolean;
  readonly codeLines: number;
  /** Packages a notebook installs by itself (`!pip install x`). */
  readonly installs: readonly string[];
  /** Where the file saves a model; undefined when it saves none. */
  readonly savesModel: Place | undefined;
}

/** What project rules see: summaries, manifests, the file list, and bounded reads. */
export interface ProjectFacts {
  readonly files: readonly SourceFile[];
  readonly summaries: readonly FileSummary[];
  readonly manifests: readonly Manifest[];
  readonly inventory: Inventory;
  readonly profile: Profile;
  /** Blobs tracked at HEAD and their bytes; undefined without a readable repository. */
  readonly tracked: ReadonlyMap<string, number> | undefined;
  readBytes(path: string, limit: number): Uint8Array | undefined;
  readText(path: string, limit?: number): string | undefined;
  /** A piece of a file; shorter at its end, undefined when unreadable. */
  readRange(path: string, offset: number, length: number): Uint8Array | undefined;
  /** Says what the rule could not look at. */
  noteUnseen(entry: Unseen): void;
}
