import { type Static, Type } from "typebox";
import { defineOperation } from "./operation.js";
import { MetricValue, RunStatus } from "./tracking.js";
import { InProject, Instant, Paging, page } from "./values.js";

const importId = Type.String({ pattern: "^[0-9A-Za-z]{1,64}$", description: "Id of the import." });
const runId = Type.String({ pattern: "^[A-Za-z0-9][A-Za-z0-9_-]{0,255}$", description: "Id of the run, kept." });
const sourceExperimentId = Type.String({
  pattern: "^[0-9]{1,20}$",
  description: "Id of the experiment at the source.",
});
/** Longer than MLflow's own limits: what a source holds is taken whole. */
const Text = Type.String({ maxLength: 1_000_000, description: "Text, taken whole." });
const Key = Type.String({ minLength: 1, maxLength: 250, description: "Name of the value." });
const KeyValues = Type.Array(Type.Object({ key: Key, value: Text }), {
  maxItems: 20_000,
  description: "Texts by name.",
});

/** One move of a source's records into a project. */
export const Import = Type.Object({
  importId,
  source: Type.String({ description: "Folder, database file or URL, without credentials." }),
  kind: Type.String({ description: "file-store, sqlite or server." }),
  state: Type.Union([Type.Literal("running"), Type.Literal("verified"), Type.Literal("different")], {
    description: "running: begun and not finished; verified: every count matched; different: some did not.",
  }),
  startedAt: Instant,
  finishedAt: Type.Optional(Instant),
  by: Type.String({ description: "Who started it." }),
  runs: Type.Integer({ description: "Runs that are wholly here." }),
});
export type Import = Static<typeof Import>;

/** Begins or continues an import. */
export const startImport = defineOperation({
  name: "tracking.startImport",
  method: "POST",
  path: "/projects/:project/imports",
  input: Type.Object({
    ...InProject,
    source: Type.String({ minLength: 1, maxLength: 4000, description: "Folder, file or URL, without credentials." }),
    kind: Type.Union([Type.Literal("file-store"), Type.Literal("sqlite"), Type.Literal("server")], {
      description: "What the source is.",
    }),
    resume: Type.Optional(Type.Boolean({ description: "Continue one from the same source that was not finished." })),
  }),
  reply: Import,
  permission: "admin",
  doc: "Begins an import from a source, or continues one; `paydown import` does this.",
  cli: { command: "imports start", positional: ["source"] },
});

/** Lists imports, newest first. */
export const listImports = defineOperation({
  name: "tracking.listImports",
  method: "GET",
  path: "/projects/:project/imports",
  input: Type.Object({ ...InProject, ...Paging }),
  reply: page(Import),
  permission: "read",
  doc: "Lists imports into the project, newest first, and whether their counts matched.",
  cli: { command: "imports list" },
});

/** Experiments, each under its own id where that is free. */
export const importExperiments = defineOperation({
  name: "tracking.importExperiments",
  method: "POST",
  path: "/projects/:project/imports/:importId/experiments",
  input: Type.Object({
    ...InProject,
    importId,
    experiments: Type.Array(
      Type.Object({
        experimentId: sourceExperimentId,
        name: Type.String({ minLength: 1, maxLength: 500, description: "Name of the experiment." }),
        deleted: Type.Boolean({ description: "Whether it is deleted at the source." }),
        createdAt: Instant,
        updatedAt: Instant,
        tags: KeyValues,
        keepLocation: Type.Optional(
          Type.String({ maxLength: 2048, description: "Artifact root to keep; this server's own store when absent." }),
        ),
      }),
      { minItems: 1, maxItems: 200, description: "Experiments of the source." },
    ),
  }),
  reply: Type.Object({
    items: Type.Array(
      Type.Object({
        sourceId: sourceExperimentId,
        experimentId: Type.String({ description: "Id here." }),
        outcome: Type.Union(
          [Type.Literal("kept"), Type.Literal("same"), Type.Literal("merged"), Type.Literal("renumbered")],
          {
            description:
              "kept: new, under its own id; same: id and name were here; merged: into the one of that name, which has another id; renumbered: its id belongs to another experiment.",
          },
        ),
        artifactRoot: Type.String({ description: "Root in this server's store for artifacts that are copied." }),
        tags: Type.Integer({ description: "Tags of the source that are here with the same value." }),
      }),
    ),
  }),
  permission: "admin",
  doc: "Takes experiments of an import, keeping ids, times, tags and deletion.",
  cli: { command: "imports experiments" },
});

