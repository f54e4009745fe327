import type { Input, Reply } from "@paydown/api/operation";
import type { importExperiments as operation } from "@paydown/api/tracking-import";
import type { Ctx } from "#base/context.js";
import type { Tx } from "#base/db/db.js";
import { trackingErrors } from "../errors.js";
import { artifactScheme } from "../model/artifact-path.js";
import { greatestOwnId } from "../model/experiment-id.js";
import {
  experimentTags,
  findExperiment,
  findExperimentByName,
  insertExperiment,
  updateExperiment,
  upsertExperimentTag,
} from "../store/experiments.js";
import {
  experimentIdTaken,
  findByOuterId,
  findImportedExperiment,
  nextNegativeId,
  noteExperiment,
  skipGivenIds,
} from "../store/imports.js";
import type { ExperimentRow } from "../tables.js";
import { getRunningImport } from "./start-import.js";

type Given = Input<typeof operation>["experiments"][number];
type Taken = Reply<typeof operation>["items"][number];

/** Takes experiments. What is here is never changed: missing tags are added, others stay as they are. */
export async function importExperiments(ctx: Ctx, input: Input<typeof operation>): Promise<Reply<typeof operation>> {
  const { project, importId } = input;
  return ctx.db.write(async (tx) => {
    await getRunningImport(tx, project, importId);
    const items: Taken[] = [];
    for (const given of input.experiments) {
      const before = await findImportedExperiment(tx, importId, given.experimentId);
      const { row, outcome } =
        before === undefined
          ? await place(tx, project, given)
          : { row: before, outcome: outcomeOf(before, given.experimentId) };
      await noteExperiment(tx, importId, given.experimentId, row.id);
      items.push({
        sourceId: given.experimentId,
        experimentId: idOf(row),
        outcome,
        artifactRoot: `${artifactScheme}${idOf(row)}`,
        tags: await addTags(tx, row, given),
      });
    }
    return { items };
  });
}

/** Where an experiment goes: the one of its id and name, the one of its name, its own free id, or a new id. */
async function place(
  tx: Tx,
  project: string,
  given: Given,
): Promise<{ row: ExperimentRow; outcome: Taken["outcome"] }> {
  if (given.name.trim() === "") {
    throw trackingErrors.TRACKING_INVALID({ problem: `Invalid experiment name: '${given.name}'` });
  }
  const named = await findExperimentByName(tx, project, given.name);
  if (named !== undefined) return { row: named, outcome: outcomeOf(named, given.experimentId) };
  const number = Number(given.experimentId);
  const small = number <= greatestOwnId;
  const own = String(number);
  const taken = small
    ? (await experimentIdTaken(tx, number)) || (await findByOuterId(tx, project, own)) !== undefined
    : (await findByOuterId(tx, project, given.experimentId)) !== undefined;
  const row = await insertExperiment(tx, {
    ...(taken ? {} : small ? { id: number } : { id: await nextNegativeId(tx), outer_id: given.experimentId }),
    project,
    name: given.name,
    deleted: given.deleted ? 1 : 0,
    artifact_location: given.keepLocation ?? "",
    created_at: given.createdAt,
    updated_at: given.updatedAt,
  });
  if (!taken && small) await skipGivenIds(tx);
  const outcome = taken ? "renumbered" : "kept";
  if (given.keepLocation !== undefined) return { row, outcome };
  const artifact_location = `${artifactScheme}${idOf(row)}`;
  await updateExperiment(tx, row.id, { artifact_location }, given.updatedAt);
  return { row: { ...row, artifact_location }, outcome };
}

function outcomeOf(row: ExperimentRow, sourceId: string): Taken["outcome"] {
  return idOf(row) === sourceId || idOf(row) === String(Number(sourceId)) ? "same" : "merged";
}

function idOf(row: ExperimentRow): string {
  return row.outer_id ?? String(row.id);
}

async function addTags(tx: Tx, row: ExperimentRow, given: Given): Promise<number> {
  const here = new Map((await experimentTags(tx, [row.id])).get(row.id)?.map((tag) => [tag.key, tag.value]));
  let same = 0;
  for (const { key, value } of given.tags) {
    if (!here.has(key)) await upsertExperimentTag(tx, row.id, key, value);
    if ((here.get(key) ?? value) === value) same++;
  }
  return same;
}

/** The experiment here that an import put a source's experiment into. */
export async function importedExperiment(
  tx: Tx,
  project: string,
  importId: string,
  sourceId: string,
): Promise<ExperimentRow> {
  const row = await findImportedExperiment(tx, importId, sourceId);
  if (row !== undefined && (await findExperiment(tx, project, row.id)) !== undefined) return row;
  throw trackingErrors.TRACKING_IMPORT_ORDER({
    problem: `Experiment ${sourceId} of the source was not imported before its runs.`,
  });
}
