import { createHash } from "node:crypto";
import type { Inspection } from "@paydown/api/registry";
import { parseRequirementsText } from "@paydown/scan/artefacts";
import { parse } from "yaml";

/** Files beside an MLmodel that say which packages it needs. */
export const environmentFile = /^(requirements\.txt|conda\.ya?ml|python_env\.ya?ml)$/;

type Environment = NonNullable<Inspection["environment"]>;
const shownUnpinned = 200;

interface Asked {
  readonly name: string;
  /** As compared: without spaces. */
  readonly specifier: string;
  readonly isExact: boolean;
}

/**
 * What a model's own files ask for, hashed so that the same environment has the same hash whatever the order of lines:
 * `requirements.txt` where there is one, else the pip and conda packages of `conda.yaml`. Undefined when no file says.
 */
export function environmentOf(texts: ReadonlyMap<string, string>): Environment | undefined {
  const files: string[] = [];
  let asked: Asked[] | undefined;
  let python: string | undefined;
  for (const [path, text] of texts) {
    if (path === "requirements.txt") {
      asked = fromPip(text);
      files.push(path);
    } else if (/^python_env/.test(path)) {
      const value = recordOf(text)?.python;
      if (typeof value === "string" || typeof value === "number") {
        python = String(value);
        files.push(path);
      }
    }
  }
  for (const [path, text] of texts) {
    if (!/^conda/.test(path)) continue;
    const conda = fromConda(text);
    if (conda === undefined) continue;
    if (asked === undefined || (python === undefined && conda.python !== undefined)) files.push(path);
    asked ??= conda.packages;
    python ??= conda.python;
  }
  if (asked === undefined) return undefined;
  const lines = [...new Set(asked.map((one) => `${one.name}${one.specifier}`))].sort();
  const hash = createHash("sha256").update(`python${python === undefined ? "" : `==${python}`}\n${lines.join("\n")}\n`);
  const unpinned = asked.filter((one) => !one.isExact);
  return {
    hash: hash.digest("hex"),
    files: files.sort(),
    ...(python === undefined ? {} : { python }),
    pinned: asked.length - unpinned.length,
    unpinned: [...new Set(unpinned.map((one) => one.name))].sort().slice(0, shownUnpinned),
  };
}

function fromPip(text: string): Asked[] {
  return parseRequirementsText(text, "model").map(({ name, specifier, pin, raw }) => ({
    name,
    specifier: pin === "direct" ? ` @ ${raw}` : specifier,
    isExact: pin === "exact",
  }));
}

/** `name=1.2=build` pins in conda's spelling; `pip:` holds requirements in pip's. */
function fromConda(text: string): { packages: Asked[]; python: string | undefined } | undefined {
  const dependencies = recordOf(text)?.dependencies;
  if (!Array.isArray(dependencies)) return undefined;
  const packages: Asked[] = [];
  let python: string | undefined;
  for (const one of dependencies.slice(0, 10_000)) {
    if (typeof one === "string") {
      const [, name = "", specifier = ""] = /^\s*(?:\S+::)?([A-Za-z0-9._-]+)\s*(.*)$/.exec(one) ?? [];
      const version = specifier.replace(/\s/g, "");
      const isExact = /^={1,2}[0-9][^*,|]*$/.test(version);
      if (name === "python") python = isExact ? version.replace(/^=+/, "").split("=")[0] : version || undefined;
      else if (name !== "" && name !== "pip") packages.push({ name: name.toLowerCase(), specifier: version, isExact });
    } else if (typeof one === "object" && one !== null && Array.isArray((one as { pip?: unknown }).pip)) {
      const lines = (one as { pip: unknown[] }).pip.filter((line): line is string => typeof line === "string");
      packages.push(...fromPip(lines.slice(0, 10_000).join("\n")));
    }
  }
  return { packages, python };
}

function recordOf(text: string): Record<string, unknown> | undefined {
  let value: unknown;
  try {
    value = parse(text, { maxAliasCount: 20, schema: "core", logLevel: "silent" });
  } catch {
    // A file nobody can read says nothing about the environment.
    return undefined;
  }
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
}
