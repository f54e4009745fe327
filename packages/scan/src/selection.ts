import type { ScanConfig } from "#config.js";
import { ScanError } from "#errors.js";
import type { Rule } from "#rule.js";

/** How a rule takes part in one scan: selected by name, reported by default, or counted by default. */
export type Part = "selected" | "finding" | "counted";

/** Which rules run and whether they report or count. Throws SCAN_RULE_UNKNOWN for a word that names no rule. */
export function selectRules(rules: readonly Rule[], config: ScanConfig): Map<Rule, Part> {
  const chosen = new Map<Rule, Part>();
  const words = [
    ...(config.select ?? []),
    ...config.extendSelect,
    ...config.ignore,
    ...[...config.perFileIgnores.values()].flat(),
  ];
  for (const word of words) {
    if (!rules.some((rule) => matchesRule(rule, word)))
      throw new ScanError(
        "SCAN_RULE_UNKNOWN",
        `There is no rule ${word}.`,
        "See docs/reference/rules.md for codes and slugs; MLD9 selects all rules whose code starts so.",
      );
  }
  for (const rule of rules) {
    if (config.ignore.some((word) => matchesRule(rule, word))) continue;
    const named = [...(config.select ?? []), ...config.extendSelect].some(
      (word) => matchesRule(rule, word) && (word !== "ALL" || rule.tier !== "off"),
    );
    if (named) chosen.set(rule, "selected");
    else if (config.select) continue;
    else if (rule.tier === "on") chosen.set(rule, "finding");
    else if (rule.tier === "counted") chosen.set(rule, "counted");
  }
  return chosen;
}

/** A code, a slug, a prefix of a code, or ALL. */
export function matchesRule(rule: { readonly code: string; readonly slug: string }, word: string): boolean {
  return word === "ALL" || word === rule.slug || (/^MLD\d{0,3}$/.test(word) && rule.code.startsWith(word));
}
