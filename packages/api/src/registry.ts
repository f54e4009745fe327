import { type Static, Type } from "typebox";
import { defineEvent } from "./event.js";
import { defineOperation } from "./operation.js";
import { Evidence, MetricValue } from "./tracking.js";
import { InProject, Instant, Paging, page } from "./values.js";

const model = Type.String({ minLength: 1, maxLength: 256, pattern: "^[^/:]+$", description: "Name of the model." });
const version = Type.Integer({ minimum: 1, description: "Number of the version; never reused." });
const alias = Type.String({
  minLength: 1,
  maxLength: 255,
  pattern: "^[A-Za-z0-9_-]+$",
  description: "Name that points at one version.",
});
const reason = Type.String({ maxLength: 2000, description: "Why, in the words of who decided." });
const Tags = Type.Record(Type.String(), Type.String(), { description: "Free text by key." });

/** How much hangs on a model; raises what its promotion asks for. */
export const Tier = Type.Union([Type.Literal("critical"), Type.Literal("important"), Type.Literal("standard")], {
  description: "critical: people's health, rights or the company's money hang on it; important; standard.",
});
export type Tier = Static<typeof Tier>;

/** What reading a file, never loading it, says about the danger of loading it. */
export const Verdict = Type.Union(
  [Type.Literal("clean"), Type.Literal("suspicious"), Type.Literal("dangerous"), Type.Literal("unknown")],
  {
    description:
      "clean: nothing in it runs but known constructors of models and data. suspicious: it is damaged, or names things nobody vouches for. dangerous: loading it runs code or reads other files. unknown: it could not be read to its end.",
  },
);
export type Verdict = Static<typeof Verdict>;

/** A model that somebody else hosts. */
export const ExternalModel = Type.Object({
  provider: Type.String({
    minLength: 1,
    maxLength: 100,
    pattern: "^[A-Za-z0-9][A-Za-z0-9._-]*$",
    description: "Who hosts it, e.g. anthropic.",
  }),
  name: Type.String({
    minLength: 1,
    maxLength: 250,
    pattern: "^[A-Za-z0-9][A-Za-z0-9._:/-]*$",
    description: "The provider's name of the model or model family.",
  }),
  pin: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 250,
      pattern: "^[A-Za-z0-9._:-]+$",
      description:
        "Version, date or digest that is asked for, so that the provider's next release changes nothing here.",
    }),
  ),
  promptVersion: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 250,
      description: "Version or hash of the prompt or template it is used with.",
    }),
  ),
  evaluationSet: Type.Optional(
    Type.String({ minLength: 1, maxLength: 500, description: "Dataset, `name@version`, that it is evaluated on." }),
  ),
  fallback: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 500,
      description: "What answers when it cannot: a model, a rule, a person.",
    }),
  ),
  licence: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 250,
      description: "SPDX expression or name of the terms it is used under.",
    }),
  ),
  baseModel: Type.Optional(
    Type.String({ minLength: 1, maxLength: 500, description: "Model it was tuned from, when it was." }),
  ),
  retiresAt: Type.Optional(Instant),
});
export type ExternalModel = Static<typeof ExternalModel>;

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
  verdict: Type.Optional(Verdict),
  external: Type.Optional(ExternalModel),
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
      Type.Literal("tier-set"),
      Type.Literal("policy-set"),
    ],
    { description: "What changed." },
  ),
  subject: Type.String({ description: "Alias, stage or tier; empty for versions and policies." }),
  version: Type.Optional(version),
  previous: Type.Optional(Type.Integer({ description: "Version the alias pointed at before." })),
  by: Type.String({ description: "Who did it." }),
  door: Type.String({ description: "Through which door: http, cli, mlflow, flow, ..." }),
  reason: Type.String({ description: "Why; empty when nobody said." }),
  promotion: Type.Optional(Type.String({ description: "Id of the promotion request that led to it." })),
  approvers: Type.Optional(Type.Array(Type.String(), { description: "Who approved that request." })),
  unapproved: Type.Optional(
    Type.Boolean({ description: "True when a guarded alias or stage was changed past its promotion policy." }),
  ),
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

