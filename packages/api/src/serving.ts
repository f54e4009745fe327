import { type Static, Type } from "typebox";
import { defineEvent } from "./event.js";
import { defineOperation } from "./operation.js";
import { InProject, Instant, Paging, page } from "./values.js";

/** Name of a deployment: the model name in Open Inference Protocol paths. */
export const DeploymentName = Type.String({
  pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$",
  description: "Name of the deployment, unique in its project; it is the model name in `/v2/models/<name>`.",
});
const Model = Type.String({ minLength: 1, maxLength: 256, description: "Name of the registered model." });
const Version = Type.Integer({ minimum: 1, description: "Number of the model version." });
const Alias = Type.String({
  minLength: 1,
  maxLength: 255,
  pattern: "^[A-Za-z0-9_-]+$",
  description: "Alias in the registry; resolved to a version once, when asked.",
});
const Reason = Type.String({ maxLength: 2000, description: "Why, in the words of who decided." });
const ConsumerName = Type.String({
  minLength: 1,
  maxLength: 200,
  description: "Who calls: name of its key or token, else its `X-Consumer` header, else `unknown@<address>`.",
});
const RequestId = Type.String({
  minLength: 1,
  maxLength: 64,
  description: "Identity of the logged request: the `prediction_id` every answer carries.",
});

/** One input or output tensor as the model declares it. */
export const TensorSpec = Type.Object({
  name: Type.String({ description: "Name in the model." }),
  datatype: Type.String({
    description: "BOOL, UINT8-64, INT8-64, FP16, FP32, FP64 or BYTES.",
  }),
  shape: Type.Array(Type.Integer(), { description: "Dimensions; -1 is free." }),
});
export type TensorSpec = Static<typeof TensorSpec>;

/** What one input column promises. Columns are inputs of one value a row, or the columns of a matrix input. */
export const ColumnContract = Type.Object({
  column: Type.String({ minLength: 1, maxLength: 256, description: "Input column." }),
  min: Type.Optional(Type.Number({ description: "Least value promised, e.g. seen in training." })),
  max: Type.Optional(Type.Number({ description: "Greatest value promised." })),
  missing: Type.Optional(
    Type.Boolean({ description: "Whether a value may be missing (NaN, null in JSON); refused when absent or false." }),
  ),
});
export type ColumnContract = Static<typeof ColumnContract>;

/** What callers promise about inputs. Name, datatype, shape and finiteness are always enforced, with or without it. */
export const EndpointContract = Type.Object(
  {
    columns: Type.Array(ColumnContract, { maxItems: 10_000, description: "Promises by column." }),
    onViolation: Type.Optional(
      Type.Union([Type.Literal("count"), Type.Literal("reject")], {
        description: "count: answer and count (default); reject: refuse the request with 422.",
      }),
    ),
    source: Type.Optional(
      Type.String({
        maxLength: 500,
        description: "Where the promises come from, e.g. `flights@4f1c... training ranges`.",
      }),
    ),
  },
  { description: "What callers promise about inputs." },
);
export type EndpointContract = Static<typeof EndpointContract>;

/** What the endpoint takes on; enforced. */
export const EndpointLimits = Type.Object(
  {
    rowsPerRequest: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1_000_000,
        description: "Most rows of one request; more is refused. 10,000 when absent.",
      }),
    ),
    requestsInFlight: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 100_000,
        description: "Most requests waiting or running; more get 429. 1,000 when absent.",
      }),
    ),
    timeoutMs: Type.Optional(
      Type.Integer({
        minimum: 10,
        maximum: 600_000,
        description: "Longest run of the engine; then its worker is replaced. 30,000 when absent.",
      }),
    ),
  },
  { description: "What the endpoint takes on." },
);
export type EndpointLimits = Static<typeof EndpointLimits>;

/** Which number of the outputs is the score that monitoring watches. */
export const ScoreColumn = Type.Object(
  {
    output: Type.String({ description: "Name of the output." }),
    column: Type.Integer({ minimum: 0, description: "Column of that output; 0 when it has one." }),
  },
  { description: "Which number of the outputs is the score; guessed from the outputs when absent." },
);
export type ScoreColumn = Static<typeof ScoreColumn>;

