import { ScanError, toMessage } from "#errors.js";
import type { Profile } from "#facts/project.js";
import type { SourceTree } from "#sources/source-tree.js";
import { decodeText } from "#sources/source-tree.js";

/** What `[tool.paydown]` in pyproject.toml, or paydown.toml, may say. Codes are `MLD###`, slugs, or prefixes such as `MLD9`. */
export interface ScanConfig {
  /** Only these rules; replaces the default set. */
  readonly select: readonly string[] | undefined;
  /** Added to the default set. */
  readonly extendSelect: readonly string[];
  readonly ignore: readonly string[];
  /** Glob of paths to rules ignored there. */
  readonly perFileIgnores: ReadonlyMap<string, readonly string[]>;
  /** Globs in the syntax of .gitignore. */
  readonly exclude: readonly string[];
  readonly profile: Profile | undefined;
}

export const emptyConfig: ScanConfig = {
  select: undefined,
  extendSelect: [],
  ignore: [],
  perFileIgnores: new Map(),
  exclude: [],
  profile: undefined,
};

const keys = ["select", "extend-select", "ignore", "per-file-ignores", "exclude", "profile"] as const;
const profiles: readonly Profile[] = ["app", "library", "course", "competition"];

/** Reads the configuration at the root of the scanned folder. Throws SCAN_CONFIG_INVALID and SCAN_CONFIG_UNKNOWN_KEY. */
export async function readConfig(tree: SourceTree): Promise<ScanConfig> {
  for (const path of ["paydown.toml", "pyproject.toml"]) {
    const bytes = tree.read(path, 1_000_000);
    if (!bytes) continue;
    const text = decodeText(bytes).text;
    if (path === "pyproject.toml" && !/^\s*\[+\s*tool\s*\.\s*["']?paydown/m.test(text)) continue;
    const parsed = await parseToml(path, text);
    const table = path === "paydown.toml" ? parsed : recordOf(recordOf(parsed.tool).paydown);
    return toConfig(path, table);
  }
  return emptyConfig;
}

async function parseToml(path: string, text: string): Promise<Record<string, unknown>> {
  const { getStaticTOMLValue, parseTOML } = await import("toml-eslint-parser");
  try {
    return recordOf(getStaticTOMLValue(parseTOML(text)));
  } catch (cause) {
    throw new ScanError(
      "SCAN_CONFIG_INVALID",
      `${path} is not valid TOML: ${toMessage(cause)}`,
      "Correct the file, or remove the paydown table.",
      cause,
    );
  }
}

function toConfig(path: string, table: Record<string, unknown>): ScanConfig {
  for (const key of Object.keys(table)) {
    if (!(keys as readonly string[]).includes(key))
      throw new ScanError(
        "SCAN_CONFIG_UNKNOWN_KEY",
        `${path} has the unknown key ${key}.`,
        `Known keys are ${keys.join(", ")}.`,
      );
  }
  const profile = table.profile;
  if (profile !== undefined && !profiles.includes(profile as Profile))
    throw invalid(path, "profile", `one of ${profiles.join(", ")}`);
  const perFile = table["per-file-ignores"];
  if (perFile !== undefined && !isRecord(perFile))
    throw invalid(path, "per-file-ignores", "a table of globs to lists of rules");
  return {
    select: table.select === undefined ? undefined : listOf(path, "select", table.select),
    extendSelect: listOf(path, "extend-select", table["extend-select"]),
    ignore: listOf(path, "ignore", table.ignore),
    perFileIgnores: new Map(
      Object.entries(recordOf(perFile)).map(([glob, value]) => [
        glob,
        listOf(path, `per-file-ignores."${glob}"`, value),
      ]),
    ),
    exclude: listOf(path, "exclude", table.exclude),
    profile: profile as Profile | undefined,
  };
}

function listOf(path: string, key: string, value: unknown): readonly string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || !value.every((item): item is string => typeof item === "string"))
    throw invalid(path, key, "a list of strings");
  return value;
}

function invalid(path: string, key: string, expected: string): ScanError {
  return new ScanError("SCAN_CONFIG_INVALID", `${path}: ${key} must be ${expected}.`, "Correct the value.");
}

function recordOf(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
