import { mlflowErrors } from "./errors.js";
import { quoteJson } from "./json.js";

/**
 * What an endpoint takes, as data. Values follow protobuf's JSON with MLflow's own leniency: unknown fields are passed
 * over, camelCase is taken too, integers may be decimal text, doubles may be text, an absent field and null are one.
 */
export interface Field<T = unknown> {
  readonly required: boolean;
  /** Fails with `wrongType` or a message of its own; `path` names the field in messages, e.g. `metrics[0].value`. */
  readonly read: (value: unknown, path: string) => T;
  readonly list: boolean;
  readonly bool?: boolean;
  /** An empty text is a value like any other, and read; where it is not, it counts as absent. */
  readonly readsEmpty?: boolean;
}

export type Fields = Readonly<Record<string, Field>>;

type ValueOf<F> = F extends Field<infer T> ? T : never;
/** The input an endpoint's handler gets; what was not sent is undefined. */
export type Values<F extends Fields> = {
  readonly [K in keyof F]: F[K] extends { required: true } ? ValueOf<F[K]> : ValueOf<F[K]> | undefined;
};

export const seeDocs = "See the API docs for more information about request parameters.";

export function invalid(problem: string): Error {
  return mlflowErrors.MLFLOW_INVALID_PARAMETER({ problem });
}

function wrongType(value: unknown, path: string): Error {
  return invalid(
    `Invalid value ${quoteJson(value)} for parameter '${path}' supplied:  Hint: Value was of type '${pythonType(value)}'. ${seeDocs}`,
  );
}

/** A number that fits, refused as MLflow refuses one that its schema does not let through. */
export function atMost(value: number, most: number, name = "max_results", sentAs: unknown = value): number {
  if (value > most) throw wrongType(sentAs, name);
  return value;
}

export function missing(path: string): Error {
  return invalid(`Missing value for required parameter '${path}'. ${seeDocs}`);
}

function pythonType(value: unknown): string {
  if (value === null) return "NoneType";
  if (Array.isArray(value)) return "list";
  if (typeof value === "string") return "str";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "number") return Number.isInteger(value) ? "int" : "float";
  return "dict";
}

function field<T>(read: Field<T>["read"], extra: { list?: boolean; bool?: boolean; readsEmpty?: boolean } = {}) {
  return { required: false, read, list: false, ...extra } as Field<T> & { required: false };
}

/** The field must be there and must not be the empty text. */
export function required<T>(of: Field<T>): Field<T> & { required: true } {
  return { ...of, required: true };
}

export const string = field((value, path) => {
  if (typeof value !== "string") throw wrongType(value, path);
  return value;
});

export const int = field(
  (value, path) => {
    const number =
      typeof value === "number"
        ? value
        : typeof value === "string" && /^[+-]?\d+$/.test(value.trim())
          ? Number(value)
          : Number.NaN;
    if (!Number.isInteger(number) || Math.abs(number) >= 2 ** 63) throw wrongType(value, path);
    return number;
  },
  { readsEmpty: true },
);

const decimal = /^[+-]?(\d+(_\d+)*\.?(\d+(_\d+)*)?|\.\d+(_\d+)*)([eE][+-]?\d+)?$/;

/** A text as Python's `float()` reads it; undefined when it is no number. */
function toFloat(given: string): number | undefined {
  const text = given.trim();
  if (/^[+-]?nan$/i.test(text)) return Number.NaN;
  if (/^[+-]?inf(inity)?$/i.test(text)) return text.startsWith("-") ? -Infinity : Infinity;
  return decimal.test(text) ? Number(text.replaceAll("_", "")) : undefined;
}

export const double = field((value, path) => {
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value !== "string") throw wrongType(value, path);
  const number = toFloat(value);
  if (number === undefined) throw wrongType(value, path);
  return number;
});

export const bool = field(
  (value, path) => {
    if (typeof value !== "boolean") throw wrongType(value, path);
    return value;
  },
  { bool: true },
);

