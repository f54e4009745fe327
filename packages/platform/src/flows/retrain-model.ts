import { resolve } from "node:path";
import { getDataset, getVersion as getDatasetVersion } from "@paydown/api/data";
import { getModel, requestPromotion } from "@paydown/api/registry";
import { getDeployment, listDeployments, updateDeployment } from "@paydown/api/serving";
import type { Config } from "#base/config/config.js";
import type { Ctx } from "#base/context.js";
import { allPages } from "#base/pages.js";
import type { Perform } from "#base/perform.js";
import type { Serving } from "#capabilities/serving/index.js";
import { type Comparison, compareVersions } from "./compare-versions.js";
import { flowErrors } from "./errors.js";
import { findTrainingData } from "./training-data.js";

export interface RetrainDeps {
  readonly perform: Perform;
  readonly serving: Serving;
  readonly recipes: Config["recipes"];
  /** Folder that a recipe's `cwd` is seen from. */
  readonly folder: string;
  /** Where the training reaches this server, and with which token. */
  readonly tracking: () => Promise<{ readonly url: string; readonly token: string | undefined }>;
}

export interface RetrainModel {
  readonly project: string;
  readonly model: string;
  /** Identity of this retraining; the same one is not started twice. */
  readonly id: string;
  readonly seed: number;
  /** Why it is retrained, for the record. */
  readonly reason: string;
}

export interface Retrained {
  readonly version: number;
  readonly runId: string;
  readonly champion: number;
  readonly trainedOn: readonly string[];
  readonly heldBack: string | undefined;
  readonly comparison: Comparison;
  readonly promoted: boolean;
}

const alias = "champion";
const mostVersions = 3;
const comparedDays = 30;
const dayMs = 86_400_000;

/**
 * Trains a model again on newer data and promotes the result only if it is better on rows neither version was trained on.
 * Of the dataset versions that are newer than the champion's, the newest is held back when there is another, so that the
 * last 30 days of logged predictions are new to both.
 * Throws FLOW_RECIPE_MISSING, FLOW_NO_CHAMPION, FLOW_NOTHING_NEWER, FLOW_TRAINING_FAILED, FLOW_DEPLOYMENT_MISSING.
 */
export async function retrainModel(ctx: Ctx, deps: RetrainDeps, input: RetrainModel): Promise<Retrained> {
  const { project, model } = input;
  const recipe = deps.recipes[model];
  if (recipe === undefined) throw flowErrors.FLOW_RECIPE_MISSING({ model });
  const champion = (await deps.perform(ctx, getModel, { project, model })).aliases[alias];
  if (champion === undefined) throw flowErrors.FLOW_NO_CHAMPION({ model });
  const deployment = (await allPages((at) => deps.perform(ctx, listDeployments, { project, model, ...at }))).find(
    (one) => one.state === "live",
  );
  if (deployment === undefined) throw flowErrors.FLOW_DEPLOYMENT_MISSING({ model });

  const { train, heldBack } = await chooseVersions(ctx, deps, { project, model, champion, dataset: recipe.dataset });
  const { version, runId } = await runRecipe(ctx, deps, recipe, input, train);

  const { lastSeen } = deployment;
  const traffic = await deps.perform(ctx, getDeployment, { project, name: deployment.name });
  const to = (traffic.traffic.points.at(-1)?.at ?? lastSeen ?? ctx.clock.now()) + dayMs;
  const comparison = await compareVersions(ctx, deps, {
    project,
    model,
    champion,
    challenger: version,
    deployment: deployment.name,
    from: to - comparedDays * dayMs,
    to,
  });
  let promoted = false;
  if (comparison.verdict === "better") {
    const reason = `${input.reason}; ${comparison.reason}`.slice(0, 2000);
    // Where the alias is guarded this leaves a request for people to decide on.
    const asked = await deps.perform(ctx, requestPromotion, { project, model, version, alias, reason });
    promoted = asked.state === "promoted";
    if (promoted) {
      await deps.perform(ctx, updateDeployment, { project, name: deployment.name, version, reason });
    }
  }
  return { version, runId, champion, trainedOn: train.map((one) => one.version), heldBack, comparison, promoted };
}

interface ChosenVersion {
  readonly version: string;
  readonly files: readonly string[];
}

async function chooseVersions(
  ctx: Ctx,
  deps: RetrainDeps,
  asked: { project: string; model: string; champion: number; dataset: string },
): Promise<{ train: ChosenVersion[]; heldBack: string | undefined }> {
  const { project, model, champion, dataset } = asked;
  const data = await findTrainingData(ctx, deps.perform, { project, model, version: champion });
  const newer =
    data.find((one) => one.dataset === dataset)?.newer ??
    (await deps.perform(ctx, getDataset, { project, dataset })).items;
  if (newer.length === 0) throw flowErrors.FLOW_NOTHING_NEWER({ dataset, version: champion, model });
  const [first, ...rest] = newer;
  const train = (rest.length > 0 ? rest : newer).slice(0, mostVersions).reverse();
  return {
    heldBack: rest.length > 0 ? first?.version : undefined,
    train: await Promise.all(
      train.map(async ({ version }) => {
        const { manifest } = await deps.perform(ctx, getDatasetVersion, { project, dataset, version });
        return { version, files: await Promise.all(manifest.map((file) => ctx.blobs.localPath(file.hash))) };
      }),
    ),
  };
}

async function runRecipe(
  ctx: Ctx,
  deps: RetrainDeps,
  recipe: Config["recipes"][string],
  input: RetrainModel,
  train: readonly ChosenVersion[],
): Promise<{ version: number; runId: string }> {
  const { model } = input;
  const { url, token } = await deps.tracking();
  const files = train.flatMap((one) => one.files);
  const argv = recipe.command.flatMap((word) =>
    word.includes("{file}")
      ? files.map((file) => word.replaceAll("{file}", file))
      : [
          word
            .replaceAll("{versions}", train.map((one) => one.version).join(","))
            .replaceAll("{seed}", String(input.seed)),
        ],
  );
  const id = `retrain-${input.id}`;
  await ctx.compute.start({
    id,
    argv,
    cwd: resolve(deps.folder, recipe.cwd),
    env: { MLFLOW_TRACKING_URI: url, ...(token === undefined ? {} : { MLFLOW_TRACKING_TOKEN: token }) },
    timeout: (recipe.timeoutMinutes ?? 60) * 60_000,
  });
  const result = await ctx.compute.wait(id, ctx.signal);
  if (result.status !== "succeeded") {
    throw flowErrors.FLOW_TRAINING_FAILED(
      { model, status: result.status, reason: result.reason ?? "no reason was given" },
      { details: { log: result.log.slice(-4000) } },
    );
  }
  const said = lastObject(result.log);
  if (said === undefined) throw flowErrors.FLOW_TRAINING_SAID_NOTHING({ model });
  return said;
}

function lastObject(log: string): { version: number; runId: string } | undefined {
  const line = log.trim().split("\n").at(-1) ?? "";
  try {
    const { version, runId } = JSON.parse(line) as { version?: unknown; runId?: unknown };
    return typeof version === "number" && typeof runId === "string" ? { version, runId } : undefined;
  } catch {
    return undefined;
  }
}