/** What stood somewhere at a moment. */
export const Standing = Type.Object({
  model,
  kind: Type.Union([Type.Literal("alias"), Type.Literal("stage")], { description: "Whether an alias or a stage." }),
  name: Type.String({ description: "The alias, or the stage." }),
  version,
  from: Instant,
  to: Type.Optional(Instant),
  by: Type.String({ description: "Who put it there." }),
  reason: Type.String({ description: "Why; empty when nobody said." }),
  promotion: Type.Optional(Type.String({ description: "Promotion request that put it there." })),
  approvers: Type.Optional(Type.Array(Type.String(), { description: "Who approved it." })),
});
export type Standing = Static<typeof Standing>;

export const GateName = Type.Union(
  [
    Type.Literal("data"),
    Type.Literal("code"),
    Type.Literal("config"),
    Type.Literal("environment"),
    Type.Literal("signature"),
    Type.Literal("example"),
    Type.Literal("card"),
    Type.Literal("evaluation"),
    Type.Literal("scan"),
    Type.Literal("licence"),
  ],
  {
    description:
      "data: version of the training data. code: commit. config: hash of the configuration. environment: hash of the packages. signature. example: input example. card: model card. evaluation: passed or better, and not stale. scan: nothing dangerous in its files. licence: named.",
  },
);
export type GateName = Static<typeof GateName>;

export const GateMode = Type.Union([Type.Literal("off"), Type.Literal("finding"), Type.Literal("refuse")], {
  description: "off: not looked at. finding: a gap is written down and does not stop anything. refuse: a gap stops it.",
});
export type GateMode = Static<typeof GateMode>;

const gates = Type.Partial(
  Type.Object({
    data: GateMode,
    code: GateMode,
    config: GateMode,
    environment: GateMode,
    signature: GateMode,
    example: GateMode,
    card: GateMode,
    evaluation: GateMode,
    scan: GateMode,
    licence: GateMode,
  }),
  { additionalProperties: false, description: "How strictly each piece of evidence is asked for." },
);

/** What a project or a model asks of promotions; what is absent is inherited. */
export const PolicySettings = Type.Partial(
  Type.Object({
    aliases: Type.Array(alias, { maxItems: 100, description: "Guarded aliases, e.g. champion, production." }),
    stages: Type.Array(Type.Union([Type.Literal("Staging"), Type.Literal("Production"), Type.Literal("Archived")]), {
      maxItems: 3,
      description: "Guarded stages.",
    }),
    gates,
    approvals: Type.Integer({ minimum: 0, maximum: 10, description: "How many people must approve." }),
    fourEyes: Type.Boolean({ description: "Whether who asks is kept from approving and waiving." }),
    direct: Type.Union([Type.Literal("allow"), Type.Literal("finding"), Type.Literal("refuse")], {
      description:
        "What becomes of a guarded alias or stage changed without a request: allowed, allowed and written down, or refused.",
    }),
    unversionedData: Type.Union([Type.Literal("allow"), Type.Literal("finding"), Type.Literal("refuse")], {
      description: "What becomes of a version registered without a named version of its training data.",
    }),
    evaluationMaxAgeDays: Type.Integer({
      minimum: 1,
      maximum: 3650,
      description: "Days after which an evaluation is stale.",
    }),
  }),
  { additionalProperties: false },
);
export type PolicySettings = Static<typeof PolicySettings>;

const Effective = Type.Object({
  aliases: Type.Array(Type.String(), { description: "Guarded aliases." }),
  stages: Type.Array(Type.String(), { description: "Guarded stages." }),
  gates: Type.Record(Type.String(), GateMode, { description: "Strictness by gate; every gate is named." }),
  approvals: Type.Integer({ description: "How many people must approve." }),
  fourEyes: Type.Boolean({ description: "Whether who asks is kept from approving and waiving." }),
  direct: Type.String({ description: "allow, finding or refuse." }),
  unversionedData: Type.String({ description: "allow, finding or refuse." }),
  evaluationMaxAgeDays: Type.Integer({ description: "Days after which an evaluation is stale." }),
});

