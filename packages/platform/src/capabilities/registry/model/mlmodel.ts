import { parse } from "yaml";

/** What an MLmodel file says, as far as it is used. */
export interface ModelFacts {
  readonly flavors: readonly string[];
  readonly signature: { readonly inputs?: string; readonly outputs?: string; readonly params?: string } | undefined;
  readonly inputExample: boolean;
  /** Whether loading it runs pickled code; undefined when the flavour does not say. */
  readonly pickled: boolean | undefined;
  readonly mlflowVersion: string | undefined;
  readonly pythonVersion: string | undefined;
  readonly runId: string | undefined;
}

/** Larger than any real MLmodel: signatures of thousands of columns stay below it. */
export const mlmodelLimit = 1024 * 1024;

/** Reads an MLmodel as data; undefined when it is none. Nothing in it is executed, aliases are not blown up. */
export function parseMlmodel(text: string): ModelFacts | undefined {
  if (text.length > mlmodelLimit) return undefined;
  let root: unknown;
  try {
    root = parse(text, { maxAliasCount: 20, schema: "core", logLevel: "silent" });
  } catch {
    return undefined;
  }
  if (!isRecord(root)) return undefined;
  const flavors = isRecord(root.flavors) ? root.flavors : {};
  const pyfunc = isRecord(flavors.python_function) ? flavors.python_function : {};
  return {
    flavors: Object.keys(flavors).sort(),
    signature: toSignature(root.signature),
    inputExample: isRecord(root.saved_input_example_info),
    pickled: isPickled(flavors),
    mlflowVersion: toText(root.mlflow_version),
    pythonVersion: toText(pyfunc.python_version),
    runId: toText(root.run_id),
  };
}

function toSignature(value: unknown): ModelFacts["signature"] {
  if (!isRecord(value)) return undefined;
  const fields = (["inputs", "outputs", "params"] as const).flatMap((key) => {
    const text = value[key];
    return typeof text === "string" && text !== "null" ? [[key, text] as const] : [];
  });
  return fields.length === 0 ? undefined : Object.fromEntries(fields);
}

/** Flavours whose own files hold no code. */
const plain = new Set(["onnx", "xgboost", "lightgbm", "catboost", "tensorflow", "keras", "paddle", "diffusers", "h2o"]);

function isPickled(flavors: Record<string, unknown>): boolean | undefined {
  let pickled: boolean | undefined;
  for (const [name, flavor] of Object.entries(flavors)) {
    if (!isRecord(flavor)) continue;
    const format = flavor.serialization_format;
    if (format === "cloudpickle" || format === "pickle") return true;
    if (format === "skops" || plain.has(name)) pickled = false;
    if (name === "pytorch" || flavor.pickled_model !== undefined) return format === "skops" ? pickled : true;
    if (
      name === "python_function" &&
      (flavor.python_model !== undefined || flavor.loader_module === "mlflow.pyfunc.model")
    ) {
      return true;
    }
  }
  return pickled;
}

function toText(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Licence and base model, as the MLmodel's metadata or a card's front matter name them. */
export function aboutModel(texts: ReadonlyMap<string, string>): { licence?: string; baseModel?: string } {
  let licence: string | undefined;
  let baseModel: string | undefined;
  for (const [path, text] of texts) {
    const matter = path === "MLmodel" ? text : /^---\r?\n([\s\S]*?)\r?\n---/.exec(text)?.[1];
    if (matter === undefined || matter.length > mlmodelLimit) continue;
    let root: unknown;
    try {
      root = parse(matter, { maxAliasCount: 20, schema: "core", logLevel: "silent" });
    } catch {
      continue;
    }
    const said = isRecord(root) ? (path === "MLmodel" ? root.metadata : root) : undefined;
    if (!isRecord(said)) continue;
    licence ??= toText(said.license ?? said.licence)?.slice(0, 250);
    const base: unknown = said.base_model;
    baseModel ??= toText(Array.isArray(base) ? base[0] : base)?.slice(0, 500);
  }
  return { ...(licence === undefined ? {} : { licence }), ...(baseModel === undefined ? {} : { baseModel }) };
}
