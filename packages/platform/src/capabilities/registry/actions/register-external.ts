import type { Input } from "@paydown/api/operation";
import type { ExternalModel, registerExternal as operation } from "@paydown/api/registry";
import type { Ctx } from "#base/context.js";
import { externalSource } from "../model/external.js";
import type { ModelSources } from "../needs.js";
import { createVersion } from "./create-version.js";

/** Adds a version that stands for a model hosted elsewhere; answers its number. */
export async function registerExternal(
  ctx: Ctx,
  sources: ModelSources,
  input: Input<typeof operation>,
): Promise<number> {
  const { project, model, description, tags = {}, ...external } = input;
  const said = Object.fromEntries(Object.entries(external).filter(([, value]) => value !== undefined)) as ExternalModel;
  return createVersion(ctx, sources, {
    project,
    name: model,
    source: externalSource(said),
    description,
    tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
    makeModel: true,
    external: said,
  });
}
