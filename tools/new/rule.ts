import type { NewFile } from "../new.ts";
import { camel, title } from "./words.ts";

/** A rule of the scanner: one file, whose examples are its tests. */
export function scanRule(rule: { readonly slug: string; readonly family: string; readonly code: string }): NewFile {
  return {
    path: `packages/scan/src/rules/${rule.family}/${rule.slug}.ts`,
    text: `import { nodesOf, textOf } from "#facts/tree.js";
import { defineRule, type FileRule } from "#rule.js";

const rule: FileRule = defineRule({
  code: "${rule.code}",
  slug: "${rule.slug}",
  family: "${rule.family}",
  tier: "off",
  origin: "own",
  evidence: ["A"],
  confidence: "medium",
  principalClass: "lint",
  effort: 10,
  fix: "advice",
  summary: "${title(rule.slug)}: say in one line what it finds.",
  why: "Say why it costs, in words a junior can follow.",
  remedy: "Say how to pay it back.",
  examples: {
    bad: ["import pickle  # finding\\n"],
    good: ["import json\\n"],
  },
  check(facts, report) {
    for (const node of nodesOf(facts.tree, "import_statement")) {
      const text = textOf(facts.tree, node);
      if (text === "import pickle") report({ at: { node }, message: \`\${text} stands here.\` });
    }
  },
});

export default rule;
`,
  };
}

/** A rule over a capability's own records, with the test that tells its story. */
export function platformRule(rule: {
  readonly slug: string;
  readonly capability: string;
  readonly code: string;
}): NewFile[] {
  const name = camel(rule.slug);
  const folder = `packages/platform/src/capabilities/${rule.capability}/rules`;
  return [
    {
      path: `${folder}/${rule.slug}.ts`,
      text: `import { defineRule } from "#base/rule.js";

export const ${name} = defineRule({
  code: "${rule.code}",
  slug: "${rule.slug}",
  family: "${rule.capability}",
  severity: "SEV3",
  principal: "document",
  summary: "${title(rule.slug)}: say in one line what it finds.",
  why: "Say why it costs, in words a junior can follow.",
  remedy: "Say how to pay it back.",
  origin: "own",
  async check(_ctx, project) {
    return {
      findings: [],
      unseen: [{ what: \`What ${rule.slug} looks at in \${project}\`, remedy: "Say how it becomes visible." }],
    };
  },
});
`,
    },
    {
      path: `${folder}/${rule.slug}.test.ts`,
      text: `import { afterEach, beforeEach, expect, test } from "vitest";
import { openStage, type Stage } from "#base/testing/stage.js";
import { ${name} } from "./${rule.slug}.js";

let stage: Stage;
beforeEach(async () => {
  stage = await openStage([]);
});
afterEach(() => stage.close());

test("what cannot be seen is unknown, never fine", async () => {
  const answer = await ${name}.check(stage.ctx, "default");
  expect(answer.findings).toEqual([]);
  expect(answer.unseen).toHaveLength(1);
});
`,
    },
  ];
}
