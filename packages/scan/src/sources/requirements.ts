import type { Requirement } from "./manifests.js";

/** Names as PEP 503 compares them. */
export function normaliseName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, "-");
}

const direct = /^(git\+|hg\+|svn\+|bzr\+|https?:|file:|\.{0,2}\/|\S+\.whl$)/;
const named = /^([A-Za-z0-9][A-Za-z0-9._-]*)\s*(\[[^\]]*\])?\s*(.*)$/;

/** One requirement in the words of PEP 508; undefined for what names no distribution. */
export function parseRequirement(text: string, line: number, group: string): Requirement | undefined {
  const raw = text.trim();
  if (raw === "") return undefined;
  const egg = /[#&]egg=([\w.-]+)/.exec(raw)?.[1];
  if (direct.test(raw))
    return egg === undefined ? undefined : { name: normaliseName(egg), raw, specifier: "", pin: "direct", group, line };
  const found = named.exec(raw);
  if (!found) return undefined;
  const rest = (found[3] ?? "").split(";", 1)[0]?.trim() ?? "";
  if (rest.startsWith("@"))
    return { name: normaliseName(found[1] ?? ""), raw, specifier: rest, pin: "direct", group, line };
  const specifier = rest.replace(/[()\s]/g, "");
  if (specifier !== "" && !/^[<>=!~^]/.test(specifier)) return undefined;
  return { name: normaliseName(found[1] ?? ""), raw, specifier, pin: pinOf(specifier), group, line };
}

/** How much freedom a version specifier leaves. Poetry's caret and a bare star are understood too. */
export function pinOf(specifier: string): Requirement["pin"] {
  if (specifier === "" || specifier === "*") return "none";
  if (/(^|,)===?[^,]*$/.test(specifier) && !specifier.includes("*")) return "exact";
  if (/[~^]|<|==[^,]*\*/.test(specifier)) return "bounded";
  return "lower";
}

/** requirements.txt with continuation lines, comments, hashes and options. Included files are read on their own. */
export function parseRequirementsText(text: string, group: string): Requirement[] {
  const found: Requirement[] = [];
  const lines = text.split("\n");
  for (let index = 0; index < lines.length; index++) {
    const start = index + 1;
    let line = lines[index] ?? "";
    while (line.endsWith("\\") && index + 1 < lines.length) line = `${line.slice(0, -1)} ${lines[++index] ?? ""}`;
    line = line
      .replace(/(^|\s)#.*$/, "")
      .replace(/\s--(hash|config-settings|global-option)[=\s].*$/, "")
      .trim();
    const editable = /^(-e|--editable)\s+(.*)$/.exec(line);
    if (editable) line = editable[2] ?? "";
    else if (line.startsWith("-")) continue;
    const requirement = parseRequirement(line, start, group);
    if (requirement) found.push(requirement);
  }
  return found;
}
