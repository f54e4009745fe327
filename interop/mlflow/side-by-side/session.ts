/** One of the two servers, with what the script has kept of its replies. */
interface Side {
  readonly url: string;
  readonly kept: Map<string, string>;
}

export interface Ask {
  readonly query?: string | Readonly<Record<string, string | number | boolean | readonly string[]>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is. */
  readonly body?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  /** Names under which values of the reply are kept for later requests: a dotted path into the JSON. */
  readonly keep?: Readonly<Record<string, string>>;
  /** What of a good reply is compared; all of it when absent. */
  readonly pick?: (json: never) => unknown;
  /** Headers to compare beside status and body. */
  readonly compareHeaders?: readonly string[];
}

/** One request and what came of it on both sides, made comparable. */
export interface Pair {
  readonly name: string;
  readonly stock: string;
  readonly ours: string;
}

export interface Session {
  /** Sends one request to both; `<<name>>` anywhere in it stands for what was kept under that name. */
  ask(name: string, method: string, path: string, ask?: Ask): Promise<void>;
  readonly pairs: readonly Pair[];
}

export function openSession(stockUrl: string, oursUrl: string): Session {
  const sides: readonly [Side, Side] = [
    { url: stockUrl, kept: new Map() },
    { url: oursUrl, kept: new Map() },
  ];
  const pairs: Pair[] = [];
  const names = new Set<string>();
  return {
    pairs,
    async ask(name, method, path, ask = {}) {
      if (names.has(name)) throw new RangeError(`two requests are called ${name}`);
      names.add(name);
      const [stock, ours] = await Promise.all(sides.map((side) => send(side, method, path, ask)));
      pairs.push({ name, stock: stock as string, ours: ours as string });
    },
  };
}

async function send(side: Side, method: string, path: string, ask: Ask): Promise<string> {
  const fill = (text: string): string =>
    text.replace(/<<([\w-]+)>>/g, (_all, name: string) => side.kept.get(name) ?? "absent");
  const url = `${side.url}${fill(path)}${queryOf(ask.query, fill)}`;
  const body = ask.json === undefined ? ask.body : fill(JSON.stringify(ask.json));
  const response = await fetch(url, {
    method,
    headers: {
      ...(ask.json === undefined ? {} : { "content-type": "application/json" }),
      ...ask.headers,
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? fill(body) : body }),
  });
  const text = Buffer.from(await response.arrayBuffer()).toString("latin1");
  const json = toJson(Buffer.from(text, "latin1").toString("utf8"));
  for (const [name, at] of Object.entries(ask.keep ?? {})) {
    const value = at.split(".").reduce<unknown>((of, key) => (of as Record<string, unknown> | undefined)?.[key], json);
    if (value !== undefined) side.kept.set(name, String(value));
  }
  const shown = response.ok && ask.pick !== undefined && json !== undefined ? ask.pick(json as never) : (json ?? text);
  const headers = (response.ok ? (ask.compareHeaders ?? []) : []).map(
    (name) => `${name}: ${response.headers.get(name) ?? ""}`,
  );
  return [String(response.status), ...headers, print(normal(shown, side))].join("\n");
}

function queryOf(query: Ask["query"], fill: (text: string) => string): string {
  if (query === undefined) return "";
  if (typeof query === "string") return `?${fill(query)}`;
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) params.append(name, fill(String(one)));
  }
  return `?${params}`;
}

function toJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const hour = 3_600_000;
/** Lists without an order of their own, by what to sort them. */
const unordered: Readonly<Record<string, readonly string[]>> = {
  tags: ["key"],
  params: ["key"],
  metrics: ["run_id", "key", "dataset_name", "step", "timestamp"],
  latest_versions: ["current_stage"],
  aliases: ["alias"],
  dataset_inputs: [],
  model_inputs: ["model_id"],
  model_outputs: ["model_id"],
  dataset_summaries: ["experiment_id", "name", "digest", "context"],
};
/** Parts of error bodies that clients do not read. */
const passedOver = new Set(["sqlstate", "error_class"]);

/** Takes out of a reply what two servers cannot have in common: ids, times, random names, addresses. */
function normal(value: unknown, side: Side, key = ""): unknown {
  // Ours also says which logged model a version is of.
  if (key === "model_version") value = without(value, "model_id");
  if (typeof value === "number") {
    return Number.isInteger(value) && Math.abs(value - Date.now()) < hour ? "<now>" : value;
  }
  if (typeof value === "string") return normalText(value, side, key);
  if (Array.isArray(value)) {
    const list = value.map((one) => normal(one, side));
    const by = unordered[key];
    return by === undefined ? list : list.sort((a, b) => order(a, b, by));
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !passedOver.has(name))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, one]) => [name, normal(one, side, name)]),
  );
}

function without(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => key !== name));
}

function order(a: unknown, b: unknown, by: readonly string[]): number {
  const text = (one: unknown) =>
    JSON.stringify(
      by.length === 0 || typeof one !== "object"
        ? one
        : by.map((name) => (one as Record<string, unknown>)?.[name] ?? ""),
    );
  return text(a) < text(b) ? -1 : 1;
}

function normalText(text: string, side: Side, key: string): string {
  if (key === "next_page_token") return "<token>";
  if ((key === "run_name" || key === "value" || key === "name") && /^[a-z]+-[a-z]+-\d{1,3}$/.test(text))
    return "<random name>";
  let at = text.replaceAll(side.url, "<url>").replace(/http:\/\/127\.0\.0\.1:\d+/g, "<url>");
  for (const [name, value] of side.kept) {
    if (value.length >= 16) at = at.replaceAll(value, `<<${name}>>`);
    // Numbers of experiments differ once a server has refused one that the other took.
    else if ((key === "experiment_id" || key === "path") && at === value) at = `<<${name}>>`;
  }
  at = at
    .replace(
      /(mlflow-artifacts:\/|artifact: |file: |Expected: \[|Found: \[|(?:with id|experiment|id=) ?)'?(\d+)\b/g,
      (all, before: string, id: string) => {
        const name = [...side.kept].find(([, value]) => value === id)?.[0];
        return name === undefined ? all : `${before}<<${name}>>`;
      },
    )
    // Python prints a set in any order.
    .replace(/'\{('[^}]*')\}/g, (_all, list: string) => `'{${list.split(", ").sort().join(", ")}}`)
    // Which part of a text could not be parsed is told in each parser's own way.
    .replace(/(Invalid clause\(s\) in filter string:).*/s, "$1 ...");
  return at.replace(/\b(m-)?[0-9a-f]{32}\b/g, "$1<id>").replace(/\b1[789]\d{11}\b/g, "<now>");
}

function print(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value, null, 1);
}
