import { type Static, type TSchema, Type } from "typebox";

/** Milliseconds since the Unix epoch, UTC. */
export const Instant = Type.Integer({ description: "Milliseconds since the Unix epoch, UTC." });

/** An estimate as a distribution, never a bare number: 10th, 50th and 90th percentile and the number of events behind it. */
export const Range = Type.Object(
  {
    p10: Type.Number({ description: "10th percentile." }),
    p50: Type.Number({ description: "50th percentile." }),
    p90: Type.Number({ description: "90th percentile." }),
    n: Type.Integer({ description: "How many observed events stand behind the estimate; 0 means prior only." }),
  },
  { description: "An estimate: 10th, 50th, 90th percentile and the number of events behind it." },
);
export type Range = Static<typeof Range>;

/** Name of a project in paths: lower-case letters, digits, `-`, 1 to 64 long. */
export const ProjectName = Type.String({
  pattern: "^[a-z0-9][a-z0-9-]{0,63}$",
  description: "Name of the project everything belongs to.",
});

/** Input every project-scoped operation shares. Spread it into the input's properties. */
export const InProject = { project: ProjectName };

/** A place in the lineage graph. */
export const NodeRef = Type.Object({
  kind: Type.String({
    description: "source, dataset-version, run, model-version, deployment, consumer, prediction, ...",
  }),
  id: Type.String({ description: "Identity inside its kind." }),
});
export type NodeRef = Static<typeof NodeRef>;

/** Keyset page: `cursor` goes back as it came to get the next page; it is absent on the last one. */
export function page<T extends TSchema>(item: T) {
  return Type.Object({
    items: Type.Array(item),
    cursor: Type.Optional(
      Type.String({ description: "Opaque; pass it back to get the next page. Absent on the last page." }),
    ),
    total: Type.Optional(Type.Integer({ description: "Exact number of matches, when it was counted." })),
  });
}

/** Input of a paged list. Spread it into the input's properties. */
export const Paging = {
  cursor: Type.Optional(Type.String({ description: "Cursor of the previous page." })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, description: "Most items a page; 100 when absent." })),
};
