import { type Static, Type } from "typebox";
import { defineEvent } from "./event.js";
import { defineOperation } from "./operation.js";
import { Evidence, MetricValue } from "./tracking.js";
import { InProject, Instant, Paging, page } from "./values.js";

const model = Type.String({ minLength: 1, maxLength: 250, pattern: "^[^/:]+$", description: "Name of the model." });
const version = Type.Integer({ minimum: 1, description: "Number of the version; never reused." });
const alias = Type.String({
  minLength: 1,
  maxLength: 255,
  pattern: "^[A-Za-z0-9_-]+$",
  description: "Name that points at one version.",
});
const reason = Type.String({ maxLength: 2000, description: "Why, in the words of who decided." });
const Tags = Type.Record(Type.String(), Type.String(), { description: "Free text by key." });

/** Whether what a reader needs to trust a version is there. */
export const VersionEvidence = Type.Object(
  { data: Evidence, signature: Evidence, card: Evidence, evaluation: Evidence },
  { description: "Is the training data named, is there a signature, a model card, an evaluation?" },
);
export type VersionEvidence = Static<typeof VersionEvidence>;

export const ModelVersion = Type.Object({
  model,
  version,
  createdAt: Instant,
  updatedAt: Instant,
  createdBy: Type.String({ description: "Who registered it." }),
  description: Type.String({ description: "Free text; may be empty." }),
  source: Type.String({ description: "URI as given." }),
  location: Type.String({ description: "URI of the files it resolves to." }),
  runId: Type.Optional(Type.String({ description: "Run that made it." })),
  modelId: Type.Optional(Type.String({ description: "Logged model it was registered from." })),
  artifactHash: Type.Optional(
    Type.String({
      description: "SHA-256 over the paths and hashes of its files; absent when they are not stored here.",
    }),
  ),
  stage: Type.String({ description: "None, Staging, Production or Archived." }),
  aliases: Type.Array(alias, { description: "Aliases that point at it now." }),
  tags: Tags,
  flavors: Type.Array(Type.String(), { description: "Flavours its MLmodel names; empty when it was not readable." }),
  pickled: Type.Optional(Type.Boolean({ description: "Whether loading it runs pickled code; absent when unknown." })),
  evidence: VersionEvidence,
});
export type ModelVersion = Static<typeof ModelVersion>;

/** One entry of the append-only history. */
export const ModelChange = Type.Object({
  id: Type.String({ description: "Grows with every change." }),
  at: Instant,
  kind: Type.Union(
    [
      Type.Literal("version-created"),
      Type.Literal("version-deleted"),
      Type.Literal("alias-set"),
      Type.Literal("alias-removed"),
      Type.Literal("stage-changed"),
    ],
    { description: "What changed." },
  ),
  subject: Type.String({ description: "Alias or stage; empty for versions." }),
  version: Type.Optional(version),
  previous: Type.Optional(Type.Integer({ description: "Version the alias pointed at before." })),
  by: Type.String({ description: "Who did it." }),
  door: Type.String({ description: "Through which door: http, cli, mlflow, flow, ..." }),
  reason: Type.String({ description: "Why; empty when nobody said." }),
});
export type ModelChange = Static<typeof ModelChange>;

/** A stretch of time during which an alias pointed at one version, or at none. */
export const AliasSpan = Type.Object({
  alias,
  version: Type.Optional(Type.Integer({ description: "Absent in a gap." })),
  from: Instant,
  to: Type.Optional(Instant),
  by: Type.String({ description: "Who put it there." }),
  reason: Type.String({ description: "Why; empty when nobody said." }),
});

export const EvaluationMetric = Type.Object({
  name: Type.String({ description: "Metric name." }),
  value: MetricValue,
  low: Type.Optional(Type.Number({ description: "Lower end of the interval." })),
  high: Type.Optional(Type.Number({ description: "Upper end of the interval." })),
  level: Type.Optional(
    Type.Number({ exclusiveMinimum: 0, exclusiveMaximum: 1, description: "Confidence of the interval, e.g. 0.95." }),
  ),
  n: Type.Optional(Type.Integer({ minimum: 0, description: "Rows or repetitions behind it." })),
  higherIsBetter: Type.Optional(Type.Boolean({ description: "Direction; absent when it has none." })),
});