export const ImportedDataset = Type.Object({
  name: Type.String({ maxLength: 500, description: "Dataset name." }),
  digest: Type.String({ maxLength: 250, description: "Digest as logged." }),
  sourceType: Type.String({ maxLength: 250, description: "local, s3, http, code, ..." }),
  source: Text,
  schema: Type.Optional(Text),
  profile: Type.Optional(Type.String({ maxLength: 16_777_215, description: "Profile as logged." })),
  tags: KeyValues,
});

export const ImportedRun = Type.Object({
  runId,
  experimentId: sourceExperimentId,
  name: Type.String({ maxLength: 1000, description: "Name of the run; may be empty." }),
  user: Type.String({ maxLength: 1000, description: "User; may be empty." }),
  status: RunStatus,
  startedAt: Instant,
  endedAt: Type.Optional(Instant),
  deleted: Type.Boolean({ description: "Whether it is deleted at the source." }),
  keepLocation: Type.Optional(
    Type.String({ maxLength: 2048, description: "Artifact root to keep; this server's own store when absent." }),
  ),
  params: KeyValues,
  tags: KeyValues,
  inputs: Type.Array(ImportedDataset, { maxItems: 5000, description: "Datasets it read." }),
  models: Type.Array(
    Type.Object({
      direction: Type.Union([Type.Literal("input"), Type.Literal("output")], { description: "Read or written." }),
      modelId: Type.String({ maxLength: 250, description: "Id of the logged model." }),
      step: Type.Integer({ description: "Step at which it was logged." }),
    }),
    { maxItems: 5000, description: "Logged models it read or wrote." },
  ),
});
export type ImportedRun = Static<typeof ImportedRun>;

/** Runs without their metrics. */
export const importRuns = defineOperation({
  name: "tracking.importRuns",
  method: "POST",
  path: "/projects/:project/imports/:importId/runs",
  input: Type.Object({
    ...InProject,
    importId,
    runs: Type.Array(ImportedRun, { minItems: 1, maxItems: 200, description: "Runs with parameters and tags." }),
  }),
  reply: Type.Object({
    items: Type.Array(
      Type.Object({
        runId,
        outcome: Type.Union(
          [Type.Literal("open"), Type.Literal("done"), Type.Literal("same"), Type.Literal("conflict")],
          {
            description:
              "open: its points and files may come; done: this import has it whole; same: it was here with the same content; conflict: it is here with other content, which stays, or it cannot be taken.",
          },
        ),
        points: Type.Integer({ description: "Metric points here." }),
        problem: Type.Optional(Type.String({ description: "What differs, or why it cannot be taken." })),
      }),
    ),
  }),
  permission: "admin",
  doc: "Takes runs of an import; one that is here with other content is left as it is and reported.",
  cli: { command: "imports runs" },
});

/** Metric points of several runs, by column: far smaller than an object a point. */
export const importPoints = defineOperation({
  name: "tracking.importPoints",
  method: "POST",
  path: "/projects/:project/imports/:importId/points",
  input: Type.Object({
    ...InProject,
    importId,
    series: Type.Array(
      Type.Object({
        runId,
        key: Key,
        steps: Type.Array(Type.Integer(), { maxItems: 50_000, description: "Step of each point." }),
        timestamps: Type.Array(Type.Integer(), { maxItems: 50_000, description: "Time of each point." }),
        values: Type.Array(MetricValue, { maxItems: 50_000, description: "Value of each point." }),
      }),
      { minItems: 1, maxItems: 50_000, description: "Pieces of series; 50,000 points at most in all." },
    ),
  }),
  reply: Type.Object({ points: Type.Integer({ description: "Points sent; exact repeats are kept once." }) }),
  permission: "admin",
  doc: "Takes metric points of an import's open runs.",
  cli: { command: "imports points" },
});

/** Files whose bytes were uploaded as objects before. */
export const importFiles = defineOperation({
  name: "tracking.importFiles",
  method: "POST",
  path: "/projects/:project/imports/:importId/files",
  input: Type.Object({
    ...InProject,
    importId,
    files: Type.Array(
      Type.Object({
        path: Type.String({ minLength: 1, maxLength: 4096, description: "Path in the artifact store." }),
        hash: Type.String({ pattern: "^[0-9a-f]{64}$", description: "SHA-256 of its bytes." }),
        size: Type.Integer({ minimum: 0, description: "Its size in bytes." }),
      }),
      { minItems: 1, maxItems: 1000, description: "Files that were uploaded as objects." },
    ),
  }),
  reply: Type.Object({ files: Type.Integer({ description: "Files that are now at their place." }) }),
  permission: "admin",
  doc: "Puts uploaded objects at their place in the artifact store.",
  cli: { command: "imports files" },
});

