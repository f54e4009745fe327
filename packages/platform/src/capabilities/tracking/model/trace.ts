import type { TraceState } from "@paydown/api/tracking";
import { trackingErrors } from "../errors.js";
import type { TraceSpanRow } from "../tables.js";
import { type Attribute, plainValue, type Span, textOf, wide } from "./span.js";

/** Keys MLflow gives a meaning to. */
export const traceKeys = {
  name: "mlflow.traceName",
  artifactLocation: "mlflow.artifactLocation",
  spansLocation: "mlflow.trace.spansLocation",
  linkedPrompts: "mlflow.linkedPrompts",
  sourceRun: "mlflow.sourceRun",
  announced: "mlflow.trace.infoFinalized",
  tokens: "mlflow.trace.tokenUsage",
  session: "mlflow.trace.session",
  user: "mlflow.trace.user",
} as const;

/** Where the spans of a trace are, as the tag says it: here, rather than in a file. */
export const inStore = "TRACKING_STORE";

const limits = { key: 250, text: 1_000_000, preview: 10_000, count: 1000 } as const;

/** A trace id names a folder of artifacts too, so it is letters, digits, `-` and `_`. */
export function checkTraceId(id: string): void {
  if (/^[A-Za-z0-9][A-Za-z0-9_-]{0,249}$/.test(id)) return;
  throw trackingErrors.TRACKING_INVALID({
    problem: `Invalid value ${JSON.stringify(id)} for parameter 'trace_id' supplied: A trace id is 1 to 250 letters, digits, '-' and '_'.`,
  });
}

/** Tags or metadata of a trace; `what` names them in refusals. */
export function checkTexts(what: string, texts: Readonly<Record<string, string>>): void {
  const entries = Object.entries(texts);
  const problem = (text: string) => trackingErrors.TRACKING_INVALID({ problem: text });
  if (entries.length > limits.count)
    throw problem(`A trace takes at most ${limits.count} ${what}, got ${entries.length}`);
  for (const [key, value] of entries) {
    if (key === "" || key.length > limits.key) {
      throw problem(`Invalid key ${JSON.stringify(key)} of ${what}: it must have 1 to ${limits.key} characters`);
    }
    if (value.length > limits.text) {
      throw problem(`The value of '${key}' in ${what} exceeds the maximum length of ${limits.text} characters`);
    }
  }
}

export function shorten(text: string, most: number = limits.preview): string {
  return text.length <= most ? text : `${text.slice(0, most - 3)}...`;
}

/** MLflow's id of the trace an OpenTelemetry id names. */
export function toTraceId(otelId: string): string {
  return `tr-${otelId}`;
}

const find = (attributes: readonly Attribute[], ...keys: string[]) => {
  for (const key of keys) {
    const found = attributes.find((one) => one.key === key);
    if (found !== undefined) return found.value;
  }
  return undefined;
};

/** The semantic conventions' operations in MLflow's words. */
const operations: Readonly<Record<string, string>> = {
  chat: "CHAT_MODEL",
  text_completion: "LLM",
  generate_content: "LLM",
  embeddings: "EMBEDDING",
  execute_tool: "TOOL",
  create_agent: "AGENT",
  invoke_agent: "AGENT",
};

const typeKey = "mlflow.spanType";

function typeOf(attributes: readonly Attribute[]): string | undefined {
  const given = textOf(find(attributes, typeKey, "openinference.span.kind"));
  if (given !== undefined) return given;
  const operation = textOf(find(attributes, "gen_ai.operation.name"));
  return operation === undefined ? undefined : operations[operation];
}

function tokensOf(attributes: readonly Attribute[]): { input: number; output: number } | undefined {
  const number = (value: unknown): number | undefined => {
    const at = typeof value === "object" && value !== null && "rawJSON" in value ? Number(value.rawJSON) : value;
    return typeof at === "number" && Number.isSafeInteger(at) && at >= 0 ? at : undefined;
  };
  const usage = find(attributes, "mlflow.chat.tokenUsage");
  const plain = usage === undefined ? undefined : (plainValue(usage) as Record<string, unknown> | null);
  const one = (key: string, ...others: string[]) => {
    const value = find(attributes, ...others);
    return number(plain?.[key]) ?? (value === undefined ? undefined : number(plainValue(value)));
  };
  const input = one("input_tokens", "gen_ai.usage.input_tokens", "llm.token_count.prompt");
  const output = one("output_tokens", "gen_ai.usage.output_tokens", "llm.token_count.completion");
  return input === undefined && output === undefined ? undefined : { input: input ?? 0, output: output ?? 0 };
}