export const Evaluation = Type.Object({
  id: Type.String({ description: "Id of the evaluation." }),
  model,
  version,
  at: Instant,
  by: Type.String({ description: "Who recorded it." }),
  dataset: Type.Optional(Type.String({ description: "Name of the dataset it was evaluated on." })),
  datasetVersion: Type.Optional(Type.String({ description: "Version of that dataset." })),
  against: Type.Optional(Type.Integer({ description: "Version it was compared with." })),
  slice: Type.Optional(Type.String({ description: "Part of the data, e.g. `region = 'EU'`; absent for all of it." })),
  metrics: Type.Array(EvaluationMetric),
  verdict: Type.Union(
    [
      Type.Literal("better"),
      Type.Literal("worse"),
      Type.Literal("not-distinguishable"),
      Type.Literal("passed"),
      Type.Literal("failed"),
      Type.Literal("none"),
    ],
    { description: "none when no comparison or bar was set." },
  ),
  reason: Type.String({ description: "What the verdict rests on." }),
});
export type Evaluation = Static<typeof Evaluation>;

export const ModelCard = Type.Object({
  at: Instant,
  by: Type.String({ description: "Who attached it." }),
  hash: Type.String({ description: "SHA-256 of its text." }),
  text: Type.String({ description: "Markdown." }),
});

export const RegisteredModel = Type.Object({
  model,
  description: Type.String({ description: "Free text; may be empty." }),
  createdAt: Instant,
  updatedAt: Instant,
  tags: Tags,
  versions: Type.Integer({ description: "How many versions there are." }),
  latest: Type.Optional(version),
  aliases: Type.Record(Type.String(), Type.Integer(), { description: "Version by alias." }),
});
export type RegisteredModel = Static<typeof RegisteredModel>;

/** Creates a model. */
export const createModel = defineOperation({
  name: "registry.createModel",
  method: "POST",
  path: "/projects/:project/models",
  input: Type.Object({
    ...InProject,
    model,
    description: Type.Optional(Type.String({ maxLength: 5000, description: "What it is for." })),
    tags: Type.Optional(Tags),
  }),
  reply: RegisteredModel,
  permission: "write",
  doc: "Registers a model name; versions are added to it.",
  cli: { command: "models create", positional: ["model"] },
});

/** Lists models. */
export const listModels = defineOperation({
  name: "registry.listModels",
  method: "GET",
  path: "/projects/:project/models",
  input: Type.Object({
    ...InProject,
    ...Paging,
    filter: Type.Optional(
      Type.String({ maxLength: 10_000, description: "e.g. `name LIKE 'churn%' AND tags.tier = '1'`." }),
    ),
  }),
  reply: page(RegisteredModel),
  permission: "read",
  doc: "Lists the project's models by name.",
  cli: { command: "models list" },
});

/** The model page. */
export const getModel = defineOperation({
  name: "registry.getModel",
  method: "GET",
  path: "/projects/:project/models/:model",
  input: Type.Object({ ...InProject, model }),
  reply: Type.Object({
    ...RegisteredModel.properties,
    items: Type.Array(ModelVersion, {
      description: "Versions, newest first, at most 200; `versions` counts them all.",
    }),
    spans: Type.Array(AliasSpan, { description: "Which version each alias pointed at, when; oldest first." }),
    history: Type.Array(ModelChange, { description: "Newest first, at most 200." }),
  }),
  permission: "read",
  doc: "Shows a model: its versions, their evidence, and which version stood behind which alias when.",
  cli: { command: "models show", positional: ["model"] },
});

