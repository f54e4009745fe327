/** What an MLmodel file says. It is read line by line: only what MLflow writes, never YAML's tags or anchors. */
export interface MlmodelSummary {
  readonly facts: readonly (readonly [string, string])[];
  readonly flavors: readonly { readonly name: string; readonly facts: readonly (readonly [string, string])[] }[];
  readonly signature: readonly (readonly [string, readonly (readonly [string, string])[]])[];
}

const LONGEST = 500;

export function readMlmodel(text: string): MlmodelSummary {
  const facts: [string, string][] = [];
  const flavors: { name: string; facts: [string, string][] }[] = [];
  const signature: [string, [string, string][]][] = [];
  let section = "";
  for (const [indent, key, value] of joinedLines(text)) {
    if (indent === 0) {
      section = value === "" ? key : "";
      if (value !== "" && value !== "null") facts.push([key, value]);
    } else if (section === "flavors") {
      const flavor = flavors.at(-1);
      if (indent === 2 && value === "") flavors.push({ name: key, facts: [] });
      else if (flavor !== undefined && value !== "" && value !== "null") flavor.facts.push([key, value]);
    } else if (section === "signature" && indent === 2 && value !== "null") signature.push([key, fieldsOf(value)]);
  }
  return { facts, flavors, signature };
}

/** `key: value` lines with their indent; a quoted value goes on until its quote closes. */
function joinedLines(text: string): [number, string, string][] {
  const found: [number, string, string][] = [];
  const lines = text.split(/\r?\n/).slice(0, 2000);
  for (let at = 0; at < lines.length; at += 1) {
    const match = /^( *)([\w.-]+):(?: (.*))?$/.exec(lines[at] ?? "");
    if (match === null) continue;
    const [, indent = "", key = ""] = match;
    let value = match[3] ?? "";
    while (value.startsWith("'") && !/[^']'(?:'')*$|^''$/.test(value) && at + 1 < lines.length) {
      at += 1;
      value += ` ${(lines[at] ?? "").trim()}`;
    }
    found.push([indent.length, key, value.replace(/^'(.*)'$/s, "$1").replaceAll("''", "'")]);
  }
  return found.map(([indent, key, value]) => [
    indent,
    key,
    key === "inputs" || key === "outputs" ? value : value.slice(0, LONGEST),
  ]);
}

function fieldsOf(value: string): [string, string][] {
  try {
    const fields = JSON.parse(value) as {
      name?: string;
      type?: string;
      required?: boolean;
      "tensor-spec"?: { dtype?: string; shape?: unknown };
    }[];
    return fields.slice(0, 500).map((field, at) => {
      const tensor = field["tensor-spec"];
      const type =
        tensor === undefined
          ? String(field.type ?? "?")
          : `${tensor.dtype ?? "?"} ${JSON.stringify(tensor.shape ?? [])}`;
      return [field.name ?? `${at + 1}`, field.required === false ? `${type}, optional` : type];
    });
  } catch {
    return [["as written", value.slice(0, LONGEST)]];
  }
}