/** A named endpoint that serves one version of a model at a time. */
export const Deployment = Type.Object({
  name: DeploymentName,
  model: Model,
  version: Version,
  alias: Type.Optional(Alias),
  state: Type.Union([Type.Literal("live"), Type.Literal("retired")], {
    description: "retired: answers 404; its log and history are kept.",
  }),
  owner: Type.Optional(Type.String({ description: "Team or person who answers for it." })),
  createdAt: Instant,
  createdBy: Type.String({ description: "Who deployed it first." }),
  switchedAt: Instant,
  modelHash: Type.String({ description: "SHA-256 of the model file being served." }),
  modelBytes: Type.Integer({ description: "Size of the model file." }),
  inputs: Type.Array(TensorSpec, { description: "Inputs, from the model file." }),
  outputs: Type.Array(TensorSpec, { description: "Outputs, from the model file." }),
  columns: Type.Array(Type.String(), { description: "Input columns in order: what is logged and watched by name." }),
  score: Type.Optional(ScoreColumn),
  contract: Type.Optional(EndpointContract),
  limits: Type.Optional(EndpointLimits),
  batching: Type.Boolean({ description: "Whether concurrent requests are run together." }),
  retentionDays: Type.Optional(
    Type.Integer({ description: "How many days predictions are kept after they were logged; for ever when absent." }),
  ),
});
export type Deployment = Static<typeof Deployment>;

/** A stretch of time during which the deployment served one version. */
export const ServedSpan = Type.Object({
  version: Version,
  model: Model,
  previous: Type.Optional(Type.Integer({ description: "Version served before." })),
  from: Instant,
  to: Type.Optional(Instant),
  by: Type.String({ description: "Who switched." }),
  reason: Type.String({ description: "Why; empty when nobody said." }),
});
export type ServedSpan = Static<typeof ServedSpan>;

/** Who calls a deployment. */
export const Consumer = Type.Object({
  deployment: DeploymentName,
  consumer: ConsumerName,
  state: Type.Union([Type.Literal("declared"), Type.Literal("undeclared")], {
    description: "undeclared: it was seen, and nobody has said who it is and what it needs.",
  }),
  team: Type.Optional(Type.String({ description: "Team that answers for it." })),
  purpose: Type.Optional(Type.String({ description: "What it does with the predictions." })),
  declaredAt: Type.Optional(Instant),
  declaredBy: Type.Optional(Type.String({ description: "Who declared it." })),
  firstSeen: Type.Optional(Instant),
  lastSeen: Type.Optional(Instant),
  requests: Type.Integer({ description: "Requests answered or refused, ever." }),
  rows: Type.Integer({ description: "Rows predicted, ever." }),
  errors: Type.Integer({ description: "Requests that were refused or failed, ever." }),
  violations: Type.Integer({ description: "Values outside the contract, and requests that broke the schema, ever." }),
});
export type Consumer = Static<typeof Consumer>;

/** Traffic of one consumer in one window of event time. */
export const TrafficPoint = Type.Object({
  at: Instant,
  consumer: ConsumerName,
  requests: Type.Integer({ description: "Requests answered or refused." }),
  rows: Type.Integer({ description: "Rows predicted." }),
  errors: Type.Integer({ description: "Requests refused or failed." }),
  violations: Type.Integer({ description: "Contract violations." }),
});

/** Latency in one window of event time, all consumers together. */
export const LatencyPoint = Type.Object({
  at: Instant,
  requests: Type.Integer({ description: "Requests answered." }),
  p50Ms: Type.Number({
    description:
      "Median milliseconds of checks, queue and engine, without the commit of the log; bucketed, at most 10 % high.",
  }),
  p99Ms: Type.Number({ description: "99th percentile, likewise." }),
});

export const TrafficWindow = Type.Union([Type.Literal("minute"), Type.Literal("hour"), Type.Literal("day")], {
  description: "Length of a window; windows begin on full UTC minutes, hours or days.",
});

