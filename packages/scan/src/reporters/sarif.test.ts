import { describe, expect, test } from "vitest";
import { loadRules } from "#registry.js";
import type { Finding, ScanReport } from "#report.js";
import { toSarif } from "./sarif.js";

const rules = await loadRules();

function finding(change: Partial<Finding>): Finding {
  return {
    rule: "MLD202",
    slug: "nan-equality",
    path: "src/a b.py",
    line: 4,
    confidence: "high",
    message: "m",
    evidence: ["e"],
    scope: "",
    fingerprint: "f".repeat(32),
    principal: { p10: 0.1, p50: 0.2, p90: 0.3 },
    interest: null,
    interestUnknown: "none",
    ...change,
  };
}

function report(findings: readonly Finding[]): ScanReport {
  return {
    schema: "paydown-scan/1",
    tool: { name: "paydown-scan", version: "1.2.3" },
    root: "/x",
    scannedAt: "2026-01-01T00:00:00.000Z",
    profile: "app",
    findings,
    unseen: [{ code: "SCAN_PYTHON_SYNTAX", path: "b.py", line: 2, message: "m", next: "n" }],
    counted: [],
    suppressed: [
      { ...finding({ rule: "MLD901", slug: "unsafe-deserialise" }), suppression: { line: 1, reason: "own cache" } },
    ],
    suppressions: [],
    inventory: {
      files: 1,
      pythonFiles: 1,
      pythonLines: 1,
      notebooks: 0,
      notebookCodeLines: 0,
      configs: 0,
      manifests: [],
      models: [],
      datasets: [],
      pipelines: [],
      ci: [],
      tests: 0,
    },
    history: null,
    totals: { principal: { p10: 1, p50: 2, p90: 3 }, interest: null },
  };
}

interface Sarif {
  version: string;
  $schema: string;
  runs: {
    tool: { driver: { name: string; rules: Record<string, never>[] } };
    results: Record<string, unknown>[];
    invocations: Record<string, unknown>[];
  }[];
}

function parse(findings: readonly Finding[]): Sarif["runs"][number] & { log: Sarif } {
  const log = JSON.parse(toSarif(report(findings), rules)) as Sarif;
  return { ...(log.runs[0] as Sarif["runs"][number]), log };
}

describe("SARIF", () => {
  test("has what the 2.1.0 schema requires", () => {
    const run = parse([finding({}), finding({ cell: 3, cellLine: 2, cellId: "c", path: "n.ipynb" })]);
    expect(run.log.version).toBe("2.1.0");
    expect(run.tool.driver.name).toBeTruthy();
    for (const result of run.results) {
      expect(result.message).toMatchObject({ text: expect.any(String) });
      expect(["none", "note", "warning", "error"]).toContain(result.level);
      if (result.rank !== undefined) {
        expect(result.rank).toBeGreaterThanOrEqual(0);
        expect(result.rank).toBeLessThanOrEqual(100);
      }
      expect(result.partialFingerprints).toEqual({ "paydown/v1": "f".repeat(32) });
      const locations = result.locations as {
        physicalLocation: { artifactLocation: { uri: string }; region: { startLine: number } };
      }[];
      for (const { physicalLocation } of locations) {
        expect(physicalLocation.region.startLine).toBeGreaterThanOrEqual(1);
        expect(physicalLocation.artifactLocation.uri).not.toMatch(/^\/|^[a-z]+:|[\s\\]/);
        expect(() => new URL(physicalLocation.artifactLocation.uri, "file:///repo/")).not.toThrow();
      }
    }
    expect(run.invocations[0]).toMatchObject({
      executionSuccessful: true,
      toolExecutionNotifications: [{ descriptor: { id: "SCAN_PYTHON_SYNTAX" }, level: "warning" }],
    });
  });

  test("points every result at its rule", () => {
    const run = parse([finding({}), finding({ rule: "MLD702", slug: "dep-unpinned" })]);
    const ids = run.tool.driver.rules.map((rule) => rule.id);
    for (const result of run.results) expect(ids[result.ruleIndex as number]).toBe(result.ruleId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("gives rules help, few tags, and a security severity only where it is about security", () => {
    const run = parse([finding({}), finding({ rule: "MLD902", slug: "unsafe-model-artefact" })]);
    for (const rule of run.tool.driver.rules as unknown as {
      id: string;
      help: { markdown: string };
      properties: { tags: string[]; "security-severity"?: string };
    }[]) {
      expect(rule.help.markdown).toContain(rule.id);
      expect(rule.properties.tags.length).toBeLessThanOrEqual(20);
      expect(rule.properties["security-severity"] !== undefined).toBe(/^MLD9/.test(rule.id));
      if (rule.properties["security-severity"]) expect(rule.properties["security-severity"]).toMatch(/^(10|\d)\.\d$/);
    }
  });

  test("keeps silenced findings with their reason", () => {
    const silenced = parse([]).results[0];
    expect(silenced).toMatchObject({
      ruleId: "MLD901",
      suppressions: [{ kind: "inSource", justification: "own cache" }],
    });
  });

  test("says so when a reader's limit cuts the list", () => {
    const run = parse(Array.from({ length: 25_100 }, (_, index) => finding({ line: index + 1 })));
    expect(run.results).toHaveLength(25_000);
    expect(JSON.stringify(run.invocations)).toContain("SCAN_SARIF_CUT");
  });
});
