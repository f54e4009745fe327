import type { ExternalModel, Inspection, Tier, VersionEvidence } from "@paydown/api/registry";
import type { Evidence } from "@paydown/api/tracking";
import type { Ctx } from "#base/context.js";
import type { EvidenceFinding, RuleAnswer, UnseenEvidence } from "#base/rule.js";
import type { EffectivePolicy } from "../model/policy.js";
import { toCondition } from "../model/search.js";
import type { ModelSources } from "../needs.js";
import { inspectionsOf } from "../store/inspections.js";
import { policyOf } from "../store/promotions.js";
import { evaluationsOf, modelDetails, searchModels, versionsOf, versionsWithCard, versionTags } from "../store.js";
import type { EvaluationRow, VersionRow } from "../tables.js";
import { asOfNow } from "./inspection-page.js";
import { evidenceOf, externalOf, type KnownOfVersion, knownOf, licenceOf } from "./version-evidence.js";

/** A version that matters now: an alias points at it, it stands in an active stage, or it is its model's newest. */
export interface SweptVersion {
  readonly row: VersionRow;
  readonly aliases: readonly string[];
  readonly evidence: VersionEvidence;
  readonly run: KnownOfVersion["run"];
  readonly facts: KnownOfVersion["facts"];
  readonly filesStored: boolean;
  readonly inspection: Inspection | undefined;
  readonly external: ExternalModel | undefined;
  readonly tier: Tier | undefined;
  readonly policy: EffectivePolicy;
  /** Newest first. */
  readonly evaluations: readonly EvaluationRow[];
  /** Licence as its tags name it. */
  readonly licence: string | undefined;
  /** Whether it is its model's newest. */
  readonly isNewest: boolean;
}

const activeStages = ["Staging", "Production"];
/** More models than a person could look after; a larger project is read in pages. */
const pageSize = 500;

/** The versions that matter, of every model but prompts. */
export async function sweepVersions(ctx: Ctx, sources: ModelSources, project: string): Promise<SweptVersion[]> {
  const search = { project, condition: toCondition("", "models"), order: [] };
  const swept: SweptVersion[] = [];
  for (let offset = 0; ; offset += pageSize) {
    const models = await ctx.db.read((r) => searchModels(r, search, pageSize, offset));
    for (const model of models) {
      const read = await ctx.db.read(async (r) => ({
        versions: await versionsOf(r, model.id, 10_000),
        aliases: (await modelDetails(r, [model.id])).aliases,
        cards: await versionsWithCard(r, model.id),
        evaluations: await evaluationsOf(r, model.id),
        inspections: await inspectionsOf(r, model.id),
        policy: await policyOf(r, model),
        tags: await versionTags(r, [model.id]),
      }));
      for (const [i, row] of read.versions.entries()) {
        const aliases = read.aliases.filter((one) => one.version === row.version).map((one) => one.alias);
        if (i > 0 && aliases.length === 0 && !activeStages.includes(row.stage)) continue;
        const evaluations = read.evaluations.filter((one) => one.version === row.version);
        const known = await knownOf(ctx, sources, row, read.cards.has(row.version), evaluations.length);
        const inspection = read.inspections.find((one) => one.version === row.version);
        swept.push({
          row,
          aliases,
          evidence: evidenceOf(known),
          run: known.run,
          facts: known.facts,
          filesStored: known.files !== undefined && known.files.length > 0,
          inspection: inspection === undefined ? undefined : asOfNow(inspection, known.files, row.artifact_hash),
          external: externalOf(row),
          tier: (model.tier ?? undefined) as Tier | undefined,
          policy: read.policy,
          evaluations,
          licence: licenceOf(read.tags.filter((tag) => tag.version === row.version)),
          isNewest: i === 0,
        });
      }
    }
    if (models.length < pageSize) return swept;
  }
}

/** Whether somebody may be using it: an alias points at it, or it stands in an active stage. */
export function isLive({ row, aliases }: SweptVersion): boolean {
  return aliases.length > 0 || activeStages.includes(row.stage);
}

export function nameOf({ row, aliases }: SweptVersion): string {
  const standing = aliases.length > 0 ? ` (${aliases.map((alias) => `@${alias}`).join(", ")})` : "";
  return `${row.name} version ${row.version}${standing}`;
}

export function versionFinding(
  one: SweptVersion,
  message: string,
  evidence: Readonly<Record<string, unknown>>,
  key = "",
): EvidenceFinding {
  return {
    asset: { kind: "model-version", id: `${one.row.name}/${one.row.version}` },
    key,
    message,
    evidence: { aliases: one.aliases, stage: one.row.stage, runId: one.row.run_id, ...evidence },
    size: 1,
    events: [],
  };
}

/** One finding for each version whose evidence says no; one unseen for each that is unknown. */
export async function answerFor(
  ctx: Ctx,
  sources: ModelSources,
  project: string,
  of: keyof VersionEvidence,
  what: string,
  remedy: string,
): Promise<RuleAnswer> {
  const swept = await sweepVersions(ctx, sources, project);
  const findings: EvidenceFinding[] = [];
  const unseen: UnseenEvidence[] = nothingSwept(swept);
  for (const one of swept) {
    const { state, evidence }: Evidence = one.evidence[of];
    if (state === "no") findings.push(versionFinding(one, `${nameOf(one)} ${what}. ${evidence}`, { evidence }));
    if (state === "unknown") unseen.push({ what: `Whether ${nameOf(one)} ${what}. ${evidence}`, remedy });
  }
  return { findings, unseen };
}

export function nothingSwept(swept: readonly SweptVersion[]): UnseenEvidence[] {
  if (swept.length > 0) return [];
  return [
    {
      what: "Model versions: none is registered.",
      remedy: "Register what you train: `mlflow.register_model`, or `paydown models register`.",
    },
  ];
}
