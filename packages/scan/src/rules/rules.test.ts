import { describe, expect, test } from "vitest";
import { loadRules } from "#registry.js";
import { scanExample } from "#testing/example.js";

const rules = await loadRules();

describe("the registry", () => {
  test("gives every rule its own code and slug", () => {
    expect(new Set(rules.map((rule) => rule.code)).size).toBe(rules.length);
    expect(new Set(rules.map((rule) => rule.slug)).size).toBe(rules.length);
  });

  test("explains every rule in whole sentences", () => {
    for (const rule of rules)
      for (const text of [rule.summary, rule.why, rule.remedy]) expect(text, rule.code).toMatch(/^\S.*[.)]$/s);
  });
});

for (const rule of rules) {
  describe(`${rule.code} ${rule.slug}`, () => {
    for (const [index, example] of rule.examples.bad.entries()) {
      test(`finds bad example ${index + 1} at its marked lines`, async () => {
        const { found, marked, failures } = await scanExample(rule, example);
        expect(failures).toEqual([]);
        if (marked.length === 0) expect(found.length).toBeGreaterThan(0);
        else expect(found).toEqual(marked);
      });
    }
    for (const [index, example] of rule.examples.good.entries()) {
      test(`is silent on good example ${index + 1}`, async () => {
        const { found, failures } = await scanExample(rule, example);
        expect(failures).toEqual([]);
        expect(found).toEqual([]);
      });
    }
  });
}