export const Traffic = Type.Object({
  from: Instant,
  to: Instant,
  window: TrafficWindow,
  requests: Type.Integer({ description: "Requests answered or refused in the range." }),
  rows: Type.Integer({ description: "Rows predicted in the range." }),
  errors: Type.Integer({ description: "Requests refused or failed in the range." }),
  violations: Type.Integer({ description: "Contract violations in the range." }),
  p50Ms: Type.Optional(Type.Number({ description: "Median latency over the range; absent without answers." })),
  p99Ms: Type.Optional(Type.Number({ description: "99th percentile of latency over the range." })),
  points: Type.Array(TrafficPoint, {
    description: "By window and consumer, oldest first; windows without traffic are left out.",
  }),
  latency: Type.Array(LatencyPoint, { description: "By window, oldest first." }),
});
export type Traffic = Static<typeof Traffic>;

export const createDeployment = defineOperation({
  name: "serving.createDeployment",
  method: "POST",
  path: "/projects/:project/deployments",
  input: Type.Object({
    ...InProject,
    name: DeploymentName,
    model: Model,
    version: Type.Optional(Version),
    alias: Type.Optional(Alias),
    owner: Type.Optional(Type.String({ maxLength: 200, description: "Team or person who answers for it." })),
    contract: Type.Optional(EndpointContract),
    limits: Type.Optional(EndpointLimits),
    score: Type.Optional(ScoreColumn),
    batching: Type.Optional(
      Type.Boolean({
        description:
          "Run concurrent requests together; true when absent. Turn off for models whose rows depend on each other.",
      }),
    ),
    retentionDays: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 36_500,
        description: "How many days predictions are kept after they were logged; for ever when absent.",
      }),
    ),
    reason: Type.Optional(Reason),
  }),
  reply: Deployment,
  permission: "write",
  doc: "Deploys a model version under a name; its file is checked and loaded before the deployment exists.",
  cli: { command: "deployments create", positional: ["name", "model"] },
});

export const updateDeployment = defineOperation({
  name: "serving.updateDeployment",
  method: "PATCH",
  path: "/projects/:project/deployments/:name",
  input: Type.Object({
    ...InProject,
    name: DeploymentName,
    version: Type.Optional(Version),
    alias: Type.Optional(Alias),
    owner: Type.Optional(Type.String({ maxLength: 200, description: "Team or person who answers for it." })),
    contract: Type.Optional(EndpointContract),
    limits: Type.Optional(EndpointLimits),
    retentionDays: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 36_500,
        description: "How many days predictions are kept after they were logged.",
      }),
    ),
    reason: Type.Optional(Reason),
  }),
  reply: Deployment,
  permission: "write",
  doc: "Switches a deployment to another version of its model (which brings a retired one back), or changes its contract, limits, owner or retention.",
  cli: { command: "deployments update", positional: ["name"] },
});

export const retireDeployment = defineOperation({
  name: "serving.retireDeployment",
  method: "DELETE",
  path: "/projects/:project/deployments/:name",
  input: Type.Object({ ...InProject, name: DeploymentName }),
  reply: Deployment,
  permission: "write",
  doc: "Stops a deployment; its predictions, consumers and history are kept.",
  cli: { command: "deployments retire", positional: ["name"] },
});

export const listDeployments = defineOperation({
  name: "serving.listDeployments",
  method: "GET",
  path: "/projects/:project/deployments",
  input: Type.Object({ ...InProject, ...Paging, model: Type.Optional(Model) }),
  reply: page(
    Type.Object({
      ...Deployment.properties,
      consumers: Type.Integer({ description: "Consumers declared or seen." }),
      undeclared: Type.Integer({ description: "Consumers seen that nobody declared." }),
      requests: Type.Integer({ description: "Requests, ever." }),
      violations: Type.Integer({ description: "Contract violations, ever." }),
      lastSeen: Type.Optional(Instant),
    }),
  ),
  permission: "read",
  doc: "Lists deployments by name, with their version, consumers and traffic.",
  cli: { command: "deployments list" },
});

