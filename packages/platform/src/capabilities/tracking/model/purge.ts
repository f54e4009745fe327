import type { PurgeCounts } from "@paydown/api/tracking-upkeep";
import type { VersionOrigin } from "../needs.js";
import { toStorePath } from "./artifact-path.js";

/** What a purge was asked for; absent lists mean all that is deleted. */
export interface PurgeScope {
  readonly ids?: readonly string[] | undefined;
  readonly experimentId?: number | undefined;
  /** Leaves out what is in deleted experiments. */
  readonly outside?: boolean;
}

export const noCounts: PurgeCounts = {
  runs: 0,
  experiments: 0,
  models: 0,
  points: 0,
  texts: 0,
  files: 0,
  bytes: 0,
  freed: 0,
};

export function addCounts(a: PurgeCounts, b: Partial<PurgeCounts>): PurgeCounts {
  return Object.fromEntries(
    Object.entries(a).map(([name, n]) => [name, n + (b[name as keyof PurgeCounts] ?? 0)]),
  ) as PurgeCounts;
}

/** Something deleted, as far as versions may stand on it. */
export interface Footing {
  readonly kind: "run" | "model";
  readonly id: string;
  readonly root: string;
}

/** Answers why a run or logged model must stay: a version that is not deleted stands on it or on a file below its root. */
export function keeperOf(versions: readonly VersionOrigin[]): (footing: Footing) => string | undefined {
  const byRun = new Map<string, VersionOrigin>();
  const byModel = new Map<string, VersionOrigin>();
  const byFolder = new Map<string, VersionOrigin>();
  for (const one of versions) {
    if (one.runId) byRun.set(one.runId, one);
    if (one.loggedModelId) byModel.set(one.loggedModelId, one);
    for (const uri of [one.location, one.source]) {
      const named = /^(?:runs:\/|models:\/)([^/]+)/.exec(uri)?.[1];
      if (named !== undefined) (uri.startsWith("runs:") ? byRun : byModel).set(named, one);
      const path = toStorePathSafely(uri);
      // Every folder above the version's files: a root among them holds them.
      for (let at = path ?? ""; at !== ""; at = at.slice(0, Math.max(0, at.lastIndexOf("/")))) {
        if (!byFolder.has(at)) byFolder.set(at, one);
      }
    }
  }
  return ({ kind, id, root }) => {
    const linked = (kind === "run" ? byRun : byModel).get(id);
    if (linked !== undefined) return `Version ${linked.version} of model ${linked.model} names it as its origin.`;
    const folder = toStorePathSafely(root);
    const held = folder === undefined || folder === "" ? undefined : byFolder.get(folder);
    if (held !== undefined) return `The files of version ${held.version} of model ${held.model} lie below it.`;
    return undefined;
  };
}

/** A root someone else made may be no path of ours, and none at all. */
export function toStorePathSafely(uri: string): string | undefined {
  try {
    return toStorePath(uri);
  } catch {
    return undefined;
  }
}