/** A name, or the number protobuf gives it. */
export function enumOf<const N extends string>(numbers: Readonly<Record<N, number>>) {
  const byNumber = new Map(Object.entries(numbers).map(([name, number]) => [number, name as N]));
  return field((value, path): N => {
    if (typeof value === "string" && Object.hasOwn(numbers, value)) return value as N;
    const number = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
    const name = typeof number === "number" ? byNumber.get(number) : undefined;
    if (name === undefined) throw wrongType(value, path);
    return name;
  });
}

export function list<T>(of: Field<T>) {
  return field(
    (value, path): T[] => {
      if (!Array.isArray(value)) throw wrongType(value, path);
      return value.map((item, i) => of.read(item, `${path}[${i}]`));
    },
    { list: true },
  );
}

export function message<F extends Fields>(fields: F) {
  return field((value, path): Values<F> => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrongType(value, path);
    return readFields(fields, value as Record<string, unknown>, path);
  });
}

/** Reads an object field by field. Nested paths are spelled as MLflow spells them: `metrics[0].timestamp`. */
export function readFields<F extends Fields>(
  fields: F,
  given: Readonly<Record<string, unknown>>,
  path = "",
): Values<F> {
  const values: Record<string, unknown> = {};
  for (const [name, one] of Object.entries(fields)) {
    const at = path === "" ? name : `${path}.${name}`;
    const twin = camel(name);
    if (twin !== name && Object.hasOwn(given, twin) && Object.hasOwn(given, name)) {
      throw invalid(`Request specifies both '${name}' and '${twin}'; provide only one of them.`);
    }
    const value = given[name] ?? given[twin];
    if (value === undefined || value === null) {
      if (one.required) throw missing(at);
      continue;
    }
    if (one.required && value === "" && one.readsEmpty !== true) throw missing(at);
    values[name] = one.read(value, at);
  }
  return values as Values<F>;
}

const camels = new Map<string, string>();

function camel(name: string): string {
  let known = camels.get(name);
  if (known === undefined) {
    known = name.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());
    camels.set(name, known);
  }
  return known;
}

/** The query string as an object: repeated keys are lists, and only fields that are lists are taken as such. */
export function fromQuery(fields: Fields, query: string): Record<string, unknown> {
  const params = new URLSearchParams(query);
  const given: Record<string, unknown> = {};
  for (const [name, one] of Object.entries(fields)) {
    const key = params.has(name) ? name : camel(name);
    if (!params.has(key)) continue;
    const text = params.get(key) as string;
    if (one.list) given[name] = params.getAll(key);
    else given[name] = one.bool ? toBool(text) : text;
  }
  return given;
}

function toBool(text: string): boolean {
  if (!/^(true|false)$/i.test(text)) throw invalid(`Invalid boolean value: ${text}, must be 'true' or 'false'.`);
  return text.toLowerCase() === "true";
}

export const keyValue = message({ key: required(string), value: string });

/** A map of texts. */
export const textMap = field((value, path): Record<string, string> => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrongType(value, path);
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, string.read(one, `${path}.${key}`)]));
});

/** Any JSON. */
export const anything = field((value) => value);

/** An instant as protobuf's JSON writes it, in milliseconds. */
export const timestamp = field((value, path): number => {
  const at = typeof value === "string" && /^\d{4}-\d\d-\d\dT/.test(value) ? Date.parse(value) : Number.NaN;
  if (!Number.isFinite(at)) throw wrongType(value, path);
  return Math.floor(at);
});

/** A duration as protobuf's JSON writes it, such as `0.025s`, in milliseconds. */
export const duration = field((value, path): number => {
  const seconds = typeof value === "string" ? /^(-?\d{1,12}(?:\.\d{1,9})?)s$/.exec(value)?.[1] : undefined;
  if (seconds === undefined) throw wrongType(value, path);
  return Math.round(Number(seconds) * 1000);
});
