import { type Static, Type } from "typebox";
import { defineEvent } from "./event.js";
import { defineOperation } from "./operation.js";
import { InProject, Instant, NodeRef, Paging, page } from "./values.js";

const SourceName = Type.String({
  pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$",
  description: "Name of the source: letters, digits, `.`, `_`, `-`; 1 to 128 long.",
});
const DatasetName = Type.String({
  pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$",
  description: "Name of the dataset: letters, digits, `.`, `_`, `-`; 1 to 128 long.",
});
const VersionId = Type.String({
  pattern: "^[0-9a-f]{16}$",
  description: "Id of a dataset version: the first 16 hex digits of the SHA-256 of its manifest.",
});
const VersionName = Type.String({
  pattern: "^([0-9a-f]{16}|latest)$",
  description: "Id of a dataset version, or `latest`.",
});
const Owner = Type.String({ minLength: 1, maxLength: 256, description: "Team or person that answers for it." });
const FreshnessHours = Type.Number({
  exclusiveMinimum: 0,
  maximum: 87_600,
  description: "Freshness objective: a new version arrives at least this often, in hours.",
});

export const Format = Type.Union(
  [Type.Literal("parquet"), Type.Literal("csv"), Type.Literal("json"), Type.Literal("files")],
  {
    description:
      "parquet; csv with a header line; json: one object a line; files: anything else, versioned but not profiled.",
  },
);
export type Format = Static<typeof Format>;

export const Modality = Type.Union(
  [
    Type.Literal("tabular"),
    Type.Literal("text"),
    Type.Literal("image"),
    Type.Literal("audio"),
    Type.Literal("video"),
    Type.Literal("event"),
    Type.Literal("other"),
  ],
  { description: "What the data is made of." },
);
export type Modality = Static<typeof Modality>;

/** What a contract promises and whether it is kept; `unknown` where no contract record can be seen. */
export const ContractState = Type.Union(
  [Type.Literal("kept"), Type.Literal("broken"), Type.Literal("absent"), Type.Literal("unknown")],
  { description: "kept or broken: the last check said so; absent: there is no contract; unknown: not visible here." },
);
export type ContractState = Static<typeof ContractState>;

export const Freshness = Type.Object(
  {
    state: Type.Union([Type.Literal("fresh"), Type.Literal("late"), Type.Literal("unknown")], {
      description: "late: older than the objective; unknown: no objective, or no version yet.",
    }),
    objectiveHours: Type.Optional(FreshnessHours),
    ageHours: Type.Optional(Type.Number({ description: "Hours since the latest version arrived." })),
  },
  { description: "Age of the latest version against the objective." },
);
export type Freshness = Static<typeof Freshness>;

/** Where data comes from: a system outside, or another team's output. */
export const Source = Type.Object({
  source: SourceName,
  location: Type.String({ description: "URI or words that say where it is." }),
  modality: Modality,
  format: Type.String({ description: "File format, table format or protocol." }),
  external: Type.Boolean({ description: "Whether it is outside the team's control." }),
  description: Type.String({ description: "What it holds; may be empty." }),
  owner: Type.Optional(Owner),
  freshnessHours: Type.Optional(FreshnessHours),
  contract: ContractState,
  datasets: Type.Array(DatasetName, { description: "Datasets that say they come from it, by name." }),
  createdAt: Instant,
  createdBy: Type.String({ description: "Who registered it." }),
  updatedAt: Instant,
});
export type Source = Static<typeof Source>;

export const ColumnKind = Type.Union(
  [
    Type.Literal("numeric"),
    Type.Literal("instant"),
    Type.Literal("boolean"),
    Type.Literal("text"),
    Type.Literal("other"),
  ],
  {
    description:
      "How a column is profiled. numeric: bins; instant: bins over milliseconds since 1970 UTC; boolean and text: categories; other (lists, structures, bytes): nulls only.",
  },
);
export type ColumnKind = Static<typeof ColumnKind>;

