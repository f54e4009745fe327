import type { EndpointContract, EndpointLimits, ScoreColumn } from "@paydown/api/serving";
import type { Ctx } from "#base/context.js";
import type { Tx } from "#base/db/db.js";
import type { CheckedFile } from "../endpoint/models.js";
import { checkFile, readVerified } from "../endpoint/models.js";
import { servingErrors } from "../errors.js";
import type { ServingNeeds } from "../needs.js";
import { openSession } from "../runtimes/onnx.js";
import { ensureServed } from "../store.js";
import { columnsOf } from "../tensors/columns.js";

/** A version that was found, checked and loaded once: what a deployment may point at. */
export interface Candidate extends CheckedFile {
  readonly model: string;
  readonly version: number;
}

/** Resolves the version and proves that the engine takes its file, before anything is recorded. */
export async function prepareCandidate(
  ctx: Ctx,
  needs: ServingNeeds,
  project: string,
  model: string,
  which: { readonly version?: number | undefined; readonly alias?: string | undefined },
): Promise<Candidate> {
  if ((which.version === undefined) === (which.alias === undefined)) {
    throw servingErrors.SERVING_VERSION_OR_ALIAS({ given: which.version === undefined ? "neither" : "both" });
  }
  const asked = which.version === undefined ? { alias: which.alias as string } : { version: which.version };
  const found = await needs.findModelVersion(ctx, project, model, asked);
  if (found === undefined) {
    throw servingErrors.SERVING_VERSION_NOT_FOUND({ model, version: which.version ?? `@${which.alias}` });
  }
  const checked = await checkFile(ctx, model, found);
  const session = openSession({ read: () => readVerified(ctx, checked.hash), batching: false });
  try {
    await session.load();
  } finally {
    session.close();
  }
  return { ...checked, model, version: found.version };
}

/** The record of what the candidate's file declares. */
export function recordServed(tx: Tx, project: string, candidate: Candidate): Promise<number> {
  const { file, signature } = candidate;
  return ensureServed(tx, {
    project,
    model: candidate.model,
    version: candidate.version,
    hash: candidate.hash,
    size: candidate.size,
    inputs: JSON.stringify(file.inputs),
    outputs: JSON.stringify(file.outputs),
    columns: JSON.stringify(columnsOf(file.inputs, signature)),
  });
}

export function asJson(value: EndpointContract | EndpointLimits | ScoreColumn | undefined): string | null {
  return value === undefined ? null : JSON.stringify(value);
}

/** A score or promise about something the model does not have would never be noticed later. */
export function checkAgainstFile(
  candidate: Candidate,
  contract: EndpointContract | undefined,
  score: ScoreColumn | undefined,
): void {
  const columns = new Set(columnsOf(candidate.file.inputs, candidate.signature).map((column) => column.name));
  for (const promise of contract?.columns ?? []) {
    if (columns.has(promise.column)) continue;
    throw servingErrors.SERVING_REQUEST_INVALID({
      problem: `the contract names column '${promise.column}'; the model has ${[...columns].slice(0, 50).join(", ")}`,
    });
  }
  if (score !== undefined && !candidate.file.outputs.some((output) => output.name === score.output)) {
    throw servingErrors.SERVING_REQUEST_INVALID({
      problem: `the score names output '${score.output}'; the model has ${candidate.file.outputs.map((one) => one.name).join(", ")}`,
    });
  }
}
