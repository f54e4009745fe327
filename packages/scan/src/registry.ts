import type { Rule } from "#rule.js";

/** All rules by code; loaded on first use, so that a command's help does not pay for them. */
export async function loadRules(): Promise<readonly Rule[]> {
  const { rules } = await import("#rules/registry.generated.js");
  return rules;
}
