import { Type } from "typebox";
import { defineOperation } from "./operation.js";
import { InProject, Instant } from "./values.js";

const Texts = Type.Array(
  Type.Object({
    key: Type.String({ minLength: 1, maxLength: 250, description: "Name of the tag." }),
    value: Type.String({ maxLength: 1_000_000, description: "Value, taken whole." }),
  }),
  { maxItems: 10_000, description: "Tags." },
);
const Outcome = Type.Union([Type.Literal("new"), Type.Literal("same"), Type.Literal("conflict")], {
  description:
    "new: taken; same: it was here; conflict: it is here with other content, which stays, or cannot be taken.",
});
const problem = Type.Optional(Type.String({ description: "What differs, or why it cannot be taken." }));

/** A registered model with some of its versions; called again for more of them. */
export const importModel = defineOperation({
  name: "registry.importModel",
  method: "POST",
  path: "/projects/:project/imports/models",
  input: Type.Object({
    ...InProject,
    model: Type.String({ minLength: 1, maxLength: 500, description: "Name of the model." }),
    description: Type.Optional(Type.String({ maxLength: 1_000_000, description: "Description." })),
    createdAt: Instant,
    updatedAt: Instant,
    tags: Texts,
    lastVersion: Type.Integer({
      minimum: 0,
      description: "Greatest number ever given at the source, deleted versions included; it is not given again.",
    }),
    versions: Type.Array(
      Type.Object({
        version: Type.Integer({ minimum: 1, description: "Its number, kept." }),
        source: Type.String({ maxLength: 4096, description: "Source, seen from here." }),
        location: Type.String({ maxLength: 4096, description: "Root URI of its files, seen from here." }),
        runId: Type.Optional(Type.String({ maxLength: 250, description: "Run it came from." })),
        modelId: Type.Optional(Type.String({ maxLength: 250, description: "Logged model it came from." })),
        runLink: Type.Optional(Type.String({ maxLength: 4096, description: "Link to its run." })),
        description: Type.Optional(Type.String({ maxLength: 1_000_000, description: "Description." })),
        stage: Type.String({ maxLength: 50, description: "None, Staging, Production or Archived." }),
        by: Type.String({ maxLength: 1000, description: "Who made it; may be empty." }),
        createdAt: Instant,
        updatedAt: Instant,
        tags: Texts,
        note: Type.Optional(Type.String({ maxLength: 4096, description: "What the history should say of it." })),
      }),
      { maxItems: 200, description: "Versions, ascending." },
    ),
    aliases: Type.Array(
      Type.Object({
        alias: Type.String({ minLength: 1, maxLength: 255, description: "Name of the alias." }),
        version: Type.Integer({ minimum: 1, description: "Version it points at." }),
      }),
      { maxItems: 1000, description: "Aliases of versions that are here." },
    ),
  }),
  reply: Type.Object({
    outcome: Outcome,
    problem,
    tags: Type.Integer({ description: "Tags of the model here." }),
    versions: Type.Array(
      Type.Object({
        version: Type.Integer({ description: "Number." }),
        outcome: Outcome,
        problem,
        tags: Type.Integer({ description: "Tags here." }),
      }),
    ),
    aliases: Type.Array(Type.Object({ alias: Type.String({ description: "Alias." }), outcome: Outcome, problem })),
  }),
  permission: "admin",
  doc: "Takes a registered model with versions and aliases of another registry, keeping numbers and times.",
  cli: { command: "imports model", positional: ["model"] },
});
