import type { LoggedModelInspection } from "@paydown/api/registry";
import type { Evidence } from "@paydown/api/tracking";
import { readable } from "#base/auth/grants.js";
import type { Ctx } from "#base/context.js";
import { registryErrors } from "../errors.js";
import { provenanceOf, toNameRun } from "../model/provenance.js";
import { hashOfFiles } from "../model.js";
import type { LoggedModelSource, ModelSources, StoredFile } from "../needs.js";
import { findLoggedModelInspection, versionsFrom } from "../store/inspections.js";
import { asOfNow } from "./inspection-page.js";
import { readFacts } from "./model-facts.js";
import { signatureEvidence } from "./version-evidence.js";

const shownVersions = 100;

/** What a logged model's own files say, and what it was made of. */
export async function viewLoggedModel(
  ctx: Ctx,
  sources: ModelSources,
  { project, loggedModelId }: { project: string; loggedModelId: string },
): Promise<LoggedModelInspection> {
  const model = await getLoggedModel(ctx, sources, project, loggedModelId);
  const { sourceRunId: runId, artifactUri: location } = model;
  const files = await sources.findFiles(ctx, project, location);
  const facts = files === undefined ? undefined : await readFacts(ctx, files);
  const run = runId === undefined ? undefined : await sources.findRun(ctx, project, runId);
  const { row, versions } = await ctx.db.read(async (r) => ({
    row: await findLoggedModelInspection(r, project, loggedModelId),
    versions: await versionsFrom(r, project, loggedModelId, shownVersions),
  }));
  const sees = await readable(ctx.principal, project, "model");
  const artifactHash = files === undefined || files.length === 0 ? undefined : hashOfFiles(files);
  const inspection = row === undefined ? undefined : asOfNow(row, files);
  return {
    loggedModelId,
    name: model.name,
    status: model.status,
    experimentId: model.experimentId,
    ...(runId === undefined ? {} : { runId }),
    location,
    ...(artifactHash === undefined ? {} : { artifactHash }),
    registered: versions
      .filter(({ name }) => sees === "all" || sees(name))
      .map(({ name, version }) => ({ model: name, version })),
    flavors: [...(facts?.flavors ?? [])],
    ...(facts?.pickled === undefined ? {} : { pickled: facts.pickled }),
    ...(facts?.signature === undefined ? {} : { signature: facts.signature }),
    ...(facts === undefined ? {} : { inputExample: facts.inputExample }),
    ...(facts?.mlflowVersion === undefined ? {} : { mlflowVersion: facts.mlflowVersion }),
    ...(facts?.pythonVersion === undefined ? {} : { pythonVersion: facts.pythonVersion }),
    files: (files ?? []).map(({ path, size, hash }) => ({ path, size, hash })),
    evidence: { files: filesEvidence(files), signature: signatureEvidence({ files, facts }) },
    provenance: provenanceOf({
      runId,
      external: undefined,
      run,
      environment: inspection?.environment,
      toNameRun: toNameRun.loggedModel,
    }),
    ...(inspection === undefined ? {} : { inspection }),
  };
}

/** Throws REGISTRY_LOGGED_MODEL_NOT_FOUND, also for one that was deleted. */
export async function getLoggedModel(
  ctx: Ctx,
  sources: ModelSources,
  project: string,
  loggedModelId: string,
): Promise<LoggedModelSource> {
  const found = await sources.findLoggedModel(ctx, project, loggedModelId);
  if (found === undefined || found.deleted) throw registryErrors.REGISTRY_LOGGED_MODEL_NOT_FOUND({ loggedModelId });
  return found;
}

function filesEvidence(files: readonly StoredFile[] | undefined): Evidence {
  if (files === undefined) return { state: "unknown", evidence: "Its files are stored elsewhere and cannot be read." };
  if (files.length === 0) return { state: "no", evidence: "No file is stored below its root." };
  return { state: "yes", evidence: files.length === 1 ? "1 file is stored." : `${files.length} files are stored.` };
}