/** The promotion policy as it holds, and where each setting comes from. */
export const PromotionPolicy = Type.Object({
  model: Type.Optional(model),
  tier: Type.Optional(Tier),
  project: Type.Object(PolicySettings.properties, { description: "What the project set." }),
  own: Type.Object(PolicySettings.properties, { description: "What the model set; empty for the project's policy." }),
  effective: Effective,
  origins: Type.Record(Type.String(), Type.String(), {
    description:
      "By setting: default, project, tier or model. Of project and tier the stricter holds; a model's own setting always.",
  }),
});
export type PromotionPolicy = Static<typeof PromotionPolicy>;

export const Waiver = Type.Object({
  gate: GateName,
  by: Type.String({ description: "Who waived it." }),
  at: Instant,
  reason: Type.String({ description: "Why it is bearable." }),
  dueAt: Instant,
});
export type Waiver = Static<typeof Waiver>;

/** One gate of a version, with what was seen. */
export const Gate = Type.Object({
  gate: GateName,
  mode: GateMode,
  state: Type.Union([Type.Literal("yes"), Type.Literal("no"), Type.Literal("unknown")], {
    description: "Whether the evidence is there. What cannot be told does not pass.",
  }),
  evidence: Type.String({ description: "What was seen, or what is missing." }),
  remedy: Type.Optional(Type.String({ description: "How to close the gap; absent when there is none." })),
  waiver: Type.Optional(Waiver),
  blocks: Type.Boolean({ description: "Whether it keeps the promotion from happening." }),
});
export type Gate = Static<typeof Gate>;

const targetKind = Type.Union([Type.Literal("alias"), Type.Literal("stage")], { description: "What is to move." });

/** A request that a version take over an alias or a stage. */
export const Promotion = Type.Object({
  id: Type.String({ description: "Id of the request." }),
  model,
  version,
  target: Type.Object({ kind: targetKind, name: Type.String({ description: "The alias, or the stage." }) }),
  state: Type.Union(
    [Type.Literal("open"), Type.Literal("promoted"), Type.Literal("rejected"), Type.Literal("withdrawn")],
    { description: "open until somebody rejects or withdraws it, or enough people approved and no gate blocks." },
  ),
  requestedBy: Type.String({ description: "Who asked." }),
  requestedAt: Instant,
  reason: Type.String({ description: "Why, in the words of who asked." }),
  previous: Type.Optional(Type.Integer({ description: "Version that stood there when it was asked, or promoted." })),
  approvals: Type.Integer({ description: "How many approved." }),
  approvalsNeeded: Type.Integer({ description: "How many must." }),
  fourEyes: Type.Boolean({ description: "Whether who asked may not approve." }),
  gates: Type.Array(Gate, { description: "As they are now; of a closed request, as they were when it closed." }),
  waivers: Type.Array(Waiver, { description: "In the order they were given." }),
  decisions: Type.Array(
    Type.Object({
      by: Type.String({ description: "Who decided." }),
      at: Instant,
      decision: Type.Union([Type.Literal("approve"), Type.Literal("reject"), Type.Literal("withdraw")], {
        description: "What was decided.",
      }),
      reason: Type.String({ description: "Why." }),
    }),
    { description: "In the order they were taken." },
  ),
  blocked: Type.Boolean({ description: "Whether a gate keeps it from happening." }),
  closedAt: Type.Optional(Instant),
});
export type Promotion = Static<typeof Promotion>;

/** A thing a version should resolve to. */
const Resolved = Type.Object({
  state: Type.Union([Type.Literal("yes"), Type.Literal("no"), Type.Literal("unknown")], {
    description: "Whether it is known exactly.",
  }),
  values: Type.Array(Type.String(), { description: "Hashes: a commit, dataset versions as `name@version`, SHA-256." }),
  evidence: Type.String({ description: "Where it was read, or what is missing." }),
  remedy: Type.Optional(Type.String({ description: "The cheapest way to get it; absent when it is there." })),
});

/** What a version was made of. */
export const Provenance = Type.Object(
  { code: Resolved, data: Resolved, environment: Resolved, config: Resolved },
  { description: "Commit, dataset versions, environment hash, configuration hash." },
);
export type Provenance = Static<typeof Provenance>;

/** What an MLmodel says beside its flavours. */
const Described = {
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
};

