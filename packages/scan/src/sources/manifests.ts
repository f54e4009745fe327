import { toMessage } from "#errors.js";
import type { Unseen } from "#report.js";
import type { PythonParser } from "./python.js";
import { normaliseName, parseRequirement, parseRequirementsText, pinOf } from "./requirements.js";
import { readSetupPy } from "./setup-py.js";
import type { SourceFile } from "./source-tree.js";

/** One dependency a manifest asks for. */
export interface Requirement {
  /** Normalised as PEP 503. */
  readonly name: string;
  readonly raw: string;
  readonly specifier: string;
  /** exact ==1.2; bounded has an upper end; lower only a floor; direct is a URL or path. */
  readonly pin: "exact" | "bounded" | "lower" | "none" | "direct";
  /** `main`, or the name of the extra, the group or the file (`dev`, `test`). */
  readonly group: string;
  /** 1-based line in the manifest. */
  readonly line: number;
}

export interface Manifest {
  readonly path: string;
  readonly kind:
    | "requirements"
    | "constraints"
    | "pyproject"
    | "setup.py"
    | "setup.cfg"
    | "environment"
    | "pipfile"
    | "lock";
  readonly requirements: readonly Requirement[];
  /** Normalised name of the distribution the manifest itself builds. */
  readonly project?: string;
  /** Part of the dependencies is computed when it is built: absence from the list proves nothing. */
  readonly isOpen?: boolean;
}

const maxManifest = 2_000_000;
const lockName = /(^|\/)(poetry\.lock|Pipfile\.lock|uv\.lock|pdm\.lock|pixi\.lock|conda-lock\.ya?ml)$/;

export type ReadText = (path: string, limit?: number) => string | undefined;

/** Finds and reads all dependency manifests; what cannot be parsed goes to `unseen`. setup.py is read, never run. */
export async function readManifests(
  files: readonly SourceFile[],
  readText: ReadText,
  parser: PythonParser | undefined,
  unseen: Unseen[],
): Promise<Manifest[]> {
  const found: Manifest[] = [];
  for (const { path, bytes } of files) {
    const name = path.slice(path.lastIndexOf("/") + 1);
    if (lockName.test(path)) {
      found.push({ path, kind: "lock", requirements: [] });
      continue;
    }
    const read = readerOf(name, path, parser);
    if (!read) continue;
    if (bytes > maxManifest) {
      unseen.push({
        code: "SCAN_FILE_TOO_LARGE",
        path,
        message: `${bytes} bytes; manifests above ${maxManifest} are not read.`,
        next: "Check that the file is a manifest.",
      });
      continue;
    }
    try {
      const text = readText(path, maxManifest);
      const manifest = text === undefined ? undefined : await read(text);
      if (manifest) found.push({ ...manifest, path });
    } catch (cause) {
      unseen.push({
        code: "SCAN_MANIFEST_INVALID",
        path,
        message: `The manifest could not be read: ${toMessage(cause).split("\n", 1)[0] ?? ""}`,
        next: "Correct its syntax.",
      });
    }
  }
  return found;
}

type Read = (text: string) => Promise<Omit<Manifest, "path"> | undefined> | Omit<Manifest, "path"> | undefined;

function readerOf(name: string, path: string, parser: PythonParser | undefined): Read | undefined {
  if (/^constraints.*\.txt$/.test(name))
    return (text) => ({ kind: "constraints", requirements: parseRequirementsText(text, "main") });
  if (/^requirements.*\.(txt|in)$/.test(name) || /(^|\/)requirements\/[^/]+\.(txt|in)$/.test(path))
    return (text) => ({ kind: "requirements", requirements: parseRequirementsText(text, groupOfFile(name)) });
  if (name === "pyproject.toml") return readPyproject;
  if (name === "Pipfile") return readPipfile;
  if (name === "setup.cfg") return readSetupCfg;
  if (name === "setup.py") return (text) => (parser ? readSetupPy(text, parser) : undefined);
  if (/^(environment|conda).*\.ya?ml$/.test(name)) return readEnvironment;
  return undefined;
}

function groupOfFile(name: string): string {
  return /(dev|test|docs?|lint|ci|build)/i.exec(name)?.[1]?.toLowerCase() ?? "main";
}

async function readPyproject(text: string): Promise<Omit<Manifest, "path"> | undefined> {
  const { readToml } = await import("./toml.js");
  const { value, lineOf } = readToml(text);
  const project = tableOf(value, "project");
  const poetry = tableOf(tableOf(value, "tool"), "poetry");
  const requirements: Requirement[] = [];
  const addList = (items: unknown, keys: readonly (string | number)[], group: string) => {
    if (!Array.isArray(items)) return;
    for (const [index, item] of items.entries()) {
      const requirement =
        typeof item === "string" ? parseRequirement(item, lineOf([...keys, index]), group) : undefined;
      if (requirement) requirements.push(requirement);
    }
  };
  addList(project.dependencies, ["project", "dependencies"], "main");
  for (const [extra, items] of Object.entries(tableOf(project, "optional-dependencies")))
    addList(items, ["project", "optional-dependencies", extra], extra);
  for (const [group, items] of Object.entries(tableOf(value, "dependency-groups")))
    addList(items, ["dependency-groups", group], group);
  const addTable = (table: Record<string, unknown>, keys: readonly string[], group: string) => {
    for (const [name, spec] of Object.entries(table))
      if (name.toLowerCase() !== "python") requirements.push(fromTable(name, spec, lineOf([...keys, name]), group));
  };
  addTable(tableOf(poetry, "dependencies"), ["tool", "poetry", "dependencies"], "main");
  addTable(tableOf(poetry, "dev-dependencies"), ["tool", "poetry", "dev-dependencies"], "dev");
  for (const [group, table] of Object.entries(tableOf(poetry, "group")))
    addTable(tableOf(recordOf(table), "dependencies"), ["tool", "poetry", "group", group, "dependencies"], group);
  const name = project.name ?? poetry.name;
  const builds = value["build-system"] !== undefined && typeof name === "string";
  const declares =
    project.dependencies !== undefined || Object.keys(poetry).length > 0 || builds || requirements.length > 0;
  const isOpen = Array.isArray(project.dynamic) && project.dynamic.includes("dependencies");
  // A pyproject.toml that only configures tools is no manifest.
  return declares
    ? {
        kind: "pyproject",
        requirements,
        ...(builds ? { project: normaliseName(name) } : {}),
        ...(isOpen ? { isOpen } : {}),
      }
    : undefined;
}