export const SchemaColumn = Type.Object({
  name: Type.String({ description: "Name of the column." }),
  type: Type.String({ description: "Type as stored, in the engine's words, e.g. `BIGINT`, `TIMESTAMP`." }),
  kind: ColumnKind,
  nullable: Type.Boolean({ description: "Whether the files allow nulls in it." }),
});
export type SchemaColumn = Static<typeof SchemaColumn>;

export const ProfileState = Type.Union(
  [Type.Literal("done"), Type.Literal("waiting"), Type.Literal("failed"), Type.Literal("none")],
  { description: "done; waiting: a job will do it; failed: see `profileProblem`; none: not asked for or not tabular." },
);
export type ProfileState = Static<typeof ProfileState>;

export const DatasetVersion = Type.Object({
  dataset: DatasetName,
  version: VersionId,
  manifestHash: Type.String({ description: "SHA-256 of the canonical manifest: sorted paths, hashes, rows, bytes." }),
  createdAt: Instant,
  createdBy: Type.String({ description: "Who added it." }),
  message: Type.String({ description: "Why it was added; may be empty." }),
  format: Format,
  rows: Type.Optional(Type.Integer({ description: "Exact number of rows; absent for files that are not tabular." })),
  bytes: Type.Integer({ description: "Bytes of all files." }),
  files: Type.Integer({ description: "How many files it has." }),
  source: Type.Optional(SourceName),
  parents: Type.Array(Type.String(), { description: "Versions it was made from, as `<dataset>@<version>`." }),
  columns: Type.Integer({ description: "How many columns it has; 0 when it is not tabular." }),
  profile: ProfileState,
  profileProblem: Type.Optional(Type.String({ description: "Why profiling failed." })),
  profiledAt: Type.Optional(Instant),
});
export type DatasetVersion = Static<typeof DatasetVersion>;

export const Consumers = Type.Object(
  {
    declared: Type.Integer({ description: "Consumers that declared themselves." }),
    undeclared: Type.Integer({ description: "Readers that were seen and never declared." }),
  },
  { description: "Who reads the dataset; absent when nothing that sees readers is connected." },
);

export const Dataset = Type.Object({
  dataset: DatasetName,
  description: Type.String({ description: "What it holds; may be empty." }),
  owner: Type.Optional(Owner),
  source: Type.Optional(SourceName),
  freshness: Freshness,
  contract: ContractState,
  rights: Type.Union([Type.Literal("cleared"), Type.Literal("restricted"), Type.Literal("unknown")], {
    description: "Whether licence, consent and personal-data status allow its use; unknown when not recorded.",
  }),
  consumers: Type.Optional(Consumers),
  versions: Type.Integer({ description: "How many versions it has." }),
  latest: Type.Optional(DatasetVersion),
  reference: Type.Optional(VersionId),
  createdAt: Instant,
  createdBy: Type.String({ description: "Who made it." }),
});
export type Dataset = Static<typeof Dataset>;

/** One file of a version. */
export const ManifestFile = Type.Object({
  path: Type.String({ description: "Relative path inside the version, `/` between folders." }),
  hash: Type.String({ description: "SHA-256 of its bytes." }),
  bytes: Type.Integer({ description: "Size." }),
  rows: Type.Optional(Type.Integer({ description: "Exact number of rows; absent when it is not tabular." })),
});
export type ManifestFile = Static<typeof ManifestFile>;

export const registerSource = defineOperation({
  name: "data.registerSource",
  method: "PUT",
  path: "/projects/:project/sources/:source",
  input: Type.Object({
    ...InProject,
    source: SourceName,
    location: Type.String({ minLength: 1, maxLength: 2000, description: "URI or words that say where it is." }),
    modality: Type.Optional(Modality),
    format: Type.Optional(Type.String({ maxLength: 100, description: "File format, table format or protocol." })),
    external: Type.Optional(
      Type.Boolean({ description: "Whether it is outside the team's control; false when absent." }),
    ),
    description: Type.Optional(Type.String({ maxLength: 5000, description: "What it holds." })),
    owner: Type.Optional(Owner),
    freshnessHours: Type.Optional(FreshnessHours),
  }),
  reply: Source,
  permission: "write",
  doc: "Register a source, or replace what is known about it.",
  cli: { command: "sources register", positional: ["source"] },
});

