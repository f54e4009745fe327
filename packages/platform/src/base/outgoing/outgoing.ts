import { type LookupAddress, lookup } from "node:dns";
import { type ClientRequest, request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { CodedError } from "../errors.js";
import { isPublicAddress } from "./address.js";
import { outgoingErrors } from "./errors.js";

export interface OutgoingOptions {
  /** URL schemes that may be called, e.g. `https`. */
  readonly schemes: readonly string[];
  /** Whether addresses outside the public internet may be called. */
  readonly privateAddresses: boolean;
  /** Milliseconds a call may take, resolving, connecting and answering; 30,000 when absent. */
  readonly timeout?: number;
  /** Resolves a name; the machine's own resolver when absent. */
  readonly resolve?: (hostname: string) => Promise<readonly LookupAddress[]>;
}

export interface Answer {
  readonly status: number;
  /** The first bytes of the answer, as text. */
  readonly body: string;
  /** Milliseconds the receiver asks to wait, when it does. */
  readonly retryAfter: number | undefined;
}

/**
 * Calls to addresses that users name. Names are resolved here, once: all that a name resolves to is looked at, and the
 * connection goes to one of the addresses looked at, so a name that changes its mind in between gains nothing. No proxy,
 * no redirect, no connection kept.
 */
export interface Outgoing {
  /** Refuses a URL that could not be called, calling it `what`: OUTGOING_REFUSED, OUTGOING_UNRESOLVED. */
  check(url: string, what: string): Promise<void>;
  /** Posts. Refuses as `check` does, each time anew; OUTGOING_FAILED when no answer came. */
  post(url: string, headers: Readonly<Record<string, string>>, body: string, signal?: AbortSignal): Promise<Answer>;
}

/** Most bytes of an answer that are read. */
const mostRead = 64 * 1024;
const defaultTimeout = 30_000;
const longestUrl = 2000;

const quoted = (text: string) => `'${text}'`;

export function openOutgoing(options: OutgoingOptions): Outgoing {
  const resolve = options.resolve ?? systemResolve;
  const timeout = options.timeout ?? defaultTimeout;
  const refused = (problem: string) => outgoingErrors.OUTGOING_REFUSED({ problem });
  const unresolved = (what: string, host: string, problem: string, cause?: unknown) =>
    outgoingErrors.OUTGOING_UNRESOLVED(
      { problem: `Cannot resolve ${what} hostname ${quoted(host)}: ${problem}` },
      cause === undefined ? {} : { cause },
    );

  function parse(text: string, what: string): { url: URL; host: string } {
    if (text.trim() === "") throw refused(`${what} cannot be empty or just whitespace: ${quoted(text)}`);
    if (text.length > longestUrl) throw refused(`${what} exceeds the maximum length of ${longestUrl} characters`);
    // WHATWG parsing makes 127.1, 0x7f.1 and their kind into the address they mean before it is looked at.
    const url = URL.parse(text);
    const scheme = url?.protocol.slice(0, -1) ?? /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]?.toLowerCase() ?? "";
    if (!options.schemes.includes(scheme)) {
      throw refused(
        `Invalid ${lower(what)} scheme: ${quoted(scheme)}. Allowed schemes are: ${options.schemes.join(", ")}.`,
      );
    }
    if (url === null || url.hostname === "") throw refused(`${what} must include a hostname: ${quoted(text)}`);
    if (url.username !== "" || url.password !== "") {
      throw refused(`${what} must not hold a user name or password; sign with a secret instead.`);
    }
    return { url, host: url.hostname.replace(/^\[|\]$/g, "") };
  }

  /** Every address of a host, all of them allowed. */
  async function addressesOf(host: string, what: string): Promise<readonly LookupAddress[]> {
    let found: readonly LookupAddress[];
    const family = isIP(host);
    try {
      found = family === 0 ? await resolve(host) : [{ address: host, family }];
    } catch (cause) {
      throw unresolved(what, host, (cause as Error).message, cause);
    }
    if (found.length === 0) throw unresolved(what, host, "it has no address");
    for (const { address } of found) {
      if (options.privateAddresses || isPublicAddress(address)) continue;
      throw refused(`${what} must not resolve to a non-public IP address. ${quoted(host)} resolves to ${address}.`);
    }
    return found;
  }

  return {
    async check(text, what) {
      const { host } = parse(text, what);
      if (!options.privateAddresses) await within(timeout, addressesOf(host, what));
    },
    async post(text, headers, body, signal) {
      const what = "Webhook URL";
      const { url, host } = parse(text, what);
      const ending = AbortSignal.any([AbortSignal.timeout(timeout), ...(signal === undefined ? [] : [signal])]);
      try {
        const addresses = await within(timeout, addressesOf(host, what));
        return await send(url, addresses, headers, body, ending);
      } catch (error) {
        if (error instanceof CodedError) throw error;
        const late = ending.aborted && signal?.aborted !== true;
        const cause = error as Error & { code?: string };
        const problem = late
          ? `no answer within ${timeout / 1000} seconds`
          : `${cause.code ?? cause.name}: ${cause.message}`;
        throw outgoingErrors.OUTGOING_FAILED({ problem: `${url.origin} was not reached: ${problem}` }, { cause });
      }
    },
  };
}

function lower(what: string): string {
  return what.charAt(0).toLowerCase() + what.slice(1);
}

function systemResolve(hostname: string): Promise<readonly LookupAddress[]> {
  return new Promise((resolve, reject) => {
    lookup(hostname, { all: true, verbatim: true }, (error, found) =>
      error === null ? resolve(found) : reject(error),
    );
  });
}

/** The resolver of the machine cannot be told to stop; it is no longer waited for. */
async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const problem = `The host name was not resolved within ${ms / 1000} seconds`;
    timer = setTimeout(() => reject(outgoingErrors.OUTGOING_FAILED({ problem })), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function send(
  url: URL,
  addresses: readonly LookupAddress[],
  headers: Readonly<Record<string, string>>,
  body: string,
  signal: AbortSignal,
): Promise<Answer> {
  // Hands out what was looked at, whatever the name resolves to by now.
  const pinned: LookupFunction = (_hostname, asked, done) => {
    if (asked.all) done(null, [...addresses]);
    else done(null, (addresses[0] as LookupAddress).address, (addresses[0] as LookupAddress).family);
  };
  const options: RequestOptions = {
    method: "POST",
    agent: false,
    lookup: pinned,
    signal,
    headers: { ...headers, "content-length": String(Buffer.byteLength(body)), connection: "close" },
  };
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const request: ClientRequest = (url.protocol === "https:" ? httpsRequest : httpRequest)(url, options, resolve);
    request.once("error", reject);
    request.end(body);
  });
  return { status: response.statusCode ?? 0, body: await head(response), retryAfter: retryAfterOf(response) };
}

/** The first bytes of an answer; the rest is not waited for. */
async function head(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= mostRead) break;
  }
  response.destroy();
  return Buffer.concat(chunks).subarray(0, mostRead).toString("utf8").replaceAll("\u0000", "\ufffd");
}

/** `Retry-After` in seconds; a date is passed over. */
function retryAfterOf(response: IncomingMessage): number | undefined {
  const text = response.headers["retry-after"];
  return text !== undefined && /^\d{1,6}$/.test(text) ? Number(text) * 1000 : undefined;
}