export const getDeployment = defineOperation({
  name: "serving.getDeployment",
  method: "GET",
  path: "/projects/:project/deployments/:name",
  input: Type.Object({
    ...InProject,
    name: DeploymentName,
    from: Type.Optional(Instant),
    to: Type.Optional(Instant),
    window: Type.Optional(TrafficWindow),
  }),
  reply: Type.Object({
    ...Deployment.properties,
    history: Type.Array(ServedSpan, { description: "Versions served, newest first." }),
    consumers: Type.Array(Consumer, { description: "Everyone who was declared or seen, undeclared first." }),
    traffic: Traffic,
  }),
  permission: "read",
  doc: "Shows a deployment: version, history, consumers, contract violations and traffic between two instants of event time; the 24 hours up to its last request when none are given.",
  cli: { command: "deployments show", positional: ["name"] },
});

export const declareConsumer = defineOperation({
  name: "serving.declareConsumer",
  method: "PUT",
  path: "/projects/:project/deployments/:name/consumers/:consumer",
  input: Type.Object({
    ...InProject,
    name: DeploymentName,
    consumer: ConsumerName,
    team: Type.Optional(Type.String({ maxLength: 200, description: "Team that answers for it." })),
    purpose: Type.Optional(Type.String({ maxLength: 2000, description: "What it does with the predictions." })),
  }),
  reply: Consumer,
  permission: "write",
  doc: "Declares who a consumer of a deployment is and what it uses the predictions for.",
  cli: { command: "consumers declare", positional: ["name", "consumer"] },
});

export const listConsumers = defineOperation({
  name: "serving.listConsumers",
  method: "GET",
  path: "/projects/:project/consumers",
  input: Type.Object({
    ...InProject,
    ...Paging,
    deployment: Type.Optional(DeploymentName),
    state: Type.Optional(Consumer.properties.state),
  }),
  reply: page(Consumer),
  permission: "read",
  doc: "Lists the consumers of one or all deployments, declared or only seen.",
  cli: { command: "consumers list" },
});

/** One logged request. */
export const PredictionSummary = Type.Object({
  requestId: RequestId,
  clientId: Type.Optional(Type.String({ description: "Id the client sent with the request." })),
  deployment: DeploymentName,
  model: Model,
  version: Version,
  consumer: ConsumerName,
  at: Instant,
  eventTime: Instant,
  rows: Type.Integer({ description: "Rows of the request." }),
  violations: Type.Integer({ description: "Values outside the contract." }),
  latencyMs: Type.Number({ description: "Milliseconds of checks, queue and engine, without the commit of the log." }),
  score: Type.Optional(Type.Number({ description: "Score of the first row." })),
});
export type PredictionSummary = Static<typeof PredictionSummary>;

/** A value of a row: number, text, truth value, or a list for inputs of several values a row. Integers beyond 2^53 are texts. */
const RowValue = Type.Unknown({
  description: "Number, text, true/false, or a list of them; integers beyond 2^53 are texts.",
});

export const listPredictions = defineOperation({
  name: "serving.listPredictions",
  method: "GET",
  path: "/projects/:project/deployments/:name/predictions",
  input: Type.Object({
    ...InProject,
    ...Paging,
    name: DeploymentName,
    consumer: Type.Optional(ConsumerName),
    from: Type.Optional(Instant),
    to: Type.Optional(Instant),
  }),
  reply: page(PredictionSummary),
  permission: "read",
  doc: "Lists logged requests of a deployment in `[from, to)` of event time, newest first.",
  cli: { command: "predictions list", positional: ["name"] },
});

export const getPrediction = defineOperation({
  name: "serving.getPrediction",
  method: "GET",
  path: "/projects/:project/predictions/:requestId/:row",
  input: Type.Object({
    ...InProject,
    requestId: RequestId,
    row: Type.Integer({ minimum: 0, description: "Row of the request, from 0." }),
  }),
  reply: Type.Object({
    ...PredictionSummary.properties,
    row: Type.Integer({ description: "Row of the request, from 0." }),
    inputs: Type.Record(Type.String(), RowValue, { description: "Input columns by name." }),
    outputs: Type.Record(Type.String(), RowValue, { description: "Outputs by name." }),
    score: Type.Optional(Type.Number({ description: "Score of this row." })),
    outcome: Type.Optional(
      Type.Object(
        {
          value: Type.Number({ description: "What really happened." }),
          at: Instant,
          recordedAt: Instant,
        },
        { description: "Absent while it is not known." },
      ),
    ),
    violated: Type.Array(Type.String(), { description: "Columns of this row outside the contract that holds now." }),
  }),
  permission: "read",
  doc: "Shows one prediction: inputs, outputs, model version, consumer and, when known, what really happened.",
  cli: { command: "predictions show", positional: ["requestId", "row"] },
});

