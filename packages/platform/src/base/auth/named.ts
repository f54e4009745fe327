import type { Operation } from "@paydown/api/operation";
import type { Ctx } from "../context.js";
import { hasGrants, mayByRole, mayOn, type Need, type Resource } from "./grants.js";

/** What a call names that grants may speak about. Runs, logged models and traces are judged by their experiment. */
export interface Named {
  readonly experiments?: readonly string[];
  readonly runs?: readonly string[];
  readonly loggedModels?: readonly string[];
  readonly traces?: readonly string[];
  readonly models?: readonly string[];
}

/** Experiments of the runs, logged models and traces that exist in the project. */
export type ExperimentsOf = (
  ctx: Ctx,
  project: string,
  what: {
    readonly runs: readonly string[];
    readonly loggedModels: readonly string[];
    readonly traces: readonly string[];
  },
) => Promise<readonly string[]>;

/** Whether the caller may do this with all that is named; of nothing, whether the role allows it. Asks the database only for callers with grants. */
export async function mayOnNamed(
  ctx: Ctx,
  need: Need,
  project: string,
  named: () => Named | Promise<Named>,
  experimentsOf: ExperimentsOf,
): Promise<boolean> {
  if (!hasGrants(ctx.principal, project)) return mayByRole(ctx.principal, need, project);
  const { experiments = [], runs = [], loggedModels = [], traces = [], models = [] } = await named();
  const found =
    runs.length + loggedModels.length + traces.length === 0
      ? []
      : await experimentsOf(ctx, project, { runs, loggedModels, traces });
  const resources: Resource[] = [
    ...[...experiments, ...found].map((id): Resource => ({ kind: "experiment", id: canonical(id) })),
    ...models.map((id): Resource => ({ kind: "model", id })),
  ];
  return mayOn(ctx.principal, need, project, resources);
}

/** `007` and `7` are one experiment. */
function canonical(id: string): string {
  return /^\d{1,15}$/.test(id) ? String(Number(id)) : id;
}

/** Input fields that name something grants speak about, in every operation alike. */
const fieldKinds: Readonly<Record<string, keyof Named>> = {
  runId: "runs",
  runIds: "runs",
  experimentId: "experiments",
  experimentIds: "experiments",
  loggedModelId: "loggedModels",
  traceId: "traces",
  model: "models",
};
/** Fields that name a node of the lineage graph, as `kind:id` or `{ kind, id }`. */
const nodeFields = ["node", "nodes", "asset"];

export interface NamingFields {
  /** Acted upon: they stand in the path. */
  readonly acted: readonly string[];
  /** Only referred to: they must be readable. */
  readonly seen: readonly string[];
  /** Whether it is about a place in the lineage graph, which shows its neighbours too. */
  readonly places: boolean;
}

/** Which fields of an operation name experiments, runs or models. */
export function namingFields(operation: Operation): NamingFields {
  const properties = Object.keys((operation.input as { properties?: object }).properties ?? {});
  const parts = operation.path.split("/");
  const known = properties.filter((name) => name in fieldKinds);
  const nodes = properties.filter((name) => nodeFields.includes(name));
  return {
    acted: known.filter((name) => parts.includes(`:${name}`)),
    seen: [...known.filter((name) => !parts.includes(`:${name}`)), ...nodes],
    places: nodes.length > 0,
  };
}

/** What the fields of an input name. Values of a wrong type name nothing; the schema refuses them. */
export function namedIn(input: Readonly<Record<string, unknown>>, fields: readonly string[]): Named {
  const named = {
    experiments: [] as string[],
    runs: [] as string[],
    loggedModels: [] as string[],
    traces: [] as string[],
    models: [] as string[],
  };
  for (const field of fields) {
    const value = input[field];
    for (const one of Array.isArray(value) ? value : [value]) {
      const kind = fieldKinds[field];
      if (kind === undefined) addNode(named, one);
      else if (typeof one === "string" || typeof one === "number") named[kind].push(String(one));
    }
  }
  return named;
}

function addNode(named: { runs: string[]; models: string[] }, value: unknown): void {
  const node = toNode(value);
  if (node?.kind === "run") named.runs.push(node.id);
  if (node?.kind === "model") named.models.push(node.id);
  if (node?.kind === "model-version") named.models.push(node.id.slice(0, Math.max(0, node.id.lastIndexOf("/"))));
}

function toNode(value: unknown): { kind: string; id: string } | undefined {
  if (typeof value === "string") {
    const at = value.indexOf(":");
    return at > 0 ? { kind: value.slice(0, at), id: value.slice(at + 1) } : undefined;
  }
  const { kind, id } = (value ?? {}) as { kind?: unknown; id?: unknown };
  return typeof kind === "string" && typeof id === "string" ? { kind, id } : undefined;
}
