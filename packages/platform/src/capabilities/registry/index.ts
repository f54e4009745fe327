import * as api from "@paydown/api/registry";
import { importModel as importOperation } from "@paydown/api/registry-import";
import { type Capability, defineCapability, implement } from "#base/capability.js";
import { createModel } from "./actions/create-model.js";
import { createVersion } from "./actions/create-version.js";
import { importModel } from "./actions/import-model.js";
import { attachCard, recordEvaluation } from "./actions/record-evaluation.js";
import { removeAlias, setAlias } from "./actions/set-alias.js";
import { registryErrors } from "./errors.js";
import type { ModelSources } from "./needs.js";
import { registryRules } from "./rules/index.js";
import { registryMigrations } from "./tables.js";
import { toEvaluation, viewAliasAt, viewModel, viewModels, viewVersion } from "./views/model-page.js";

/** The registry, given where the files, logged models and runs behind its versions are asked for. */
export function registry(sources: ModelSources): Capability {
  return defineCapability({
    name: "registry",
    migrations: registryMigrations,
    errors: registryErrors.catalogue,
    rules: registryRules(sources),
    operations: [
      implement(api.createModel, async (ctx, { project, model, description, tags = {} }) => {
        const list = Object.entries(tags).map(([key, value]) => ({ key, value }));
        await createModel(ctx, { project, name: model, description, tags: list });
        const {
          items: _items,
          spans: _spans,
          history: _history,
          ...reply
        } = await viewModel(ctx, sources, { project, model });
        return reply;
      }),
      implement(api.listModels, viewModels),
      implement(api.getModel, (ctx, input) => viewModel(ctx, sources, input)),
      implement(api.getVersion, (ctx, input) => viewVersion(ctx, sources, input)),
      implement(api.createVersion, async (ctx, { project, model, tags = {}, ...input }) => {
        const list = Object.entries(tags).map(([key, value]) => ({ key, value }));
        const version = await createVersion(ctx, sources, {
          project,
          name: model,
          ...input,
          tags: list,
          makeModel: true,
        });
        const page = await viewModel(ctx, sources, { project, model });
        return page.items.find((item) => item.version === version) as api.ModelVersion;
      }),
      implement(api.setAlias, async (ctx, { project, model, alias, version, reason }) => {
        const previous = await setAlias(ctx, { project, name: model, alias, version, reason });
        return { model, alias, version, ...(previous === undefined ? {} : { previous }) };
      }),
      implement(api.removeAlias, async (ctx, { project, model, alias, reason = "" }) => {
        const previous = await removeAlias(ctx, { project, name: model, alias, reason });
        return { model, alias, ...(previous === undefined ? {} : { previous }) };
      }),
      implement(api.findAliasAt, viewAliasAt),
      implement(api.recordEvaluation, async (ctx, input) =>
        toEvaluation(await recordEvaluation(ctx, input), input.model),
      ),
      implement(api.attachCard, async (ctx, input) => ({
        model: input.model,
        version: input.version,
        hash: await attachCard(ctx, input),
      })),
      implement(importOperation, (ctx, input) => importModel(ctx, sources, input)),
    ],
  });
}

export {
  deleteVersion,
  deleteVersionTag,
  describeVersion,
  moveToStage,
  setVersionTag,
} from "./actions/change-version.js";
export {
  createModel,
  deleteModel,
  deleteModelTag,
  describeModel,
  renameModel,
  setModelTag,
} from "./actions/create-model.js";
export { createVersion, type NewVersion } from "./actions/create-version.js";
export { attachCard, recordEvaluation } from "./actions/record-evaluation.js";
export { removeAlias, setAlias } from "./actions/set-alias.js";
export type { ModelSources } from "./needs.js";
export * as mlflowViews from "./views/mlflow.js";
export { findVersionFiles, type VersionFiles } from "./views/version-files.js";
