import type { Need, ResourceKind } from "#base/auth/grants.js";
import type { Named } from "#base/auth/named.js";
import type { Ctx } from "#base/context.js";
import type { WebhookMeans } from "#capabilities/registry/index.js";
import type { Fields, Values } from "./fields.js";

export type Method = "GET" | "POST" | "PATCH" | "DELETE";

/**
 * What the caller must be allowed to do with what the fields name. `list`: to read, or to have any grant, and what may not be
 * read is left out; `found`: to write, or to make things of one's own; `self`: the handler decides.
 */
export type EndpointNeed = "read" | "write" | "delete" | "admin" | "list" | "found" | "self";

/** One row of the table all routes are made from. */
export interface Endpoint {
  readonly methods: readonly Method[];
  /** Below the prefix, e.g. `/runs/create`; parameters as `:model_id`. */
  readonly path: string;
  readonly fields: Fields;
  readonly need: EndpointNeed;
  readonly handle: (call: Call, input: never) => Promise<object>;
}

/** Who calls, in which project. */
export interface Call {
  readonly ctx: Ctx;
  readonly project: string;
  /** Refuses with PERMISSION_DENIED unless the caller may do this with all that is named. */
  readonly demand: (need: Need, named: Named) => Promise<void>;
  /** Which experiments or models the caller may read. */
  readonly readable: (kind: ResourceKind) => Promise<((id: string) => boolean) | "all">;
  /** MLflow's default permission, for users that its clients make. */
  readonly defaultPermission: "READ" | "EDIT" | "NO_PERMISSIONS";
  readonly request: {
    readonly method: string;
    readonly url: string;
    readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  };
  readonly webhooks: WebhookMeans;
  /** Where artifacts of new experiments are kept; empty: in this server's own store. */
  readonly artifactRoot: string;
}

/** `GET /runs/get`, `GET POST /experiments/search`, ...; GET reads, unless it says otherwise all else writes. */
export function endpoint<F extends Fields>(
  route: string,
  fields: F,
  handle: (call: Call, input: Values<F>) => Promise<object>,
  options: { reads?: boolean; needs?: EndpointNeed } = {},
): Endpoint {
  const parts = route.split(" ");
  const path = parts.pop() as string;
  const methods = parts as Method[];
  return {
    methods,
    path,
    fields,
    need: options.needs ?? ((options.reads ?? methods.includes("GET")) ? "read" : changes(methods, path)),
    handle: handle as Endpoint["handle"],
  };
}

/** As MLflow's own authorisation tells them apart: deleting and restoring things needs more than changing them. */
function changes(methods: readonly Method[], path: string): "write" | "delete" {
  if (/\/(delete|restore)$/.test(path) || path === "/model-versions/delete-tag") return "delete";
  return methods.includes("DELETE") && !/tag/.test(path) ? "delete" : "write";
}

/** What the fields of an endpoint name, by the family it belongs to. */
export function namedBy(path: string, input: Readonly<Record<string, unknown>>): Named {
  const texts = (...values: unknown[]) =>
    values.flat().filter((one): one is string => typeof one === "string" && one !== "");
  const metrics = Array.isArray(input.metrics)
    ? input.metrics.map((one) => (one as { model_id?: unknown }).model_id)
    : [];
  const outputs = path === "/runs/outputs" && Array.isArray(input.models) ? input.models : [];
  switch (path.split("/")[1]) {
    case "experiments":
      return { experiments: texts(input.experiment_id, input.experiment_ids) };
    case "runs":
    case "metrics":
    case "artifacts":
      return {
        experiments: texts(input.experiment_id),
        runs: texts(input.run_id, input.run_uuid, input.run_ids),
        loggedModels: texts(input.model_id, metrics, ...outputs.map((one) => (one as { model_id?: unknown }).model_id)),
      };
    case "logged-models":
      return { experiments: texts(input.experiment_id), loggedModels: texts(input.model_id) };
    case "traces":
    case "get-trace-artifact":
      return {
        experiments: texts(input.experiment_id, input.experiment_ids, ...placesOf(input)),
        runs: texts(input.run_id),
        traces: texts(input.trace_id, input.trace_ids, input.request_id, input.request_ids),
      };
    case "registered-models":
    case "model-versions":
      return { models: texts(input.name) };
    default:
      return {};
  }
}

/** Experiments that a trace's own record, or a search for traces, names as its place. */
function placesOf(input: Readonly<Record<string, unknown>>): unknown[] {
  const trace = input.trace as { trace_info?: { trace_location?: unknown } } | undefined;
  const places = [...(Array.isArray(input.locations) ? input.locations : []), trace?.trace_info?.trace_location];
  return places.map(
    (place) =>
      (place as { mlflow_experiment?: { experiment_id?: unknown } } | undefined)?.mlflow_experiment?.experiment_id,
  );
}

/**
 * A page of what may be read, filled up from the pages after it. Each is asked for exactly what is missing, so that the
 * last one's token goes on where this page ends.
 */
export async function filledPage<T>(
  limit: number,
  token: string | undefined,
  fetch: (limit: number, token: string | undefined) => Promise<{ items: readonly T[]; token: string | undefined }>,
  keep: ((item: T) => boolean) | "all",
): Promise<{ items: T[]; token: string | undefined }> {
  const items: T[] = [];
  for (let at = token; ; ) {
    const page = await fetch(limit - items.length, at);
    items.push(...(keep === "all" ? page.items : page.items.filter(keep)));
    if (page.token === undefined || items.length >= limit) return { items, token: page.token };
    at = page.token;
  }
}