export const listSources = defineOperation({
  name: "data.listSources",
  method: "GET",
  path: "/projects/:project/sources",
  input: Type.Object({ ...InProject, ...Paging }),
  reply: page(Source),
  permission: "read",
  doc: "List the project's sources by name.",
  cli: { command: "sources list" },
});

export const getSource = defineOperation({
  name: "data.getSource",
  method: "GET",
  path: "/projects/:project/sources/:source",
  input: Type.Object({ ...InProject, source: SourceName }),
  reply: Source,
  permission: "read",
  doc: "Show a source and the datasets that come from it.",
  cli: { command: "sources show", positional: ["source"] },
});

const datasetFields = {
  description: Type.Optional(Type.String({ maxLength: 5000, description: "What it holds." })),
  owner: Type.Optional(Owner),
  source: Type.Optional(SourceName),
  freshnessHours: Type.Optional(FreshnessHours),
};

export const createDataset = defineOperation({
  name: "data.createDataset",
  method: "POST",
  path: "/projects/:project/datasets",
  input: Type.Object({ ...InProject, dataset: DatasetName, ...datasetFields }),
  reply: Dataset,
  permission: "write",
  doc: "Make a dataset, a name under which immutable versions are kept.",
  cli: { command: "datasets create", positional: ["dataset"] },
});

export const updateDataset = defineOperation({
  name: "data.updateDataset",
  method: "PATCH",
  path: "/projects/:project/datasets/:dataset",
  input: Type.Object({
    ...InProject,
    dataset: DatasetName,
    ...datasetFields,
    reference: Type.Optional(
      Type.String({
        pattern: "^[0-9a-f]{16}$",
        description:
          "Version whose bins every later profile uses; versions profiled with other bins are profiled again.",
      }),
    ),
  }),
  reply: Dataset,
  permission: "write",
  doc: "Change a dataset's description, owner, source, freshness objective or reference version.",
  cli: { command: "datasets update", positional: ["dataset"] },
});

export const listDatasets = defineOperation({
  name: "data.listDatasets",
  method: "GET",
  path: "/projects/:project/datasets",
  input: Type.Object({
    ...InProject,
    ...Paging,
    source: Type.Optional(SourceName),
    owner: Type.Optional(Owner),
  }),
  reply: page(Dataset),
  permission: "read",
  doc: "List the project's datasets by name, with latest version and freshness.",
  cli: { command: "datasets list" },
});

export const getDataset = defineOperation({
  name: "data.getDataset",
  method: "GET",
  path: "/projects/:project/datasets/:dataset",
  input: Type.Object({ ...InProject, dataset: DatasetName }),
  reply: Type.Object({
    ...Dataset.properties,
    items: Type.Array(DatasetVersion, {
      description: "Versions, newest first, at most 50; `versions` counts them all, `datasets versions` pages them.",
    }),
  }),
  permission: "read",
  doc: "Show a dataset: versions, freshness, contract, rights and consumers.",
  cli: { command: "datasets show", positional: ["dataset"] },
});

export const listVersions = defineOperation({
  name: "data.listVersions",
  method: "GET",
  path: "/projects/:project/datasets/:dataset/versions",
  input: Type.Object({ ...InProject, ...Paging, dataset: DatasetName }),
  reply: page(DatasetVersion),
  permission: "read",
  doc: "List a dataset's versions, newest first.",
  cli: { command: "datasets versions", positional: ["dataset"] },
});