/** A span as it is stored, without its trace. */
export function toSpanRow(span: Span): Omit<TraceSpanRow, "trace"> {
  const type = typeOf(span.attributes);
  const tokens = tokensOf(span.attributes);
  const own: Attribute[] = [{ key: "mlflow.traceRequestId", value: { string_value: toTraceId(span.traceId) } }];
  if (type !== undefined) own.push({ key: typeKey, value: { string_value: type } });
  const attributes = [...span.attributes.filter((one) => !own.some((added) => added.key === one.key)), ...own];
  const base64 = (hex: string) => Buffer.from(hex, "hex").toString("base64");
  return {
    span_id: span.spanId,
    parent_id: span.parentId ?? null,
    name: span.name,
    type: type ?? null,
    status: span.status,
    started_at: toMs(span.startNs),
    ended_at: span.endNs === 0n ? null : toMs(span.endNs),
    input_tokens: tokens?.input ?? null,
    output_tokens: tokens?.output ?? null,
    body: JSON.stringify({
      trace_id: base64(span.traceId),
      span_id: base64(span.spanId),
      ...(span.parentId === undefined ? {} : { parent_span_id: base64(span.parentId) }),
      name: span.name,
      start_time_unix_nano: wide(span.startNs),
      ...(span.endNs === 0n ? {} : { end_time_unix_nano: wide(span.endNs) }),
      attributes,
      ...span.rest,
    }),
  };
}

function toMs(ns: bigint): number {
  return Number(ns / 1_000_000n);
}

/** What can be concluded of a trace from some of its spans. */
export interface Concluded {
  readonly startedAt: number;
  readonly endedAt: number | undefined;
  /** Absent while the root span was not among them. */
  readonly root: { readonly state: TraceState; readonly request?: string; readonly response?: string } | undefined;
  readonly tags: Record<string, string>;
  readonly metadata: Record<string, string>;
}

export function conclude(spans: readonly Span[]): Concluded {
  const ends = spans.filter((span) => span.endNs !== 0n).map((span) => toMs(span.endNs));
  const root = spans.find((span) => span.parentId === undefined);
  const first = (...keys: string[]) => {
    for (const span of spans) {
      const text = textOf(find(span.attributes, ...keys));
      if (text !== undefined && text !== "") return shorten(text, limits.key);
    }
    return undefined;
  };
  const session = first("session.id", "gen_ai.conversation.id");
  const user = first("user.id");
  const request = textOf(root && find(root.attributes, "mlflow.spanInputs", "input.value"));
  const response = textOf(root && find(root.attributes, "mlflow.spanOutputs", "output.value"));
  return {
    startedAt: spans.reduce((least, span) => Math.min(least, toMs(span.startNs)), Number.MAX_SAFE_INTEGER),
    endedAt: ends.length === 0 ? undefined : ends.reduce((most, at) => Math.max(most, at)),
    root:
      root === undefined
        ? undefined
        : {
            state: root.status === "ERROR" ? "ERROR" : "OK",
            ...(request === undefined ? {} : { request: shorten(request, 1000) }),
            ...(response === undefined ? {} : { response: shorten(response, 1000) }),
          },
    tags: root?.service === undefined ? {} : { "service.name": shorten(root.service, limits.key) },
    metadata: {
      ...(session === undefined ? {} : { [traceKeys.session]: session }),
      ...(user === undefined ? {} : { [traceKeys.user]: user }),
    },
  };
}

/**
 * Tokens of a trace: of spans that count them, the outermost only, because a span that wraps others repeats what they
 * used. Undefined when none counts.
 */
export function sumTokens(
  spans: readonly Pick<TraceSpanRow, "span_id" | "parent_id" | "input_tokens" | "output_tokens">[],
): { input: number; output: number } | undefined {
  const byId = new Map(spans.map((span) => [span.span_id, span]));
  const counts = (span: (typeof spans)[number]) => span.input_tokens !== null || span.output_tokens !== null;
  // Whether a span lies below one that counts; each is asked once, and a circle of parents ends where it began.
  const below = new Map<string, boolean>();
  const isBelow = (span: (typeof spans)[number]): boolean => {
    const path: string[] = [];
    const seen = new Set<string>();
    let at = span;
    let answer = false;
    for (;;) {
      const known = below.get(at.span_id);
      if (known !== undefined || seen.has(at.span_id)) {
        answer = known ?? false;
        break;
      }
      seen.add(at.span_id);
      path.push(at.span_id);
      const parent = at.parent_id === null ? undefined : byId.get(at.parent_id);
      if (parent === undefined) break;
      if (counts(parent)) {
        answer = true;
        break;
      }
      at = parent;
    }
    for (const id of path) below.set(id, answer);
    return answer;
  };
  let any = false;
  let input = 0;
  let output = 0;
  for (const span of spans) {
    if (!counts(span) || isBelow(span)) continue;
    any = true;
    input += span.input_tokens ?? 0;
    output += span.output_tokens ?? 0;
  }
  return any ? { input, output } : undefined;
}
