import type { ExternalModel, VersionEvidence } from "@paydown/api/registry";
import type { Evidence } from "@paydown/api/tracking";
import type { Ctx } from "#base/context.js";
import type { ModelFacts } from "../model/mlmodel.js";
import type { ModelSources, StoredFile } from "../needs.js";
import type { VersionRow } from "../tables.js";

const cardFile = /(^|\/)(README|MODEL_?CARD|model[-_]card)\.(md|rst|txt|html)$/i;

export interface KnownOfVersion {
  readonly row: VersionRow;
  readonly facts: ModelFacts | undefined;
  readonly files: readonly StoredFile[] | undefined;
  readonly cardAttached: boolean;
  readonly evaluations: number;
  readonly run: Awaited<ReturnType<ModelSources["findRun"]>>;
}

/** Asks for what proves a version: its files and its run. */
export async function knownOf(
  ctx: Ctx,
  sources: ModelSources,
  row: VersionRow,
  cardAttached: boolean,
  evaluations: number,
): Promise<KnownOfVersion> {
  return {
    row,
    facts: factsOf(row),
    files: await sources.findFiles(ctx, row.project, row.location),
    cardAttached,
    evaluations,
    run: row.run_id === null ? undefined : await sources.findRun(ctx, row.project, row.run_id),
  };
}

export function externalOf(row: VersionRow): ExternalModel | undefined {
  return row.external === null ? undefined : (JSON.parse(row.external) as ExternalModel);
}

/** The licence that a version's tags name. */
export function licenceOf(tags: readonly { readonly key: string; readonly value: string }[]): string | undefined {
  return tags.find((tag) => /^licen[cs]e$/i.test(tag.key) && tag.value !== "")?.value;
}

export function factsOf(row: VersionRow): ModelFacts | undefined {
  return row.facts === null ? undefined : (JSON.parse(row.facts) as ModelFacts);
}

/** Whether data, signature, card and evaluation are there. */
export function evidenceOf(known: KnownOfVersion): VersionEvidence {
  return {
    data: dataEvidence(known),
    signature: signatureOfVersion(known),
    card: cardEvidence(known),
    evaluation:
      known.evaluations > 0
        ? { state: "yes", evidence: `${known.evaluations} recorded.` }
        : { state: "no", evidence: "No evaluation was recorded." },
  };
}

function dataEvidence({ row, run }: KnownOfVersion): Evidence {
  const external = externalOf(row);
  if (external !== undefined)
    return { state: "unknown", evidence: `What it was trained on, ${external.provider} knows.` };
  if (row.run_id === null) return { state: "no", evidence: "No run is named, so no training data is known." };
  if (run === undefined) return { state: "unknown", evidence: `Run ${row.run_id} is not in this project's records.` };
  return run.reproducibility.data;
}

function signatureOfVersion({ row, files, facts }: KnownOfVersion): Evidence {
  const external = externalOf(row);
  if (external !== undefined) {
    return {
      state: "unknown",
      evidence: `It is called through ${external.provider}'s interface; nothing of it is kept here.`,
    };
  }
  return signatureEvidence({ files, facts });
}

/** Whether the MLmodel among some files holds a signature. */
export function signatureEvidence({ files, facts }: Pick<KnownOfVersion, "files" | "facts">): Evidence {
  if (facts !== undefined) {
    return facts.signature === undefined
      ? { state: "no", evidence: "The MLmodel holds no signature." }
      : { state: "yes", evidence: "The MLmodel holds a signature." };
  }
  if (files === undefined) return { state: "unknown", evidence: "The files are stored elsewhere and were not read." };
  if (files.some((file) => file.path === "MLmodel"))
    return { state: "unknown", evidence: "The MLmodel could not be read." };
  return { state: "no", evidence: "There is no MLmodel among the files." };
}

function cardEvidence({ cardAttached, files }: KnownOfVersion): Evidence {
  if (cardAttached) return { state: "yes", evidence: "A card is attached." };
  const file = files?.find((one) => cardFile.test(one.path));
  if (file !== undefined) return { state: "yes", evidence: `${file.path} is among the files.` };
  if (files === undefined) return { state: "unknown", evidence: "None is attached; the files are stored elsewhere." };
  return { state: "no", evidence: "None is attached and none is among the files." };
}