/** Adds a version from stored objects, or from a path the server can read. */
export const addVersion = defineOperation({
  name: "data.addVersion",
  method: "POST",
  path: "/projects/:project/datasets/:dataset/versions",
  input: Type.Object({
    ...InProject,
    dataset: DatasetName,
    files: Type.Optional(
      Type.Array(
        Type.Object(
          {
            path: Type.String({ minLength: 1, maxLength: 1024, description: "Relative path inside the version." }),
            hash: Type.String({
              pattern: "^[0-9a-f]{64}$",
              description: "SHA-256 of an object uploaded with `PUT /projects/:project/objects`.",
            }),
          },
          { additionalProperties: false },
        ),
        { minItems: 1, maxItems: 100_000, description: "The version's files; give these or `path`." },
      ),
    ),
    path: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 4096,
        description:
          "Absolute path of a file or folder on the server's own disk; taken only from the local user of a server without accounts.",
      }),
    ),
    format: Type.Optional(Format),
    source: Type.Optional(SourceName),
    parents: Type.Optional(
      Type.Array(Type.String({ maxLength: 200, description: "`<dataset>@<version>`." }), {
        maxItems: 1000,
        description: "Versions it was made from.",
      }),
    ),
    message: Type.Optional(Type.String({ maxLength: 2000, description: "Why it is added." })),
    create: Type.Optional(
      Type.Boolean({ description: "Make the dataset when there is none of that name; false when absent." }),
    ),
    profile: Type.Optional(Type.Boolean({ description: "Profile it in the background; true when absent." })),
  }),
  reply: Type.Object({
    ...DatasetVersion.properties,
    created: Type.Boolean({ description: "false when this content was a version of the dataset already." }),
  }),
  permission: "write",
  doc: "Add an immutable version; adding the same content again answers the version there is.",
  cli: { command: "datasets add", positional: ["dataset"] },
});

export const getVersion = defineOperation({
  name: "data.getVersion",
  method: "GET",
  path: "/projects/:project/datasets/:dataset/versions/:version",
  input: Type.Object({ ...InProject, dataset: DatasetName, version: VersionName }),
  reply: Type.Object({
    ...DatasetVersion.properties,
    schema: Type.Array(SchemaColumn, { description: "Columns in order." }),
    manifest: Type.Array(ManifestFile, {
      description: "Files by path, at most 1,000; `files` counts them all, `datasets files` pages them.",
    }),
  }),
  permission: "read",
  doc: "Show a version: schema, files and where it came from.",
  cli: { command: "datasets version", positional: ["dataset", "version"] },
});

export const listFiles = defineOperation({
  name: "data.listFiles",
  method: "GET",
  path: "/projects/:project/datasets/:dataset/versions/:version/files",
  input: Type.Object({ ...InProject, ...Paging, dataset: DatasetName, version: VersionName }),
  reply: page(ManifestFile),
  permission: "read",
  doc: "List a version's files by path, with hash, size and rows.",
  cli: { command: "datasets files", positional: ["dataset", "version"] },
});

/** A distinct count: exact while few, else an estimate with the interval it lies in nineteen times in twenty. */
export const Distinct = Type.Object(
  {
    estimate: Type.Number({ description: "Distinct values." }),
    low: Type.Number({ description: "Lower end; equal to the estimate when exact." }),
    high: Type.Number({ description: "Upper end; equal to the estimate when exact." }),
    exact: Type.Boolean({ description: "Whether it was counted." }),
  },
  {
    description: "Distinct values: counted up to 1,000, above by HyperLogLog (4,096 registers, 1.6 % standard error).",
  },
);
export type Distinct = Static<typeof Distinct>;

export const FrequentValue = Type.Object({
  value: Type.String({ description: "The value as text; long texts are cut and end in a digest." }),
  count: Type.Integer({ description: "Rows with it; a lower bound when `frequentError` is above 0." }),
});

