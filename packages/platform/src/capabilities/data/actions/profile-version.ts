import { ProfileComputed } from "@paydown/api/data";
import type { Ctx } from "#base/context.js";
import type { Reader, Tx } from "#base/db/db.js";
import type { ColumnRequest, TableFormat } from "#base/engine/engine.js";
import { CodedError } from "#base/errors.js";
import { enqueue } from "#base/jobs/queue.js";
import { dataErrors } from "../errors.js";
import { encodeProfile } from "../model.codec.js";
import { binParts, type ColumnProfile, fromFacts, keptLimit, type Profile } from "../model.js";
import * as store from "../store.js";
import type { VersionRow } from "../tables.js";
import { loadProfile } from "../views/stored-profile.js";

export interface VersionRef {
  readonly project: string;
  readonly dataset: string;
  readonly version: string;
}

export const profileJob = "data.profile-version";

/** Has a version profiled in the background; asking twice while it waits is asking once. */
export async function enqueueProfile(ctx: Ctx, tx: Tx, ref: VersionRef): Promise<void> {
  await store.updateProfileState(tx, ref.project, ref.dataset, ref.version, {
    profile: "waiting",
    profile_problem: null,
  });
  await enqueue(tx, ctx, {
    kind: profileJob,
    project: ref.project,
    payload: { dataset: ref.dataset, version: ref.version },
    dedupe: `${profileJob}:${ref.project}/${ref.dataset}@${ref.version}`,
  });
}

/** Asks for a profile unless it is there already, on the present reference's bins. */
export async function requestProfile(ctx: Ctx, input: VersionRef): Promise<void> {
  await ctx.db.write(async (tx) => {
    const row = await versionOf(tx, input);
    const dataset = await store.findDataset(tx, input.project, input.dataset);
    if (row.profile === "done" && row.profile_reference === (dataset?.reference ?? row.version)) return;
    await enqueueProfile(ctx, tx, { ...input, version: row.version });
  });
}

export interface ComputedProfile {
  readonly profile: Profile;
  readonly hash: string;
  readonly reference: string;
}

type Progress = (share: number, doing: string) => Promise<void>;

/**
 * Profiles a version on the bins of its dataset's reference version and records it; answers the recorded one when it is
 * there. Until a reference is named, it is the first version with rows that can be profiled, whichever is asked for first.
 * Safe to run twice and side by side.
 */
export async function computeProfile(ctx: Ctx, input: VersionRef, progress?: Progress): Promise<ComputedProfile> {
  for (;;) {
    const { version, reference, first } = await ctx.db.read(async (r) => ({
      version: await versionOf(r, input),
      reference: (await store.findDataset(r, input.project, input.dataset))?.reference ?? null,
      first: await store.firstReference(r, input.project, input.dataset),
    }));
    const bins = reference ?? first ?? version.version;
    if (version.profile === "done" && version.profile_hash !== null && version.profile_reference === bins) {
      return { profile: await loadProfile(ctx, version.profile_hash), hash: version.profile_hash, reference: bins };
    }
    const like = bins === version.version ? "itself" : await referenceFor(ctx, { ...input, version: bins }, reference);
    if (like === "failed") continue;
    const ref = { ...input, version: version.version };
    try {
      const computed = await compute(ctx, version, bins, like === "itself" ? undefined : like, progress);
      if (await record(ctx, ref, reference, computed)) return computed;
      // Another version became the reference meanwhile: these bins are not the dataset's.
    } catch (error) {
      await recordFailure(ctx, ref, error);
      throw error;
    }
  }
}

/** The reference's profile. One that nobody named and that cannot be profiled is passed over: its failure is recorded. */
async function referenceFor(ctx: Ctx, bins: VersionRef, named: string | null): Promise<Profile | "failed"> {
  try {
    return (await computeProfile(ctx, bins)).profile;
  } catch (error) {
    if (named !== null || isInterruption(ctx, error)) throw error;
    return "failed";
  }
}

function isInterruption(ctx: Ctx, error: unknown): boolean {
  return ctx.signal.aborted || (error instanceof CodedError && error.code === "ENGINE_INTERRUPTED");
}