/** One version with evaluations and card. */
export const getVersion = defineOperation({
  name: "registry.getVersion",
  method: "GET",
  path: "/projects/:project/models/:model/versions/:version",
  input: Type.Object({ ...InProject, model, version }),
  reply: Type.Object({
    ...ModelVersion.properties,
    signature: Type.Optional(
      Type.Object({
        inputs: Type.Optional(Type.String({ description: "JSON, as the MLmodel holds it." })),
        outputs: Type.Optional(Type.String({ description: "JSON, as the MLmodel holds it." })),
        params: Type.Optional(Type.String({ description: "JSON, as the MLmodel holds it." })),
      }),
    ),
    inputExample: Type.Optional(Type.Boolean({ description: "Whether an input example is stored." })),
    mlflowVersion: Type.Optional(Type.String({ description: "Client that wrote it." })),
    pythonVersion: Type.Optional(Type.String({ description: "Python that wrote it." })),
    files: Type.Array(
      Type.Object({
        path: Type.String({ description: "Below the version's root." }),
        size: Type.Integer({ description: "Bytes." }),
        hash: Type.String({ description: "SHA-256." }),
      }),
      { description: "Stored files, by path." },
    ),
    evaluations: Type.Array(Evaluation, { description: "Newest first." }),
    card: Type.Optional(ModelCard),
  }),
  permission: "read",
  doc: "Shows one model version with its signature, files, evaluations and card.",
  cli: { command: "models version", positional: ["model", "version"] },
});

/** Adds a version. */
export const createVersion = defineOperation({
  name: "registry.createVersion",
  method: "POST",
  path: "/projects/:project/models/:model/versions",
  input: Type.Object({
    ...InProject,
    model,
    source: Type.String({
      minLength: 1,
      maxLength: 5000,
      description: "`runs:/<run>/<path>`, `models:/<logged model>` or an artifact URI.",
    }),
    runId: Type.Optional(
      Type.String({ maxLength: 256, description: "Run that made it; taken from a `runs:` source when absent." }),
    ),
    description: Type.Optional(Type.String({ maxLength: 5000, description: "What is new in it." })),
    tags: Type.Optional(Tags),
  }),
  reply: ModelVersion,
  permission: "write",
  doc: "Adds an immutable version to a model, which is created when it is new.",
  cli: { command: "models register", positional: ["model", "source"] },
});

/** Points an alias at a version. */
export const setAlias = defineOperation({
  name: "registry.setAlias",
  method: "PUT",
  path: "/projects/:project/models/:model/aliases/:alias",
  input: Type.Object({ ...InProject, model, alias, version, reason }),
  reply: Type.Object({
    model,
    alias,
    version,
    previous: Type.Optional(Type.Integer({ description: "Version it pointed at before." })),
  }),
  permission: "write",
  doc: "Points an alias at a version, with the reason kept in the history.",
  cli: { command: "models alias", positional: ["model", "alias", "version"] },
});

/** Removes an alias. */
export const removeAlias = defineOperation({
  name: "registry.removeAlias",
  method: "DELETE",
  path: "/projects/:project/models/:model/aliases/:alias",
  input: Type.Object({ ...InProject, model, alias, reason: Type.Optional(reason) }),
  reply: Type.Object({
    model,
    alias,
    previous: Type.Optional(Type.Integer({ description: "Version it pointed at." })),
  }),
  permission: "write",
  doc: "Removes an alias; its history stays.",
  cli: { command: "models unalias", positional: ["model", "alias"] },
});

/** "What was in production on the 3rd of March?" */
export const findAliasAt = defineOperation({
  name: "registry.findAliasAt",
  method: "GET",
  path: "/projects/:project/models/:model/aliases/:alias/at/:at",
  input: Type.Object({ ...InProject, model, alias, at: Instant }),
  reply: Type.Object({
    span: Type.Optional(AliasSpan),
  }),
  permission: "read",
  doc: "Answers which version stood behind an alias at a moment, who put it there and why.",
  cli: { command: "models at", positional: ["model", "alias", "at"] },
});

/** Records how well a version does. */
export const recordEvaluation = defineOperation({
  name: "registry.recordEvaluation",
  method: "POST",
  path: "/projects/:project/models/:model/versions/:version/evaluations",
  input: Type.Object({
    ...InProject,
    model,
    version,
    dataset: Type.Optional(Type.String({ maxLength: 500, description: "Name of the dataset." })),
    datasetVersion: Type.Optional(Type.String({ maxLength: 100, description: "Version of the dataset." })),
    against: Type.Optional(Type.Integer({ minimum: 1, description: "Version compared with." })),
    slice: Type.Optional(Type.String({ maxLength: 1000, description: "Part of the data." })),
    metrics: Type.Array(EvaluationMetric, { minItems: 1, maxItems: 1000, description: "What was measured." }),
    verdict: Type.Optional(Evaluation.properties.verdict),
    reason: Type.Optional(Type.String({ maxLength: 2000, description: "What the verdict rests on." })),
  }),
  reply: Evaluation,
  permission: "write",
  doc: "Records an evaluation of a version on a dataset version, with intervals and a verdict.",
  cli: { command: "models evaluate", positional: ["model", "version"] },
});