/** How far one distribution is from another of the same column, on the same bins. */
export const Change = Type.Object(
  {
    jsDistance: Type.Number({
      description:
        "Jensen-Shannon distance, base 2, over bins or categories and the missing share: 0 same, 1 disjoint.",
    }),
    psi: Type.Number({ description: "Population stability index over the same bins, shares floored at 0.0001." }),
    meanShift: Type.Optional(
      Type.Number({ description: "Difference of means in standard deviations of the older side; numbers only." }),
    ),
    nullShareFrom: Type.Number({ description: "Share of missing values on the older side." }),
    nullShareTo: Type.Number({ description: "Share of missing values on the newer side." }),
  },
  { description: "Effect sizes, not tests; monitors judge them against what chance does." },
);
export type Change = Static<typeof Change>;

export const ColumnProfile = Type.Object({
  name: Type.String({ description: "Name of the column." }),
  type: Type.String({ description: "Type as stored." }),
  kind: ColumnKind,
  rows: Type.Integer({ description: "Rows, missing ones included." }),
  nulls: Type.Integer({ description: "Rows without a value." }),
  nans: Type.Integer({ description: "Rows that hold NaN." }),
  infinite: Type.Integer({ description: "Rows that hold an infinity; they count in the outer bins, not in moments." }),
  empty: Type.Integer({ description: "Rows that hold the empty text." }),
  distinct: Type.Optional(Distinct),
  min: Type.Optional(Type.Number({ description: "Least finite value; milliseconds since 1970 UTC for instants." })),
  max: Type.Optional(Type.Number({ description: "Greatest finite value." })),
  mean: Type.Optional(Type.Number({ description: "Mean of the finite values." })),
  std: Type.Optional(Type.Number({ description: "Population standard deviation of the finite values." })),
  skewness: Type.Optional(Type.Number({ description: "m3 / m2^1.5; absent when all values are the same." })),
  kurtosis: Type.Optional(Type.Number({ description: "Excess: m4 / m2^2 - 3; absent when all values are the same." })),
  moments: Type.Optional(
    Type.Object(
      {
        n: Type.Integer({ description: "Finite values." }),
        mean: Type.Number({ description: "Their mean." }),
        m2: Type.Number({ description: "Sum of squared deviations from the mean." }),
        m3: Type.Number({ description: "Sum of cubed deviations." }),
        m4: Type.Number({ description: "Sum of fourth powers of deviations." }),
      },
      { description: "Central moments as sums; they merge exactly up to rounding." },
    ),
  ),
  edges: Type.Optional(
    Type.Array(Type.Number(), {
      description: "Strictly increasing inner edges e1..ek of k+1 bins (-inf,e1), [e1,e2), ..., [ek,inf).",
    }),
  ),
  counts: Type.Optional(Type.Array(Type.Integer(), { description: "Rows in each bin." })),
  categories: Type.Optional(
    Type.Array(Type.String(), { description: "Values the reference version had most often, at most 1,000." }),
  ),
  categoryCounts: Type.Optional(
    Type.Array(Type.Integer(), { description: "Rows with each category, and one more count for all other values." }),
  ),
  newCategories: Type.Optional(
    Type.Array(FrequentValue, { description: "Frequent values the reference did not have, most frequent first." }),
  ),
  missingCategories: Type.Optional(
    Type.Array(Type.String(), { description: "Categories of the reference that no row has." }),
  ),
  frequent: Type.Array(FrequentValue, { description: "Most frequent values first, at most 20." }),
  frequentError: Type.Integer({
    description: "A value not among the kept ones has at most this many rows; 0 when every value was kept.",
  }),
  referenceCounts: Type.Optional(
    Type.Array(Type.Integer(), { description: "The reference version's counts on the same bins or categories." }),
  ),
  change: Type.Optional(Change),
  usedBy: Type.Optional(
    Type.Integer({ description: "Runs trained on the dataset that used the column; absent when nobody can say." }),
  ),
});
export type ColumnProfile = Static<typeof ColumnProfile>;

