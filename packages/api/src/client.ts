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
  /** A person with a password, where no token is given. */
  readonly user?: { readonly name: string; readonly password: string } | undefined;
  /**
   * How often a call is sent again when the connection broke or the server asks to come back (429, 502, 503, 504); 0 when
   * absent. A call that changes something then carries an Idempotency-Key, so that it is done once however often it is sent.
   */
  readonly retries?: number | undefined;
  /** Waits that many milliseconds between attempts; replaced in tests. */
  readonly wait?: (ms: number) => Promise<void>;
  /** Replaces the global `fetch`, e.g. in tests. */
  readonly fetch?: typeof fetch;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Makes a call that is sent twice be done once; the server keeps the answer for a day. One is made when `retries` asks for it. */
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
  const { retries = 0, wait = sleep } = options;
  const authorization = authorizationOf(options);
  return {
    async call<T extends Operation>(operation: T, input: Input<T>, call: CallOptions = {}): Promise<Reply<T>> {
      const { path, body } = toRequest(operation, input as Record<string, unknown>);
      const headers: Record<string, string> = { accept: "application/json" };
      if (body !== undefined) headers["content-type"] = "application/json";
      if (authorization !== undefined) headers.authorization = authorization;
      const changes = operation.method !== "GET";
      const key = call.idempotencyKey ?? (retries > 0 && changes ? crypto.randomUUID() : undefined);
      if (key !== undefined) headers["idempotency-key"] = key;
      const request: RequestInit = {
        method: operation.method,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(call.signal === undefined ? {} : { signal: call.signal }),
      };
      for (let attempt = 0; ; attempt++) {
        let response: Response;
        try {
          response = await send(`${options.baseUrl}${path}`, request);
        } catch (error) {
          if (attempt >= retries || call.signal?.aborted === true) throw error;
          await wait(firstWait * 2 ** attempt);
          continue;
        }
        const text = await response.text();
        if (attempt < retries && isPassing(response.status, text)) {
          await wait(waitOf(response, attempt));
          continue;
        }
        const json: unknown = text === "" ? {} : JSON.parse(text);
        if (!response.ok) throw new ApiError(response.status, json as ErrorReply);
        return json as Static<T["reply"]>;
      }
    },
  };
}

const firstWait = 200;
const longestWait = 30_000;

/** Whether it is worth asking again: the server is busy or away, or still at work on the first attempt. */
function isPassing(status: number, text: string): boolean {
  return [429, 502, 503, 504].includes(status) || (status === 409 && text.includes('"IDEMPOTENCY_RUNNING"'));
}

function waitOf(response: Response, attempt: number): number {
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  return Number.isFinite(seconds) ? Math.min(longestWait, seconds * 1000) : firstWait * 2 ** attempt;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** The Authorization header of a token, or of a user with a password; undefined for neither. */
export function authorizationOf({ token, user }: Pick<ClientOptions, "token" | "user">): string | undefined {
  if (token !== undefined) return `Bearer ${token}`;
  if (user === undefined) return undefined;
  const bytes = new TextEncoder().encode(`${user.name}:${user.password}`);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}