const StoredFile = Type.Object({
  path: Type.String({ description: "Below the model's root." }),
  size: Type.Integer({ description: "Bytes." }),
  hash: Type.String({ description: "SHA-256." }),
});

/** One file of a model as it was read. */
export const InspectedFile = Type.Object({
  path: Type.String({ description: "Below the model's root." }),
  size: Type.Integer({ description: "Bytes." }),
  format: Type.String({ description: "By content, not by name: pickle, zip, safetensors, onnx, npy, hdf5, text, ..." }),
  verdict: Verdict,
  reasons: Type.Array(Type.String(), { description: "Why; empty for clean files with nothing to say." }),
  names: Type.Array(Type.String(), { description: "Callables it would import, at most 100, the worst first." }),
});
export type InspectedFile = Static<typeof InspectedFile>;

/** What reading the files of a version or logged model said; nothing of them is executed. */
export const Inspection = Type.Object({
  state: Type.Union([Type.Literal("waiting"), Type.Literal("done"), Type.Literal("failed")], {
    description: "waiting: a job is to read it, or reads it.",
  }),
  job: Type.Optional(Type.String({ description: "Id of that job." })),
  at: Type.Optional(Instant),
  verdict: Verdict,
  problem: Type.Optional(Type.String({ description: "Why it failed, or why what it said no longer holds." })),
  files: Type.Array(InspectedFile, { description: "The worst first, then by path; at most 1000." }),
  filesLeftOut: Type.Integer({ description: "Files beyond those listed; their verdicts count all the same." }),
  environment: Type.Optional(
    Type.Object({
      hash: Type.String({
        description: "SHA-256 over the sorted, normalised requirement lines and the Python version.",
      }),
      files: Type.Array(Type.String(), { description: "Files it was computed from." }),
      python: Type.Optional(Type.String({ description: "Version of Python they name." })),
      pinned: Type.Integer({ description: "Requirements with an exact version." }),
      unpinned: Type.Array(Type.String(), { description: "Requirements without; at most 200." }),
    }),
  ),
  licence: Type.Optional(Type.String({ description: "As MLmodel or card name it." })),
  baseModel: Type.Optional(Type.String({ description: "Model it was tuned from, as MLmodel or card name it." })),
  onnx: Type.Array(
    Type.Object({
      path: Type.String({ description: "File." }),
      graphHash: Type.String({ description: "SHA-256 of its structure without weights and names of its producer." }),
      weightsHash: Type.String({ description: "SHA-256 of its constants." }),
      nodes: Type.Integer({ description: "Operators in its graphs." }),
      opsets: Type.Record(Type.String(), Type.Integer(), { description: "Operator set version by domain." }),
    }),
    { description: "ONNX graphs among the files." },
  ),
});
export type Inspection = Static<typeof Inspection>;

/** What a logged model's own files say, and what it was made of. */
export const LoggedModelInspection = Type.Object({
  loggedModelId: Type.String({ description: "Id of the logged model." }),
  name: Type.String({ description: "Name under which it was logged." }),
  status: Type.String({ description: "READY when its files are complete; PENDING, UPLOAD_FAILED." }),
  experimentId: Type.String({ description: "Experiment it was logged to." }),
  runId: Type.Optional(Type.String({ description: "Run that logged it." })),
  location: Type.String({ description: "Root URI of its files." }),
  artifactHash: Type.Optional(
    Type.String({
      description: "SHA-256 over the paths and hashes of its files as they are now; absent when none is stored here.",
    }),
  ),
  registered: Type.Array(Type.Object({ model, version }), {
    description: "Versions registered from it, of models the caller may read; newest first, at most 100.",
  }),
  flavors: Type.Array(Type.String(), { description: "Flavours its MLmodel names; empty when it was not readable." }),
  pickled: Type.Optional(Type.Boolean({ description: "Whether loading it runs pickled code; absent when unknown." })),
  ...Described,
  files: Type.Array(StoredFile, { description: "Stored files, by path." }),
  evidence: Type.Object(
    { files: Evidence, signature: Evidence },
    { description: "Are its files stored here, where they can be read? Is there a signature?" },
  ),
  provenance: Provenance,
  inspection: Type.Optional(Inspection),
});
export type LoggedModelInspection = Static<typeof LoggedModelInspection>;

