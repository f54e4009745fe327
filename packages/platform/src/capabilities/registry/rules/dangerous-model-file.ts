import type { Ctx } from "#base/context.js";
import { defineRule, type EvidenceFinding, type EvidenceRule, type UnseenEvidence } from "#base/rule.js";
import type { ModelSources } from "../needs.js";
import { nameOf, nothingSwept, type SweptVersion, sweepVersions, versionFinding } from "../views/sweep.js";
import { dangersOf, type SweptLoggedModel, sweepLoggedModels } from "../views/sweep-logged-models.js";

/** So many logged models of an experiment are named with their files; a message says how many there are. */
const shownModels = 20;
const shownFiles = 20;
const shownReasons = 10;

export function dangerousModelFileRule(sources: ModelSources): EvidenceRule {
  return defineRule({
    code: "REG006",
    slug: "dangerous-model-file",
    family: "registry",
    severity: "SEV1",
    principal: "retrain",
    summary:
      "A live or newest model version, or a logged model, holds a file that runs code, or reaches for other files, when it is loaded.",
    why: "A pickle is a program, and so is a Lambda layer: whoever loads the model runs it with their own rights. Most are harmless; this one names what is not.",
    remedy:
      "Do not load it before its origin is known. Store the model as ONNX, safetensors or skops and register that: `paydown models inspect` and `paydown logged-models inspection` show the names.",
    origin: "OWASP ML06, MITRE ATLAS AML.T0010",
    async check(ctx, project) {
      const swept = await sweepVersions(ctx, sources, project);
      const logged = await sweepLoggedModels(ctx, sources, project, swept);
      const versions = swept.map(answerOfVersion);
      const dangerous = logged.suspects.filter((one) => one.verdict === "dangerous");
      const findings: EvidenceFinding[] = versions.flatMap((one) => one.findings);
      for (const some of Map.groupBy(dangerous, (one) => one.experimentId).values()) {
        findings.push(await experimentFinding(ctx, project, some));
      }
      const unseen = [
        ...(logged.total === 0 ? nothingSwept(swept) : []),
        ...versions.flatMap((one) => one.unseen),
        ...unseenOf(logged.suspects.filter((one) => one.verdict === "unknown")),
      ];
      return { findings, unseen };
    },
  });
}

function answerOfVersion(one: SweptVersion): { findings: EvidenceFinding[]; unseen: UnseenEvidence[] } {
  const { inspection } = one;
  const nothing = { findings: [], unseen: [] };
  if (one.external !== undefined) return nothing;
  if (!one.filesStored) {
    const what = `Whether a file of ${nameOf(one)} is dangerous to load: none of its files is stored here.`;
    return {
      ...nothing,
      unseen: [{ what, remedy: "Log its files to this server's artifact store, and register it from there." }],
    };
  }
  if (inspection === undefined || inspection.state !== "done" || inspection.verdict === "unknown") {
    const worst = inspection?.files.find((file) => file.verdict === "unknown");
    const why = worst?.reasons[0] ?? inspection?.problem?.replace(/\.$/, "") ?? "they were not read to the end";
    const what = `Whether a file of ${nameOf(one)} is dangerous to load: ${why}.`;
    const remedy = "Have them read: `paydown models inspect`; what is packed or unknown is for people to look at.";
    return { ...nothing, unseen: [{ what, remedy }] };
  }
  if (inspection.verdict !== "dangerous") return nothing;
  const files = inspection.files.filter((file) => file.verdict === "dangerous");
  const reasons = files.flatMap((file) => file.reasons).slice(0, shownReasons);
  const message = `${nameOf(one)} is dangerous to load: ${reasons[0]}.`;
  const evidence = { files: files.map((file) => file.path).slice(0, shownFiles), reasons };
  return { ...nothing, findings: [versionFinding(one, message, evidence)] };
}

/** One for the logged models of an experiment: what its training script writes, it writes at every checkpoint. */
async function experimentFinding(
  ctx: Ctx,
  project: string,
  models: readonly SweptLoggedModel[],
): Promise<EvidenceFinding> {
  const [first] = models as [SweptLoggedModel];
  const shown = [];
  for (const one of models.slice(-shownModels).reverse()) {
    const { files, reasons } = await dangersOf(ctx, project, one);
    shown.push({
      id: one.modelId,
      name: one.name,
      runId: one.sourceRunId,
      files: files.slice(0, shownFiles),
      reasons: reasons.slice(0, shownReasons),
    });
  }
  const newest = shown[0];
  const many = models.length === 1 ? "1 logged model is" : `${models.length} logged models are`;
  return {
    asset: { kind: "experiment", id: first.experimentId },
    key: "logged-model",
    message: `${first.experimentName}: ${many} dangerous to load, the newest ${newest?.name} (${newest?.id}): ${newest?.reasons[0]}.`,
    evidence: { experiment: first.experimentName, total: models.length, models: shown },
    size: 1,
    events: [],
  };
}

/** One for each reason why nothing is known. */
function unseenOf(models: readonly SweptLoggedModel[]): UnseenEvidence[] {
  return [...Map.groupBy(models, (one) => one.problem ?? "")].map(([problem, some]) => ({
    what: `Whether a file of ${some.length === 1 ? "1 logged model" : `${some.length} logged models`} is dangerous to load, the newest ${some.at(-1)?.modelId}: ${problem}.`,
    remedy:
      "Have them read: `paydown logged-models inspect`; files stored elsewhere are read once they are logged to this server's artifact store.",
  }));
}