/** Whole runs: counted, marked done, told to the lineage graph. */
export const finishImportedRuns = defineOperation({
  name: "tracking.finishImportedRuns",
  method: "POST",
  path: "/projects/:project/imports/:importId/finished-runs",
  input: Type.Object({
    ...InProject,
    importId,
    runIds: Type.Array(runId, { minItems: 1, maxItems: 200, description: "Runs that came whole." }),
  }),
  reply: Type.Object({
    items: Type.Array(
      Type.Object({
        runId,
        points: Type.Integer({ description: "Metric points, counted in the database." }),
        params: Type.Integer({ description: "Parameters." }),
        tags: Type.Integer({ description: "Tags." }),
        inputs: Type.Integer({ description: "Dataset inputs." }),
        models: Type.Integer({ description: "Logged models it read or wrote." }),
        files: Type.Integer({ description: "Files in this server's store." }),
        bytes: Type.Integer({ description: "Their size." }),
      }),
    ),
  }),
  permission: "admin",
  doc: "Counts what is here of runs, and marks them as taken whole.",
  cli: { command: "imports finished-runs" },
});

/** Logged models; their files come before them. */
export const importLoggedModels = defineOperation({
  name: "tracking.importLoggedModels",
  method: "POST",
  path: "/projects/:project/imports/:importId/logged-models",
  input: Type.Object({
    ...InProject,
    importId,
    models: Type.Array(
      Type.Object({
        modelId: Type.String({ pattern: "^[A-Za-z0-9][A-Za-z0-9_-]{0,249}$", description: "Id, kept." }),
        experimentId: sourceExperimentId,
        name: Type.String({ maxLength: 500, description: "Name of the model." }),
        createdAt: Instant,
        updatedAt: Instant,
        status: Type.Union([Type.Literal("PENDING"), Type.Literal("READY"), Type.Literal("UPLOAD_FAILED")], {
          description: "Whether its files are complete.",
        }),
        modelType: Type.Optional(Type.String({ maxLength: 500, description: "Type, as logged." })),
        sourceRunId: Type.Optional(Type.String({ maxLength: 250, description: "Run that logged it." })),
        deleted: Type.Boolean({ description: "Whether it is deleted at the source." }),
        keepLocation: Type.Optional(
          Type.String({ maxLength: 2048, description: "Artifact root to keep; this server's own when absent." }),
        ),
        params: KeyValues,
        tags: KeyValues,
        metrics: Type.Array(
          Type.Object({
            key: Key,
            step: Type.Integer({ description: "Step." }),
            timestamp: Type.Integer({ description: "Time." }),
            value: MetricValue,
            runId: Type.String({ maxLength: 250, description: "Run that measured it." }),
            datasetName: Type.String({ maxLength: 500, description: "Dataset it was measured on; may be empty." }),
            datasetDigest: Type.String({ maxLength: 250, description: "Its digest; may be empty." }),
          }),
          { maxItems: 20_000, description: "Metrics of the model." },
        ),
      }),
      { minItems: 1, maxItems: 100, description: "Logged models." },
    ),
  }),
  reply: Type.Object({
    items: Type.Array(
      Type.Object({
        modelId: Type.String({ description: "Id of the model." }),
        outcome: Type.Union([Type.Literal("new"), Type.Literal("same"), Type.Literal("conflict")], {
          description: "new: taken; same: it was here; conflict: it is here with other content, which stays.",
        }),
        problem: Type.Optional(Type.String({ description: "What differs, or why it cannot be taken." })),
        params: Type.Integer({ description: "Parameters here." }),
        tags: Type.Integer({ description: "Tags here." }),
        metrics: Type.Integer({ description: "Metric points here." }),
        files: Type.Integer({ description: "Files in this server's store." }),
        bytes: Type.Integer({ description: "Their size." }),
      }),
    ),
  }),
  permission: "admin",
  doc: "Takes logged models of an import, whose files are already here.",
  cli: { command: "imports logged-models" },
});

/** The end of an import. */
export const finishImport = defineOperation({
  name: "tracking.finishImport",
  method: "POST",
  path: "/projects/:project/imports/:importId/finish",
  input: Type.Object({
    ...InProject,
    importId,
    verified: Type.Boolean({ description: "Whether every count matched." }),
    report: Type.Optional(Type.String({ maxLength: 1_000_000, description: "The comparison, JSON." })),
  }),
  reply: Import,
  permission: "admin",
  doc: "Ends an import and says whether every count matched.",
  cli: { command: "imports finish" },
});
