import { classHours } from "#price.js";
import type { Example, Rule } from "#rule.js";

const tiers = {
  on: "reported by default",
  counted: "counted by default, reported when selected",
  off: "only when selected",
};

/** A rule as Markdown: for `--explain`, for SARIF help, and for the reference page. */
export function explainRule(rule: Rule): string {
  return [
    `## ${rule.code} ${rule.slug}`,
    "",
    rule.summary,
    "",
    `**Why it costs.** ${rule.why}`,
    "",
    `**Remedy.** ${rule.remedy}`,
    "",
    `- Family ${rule.family}, ${tiers[rule.tier]}, confidence ${rule.confidence}, evidence ${rule.evidence.join(" ")}`,
    `- Principal: class ${rule.principalClass}, median ${hours(classHours[rule.principalClass])}; fix: ${rule.fix}`,
    `- Origin: ${rule.origin}`,
    "",
    ...exampleBlock("Found", rule.examples.bad[0]),
    ...exampleBlock("Fine", rule.examples.good[0]),
  ].join("\n");
}

export function hours(value: number): string {
  if (value >= 1) return `${Number(value.toPrecision(value < 10 ? 1 : 2))} h`;
  return value * 60 < 1 ? "under 1 min" : `${Number((value * 60).toPrecision(1))} min`;
}

function exampleBlock(title: string, example: Example | undefined): string[] {
  const text = exampleText(example);
  return text === undefined
    ? []
    : [`${title}:`, "", "```python", text.replace(/\s*# finding$/gm, "").trimEnd(), "```", ""];
}

/** The text of a one-file example; binary and multi-file examples have none. */
function exampleText(example: Example | undefined): string | undefined {
  if (typeof example === "string") return example;
  if (example === undefined) return undefined;
  const parts = Object.entries(example).map(([path, body]) => {
    if (typeof body === "string") return `# ${path}\n${body}`;
    if (body instanceof Uint8Array) return undefined;
    return `# ${path}\n${body.cells.map((cell) => `# In [${cell.count ?? " "}]\n${cell.source}`).join("\n\n")}`;
  });
  return parts.every((part) => part !== undefined) ? parts.join("\n") : undefined;
}
