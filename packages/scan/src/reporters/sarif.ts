import { classHours } from "#price.js";
import type { Finding, ScanReport } from "#report.js";
import type { Confidence, Rule } from "#rule.js";
import { explainRule } from "./explain.js";

/** Limits of the best-known reader (GitHub): 25,000 results a run, 20 tags a rule. */
const maxResults = 25_000;

const levels: Readonly<Record<Confidence, "error" | "warning" | "note">> = {
  high: "warning",
  medium: "warning",
  low: "note",
};

/**
 * SARIF 2.1.0: one run, relative URIs under SRCROOT, `partialFingerprints["paydown/v1"]`, suppressed results with their
 * reason. `rank` orders by forecast interest per hour of principal. `security-severity` only on security rules.
 */
export function toSarif(report: ScanReport, rules: readonly Rule[]): string {
  const used = new Set([...report.findings, ...report.suppressed].map((finding) => finding.rule));
  const listed = rules.filter((rule) => used.has(rule.code));
  const index = new Map(listed.map((rule, position) => [rule.code, position]));
  const ranks = rankOf(report.findings);
  const results = [
    ...report.findings.map((finding) => result(finding, index.get(finding.rule) ?? 0, listed, ranks.get(finding))),
    ...report.suppressed.map((finding) => ({
      ...result(finding, index.get(finding.rule) ?? 0, listed, 0),
      suppressions: [
        {
          kind: "inSource",
          ...(finding.suppression.reason === undefined ? {} : { justification: finding.suppression.reason }),
        },
      ],
    })),
  ];
  const log = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "paydown-scan",
            semanticVersion: report.tool.version,
            informationUri: "https://www.npmjs.com/package/@paydown/scan",
            rules: listed.map(ruleEntry),
          },
        },
        automationDetails: { id: "paydown-scan/" },
        columnKind: "utf16CodeUnits",
        originalUriBaseIds: { SRCROOT: { description: { text: "The scanned folder." } } },
        invocations: [
          {
            executionSuccessful: true,
            endTimeUtc: report.scannedAt,
            toolExecutionNotifications: [
              ...report.unseen.map((entry) => ({
                descriptor: { id: entry.code },
                level: "warning",
                message: { text: `${entry.message} ${entry.next}` },
                ...(entry.path === undefined ? {} : { locations: [location(entry.path, entry.line ?? 1)] }),
              })),
              ...(results.length > maxResults
                ? [
                    {
                      descriptor: { id: "SCAN_SARIF_CUT" },
                      level: "warning",
                      message: {
                        text: `${results.length} results; the ${maxResults} with the highest rank are listed. The JSON report has all.`,
                      },
                    },
                  ]
                : []),
            ],
          },
        ],
        results: results.slice(0, maxResults),
        properties: { profile: report.profile, principalHours: report.totals.principal, inventory: report.inventory },
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function ruleEntry(rule: Rule): Record<string, unknown> {
  const help = explainRule(rule);
  return {
    id: rule.code,
    name: pascal(rule.slug),
    shortDescription: { text: rule.summary },
    fullDescription: { text: `${rule.summary} ${rule.why}` },
    help: { text: `${rule.why} ${rule.remedy}`, markdown: help },
    defaultConfiguration: { level: levelOf(rule, rule.confidence), enabled: rule.tier === "on" },
    properties: {
      tags: [
        "technical-debt",
        "machine-learning",
        `family:${rule.family}`,
        ...(rule.securitySeverity === undefined ? [] : ["security"]),
      ],
      precision: rule.confidence === "high" ? "high" : rule.confidence,
      "problem.severity": "recommendation",
      principalHours: classHours[rule.principalClass],
      ...(rule.securitySeverity === undefined ? {} : { "security-severity": rule.securitySeverity.toFixed(1) }),
    },
  };
}

function result(
  finding: Finding,
  ruleIndex: number,
  rules: readonly Rule[],
  rank: number | undefined,
): Record<string, unknown> {
  const rule = rules[ruleIndex];
  return {
    ruleId: finding.rule,
    ruleIndex,
    level: rule ? levelOf(rule, finding.confidence) : levels[finding.confidence],
    ...(rank === undefined ? {} : { rank }),
    message: {
      text:
        finding.evidence.length > 0
          ? `${finding.message} (${finding.evidence.slice(0, 3).join("; ")})`
          : finding.message,
    },
    locations: [
      {
        ...location(finding.path, finding.line),
        ...(finding.cell === undefined
          ? {}
          : {
              logicalLocations: [
                {
                  name: `cell ${finding.cell}`,
                  kind: "module",
                  fullyQualifiedName: `${finding.path}#${finding.cellId ?? `cell-${finding.cell}`}`,
                },
              ],
            }),
      },
    ],
    partialFingerprints: { "paydown/v1": finding.fingerprint },
    properties: {
      confidence: finding.confidence,
      principal: finding.principal,
      interest: finding.interest,
      ...(finding.cell === undefined ? {} : { cell: finding.cell, cellLine: finding.cellLine }),
    },
  };
}

function levelOf(rule: Rule, confidence: Confidence): "error" | "warning" | "note" {
  return rule.securitySeverity !== undefined && rule.securitySeverity >= 9 && confidence === "high"
    ? "error"
    : levels[confidence];
}

function location(path: string, line: number): { physicalLocation: Record<string, unknown> } {
  return {
    physicalLocation: {
      artifactLocation: { uri: toUri(path), uriBaseId: "SRCROOT" },
      region: { startLine: Math.max(1, line) },
    },
  };
}

/** A relative URI: every segment percent-encoded, a colon in the first one too. */
function toUri(path: string): string {
  return path
    .split("/")
    .map((segment) => encodeURIComponent(segment))
    .join("/");
}

function pascal(slug: string): string {
  return slug
    .split("-")
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join("");
}

/** 0-100 by order of payback: findings come sorted, ties share nothing. */
function rankOf(findings: readonly Finding[]): Map<Finding, number> {
  const last = Math.max(1, findings.length - 1);
  return new Map(findings.map((finding, position) => [finding, Number((100 * (1 - position / last)).toFixed(2))]));
}