/** Attaches a model card. */
export const attachCard = defineOperation({
  name: "registry.attachCard",
  method: "PUT",
  path: "/projects/:project/models/:model/versions/:version/card",
  input: Type.Object({
    ...InProject,
    model,
    version,
    text: Type.String({ minLength: 1, maxLength: 200_000, description: "Markdown." }),
  }),
  reply: Type.Object({ model, version, hash: Type.String({ description: "SHA-256 of the text." }) }),
  permission: "write",
  doc: "Attaches a model card to a version; earlier cards are kept.",
  cli: { command: "models card", positional: ["model", "version"] },
});

const webhookId = Type.String({ pattern: "^[A-Za-z0-9_-]{1,64}$", description: "Id of the webhook." });

/** What webhooks can be told: MLflow's events, and two of our own. */
export const WebhookEvent = Type.Union(
  [
    Type.Literal("registered_model.created"),
    Type.Literal("model_version.created"),
    Type.Literal("model_version_tag.set"),
    Type.Literal("model_version_tag.deleted"),
    Type.Literal("model_version_alias.created"),
    Type.Literal("model_version_alias.deleted"),
    Type.Literal("prompt.created"),
    Type.Literal("prompt_version.created"),
    Type.Literal("prompt_tag.set"),
    Type.Literal("prompt_tag.deleted"),
    Type.Literal("prompt_version_tag.set"),
    Type.Literal("prompt_version_tag.deleted"),
    Type.Literal("prompt_alias.created"),
    Type.Literal("prompt_alias.deleted"),
    Type.Literal("budget_policy.exceeded"),
    Type.Literal("run.finished"),
    Type.Literal("evaluation.recorded"),
  ],
  {
    description:
      "As MLflow names them, e.g. `model_version.created`; `run.finished` and `evaluation.recorded` are Paydown's. Budgets belong to MLflow's gateway: that event is taken and never comes.",
  },
);
export type WebhookEvent = Static<typeof WebhookEvent>;

const WebhookStatus = Type.Union([Type.Literal("ACTIVE"), Type.Literal("DISABLED")], {
  description: "A disabled webhook is told nothing.",
});
const webhookFields = {
  name: Type.String({ minLength: 1, maxLength: 63, description: "1 to 63 letters, digits, `.`, `_`, `-`." }),
  url: Type.String({ minLength: 1, maxLength: 2000, description: "Where to post; https on the public internet." }),
  events: Type.Array(WebhookEvent, { minItems: 1, maxItems: 100, description: "What it wants to be told." }),
  description: Type.Optional(Type.String({ maxLength: 5000, description: "What it is for." })),
  secret: Type.Optional(
    Type.String({ maxLength: 1000, description: "Signs what is sent; never shown again. Empty: unsigned." }),
  ),
  status: Type.Optional(WebhookStatus),
};

export const Webhook = Type.Object({
  webhookId,
  name: webhookFields.name,
  url: webhookFields.url,
  events: webhookFields.events,
  description: Type.String({ description: "Free text; may be empty." }),
  status: WebhookStatus,
  signed: Type.Boolean({ description: "Whether it has a secret." }),
  createdAt: Instant,
  updatedAt: Instant,
  waiting: Type.Integer({ description: "Deliveries that are not there yet." }),
  failed: Type.Integer({ description: "Deliveries given up in the last 30 days." }),
  heldUntil: Type.Optional(
    Type.Integer({ description: "It did not answer well; nothing is sent before this instant, in milliseconds." }),
  ),
});
export type Webhook = Static<typeof Webhook>;