async function versionOf(r: Reader, input: VersionRef): Promise<VersionRow> {
  const row = await store.findVersion(r, input.project, input.dataset, input.version);
  if (row === undefined) throw dataErrors.DATA_VERSION_NOT_FOUND({ dataset: input.dataset, version: input.version });
  if (row.format === "files") throw dataErrors.DATA_NOT_TABULAR({ dataset: input.dataset, version: row.version });
  return row;
}

async function compute(
  ctx: Ctx,
  version: VersionRow,
  bins: string,
  like: Profile | undefined,
  progress: Progress | undefined,
): Promise<ComputedProfile> {
  const { project, dataset } = version;
  const known = new Map(like?.columns.map((column) => [column.name, column]));
  const columns = JSON.parse(version.columns) as { name: string; kind: string }[];
  const files = await ctx.db.read((r) =>
    store.listFiles(r, project, dataset, version.version, { after: "", limit: version.files }),
  );
  const paths: string[] = [];
  for (const file of files) paths.push(await ctx.blobs.localPath(file.hash));
  const profiled: ColumnProfile[] = [];
  let reported = 0;
  const requests = columns.map((column) => requestFor(column, known.get(column.name)));
  const rows = { files: { format: version.format as TableFormat, paths, names: files.map((file) => file.path) } };
  for await (const facts of ctx.engine.profileColumns(rows, requests, ctx.signal)) {
    profiled.push(fromFacts(facts));
    const percent = Math.floor((100 * profiled.length) / columns.length);
    // Each report is a durable write: a hundred of them are enough, however many columns there are.
    if (percent > reported) await progress?.(percent / 100, `profiled ${facts.column.name}`);
    reported = percent;
  }
  const profile: Profile = { rows: version.rows ?? 0, columns: profiled };
  const { hash } = await ctx.blobs.put(encodeProfile(profile));
  return { profile, hash, reference: bins };
}

/** A column is counted as the reference counted it, if that had one of the name and kind. */
function requestFor(column: { name: string; kind: string }, like: ColumnProfile | undefined): ColumnRequest {
  const same = like?.kind === column.kind ? like : undefined;
  const hasBins = same?.edges !== undefined && same.edges.length > 0;
  return {
    column: column.name,
    bins: hasBins ? { edges: same.edges as readonly number[] } : { parts: binParts },
    keep: keptLimit,
    ...(same?.categories === undefined ? {} : { categories: same.categories }),
  };
}

/** Answers false when the dataset's reference is another than the profile was computed on. */
async function record(ctx: Ctx, ref: VersionRef, seen: string | null, computed: ComputedProfile): Promise<boolean> {
  const { project, dataset, version } = ref;
  return ctx.db.write(async (tx) => {
    const reference = (await store.findDataset(tx, project, dataset))?.reference ?? null;
    if (reference !== seen && reference !== computed.reference) return false;
    // A version without rows has no bins to lend.
    if (reference === null && computed.profile.rows > 0) {
      await store.updateDataset(tx, project, dataset, { reference: version });
    }
    const row = await store.findVersion(tx, project, dataset, version);
    if (row?.profile_hash === computed.hash && row.profile_reference === computed.reference && row.profile === "done") {
      return true;
    }
    await store.updateProfileState(tx, project, dataset, version, {
      profile: "done",
      profile_problem: null,
      profile_hash: computed.hash,
      profile_reference: computed.reference,
      profiled_at: ctx.clock.now(),
    });
    await tx.emit(ProfileComputed, project, {
      dataset,
      version,
      reference: computed.reference,
      hash: computed.hash,
      rows: computed.profile.rows,
      columns: computed.profile.columns.length,
    });
    return true;
  });
}

/** An interruption is no failure: the job is taken up again. */
async function recordFailure(ctx: Ctx, ref: VersionRef, error: unknown): Promise<void> {
  if (isInterruption(ctx, error)) return;
  const problem = error instanceof Error ? error.message : String(error);
  await ctx.db.write((tx) =>
    store.updateProfileState(tx, ref.project, ref.dataset, ref.version, {
      profile: "failed",
      profile_problem: problem.slice(0, 2000),
    }),
  );
}
