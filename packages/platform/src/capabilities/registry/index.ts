import * as api from "@paydown/api/registry";
import { importModel as importOperation } from "@paydown/api/registry-import";
import { type Capability, defineCapability, implement } from "#base/capability.js";
import { createWebhook, deleteWebhook, retryDelivery, updateWebhook } from "./actions/change-webhook.js";
import { createModel } from "./actions/create-model.js";
import { createVersion } from "./actions/create-version.js";
import { importModel } from "./actions/import-model.js";
import { openReader } from "./actions/inspect-files.js";
import { loggedModelJobs, requestLoggedModelInspection } from "./actions/inspect-logged-model.js";
import { inspectionJob, requestInspection } from "./actions/inspect-version.js";
import {
  approvePromotion,
  rejectPromotion,
  requestPromotion,
  waiveGate,
  withdrawPromotion,
} from "./actions/promote-version.js";
import { attachCard, recordEvaluation } from "./actions/record-evaluation.js";
import { registerExternal } from "./actions/register-external.js";
import { removeAlias, setAlias } from "./actions/set-alias.js";
import { setPolicy, setTier } from "./actions/set-policy.js";
import { registryErrors } from "./errors.js";
import { loggedModelListeners, webhookListeners } from "./events.js";
import { testDelivery, webhookJobs } from "./jobs.js";
import { type ModelSources, ownMeans, type WebhookMeans } from "./needs.js";
import { registryRules } from "./rules/index.js";
import { registryMigrations } from "./tables.js";
import { viewLoggedModel } from "./views/logged-model-page.js";
import { toEvaluation, viewModel, viewModels, viewVersion } from "./views/model-page.js";
import { viewGates, viewPolicy, viewPromotion, viewPromotions } from "./views/promotion-page.js";
import { viewReplays } from "./views/replays.js";
import { viewStandings } from "./views/standings.js";
import { getWebhook, toDelivery, viewDeliveries, viewWebhook, viewWebhooks } from "./views/webhooks.js";

/** The registry, given where the files, logged models and runs behind its versions are asked for, and how webhooks leave. */
export function registry(sources: ModelSources, means: WebhookMeans = ownMeans()): Capability {
  const reader = openReader();
  return defineCapability({
    name: "registry",
    migrations: registryMigrations,
    errors: registryErrors.catalogue,
    rules: registryRules(sources),
    listeners: [...loggedModelListeners, ...webhookListeners],
    jobs: [inspectionJob(sources, reader), ...loggedModelJobs(sources, reader), ...webhookJobs(means)],
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
      implement(api.createWebhook, async (ctx, { project, ...input }) => {
        const { id } = await createWebhook(ctx, means, project, input);
        return viewWebhook(ctx, { project, webhookId: id });
      }),
      implement(api.listWebhooks, viewWebhooks),
      implement(api.getWebhook, viewWebhook),
      implement(api.updateWebhook, async (ctx, { project, webhookId, ...change }) => {
        await updateWebhook(ctx, means, project, webhookId, change);
        return viewWebhook(ctx, { project, webhookId });
      }),
      implement(api.deleteWebhook, async (ctx, { project, webhookId }) => {
        await deleteWebhook(ctx, project, webhookId);
        return { webhookId };
      }),
      implement(api.testWebhook, async (ctx, { project, webhookId, event }) =>
        testDelivery(ctx, means, await getWebhook(ctx, project, webhookId), event),
      ),
      implement(api.listWebhookDeliveries, viewDeliveries),
      implement(api.retryWebhookDelivery, async (ctx, { project, deliveryId }) =>
        toDelivery(await retryDelivery(ctx, project, deliveryId)),
      ),
      implement(api.listStandings, viewStandings),
      implement(api.setTier, async (ctx, input) => {
        await setTier(ctx, input);
        const { items: _items, spans: _spans, history: _history, ...reply } = await viewModel(ctx, sources, input);
        return reply;
      }),
      implement(api.getPromotionPolicy, viewPolicy),
      implement(api.setPromotionPolicy, async (ctx, input) => {
        await setPolicy(ctx, input);
        return viewPolicy(ctx, input);
      }),
      implement(api.checkPromotion, (ctx, input) => viewGates(ctx, sources, input)),
      implement(api.requestPromotion, (ctx, input) => requestPromotion(ctx, sources, input)),
      implement(api.listPromotions, (ctx, input) => viewPromotions(ctx, sources, input)),
      implement(api.getPromotion, (ctx, input) => viewPromotion(ctx, sources, input)),
      implement(api.approvePromotion, (ctx, input) => approvePromotion(ctx, sources, input)),
      implement(api.rejectPromotion, (ctx, input) => rejectPromotion(ctx, sources, input)),
      implement(api.withdrawPromotion, (ctx, input) => withdrawPromotion(ctx, sources, input)),
      implement(api.waiveGate, (ctx, input) => waiveGate(ctx, sources, input)),
      implement(api.inspectVersion, requestInspection),
      implement(api.getLoggedModelInspection, (ctx, input) => viewLoggedModel(ctx, sources, input)),
      implement(api.inspectLoggedModel, (ctx, input) => requestLoggedModelInspection(ctx, sources, input)),
      implement(api.registerExternal, async (ctx, input) => {
        const version = await registerExternal(ctx, sources, input);
        const page = await viewModel(ctx, sources, input);
        return page.items.find((item) => item.version === version) as api.ModelVersion;
      }),
      implement(api.listReplays, viewReplays),
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
export { createWebhook, deleteWebhook, updateWebhook, type WebhookInput } from "./actions/change-webhook.js";
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
export { recordReplay } from "./actions/record-replay.js";
export { removeAlias, setAlias } from "./actions/set-alias.js";
export { testDelivery } from "./jobs.js";
export { mlflowEvents } from "./model/webhook.js";
export { type ModelSources, ownMeans, type WebhookMeans } from "./needs.js";
export * as mlflowViews from "./views/mlflow.js";
export { findVersionFiles, type VersionFiles } from "./views/version-files.js";
export { versionOrigins } from "./views/version-origins.js";
export { getWebhook, viewWebhook, viewWebhooks } from "./views/webhooks.js";
