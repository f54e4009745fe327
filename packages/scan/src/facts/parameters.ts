import { argumentsOf, type FileFacts, reachingDefinition, usesWithin } from "./file.js";
import type { Definition } from "./names.js";
import { childIn, childrenOf, fieldOf, isInside, kindOf, parentOf, textOf } from "./tree.js";

/** Only a DataFrame has these. */
const frameOnly = new Set(
  "iterrows itertuples set_index select_dtypes melt pivot_table applymap to_parquet drop_duplicates".split(" "),
);
/** A frame or a series has these; beside an index by a column's name it is a frame. */
const frameOrSeries = new Set(
  "dropna fillna groupby sort_values reset_index astype iloc loc isna notna isnull notnull to_csv".split(" "),
);
/** What only columns of a frame answer to. */
const columnOnly = new Set(
  "dt str fillna isin astype value_counts nunique isna notna isnull notnull map abs between shift rolling dropna".split(
    " ",
  ),
);

/**
 * Whether the body of a function treats a parameter as a DataFrame: by methods that nothing else has, in a file that
 * imports pandas. This is evidence by signature only.
 */
export function isFrameByUse(facts: FileFacts, parameter: Definition): boolean {
  if (!facts.names.imports.some((fact) => fact.module === "pandas" || fact.module.startsWith("pandas."))) return false;
  const { tree } = facts;
  const owner = functionOf(facts, parameter.node);
  if (owner < 0) return false;
  let columns = false;
  let shared = false;
  for (const use of usesWithin(facts, parameter.name, owner)) {
    const parent = parentOf(tree, use);
    if (kindOf(tree, parent) === "attribute" && fieldOf(tree, use) === "object") {
      const name = textOf(tree, childIn(tree, parent, "attribute"));
      if (frameOnly.has(name)) return true;
      shared ||= frameOrSeries.has(name);
    } else if (
      kindOf(tree, parent) === "subscript" &&
      fieldOf(tree, use) === "value" &&
      kindOf(tree, childIn(tree, parent, "subscript")) === "string"
    ) {
      columns = true;
      const above = parentOf(tree, parent);
      if (kindOf(tree, above) === "attribute" && columnOnly.has(textOf(tree, childIn(tree, above, "attribute"))))
        return true;
    }
    if (columns && shared) return true;
  }
  return false;
}

/** The arguments that calls in this file give a parameter of one of its functions. */
export function argumentsGiven(facts: FileFacts, parameter: Definition): number[] {
  const { tree } = facts;
  const owner = functionOf(facts, parameter.node);
  if (owner < 0 || kindOf(tree, parentOf(tree, owner)) === "block") return [];
  const list = childrenOf(tree, childIn(tree, owner, "parameters"));
  const position = list.findIndex((child) => isInside(tree, parameter.node, child));
  const name = textOf(tree, childIn(tree, owner, "name"));
  const given: number[] = [];
  for (const call of facts.calls) {
    if (
      call.method !== name ||
      kindOf(tree, call.callee) !== "identifier" ||
      reachingDefinition(facts, call.callee)?.definition.value !== owner
    )
      continue;
    const { positional, keywords, hasSplat } = argumentsOf(facts, call);
    const node = keywords.get(parameter.name) ?? positional[position];
    if (hasSplat || node === undefined) return [];
    given.push(node);
  }
  return given;
}

function functionOf(facts: FileFacts, node: number): number {
  const { tree } = facts;
  for (let up = parentOf(tree, node); up >= 0; up = parentOf(tree, up)) {
    const kind = kindOf(tree, up);
    if (kind === "function_definition") return up;
    if (kind === "lambda" || kind === "class_definition") return -1;
  }
  return -1;
}
