import { readable } from "#base/auth/grants.js";
import type { Ctx } from "#base/context.js";
import type { Reader } from "#base/db/db.js";
import { trackingErrors } from "../errors.js";
import { toCondition } from "../search/condition.js";
import { seenExperiments } from "../store/experiments.js";
import { findSelection } from "../store/run-views.js";
import { findRuns } from "../store/runs.js";
import { type MatchingRun, matchingRuns, type RunSearch } from "../store/search-runs.js";

/** Which runs a question over many of them is about. */
export interface Searched {
  readonly project: string;
  readonly experimentIds?: readonly string[];
  readonly filter?: string;
  readonly lifecycle?: "active" | "deleted";
  readonly selectionId?: string;
  readonly runIds?: readonly string[];
}

export async function toSearch(ctx: Ctx, r: Reader, input: Searched): Promise<RunSearch> {
  const sees = await readable(ctx.principal, input.project, "experiment");
  return {
    project: input.project,
    experimentIds: await seenExperiments(r, input.project, sees, input.experimentIds),
    deleted: [input.lifecycle === "deleted" ? 1 : 0],
    condition: toCondition(input.filter ?? ""),
    order: [],
  };
}

export interface SearchedRuns {
  /** Of named runs only those they are in. */
  readonly experiments: readonly number[];
  /** Newest first. */
  readonly runs: readonly MatchingRun[];
}

/** The runs a question is about: those that match; of named ones those that match and that its caller sees. */
export async function searchedRuns(ctx: Ctx, r: Reader, input: Searched): Promise<SearchedRuns> {
  const search = await toSearch(ctx, r, input);
  const runIds = await namedRuns(r, input);
  if (runIds === undefined) {
    return { experiments: search.experimentIds, runs: await matchingRuns(r, search) };
  }
  const seen = new Set(search.experimentIds);
  const named = (await findRuns(r, input.project, runIds)).filter(
    (run) => seen.has(run.experiment_id) && search.deleted.includes(run.deleted === 1 ? 1 : 0),
  );
  const experiments = [...new Set(named.map((run) => run.experiment_id))].sort((a, b) => a - b);
  const among =
    search.condition === undefined
      ? undefined
      : new Set((await matchingRuns(r, { ...search, experimentIds: experiments })).map(({ id }) => id));
  const runs = among === undefined ? named : named.filter((run) => among.has(run.id));
  return { experiments, runs: runs.sort((a, b) => b.start_time - a.start_time || (a.run_id < b.run_id ? -1 : 1)) };
}

/** The runs that are named, one by one or by a selection; undefined when none is. */
async function namedRuns(r: Reader, { project, selectionId, runIds }: Searched): Promise<string[] | undefined> {
  if (selectionId === undefined) return runIds === undefined ? undefined : [...new Set(runIds)];
  const row = await findSelection(r, project, selectionId);
  if (row === undefined) throw trackingErrors.TRACKING_SELECTION_NOT_FOUND({ selectionId });
  const named = JSON.parse(row.run_ids) as string[];
  const both = runIds && new Set(runIds);
  return both === undefined ? named : named.filter((id) => both.has(id));
}

/** A look over a hundred thousand runs takes a tenth of a second: between two of them, what came meanwhile goes first. */
export async function othersFirst(ctx: Ctx): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  ctx.signal.throwIfAborted();
}
