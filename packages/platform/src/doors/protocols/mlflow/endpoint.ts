import type { Ctx } from "#base/context.js";
import type { Fields, Values } from "./fields.js";

export type Method = "GET" | "POST" | "PATCH" | "DELETE";

/** One row of the table all routes are made from. */
export interface Endpoint {
  readonly methods: readonly Method[];
  /** Below the prefix, e.g. `/runs/create`; parameters as `:model_id`. */
  readonly path: string;
  readonly fields: Fields;
  /** Reading needs the `read` permission, all else `write`. */
  readonly reads: boolean;
  readonly handle: (call: Call, input: never) => Promise<object>;
}

/** Who calls, in which project. */
export interface Call {
  readonly ctx: Ctx;
  readonly project: string;
  /** Where artifacts of new experiments are kept; empty: in this server's own store. */
  readonly artifactRoot: string;
}

/** `GET /runs/get`, `GET POST /experiments/search`, ...; GET reads, unless it says otherwise all else writes. */
export function endpoint<F extends Fields>(
  route: string,
  fields: F,
  handle: (call: Call, input: Values<F>) => Promise<object>,
  options: { reads?: boolean } = {},
): Endpoint {
  const parts = route.split(" ");
  const path = parts.pop() as string;
  const methods = parts as Method[];
  return {
    methods,
    path,
    fields,
    reads: options.reads ?? methods.includes("GET"),
    handle: handle as Endpoint["handle"],
  };
}
