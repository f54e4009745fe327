import type { Static } from "typebox";
import type { ErrorReply } from "./errors.js";
import type { Input, Operation, Reply } from "./operation.js";

/** A refusal or failure that the server answered, with its code and next step. */
export class ApiError extends Error {
  readonly code: string;
  readonly status: number;
  readonly next: string;
  readonly details: unknown;

  constructor(status: number, reply: ErrorReply) {
    super(reply.message);
    this.name = "ApiError";
    this.code = reply.code;
    this.status = status;
    this.next = reply.next;
    this.details = reply.details;
  }
}

export interface ClientOptions {
  /** Origin of the server, e.g. `http://127.0.0.1:5000`; empty for the page's own origin. */
  readonly baseUrl: string;
  readonly token?: string | undefined;
  /** Replaces the global `fetch`, e.g. in tests. */
  readonly fetch?: typeof fetch;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  readonly idempotencyKey?: string | undefined;
}

export interface Client {
  call<T extends Operation>(operation: T, input: Input<T>, options?: CallOptions): Promise<Reply<T>>;
}

/** Splits the flat input of an operation into the URL and the JSON body it travels as. */
export function toRequest(operation: Operation, input: Record<string, unknown>): { path: string; body: unknown } {
  const rest: Record<string, unknown> = { ...input };
  const path = operation.path.replace(/:([a-zA-Z]+)/g, (_match, field: string) => {
    const value = rest[field];
    delete rest[field];
    return encodeURIComponent(String(value));
  });
  if (operation.method !== "GET" && operation.method !== "DELETE") return { path: `/api/v1${path}`, body: rest };
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(rest)) {
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) query.append(key, String(one));
  }
  const text = query.toString();
  return { path: `/api/v1${path}${text === "" ? "" : `?${text}`}`, body: undefined };
}

/** A client that speaks the native API by the operation list. */
export function createClient(options: ClientOptions): Client {
  const send = options.fetch ?? fetch;
  return {
    async call<T extends Operation>(operation: T, input: Input<T>, call: CallOptions = {}): Promise<Reply<T>> {
      const { path, body } = toRequest(operation, input as Record<string, unknown>);
      const headers: Record<string, string> = { accept: "application/json" };
      if (body !== undefined) headers["content-type"] = "application/json";
      if (options.token !== undefined) headers.authorization = `Bearer ${options.token}`;
      if (call.idempotencyKey !== undefined) headers["idempotency-key"] = call.idempotencyKey;
      const response = await send(`${options.baseUrl}${path}`, {
        method: operation.method,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(call.signal === undefined ? {} : { signal: call.signal }),
      });
      const text = await response.text();
      const json: unknown = text === "" ? {} : JSON.parse(text);
      if (!response.ok) throw new ApiError(response.status, json as ErrorReply);
      return json as Static<T["reply"]>;
    },
  };
}