export const recordOutcomes = defineOperation({
  name: "serving.recordOutcomes",
  method: "POST",
  path: "/projects/:project/outcomes",
  input: Type.Object({
    ...InProject,
    outcomes: Type.Array(
      Type.Object({
        requestId: RequestId,
        row: Type.Integer({ minimum: 0, description: "Row of the request, from 0." }),
        value: Type.Number({ description: "What really happened: 0 or 1 for classifiers, a number for regressors." }),
        at: Instant,
      }),
      {
        minItems: 1,
        maxItems: 10_000,
        description: "Late ones are welcome; repeating is harmless; of two for one row the later `at` holds.",
      },
    ),
  }),
  reply: Type.Object({
    recorded: Type.Integer({ description: "New outcomes, and ones that replaced an earlier value." }),
    repeated: Type.Integer({ description: "Already known, or older than what is known." }),
    unknown: Type.Array(Type.String(), {
      description: "`<requestId>/<row>` that no logged prediction has; at most 100 are named.",
    }),
    unknownCount: Type.Integer({ description: "How many there are." }),
  }),
  permission: "write",
  doc: "Records what really happened to predictions.",
  cli: { command: "outcomes record" },
});

export const DeploymentCreated = defineEvent({
  name: "serving.deployment-created",
  doc: "A model version was deployed under a new name.",
  payload: Type.Object({
    deployment: DeploymentName,
    model: Model,
    version: Version,
    alias: Type.Optional(Alias),
    modelHash: Type.String({ description: "SHA-256 of the model file." }),
    owner: Type.Optional(Type.String({ description: "Team or person who answers for it." })),
    at: Instant,
  }),
});

export const VersionSwitched = defineEvent({
  name: "serving.version-switched",
  doc: "A deployment now serves another version of its model.",
  payload: Type.Object({
    deployment: DeploymentName,
    model: Model,
    previous: Version,
    version: Version,
    modelHash: Type.String({ description: "SHA-256 of the model file." }),
    reason: Reason,
    at: Instant,
  }),
});

export const DeploymentRetired = defineEvent({
  name: "serving.deployment-retired",
  doc: "A deployment was stopped.",
  payload: Type.Object({ deployment: DeploymentName, model: Model, version: Version, at: Instant }),
});

export const ConsumerSeen = defineEvent({
  name: "serving.consumer-seen",
  doc: "A consumer called a deployment for the first time.",
  payload: Type.Object({
    deployment: DeploymentName,
    consumer: ConsumerName,
    declared: Type.Boolean({ description: "Whether somebody had declared it before." }),
    model: Model,
    version: Version,
    requestId: Type.Optional(Type.String({ description: "Its first logged request; absent when that was refused." })),
    at: Instant,
  }),
});

export const ConsumerDeclared = defineEvent({
  name: "serving.consumer-declared",
  doc: "Somebody said who a consumer is.",
  payload: Type.Object({
    deployment: DeploymentName,
    consumer: ConsumerName,
    team: Type.Optional(Type.String({ description: "Team that answers for it." })),
    purpose: Type.Optional(Type.String({ description: "What it does with the predictions." })),
    seenBefore: Type.Boolean({ description: "Whether it had called before it was declared." }),
    at: Instant,
  }),
});

export const OutcomesRecorded = defineEvent({
  name: "serving.outcomes-recorded",
  doc: "What really happened became known for predictions of a deployment.",
  payload: Type.Object({
    deployment: DeploymentName,
    recorded: Type.Integer({ description: "Outcomes new or replaced." }),
    from: Type.Integer({ description: "Earliest event time of the predictions concerned (ms, UTC)." }),
    to: Type.Integer({ description: "Latest event time of the predictions concerned (ms, UTC), inclusive." }),
    at: Instant,
  }),
});
