import { parse } from "yaml";

/** What something was made with: `client`, `python`, `mlflow`, or a package by its lower-case name. */
export interface SeenVersion {
  readonly source: "header" | "MLmodel" | "requirements";
  readonly what: string;
  readonly version: string;
}

/** Larger than any real file of its kind. */
export const versionFileLimit = 1024 * 1024;
const mostPackages = 500;
const mostLength = 100;

/** Versions an MLmodel names: Python, MLflow and each flavour's library. Nothing in it is executed. */
export function versionsInMlmodel(text: string): SeenVersion[] {
  return versionsInModel(readYaml(text));
}

/** The same facts as an object, as 2.x clients send them. */
export function versionsInModel(root: unknown): SeenVersion[] {
  if (!isRecord(root)) return [];
  const found: SeenVersion[] = [];
  const add = (what: string, version: unknown) => {
    if (typeof version === "string" && version !== "") found.push({ source: "MLmodel", what, version: cut(version) });
  };
  add("mlflow", root.mlflow_version);
  const flavors = isRecord(root.flavors) ? Object.entries(root.flavors).slice(0, 50) : [];
  for (const [flavor, facts] of flavors) {
    if (!isRecord(facts)) continue;
    for (const [name, version] of Object.entries(facts)) {
      if (name === "python_version") add("python", version);
      // `sklearn_version`, `xgb_version`, ... : the flavour's own library.
      else if (name.endsWith("_version") && flavor !== "python_function") add(packageOf(flavor, name), version);
    }
  }
  return unique(found);
}

/** Names of libraries as pip knows them, where a flavour calls them otherwise. */
const pipNames: Record<string, string> = {
  sklearn: "scikit-learn",
  xgb: "xgboost",
  lgb: "lightgbm",
  pytorch: "torch",
  cb: "catboost",
};

function packageOf(flavor: string, key: string): string {
  const stem = key.slice(0, -"_version".length);
  return normal(pipNames[stem] ?? pipNames[flavor] ?? stem);
}

/** Packages pinned by a requirements.txt or the pip part of a conda.yaml; a range is no version. */
export function versionsInRequirements(text: string): SeenVersion[] {
  const found: SeenVersion[] = [];
  for (const line of text.split(/\r?\n/)) {
    const match = /^\s*([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?\s*===?\s*([^\s;#,*]+)\s*(?:[;#].*)?$/.exec(line);
    if (match === null) continue;
    found.push({ source: "requirements", what: normal(match[1] as string), version: cut(match[2] as string) });
    if (found.length === mostPackages) break;
  }
  return unique(found);
}

export function versionsInConda(text: string): SeenVersion[] {
  const root = readYaml(text);
  if (!isRecord(root) || !Array.isArray(root.dependencies)) return [];
  const found: SeenVersion[] = [];
  for (const one of root.dependencies.slice(0, mostPackages)) {
    if (typeof one === "string") {
      const match = /^([A-Za-z0-9._-]+)={1,2}([^=\s<>*]+)/.exec(one);
      if (match !== null)
        found.push({ source: "requirements", what: normal(match[1] as string), version: cut(match[2] as string) });
    } else if (isRecord(one) && Array.isArray(one.pip)) {
      const lines = one.pip.filter((line): line is string => typeof line === "string");
      found.push(...versionsInRequirements(lines.join("\n")));
    }
  }
  return unique(found);
}

/** One spelling a package, as pip compares them. */
function normal(name: string): string {
  return cut(name.toLowerCase().replace(/[._-]+/g, "-"));
}

function cut(text: string): string {
  return text.slice(0, mostLength);
}

function unique(found: readonly SeenVersion[]): SeenVersion[] {
  return [...new Map(found.map((one) => [`${one.what} ${one.version}`, one])).values()];
}

function readYaml(text: string): unknown {
  if (text.length > versionFileLimit) return undefined;
  try {
    return parse(text, { maxAliasCount: 20, schema: "core", logLevel: "silent" });
  } catch {
    // A file that is no YAML names no version: the run stays silent about it.
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `mlflow-python-client/2.22.5` or a bare version: the version of the client; undefined when it is none. */
export function clientVersion(header: unknown, agent: unknown): string | undefined {
  if (typeof header === "string" && /^[0-9][0-9A-Za-z.+-]{0,49}$/.test(header)) return header;
  if (typeof agent !== "string") return undefined;
  return /^mlflow-python-client\/([0-9][0-9A-Za-z.+-]{0,49})(?:\s|$)/.exec(agent)?.[1];
}

export function majorOf(version: string): number | undefined {
  const major = Number(/^\d{1,4}/.exec(version)?.[0]);
  return Number.isNaN(major) ? undefined : major;
}