/** How much one output differs between two versions on the same inputs. */
export const OutputDifference = Type.Object({
  output: Type.String({ description: "Name of the output." }),
  values: Type.Integer({ description: "How many values were compared." }),
  changed: Type.Number({ description: "Share of rows with a value that differs by more than the tolerance, 0 to 1." }),
  maxDifference: Type.Optional(Type.Number({ description: "Greatest absolute difference; absent for texts." })),
  meanDifference: Type.Optional(Type.Number({ description: "Mean absolute difference; absent for texts." })),
  flips: Type.Optional(
    Type.Integer({ description: "Rows whose label changed: another text or integer, or another largest probability." }),
  ),
});

/** The same inputs answered by two versions of a model. */
export const Replay = Type.Object({
  id: Type.String({ description: "Id of the replay." }),
  model,
  from: version,
  to: version,
  at: Instant,
  by: Type.String({ description: "Who asked for it." }),
  inputs: Type.Object({
    kind: Type.Union([Type.Literal("dataset"), Type.Literal("predictions"), Type.Literal("example")], {
      description: "Rows of a dataset version, logged predictions, or the input example of a version.",
    }),
    name: Type.String({ description: "`dataset@version`, deployment, or `model/version`." }),
    hash: Type.String({ description: "SHA-256 of the inputs in the order they were answered." }),
  }),
  rows: Type.Integer({ description: "Rows that both answered." }),
  leftOut: Type.Integer({ description: "Rows there were beyond those; they were not answered." }),
  tolerance: Type.Number({ description: "Absolute difference up to which two numbers are the same." }),
  fromHash: Type.String({ description: "SHA-256 of the file of `from`." }),
  toHash: Type.String({ description: "SHA-256 of the file of `to`." }),
  changed: Type.Number({ description: "Share of rows in which any output changed, 0 to 1." }),
  flips: Type.Integer({ description: "Rows in which any label changed." }),
  outputs: Type.Array(OutputDifference),
  onlyFrom: Type.Array(Type.String(), { description: "Outputs that only `from` has." }),
  onlyTo: Type.Array(Type.String(), { description: "Outputs that only `to` has." }),
  examples: Type.Array(
    Type.Object({
      row: Type.Integer({ description: "Place among the inputs, from 0." }),
      difference: Type.Number({ description: "Greatest absolute difference in the row." }),
      inputs: Type.Record(Type.String(), Type.Unknown(), { description: "Values by column." }),
      from: Type.Record(Type.String(), Type.Unknown(), { description: "Output values of `from`." }),
      to: Type.Record(Type.String(), Type.Unknown(), { description: "Output values of `to`." }),
    }),
    { description: "The rows that differ most, at most 20." },
  ),
});
export type Replay = Static<typeof Replay>;

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
  tier: Type.Optional(Tier),
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
  founds: "model",
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
  filtered: true,
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
    ...Described,
    files: Type.Array(StoredFile, { description: "Stored files, by path." }),
    evaluations: Type.Array(Evaluation, { description: "Newest first." }),
    card: Type.Optional(ModelCard),
    provenance: Provenance,
    inspection: Type.Optional(Inspection),
    missing: Type.Array(Type.String(), {
      description: "Of an external model, what is not recorded: pin, promptVersion, evaluationSet, fallback, licence.",
    }),
    promotions: Type.Array(Promotion, { description: "Requests for this version, newest first, at most 20." }),
    replays: Type.Array(Replay, { description: "Replays it took part in, newest first, at most 20." }),
  }),
  permission: "read",
  doc: "Shows one model version: signature, files as read, provenance, evaluations, card, promotions and replays.",
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
export const listStandings = defineOperation({
  name: "registry.listStandings",
  method: "GET",
  path: "/projects/:project/standings/:at",
  input: Type.Object({
    ...InProject,
    ...Paging,
    at: Instant,
    model: Type.Optional(model),
    alias: Type.Optional(alias),
    stage: Type.Optional(Type.String({ maxLength: 20, description: "Staging, Production or Archived." })),
  }),
  reply: page(Standing),
  permission: "read",
  doc: "Answers which version stood behind every alias and in every stage at a moment, who put it there, who approved it and why.",
  cli: { command: "models at", positional: ["at"] },
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

/** Says how much hangs on a model. */
export const setTier = defineOperation({
  name: "registry.setTier",
  method: "PUT",
  path: "/projects/:project/models/:model/tier",
  input: Type.Object({ ...InProject, model, tier: Tier, reason }),
  reply: RegisteredModel,
  permission: "admin",
  doc: "Sets a model's criticality tier, which raises what its promotion asks for.",
  cli: { command: "models tier", positional: ["model", "tier"] },
});

/** The promotion policy. */
export const getPromotionPolicy = defineOperation({
  name: "registry.getPromotionPolicy",
  method: "GET",
  path: "/projects/:project/promotion-policy",
  input: Type.Object({ ...InProject, model: Type.Optional(model) }),
  reply: PromotionPolicy,
  permission: "read",
  doc: "Shows what a promotion asks for, in the project or for one model, and where each setting comes from.",
  cli: { command: "promotions policy" },
});

/** Sets the promotion policy. */
export const setPromotionPolicy = defineOperation({
  name: "registry.setPromotionPolicy",
  method: "PUT",
  path: "/projects/:project/promotion-policy",
  input: Type.Object({
    ...InProject,
    model: Type.Optional(model),
    settings: PolicySettings,
    reason: Type.Optional(reason),
  }),
  reply: PromotionPolicy,
  permission: "admin",
  doc: "Replaces the settings of the project, or of one model; settings left out are inherited.",
  cli: { command: "promotions set-policy" },
});

/** The gates of a version, before anybody asks. */
export const checkPromotion = defineOperation({
  name: "registry.checkPromotion",
  method: "GET",
  path: "/projects/:project/models/:model/versions/:version/gates",
  input: Type.Object({ ...InProject, model, version }),
  reply: Type.Object({
    model,
    version,
    gates: Type.Array(Gate, { description: "Every gate, also those that are off." }),
    blocked: Type.Boolean({ description: "Whether a request would have to wait for evidence or a waiver." }),
    approvalsNeeded: Type.Integer({ description: "How many people must approve." }),
    fourEyes: Type.Boolean({ description: "Whether who asks may not approve." }),
  }),
  permission: "read",
  doc: "Shows gate by gate what a promotion of this version would meet.",
  cli: { command: "promotions check", positional: ["model", "version"] },
});

/** Asks for a promotion. */
export const requestPromotion = defineOperation({
  name: "registry.requestPromotion",
  method: "POST",
  path: "/projects/:project/models/:model/promotions",
  input: Type.Object({
    ...InProject,
    model,
    version,
    alias: Type.Optional(alias),
    stage: Type.Optional(
      Type.Union([Type.Literal("Staging"), Type.Literal("Production"), Type.Literal("Archived")], {
        description: "Stage to take over, instead of an alias.",
      }),
    ),
    reason,
  }),
  reply: Promotion,
  permission: "write",
  doc: "Asks that a version take over an alias or a stage; where nothing is guarded or missing it does at once.",
  cli: { command: "promotions request", positional: ["model", "version"] },
});

const promotion = Type.String({ minLength: 1, maxLength: 64, description: "Id of the request." });

/** Lists promotion requests. */
export const listPromotions = defineOperation({
  name: "registry.listPromotions",
  method: "GET",
  path: "/projects/:project/promotions",
  input: Type.Object({
    ...InProject,
    ...Paging,
    model: Type.Optional(model),
    version: Type.Optional(version),
    state: Type.Optional(Promotion.properties.state),
  }),
  reply: page(Promotion),
  permission: "read",
  doc: "Lists promotion requests, newest first.",
  cli: { command: "promotions list" },
});

/** One promotion request. */
export const getPromotion = defineOperation({
  name: "registry.getPromotion",
  method: "GET",
  path: "/projects/:project/promotions/:promotion",
  input: Type.Object({ ...InProject, promotion }),
  reply: Promotion,
  permission: "read",
  doc: "Shows a promotion request: gates, waivers, decisions.",
  cli: { command: "promotions show", positional: ["promotion"] },
});

/** Approves a promotion. */
export const approvePromotion = defineOperation({
  name: "registry.approvePromotion",
  method: "POST",
  path: "/projects/:project/promotions/:promotion/approve",
  input: Type.Object({ ...InProject, promotion, reason }),
  reply: Promotion,
  permission: "approve",
  doc: "Approves a promotion request; with enough approvals and no gate in the way the alias or stage moves.",
  cli: { command: "promotions approve", positional: ["promotion"] },
});

/** Rejects a promotion. */
export const rejectPromotion = defineOperation({
  name: "registry.rejectPromotion",
  method: "POST",
  path: "/projects/:project/promotions/:promotion/reject",
  input: Type.Object({ ...InProject, promotion, reason }),
  reply: Promotion,
  permission: "approve",
  doc: "Rejects a promotion request and closes it.",
  cli: { command: "promotions reject", positional: ["promotion"] },
});

/** Takes a request back. */
export const withdrawPromotion = defineOperation({
  name: "registry.withdrawPromotion",
  method: "POST",
  path: "/projects/:project/promotions/:promotion/withdraw",
  input: Type.Object({ ...InProject, promotion, reason: Type.Optional(reason) }),
  reply: Promotion,
  permission: "write",
  doc: "Takes back a promotion request of one's own.",
  cli: { command: "promotions withdraw", positional: ["promotion"] },
});

/** Waives a gate. */
export const waiveGate = defineOperation({
  name: "registry.waiveGate",
  method: "POST",
  path: "/projects/:project/promotions/:promotion/waivers",
  input: Type.Object({
    ...InProject,
    promotion,
    gate: GateName,
    reason: Type.String({ minLength: 1, maxLength: 2000, description: "Why the gap is bearable." }),
    dueAt: Instant,
  }),
  reply: Promotion,
  permission: "approve",
  doc: "Lets a promotion pass a gate it fails, with a reason and the date by which the gap is to be closed.",
  cli: { command: "promotions waive", positional: ["promotion", "gate"] },
});

/** Reads a version's files again. */
export const inspectVersion = defineOperation({
  name: "registry.inspectVersion",
  method: "POST",
  path: "/projects/:project/models/:model/versions/:version/inspection",
  input: Type.Object({ ...InProject, model, version }),
  reply: Inspection,
  permission: "write",
  doc: "Has a version's files read again in the background, without executing any: formats, pickles, archives, ONNX graphs, requirements.",
  cli: { command: "models inspect", positional: ["model", "version"] },
});

const loggedModelId = Type.String({ minLength: 1, maxLength: 256, description: "Id of the logged model." });

/** What a logged model's files say. */
export const getLoggedModelInspection = defineOperation({
  name: "registry.getLoggedModelInspection",
  method: "GET",
  path: "/projects/:project/logged-models/:loggedModelId/inspection",
  input: Type.Object({ ...InProject, loggedModelId }),
  reply: LoggedModelInspection,
  permission: "read",
  doc: "Shows what reading a logged model's files said, without executing any: flavours, signature, a verdict for each file, and which commit, data, environment and configuration it comes from.",
  cli: { command: "logged-models inspection", positional: ["loggedModelId"] },
});

/** Reads a logged model's files again. */
export const inspectLoggedModel = defineOperation({
  name: "registry.inspectLoggedModel",
  method: "POST",
  path: "/projects/:project/logged-models/:loggedModelId/inspection",
  input: Type.Object({ ...InProject, loggedModelId }),
  reply: Inspection,
  permission: "write",
  doc: "Has a logged model's files read again in the background, without executing any.",
  cli: { command: "logged-models inspect", positional: ["loggedModelId"] },
});

/** Registers a model that somebody else hosts. */
export const registerExternal = defineOperation({
  name: "registry.registerExternal",
  method: "POST",
  path: "/projects/:project/models/:model/external",
  input: Type.Object({
    ...InProject,
    model,
    ...ExternalModel.properties,
    description: Type.Optional(Type.String({ maxLength: 5000, description: "What it is used for." })),
    tags: Type.Optional(Tags),
  }),
  reply: ModelVersion,
  permission: "write",
  doc: "Adds a version that stands for a model hosted elsewhere: provider, pin, prompt version, evaluation set, fallback, licence.",
  cli: { command: "models register-external", positional: ["model", "provider", "name"] },
});

/** Replays of a model. */
export const listReplays = defineOperation({
  name: "registry.listReplays",
  method: "GET",
  path: "/projects/:project/models/:model/replays",
  input: Type.Object({ ...InProject, ...Paging, model, version: Type.Optional(version) }),
  reply: page(Replay),
  permission: "read",
  doc: "Lists what replays of the same inputs across two versions said, newest first.",
  cli: { command: "models replays", positional: ["model"] },
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

/** A promotion was asked for. */
export const PromotionRequested = defineEvent({
  name: "registry.promotion-requested",
  payload: Type.Object({
    promotion: Type.String({ description: "Id of the request." }),
    model: Type.String({ description: "Name of the model." }),
    version,
    target: Type.String({ description: "`alias:<name>` or `stage:<name>`." }),
    reason: Type.String({ description: "Why." }),
  }),
  doc: "Somebody asked that a version take over an alias or a stage.",
});

/** A promotion was decided on. */
export const PromotionDecided = defineEvent({
  name: "registry.promotion-decided",
  payload: Type.Object({
    promotion: Type.String({ description: "Id of the request." }),
    model: Type.String({ description: "Name of the model." }),
    version,
    target: Type.String({ description: "`alias:<name>` or `stage:<name>`." }),
    decision: Type.String({ description: "approve, reject or withdraw." }),
    state: Type.String({ description: "open, promoted, rejected or withdrawn." }),
    reason: Type.String({ description: "Why." }),
  }),
  doc: "A promotion request was approved, rejected or withdrawn; `state` says whether that settled it.",
});

/** A gate was waived. */
export const GateWaived = defineEvent({
  name: "registry.gate-waived",
  payload: Type.Object({
    promotion: Type.String({ description: "Id of the request." }),
    model: Type.String({ description: "Name of the model." }),
    version,
    gate: Type.String({ description: "Name of the gate." }),
    reason: Type.String({ description: "Why." }),
    dueAt: Instant,
  }),
  doc: "A promotion was let past a gate it fails, until a date.",
});

/** A stage was changed. */
export const StageChanged = defineEvent({
  name: "registry.stage-changed",
  payload: Type.Object({
    model: Type.String({ description: "Name of the model." }),
    version,
    stage: Type.String({ description: "Where it stands now." }),
    previous: Type.String({ description: "Where it stood before." }),
    reason: Type.String({ description: "Why; empty when nobody said." }),
  }),
  doc: "A version was moved to another stage.",
});

/** A promotion policy was changed. */
export const PromotionPolicySet = defineEvent({
  name: "registry.promotion-policy-set",
  payload: Type.Object({
    model: Type.Optional(Type.String({ description: "Name of the model; absent for the project's policy." })),
    tier: Type.Optional(Type.String({ description: "Criticality tier, when that was set." })),
    reason: Type.String({ description: "Why; empty when nobody said." }),
  }),
  doc: "What promotions ask for was changed.",
});

/** A version's files were read. */
export const VersionInspected = defineEvent({
  name: "registry.version-inspected",
  payload: Type.Object({
    model: Type.String({ description: "Name of the model." }),
    version,
    verdict: Type.String({ description: "clean, suspicious, dangerous or unknown." }),
  }),
  doc: "The files of a version were read without executing any.",
});

/** A logged model's files were read. */
export const LoggedModelInspected = defineEvent({
  name: "registry.logged-model-inspected",
  payload: Type.Object({
    loggedModelId: Type.String({ description: "Id of the logged model." }),
    verdict: Type.String({ description: "clean, suspicious, dangerous or unknown." }),
  }),
  doc: "The files of a logged model were read without executing any.",
});

/** Two versions were compared on the same inputs. */
export const VersionsReplayed = defineEvent({
  name: "registry.versions-replayed",
  payload: Type.Object({
    id: Type.String({ description: "Id of the replay." }),
    model: Type.String({ description: "Name of the model." }),
    from: version,
    to: version,
    changed: Type.Number({ description: "Share of rows in which any output changed." }),
  }),
  doc: "The same inputs were answered by two versions of a model and the differences stored.",
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
