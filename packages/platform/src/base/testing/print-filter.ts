import type { Filter, FilterValue, Identifier } from "../filter/filter.js";

/** Writes a filter so that it parses to the same tree. */
export function printFilter(filter: Filter): string {
  switch (filter.kind) {
    case "and":
      return filter.parts.map((part) => wrap(part, part.kind === "or" || part.kind === "and")).join(" AND ");
    case "or":
      return filter.parts.map((part) => wrap(part, part.kind === "or")).join(" OR ");
    case "not":
      return `NOT ${wrap(filter.part, ["and", "or", "not"].includes(filter.part.kind))}`;
    case "compare":
      return `${printIdentifier(filter.of)} ${filter.with} ${printValue(filter.value)}`;
    case "in":
      return `${printIdentifier(filter.of)} ${filter.negated ? "NOT IN" : "IN"} (${filter.values.map(printValue).join(", ")})`;
    case "null":
      return `${printIdentifier(filter.of)} IS ${filter.negated ? "NOT NULL" : "NULL"}`;
  }
}

function wrap(filter: Filter, needed: boolean): string {
  return needed ? `(${printFilter(filter)})` : printFilter(filter);
}

function printIdentifier(of: Identifier): string {
  const key = `\`${of.key}\``;
  return of.prefix === undefined ? key : `${of.prefix}.${key}`;
}

function printValue(value: FilterValue): string {
  if (value.kind === "number") return value.spelling;
  return value.text.includes("'") ? `"${value.text}"` : `'${value.text}'`;
}