export const getProfile = defineOperation({
  name: "data.getProfile",
  method: "GET",
  path: "/projects/:project/datasets/:dataset/versions/:version/profile",
  input: Type.Object({
    ...InProject,
    dataset: DatasetName,
    version: VersionName,
    columns: Type.Optional(
      Type.Array(Type.String({ maxLength: 512, description: "Name of a column." }), {
        maxItems: 1000,
        description: "Columns wanted; all when absent.",
      }),
    ),
    sort: Type.Optional(
      Type.Union([Type.Literal("position"), Type.Literal("change")], {
        description: "position: as in the files (when absent); change: farthest from the reference first.",
      }),
    ),
  }),
  reply: Type.Object({
    dataset: DatasetName,
    version: VersionId,
    reference: Type.String({ description: "Version whose bins and categories these are." }),
    hash: Type.String({ description: "SHA-256 of the stored profile." }),
    computedAt: Instant,
    rows: Type.Integer({ description: "Rows profiled: all of them." }),
    columns: Type.Array(ColumnProfile),
  }),
  permission: "read",
  doc: "Show a version's profile: one exact row a column, beside the reference version's.",
  cli: { command: "datasets profile", positional: ["dataset", "version"] },
});

export const profileVersion = defineOperation({
  name: "data.profileVersion",
  method: "POST",
  path: "/projects/:project/datasets/:dataset/versions/:version/profile",
  input: Type.Object({ ...InProject, dataset: DatasetName, version: VersionName }),
  reply: DatasetVersion,
  permission: "write",
  doc: "Ask for a version's profile; it is computed in the background unless it is there already.",
  cli: { command: "datasets compute-profile", positional: ["dataset", "version"] },
});

export const getColumn = defineOperation({
  name: "data.getColumn",
  method: "GET",
  path: "/projects/:project/datasets/:dataset/column",
  input: Type.Object({
    ...InProject,
    dataset: DatasetName,
    column: Type.String({ minLength: 1, maxLength: 512, description: "Name of the column." }),
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 200, description: "Most versions; the newest 50 when absent." }),
    ),
  }),
  reply: Type.Object({
    dataset: DatasetName,
    column: Type.String({ description: "Name of the column." }),
    history: Type.Array(Type.Object({ version: VersionId, createdAt: Instant, profile: ColumnProfile }), {
      description: "Its profile in each profiled version that has it, oldest first.",
    }),
    unseen: Type.Integer({ description: "Versions among those looked at that have no profile." }),
  }),
  permission: "read",
  doc: "Show one column through the dataset's versions.",
  cli: { command: "datasets column", positional: ["dataset", "column"] },
});

export const SchemaChange = Type.Object({
  column: Type.String({ description: "Name of the column." }),
  change: Type.Union(
    [Type.Literal("removed"), Type.Literal("type"), Type.Literal("nullability"), Type.Literal("added")],
    { description: "What happened to it." },
  ),
  from: Type.Optional(Type.String({ description: "Type or nullability before." })),
  to: Type.Optional(Type.String({ description: "Type or nullability after." })),
  breaking: Type.Boolean({ description: "Whether a reader written for the older version can fail on the newer." }),
  sentence: Type.String({ description: "The change and its consequence in words." }),
});
export type SchemaChange = Static<typeof SchemaChange>;

export const ColumnChange = Type.Object({
  column: Type.String({ description: "Name of the column." }),
  kind: ColumnKind,
  change: Type.Optional(Change),
  incomparable: Type.Optional(Type.String({ description: "Why there is no effect size; absent when there is one." })),
  from: Type.Optional(ColumnProfile),
  to: Type.Optional(ColumnProfile),
});
export type ColumnChange = Static<typeof ColumnChange>;