export const WebhookDelivery = Type.Object({
  deliveryId: Type.String({ description: "Travels as X-MLflow-Delivery-Id, the same in every attempt." }),
  webhookId,
  event: WebhookEvent,
  state: Type.Union([Type.Literal("waiting"), Type.Literal("delivered"), Type.Literal("failed")], {
    description: "waiting until it arrived or was given up.",
  }),
  createdAt: Instant,
  attempts: Type.Integer({ description: "How often it was sent." }),
  attemptedAt: Type.Optional(Instant),
  nextAt: Type.Optional(Instant),
  status: Type.Optional(Type.Integer({ description: "HTTP status of the last answer." })),
  problem: Type.Optional(Type.String({ description: "Why the last attempt did not succeed." })),
  response: Type.Optional(Type.String({ description: "Beginning of the last answer." })),
  body: Type.String({ description: "What is sent, JSON." }),
});
export type WebhookDelivery = Static<typeof WebhookDelivery>;

/** Creates a webhook. */
export const createWebhook = defineOperation({
  name: "registry.createWebhook",
  method: "POST",
  path: "/projects/:project/webhooks",
  input: Type.Object({ ...InProject, ...webhookFields }),
  reply: Webhook,
  permission: "admin",
  doc: "Tells a URL of events in the registry, signed with a secret.",
  cli: { command: "webhooks create", positional: ["name", "url"] },
});

/** Lists webhooks. */
export const listWebhooks = defineOperation({
  name: "registry.listWebhooks",
  method: "GET",
  path: "/projects/:project/webhooks",
  input: Type.Object({ ...InProject, ...Paging }),
  reply: page(Webhook),
  permission: "admin",
  doc: "Lists webhooks, newest first, with what waits for them and what they missed.",
  cli: { command: "webhooks list" },
});

/** One webhook. */
export const getWebhook = defineOperation({
  name: "registry.getWebhook",
  method: "GET",
  path: "/projects/:project/webhooks/:webhookId",
  input: Type.Object({ ...InProject, webhookId }),
  reply: Webhook,
  permission: "admin",
  doc: "Shows one webhook.",
  cli: { command: "webhooks show", positional: ["webhookId"] },
});

/** Changes a webhook. */
export const updateWebhook = defineOperation({
  name: "registry.updateWebhook",
  method: "PATCH",
  path: "/projects/:project/webhooks/:webhookId",
  input: Type.Object({
    ...InProject,
    webhookId,
    name: Type.Optional(webhookFields.name),
    url: Type.Optional(webhookFields.url),
    events: Type.Optional(webhookFields.events),
    description: webhookFields.description,
    secret: webhookFields.secret,
    status: webhookFields.status,
  }),
  reply: Webhook,
  permission: "admin",
  doc: "Changes a webhook; what is not given stays. Switching it on again sends at once what waits.",
  cli: { command: "webhooks update", positional: ["webhookId"] },
});

/** Deletes a webhook. */
export const deleteWebhook = defineOperation({
  name: "registry.deleteWebhook",
  method: "DELETE",
  path: "/projects/:project/webhooks/:webhookId",
  input: Type.Object({ ...InProject, webhookId }),
  reply: Type.Object({ webhookId }),
  permission: "admin",
  doc: "Deletes a webhook with its deliveries.",
  cli: { command: "webhooks delete", positional: ["webhookId"] },
});

/** Sends an example. */
export const testWebhook = defineOperation({
  name: "registry.testWebhook",
  method: "POST",
  path: "/projects/:project/webhooks/:webhookId/test",
  input: Type.Object({ ...InProject, webhookId, event: Type.Optional(WebhookEvent) }),
  reply: Type.Object({
    success: Type.Boolean({ description: "Whether the answer's status was 200 to 299; redirects are not followed." }),
    status: Type.Optional(Type.Integer({ description: "HTTP status of the answer." })),
    response: Type.Optional(Type.String({ description: "Beginning of the answer." })),
    problem: Type.Optional(Type.String({ description: "Why it did not succeed." })),
  }),
  permission: "admin",
  doc: "Sends an example of an event to a webhook, once, and tells how it was answered.",
  cli: { command: "webhooks test", positional: ["webhookId"] },
});

