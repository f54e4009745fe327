import type { DebtSeverity } from "@paydown/api/debt";
import type { NodeRef } from "@paydown/api/values";
import type { CostEvent, EvidenceFinding, EvidenceRule } from "#base/rule.js";
import type { ScanEvidenceFinding } from "../needs.js";
import type { Standing } from "./attribution.js";
import { fingerprintOf } from "./fingerprint.js";
import { classHours } from "./principal.js";

/** One place where debt was seen in a refresh, from whatever source, as the ledger takes it. */
export interface Sighting {
  readonly id: string;
  readonly rule: string;
  readonly slug: string;
  readonly family: string;
  readonly severity: DebtSeverity;
  readonly confidence: "high" | "medium" | "low";
  readonly source: "evidence" | "scan";
  readonly asset: NodeRef;
  readonly key: string;
  readonly repository: string | null;
  readonly place: string | null;
  readonly message: string;
  readonly evidence: Readonly<Record<string, unknown>>;
  readonly medianHours: number;
  readonly size: number;
  readonly complexity: number;
  readonly assets: number;
  readonly risk: EvidenceFinding["risk"] | undefined;
  readonly events: readonly CostEvent[];
  readonly standing: Standing | undefined;
}

export function fromEvidence(rule: EvidenceRule, finding: EvidenceFinding): Sighting {
  return {
    id: fingerprintOf(rule.code, finding.asset, finding.key),
    rule: rule.code,
    slug: rule.slug,
    family: rule.family,
    severity: rule.severity,
    // A platform rule reads records of what happened; it does not guess.
    confidence: "high",
    source: "evidence",
    asset: finding.asset,
    key: finding.key,
    repository: null,
    place: finding.key === "" ? null : finding.key,
    message: finding.message,
    evidence: finding.evidence,
    medianHours: classHours[rule.principal],
    size: Math.max(1, finding.size),
    complexity: numberIn(finding.evidence, "complexity"),
    assets: Math.max(1, numberIn(finding.evidence, "assetsTouched")),
    risk: finding.risk,
    events: finding.events,
    standing: undefined,
  };
}

export function fromScan(finding: ScanEvidenceFinding): Sighting {
  const asset = { kind: "file", id: finding.path };
  const family = familyOf(finding.rule);
  return {
    id: fingerprintOf(finding.rule, { kind: "scan", id: finding.repository }, finding.fingerprint),
    rule: finding.rule,
    slug: finding.slug,
    family,
    severity: severityOf(finding.rule, family),
    confidence: finding.confidence,
    source: "scan",
    asset,
    key: finding.fingerprint,
    repository: finding.repository,
    place: finding.cell === undefined ? `line ${finding.line}` : `cell ${finding.cell}, line ${finding.line}`,
    message: finding.message,
    evidence: { facts: finding.evidence, path: finding.path, line: finding.line, repository: finding.repository },
    medianHours: Math.max(1 / 60, finding.principalHours),
    size: 1,
    complexity: 0,
    assets: 1,
    risk: undefined,
    events: [],
    standing:
      finding.interest === null
        ? undefined
        : {
            weekly: finding.interest.measured,
            forecast: Math.max(finding.interest.forecast, finding.interest.measured),
            events: finding.interest.events,
          },
  };
}

/** Blocks of scan rule codes, by their first two digits. */
const families: readonly (readonly [from: number, to: number, family: string])[] = [
  [100, 199, "eval"],
  [200, 249, "code"],
  [250, 299, "model"],
  [300, 399, "data"],
  [400, 499, "repro"],
  [500, 599, "nb"],
  [600, 699, "conf"],
  [700, 799, "dep"],
  [800, 849, "pipe"],
  [850, 869, "serve"],
  [870, 899, "mon"],
  [900, 949, "priv"],
  [950, 999, "test"],
];

function familyOf(rule: string): string {
  const number = Number(/^MLD([0-9]{3})$/.exec(rule)?.[1]);
  return families.find(([from, to]) => number >= from && number <= to)?.[2] ?? "code";
}

/**
 * A scan knows no stakes, so it never claims SEV0 or SEV1. What makes results wrong or opens a hole is SEV2, the rest
 * is hygiene.
 */
function severityOf(rule: string, family: string): DebtSeverity {
  return family === "priv" || /^MLD10[0-9]$/.test(rule) ? "SEV2" : "SEV3";
}

function numberIn(evidence: Readonly<Record<string, unknown>>, key: string): number {
  const value = evidence[key];
  return typeof value === "number" && Number.isFinite(value) && value > 0 ? value : 0;
}

/** The same place reported twice by one rule is one item with the events of both. */
export function merged(sightings: readonly Sighting[]): Map<string, Sighting> {
  const byId = new Map<string, Sighting>();
  for (const sighting of sightings) {
    const known = byId.get(sighting.id);
    byId.set(
      sighting.id,
      known === undefined
        ? sighting
        : { ...known, size: Math.max(known.size, sighting.size), events: [...known.events, ...sighting.events] },
    );
  }
  return byId;
}