export const diffVersions = defineOperation({
  name: "data.diffVersions",
  method: "GET",
  path: "/projects/:project/datasets/:dataset/diff",
  input: Type.Object({
    ...InProject,
    dataset: DatasetName,
    from: VersionName,
    to: VersionName,
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1000, description: "Most columns with their profiles; 100 when absent." }),
    ),
  }),
  reply: Type.Object({
    dataset: DatasetName,
    from: DatasetVersion,
    to: DatasetVersion,
    schema: Type.Array(SchemaChange, { description: "Breaking changes first." }),
    rows: Type.Object(
      {
        from: Type.Optional(Type.Integer({ description: "Rows of the older version." })),
        to: Type.Optional(Type.Integer({ description: "Rows of the newer version." })),
        shared: Type.Optional(Type.Integer({ description: "Rows in files both have, byte for byte." })),
        onlyFrom: Type.Optional(Type.Integer({ description: "Rows in files only the older version has." })),
        onlyTo: Type.Optional(Type.Integer({ description: "Rows in files only the newer version has." })),
        method: Type.Literal("by-file", {
          description:
            "Compared file by file by content hash: exact about files, silent about rows moved between them.",
        }),
      },
      { description: "How the rows differ." },
    ),
    files: Type.Object(
      {
        shared: Type.Integer({ description: "Files with the same content in both." }),
        onlyFrom: Type.Integer({ description: "Files whose content only the older version has." }),
        onlyTo: Type.Integer({ description: "Files whose content only the newer version has." }),
      },
      { description: "How the files differ." },
    ),
    columns: Type.Array(ColumnChange, { description: "Columns in both, most changed first, incomparable ones last." }),
    columnsTotal: Type.Integer({ description: "How many columns both have." }),
    affected: Type.Optional(
      Type.Array(NodeRef, {
        description: "Readers of the dataset; absent when nothing that sees readers is connected.",
      }),
    ),
  }),
  permission: "read",
  doc: "Compare two versions: schema first, then rows, then distributions, most changed first.",
  cli: { command: "datasets diff", positional: ["dataset", "from", "to"] },
});

export const SourceRegistered = defineEvent({
  name: "data.source-registered",
  payload: Type.Object({
    source: SourceName,
    location: Type.String({ description: "URI or words that say where it is." }),
    modality: Modality,
    external: Type.Boolean({ description: "Whether it is outside the team's control." }),
    owner: Type.Optional(Type.String({ description: "Team or person that answers for it." })),
  }),
  doc: "A source was registered, or what is known about it was replaced.",
});

export const DatasetCreated = defineEvent({
  name: "data.dataset-created",
  payload: Type.Object({
    dataset: DatasetName,
    owner: Type.Optional(Type.String({ description: "Team or person that answers for it." })),
    source: Type.Optional(SourceName),
  }),
  doc: "A dataset was made.",
});

export const DatasetUpdated = defineEvent({
  name: "data.dataset-updated",
  payload: Type.Object({
    dataset: DatasetName,
    owner: Type.Optional(Type.String({ description: "Team or person that answers for it now." })),
    source: Type.Optional(SourceName),
    reference: Type.Optional(VersionId),
  }),
  doc: "A dataset's owner, source, freshness objective, description or reference version changed.",
});

export const VersionAdded = defineEvent({
  name: "data.version-added",
  payload: Type.Object({
    dataset: DatasetName,
    version: VersionId,
    manifestHash: Type.String({ description: "SHA-256 of the canonical manifest." }),
    format: Format,
    source: Type.Optional(SourceName),
    parents: Type.Array(Type.String(), { description: "Versions it was made from, as `<dataset>@<version>`." }),
    rows: Type.Optional(Type.Integer({ description: "Rows; absent when it is not tabular." })),
    bytes: Type.Integer({ description: "Bytes of all files." }),
    files: Type.Integer({ description: "Files." }),
    createdAt: Instant,
  }),
  doc: "A version was added to a dataset.",
});

export const ProfileComputed = defineEvent({
  name: "data.profile-computed",
  payload: Type.Object({
    dataset: DatasetName,
    version: VersionId,
    reference: VersionId,
    hash: Type.String({ description: "SHA-256 of the stored profile." }),
    rows: Type.Integer({ description: "Rows profiled." }),
    columns: Type.Integer({ description: "Columns profiled." }),
  }),
  doc: "A version's profile was computed and stored.",
});