/** What became of each event. */
export const listWebhookDeliveries = defineOperation({
  name: "registry.listWebhookDeliveries",
  method: "GET",
  path: "/projects/:project/webhooks/:webhookId/deliveries",
  input: Type.Object({
    ...InProject,
    ...Paging,
    webhookId,
    state: Type.Optional(WebhookDelivery.properties.state),
  }),
  reply: page(WebhookDelivery),
  permission: "admin",
  doc: "Lists deliveries of a webhook, newest first, with attempts and last error; kept for 30 days once ended.",
  cli: { command: "webhooks deliveries", positional: ["webhookId"] },
});

/** Sends a delivery again. */
export const retryWebhookDelivery = defineOperation({
  name: "registry.retryWebhookDelivery",
  method: "POST",
  path: "/projects/:project/webhook-deliveries/:deliveryId/retry",
  input: Type.Object({
    ...InProject,
    deliveryId: Type.String({ pattern: "^[A-Za-z0-9_-]{1,64}$", description: "Id of the delivery." }),
  }),
  reply: WebhookDelivery,
  permission: "admin",
  doc: "Sends a delivery again, now, with the id and the body it had.",
  cli: { command: "webhooks retry", positional: ["deliveryId"] },
});

/** A version was added. */
export const VersionCreated = defineEvent({
  name: "registry.version-created",
  payload: Type.Object({
    model: Type.String({ description: "Name of the model." }),
    version,
    runId: Type.Optional(Type.String({ description: "Run that made it." })),
    modelId: Type.Optional(Type.String({ description: "Logged model it was registered from." })),
    source: Type.String({ description: "URI as given." }),
    location: Type.String({ description: "URI of the files it resolves to." }),
    artifactHash: Type.Optional(
      Type.String({
        description: "SHA-256 over the paths and hashes of its files; absent when they are not stored here.",
      }),
    ),
  }),
  doc: "A model version was registered.",
});

/** An alias was moved or set. */
export const AliasSet = defineEvent({
  name: "registry.alias-set",
  payload: Type.Object({
    model: Type.String({ description: "Name of the model." }),
    alias: Type.String({ description: "Name of the alias." }),
    version,
    previous: Type.Optional(Type.Integer({ description: "Version it pointed at before." })),
    reason: Type.String({ description: "Why; empty when nobody said." }),
  }),
  doc: "An alias was pointed at a version.",
});

/** An alias was taken away. */
export const AliasRemoved = defineEvent({
  name: "registry.alias-removed",
  payload: Type.Object({
    model: Type.String({ description: "Name of the model." }),
    alias: Type.String({ description: "Name of the alias." }),
    previous: Type.Integer({ description: "Version it pointed at." }),
    reason: Type.String({ description: "Why; empty when nobody said." }),
  }),
  doc: "An alias was removed.",
});

/** An evaluation was recorded. */
export const EvaluationRecorded = defineEvent({
  name: "registry.evaluation-recorded",
  payload: Type.Object({
    id: Type.String({ description: "Id of the evaluation." }),
    model: Type.String({ description: "Name of the model." }),
    version,
    dataset: Type.Optional(Type.String({ description: "Name of the dataset." })),
    datasetVersion: Type.Optional(Type.String({ description: "Version of the dataset." })),
    against: Type.Optional(Type.Integer({ description: "Version it was compared with." })),
    verdict: Type.String({ description: "better, worse, not-distinguishable, passed, failed or none." }),
    reason: Type.String({ description: "What the verdict rests on." }),
  }),
  doc: "A model version was evaluated.",
});

/** A card was attached. */
export const CardAttached = defineEvent({
  name: "registry.card-attached",
  payload: Type.Object({
    model: Type.String({ description: "Name of the model." }),
    version,
    hash: Type.String({ description: "SHA-256 of its text." }),
  }),
  doc: "A model card was attached to a version.",
});

/** Something webhooks may be told of. */
export const ChangeAnnounced = defineEvent({
  name: "registry.change-announced",
  payload: Type.Object({
    event: WebhookEvent,
    data: Type.Record(Type.String(), Type.Unknown(), { description: "Fields of MLflow's payload for this event." }),
  }),
  doc: "A model, version, alias, tag or prompt changed, in the words MLflow's webhooks use.",
});