/** Poetry and Pipfile: a version string, or a table with version, git, path or url. */
function fromTable(name: string, spec: unknown, line: number, group: string): Requirement {
  const table = recordOf(spec);
  const isDirect = ["git", "path", "url", "file"].some((key) => key in table);
  const version = typeof spec === "string" ? spec : typeof table.version === "string" ? table.version : "";
  const specifier = /^\d/.test(version) ? `==${version}` : version.replace(/\s/g, "");
  return {
    name: normaliseName(name),
    raw: `${name} ${version}`.trim(),
    specifier,
    pin: isDirect ? "direct" : pinOf(specifier),
    group,
    line,
  };
}

async function readPipfile(text: string): Promise<Omit<Manifest, "path">> {
  const { readToml } = await import("./toml.js");
  const { value, lineOf } = readToml(text);
  const read = (key: string, group: string) =>
    Object.entries(tableOf(value, key)).map(([name, spec]) => fromTable(name, spec, lineOf([key, name]), group));
  return { kind: "pipfile", requirements: [...read("packages", "main"), ...read("dev-packages", "dev")] };
}

async function readEnvironment(text: string): Promise<Omit<Manifest, "path"> | undefined> {
  const { isMap, isScalar, isSeq, LineCounter, parseDocument } = await import("yaml");
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, maxAliasCount: 100, logLevel: "silent" } as Parameters<
    typeof parseDocument
  >[1]);
  const list = document.get("dependencies");
  if (!isSeq(list)) return undefined;
  const requirements: Requirement[] = [];
  for (const item of list.items) {
    if (isScalar(item) && typeof item.value === "string") {
      const requirement = fromConda(item.value, counter.linePos(item.range?.[0] ?? 0).line);
      if (requirement) requirements.push(requirement);
    } else if (isMap(item)) {
      const pip = item.get("pip");
      for (const entry of isSeq(pip) ? pip.items : []) {
        if (!isScalar(entry) || typeof entry.value !== "string") continue;
        const requirement = parseRequirement(entry.value, counter.linePos(entry.range?.[0] ?? 0).line, "main");
        if (requirement) requirements.push(requirement);
      }
    }
  }
  return { kind: "environment", requirements };
}

/** `channel::name=1.2=build`: names, versions and builds in conda's words. */
function fromConda(text: string, line: number): Requirement | undefined {
  const found = /^(?:[\w./-]+::)?([A-Za-z0-9_.-]+)\s*(.*)$/.exec(text.trim());
  const name = found?.[1];
  if (name === undefined || /^(python|pip|r-base|cudatoolkit)$/.test(name)) return undefined;
  const rest = (found?.[2] ?? "").trim();
  // One equals sign asks for a version and all below it: 1.2 is 1.2.0 to 1.2.x.
  const fuzzy = /^=\s*(\d[\w.]*)(=.*)?$/.exec(rest);
  const exact = /^==\s*(\d[^=,<>]*)(=.*)?$/.exec(rest);
  const specifier = fuzzy
    ? `==${(fuzzy[1] ?? "").replace(/\.$/, "")}.*`
    : exact
      ? `==${exact[1]?.trim() ?? ""}`
      : rest.replace(/\s/g, "");
  return { name: normaliseName(name), raw: text.trim(), specifier, pin: pinOf(specifier), group: "main", line };
}

/** The two sections of setup.cfg that name dependencies: indented lists, one a line. */
function readSetupCfg(text: string): Omit<Manifest, "path"> | undefined {
  const requirements: Requirement[] = [];
  let section = "";
  let key = "";
  let project: string | undefined;
  for (const [index, line] of text.split("\n").entries()) {
    const head = /^\[([^\]]+)\]/.exec(line);
    const pair = /^([\w.-]+)\s*[=:]\s*(.*)$/.exec(line);
    if (head) section = head[1] ?? "";
    if (pair) key = pair[1] ?? "";
    if (section === "metadata" && pair && key === "name") project = pair[2]?.trim();
    const body = pair ? (pair[2] ?? "") : /^\s/.test(line) ? line : "";
    const group =
      section === "options" && key === "install_requires"
        ? "main"
        : section === "options.extras_require"
          ? key
          : undefined;
    if (group === undefined || head) continue;
    for (const part of body.replace(/\s#.*$/, "").split(/;\s*(?=[A-Za-z][\w-]*\s*[=<>~])/)) {
      const requirement = parseRequirement(part, index + 1, group);
      if (requirement) requirements.push(requirement);
    }
  }
  if (project === undefined && requirements.length === 0) return undefined;
  return { kind: "setup.cfg", requirements, ...(project === undefined ? {} : { project: normaliseName(project) }) };
}

function tableOf(value: Record<string, unknown>, key: string): Record<string, unknown> {
  return recordOf(value[key]);
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
