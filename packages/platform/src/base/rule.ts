import type { NodeRef } from "@paydown/api/values";
import type { Ctx } from "./context.js";

export type Severity = "SEV0" | "SEV1" | "SEV2" | "SEV3";

/** Classes of work with a prior for the hours of principal; `debt-model` section 3.2. */
export type PrincipalClass =
  | "lint"
  | "config"
  | "document"
  | "pin"
  | "schema"
  | "test"
  | "monitor"
  | "contract"
  | "retrain"
  | "untested-transform"
  | "pipeline-split";

/** Where a cost was paid: the channels of `debt-model` section 3.3. */
export type Channel =
  | "fix-rework"
  | "change-drag"
  | "failed-runs"
  | "re-runs"
  | "unscheduled-retrains"
  | "incidents"
  | "manual-steps"
  | "waiting"
  | "label-rework"
  | "carrying"
  | "quality-loss";

/** Something that happened and cost hours, as a rule saw it. The ledger never bills more than these say was paid. */
export interface CostEvent {
  /** Identity of the event, e.g. a run id or incident id; the same event is billed once. */
  readonly id: string;
  readonly channel: Channel;
  readonly at: number;
  /** Working hours it cost; a spread when only estimated. */
  readonly hours: { readonly low: number; readonly high: number };
  /** True when the rule explains the event by itself (phi = 1), e.g. ImportError and an unpinned environment. */
  readonly explained: boolean;
  readonly what: string;
}

/** One place where a rule found debt. */
export interface EvidenceFinding {
  /** The asset it sticks to. */
  readonly asset: NodeRef;
  /** What tells this finding from the rule's other findings on the same asset; part of the fingerprint; "" when there is one. */
  readonly key: string;
  /** One sentence with the facts. */
  readonly message: string;
  /** What was observed, as data: ids, counts, hashes, instants. */
  readonly evidence: Readonly<Record<string, unknown>>;
  /** Size that scales the principal (rows, files, columns, ...); 1 when it does not scale. */
  readonly size: number;
  readonly events: readonly CostEvent[];
  /** Share of events a week that would be harmful, for debt that has cost nothing yet: risk interest. */
  readonly risk?: { readonly weekly: number; readonly hours: { min: number; mode: number; max: number } };
}

/** A rule that cannot see its evidence answers what it could not see, never "fine". */
export interface UnseenEvidence {
  readonly what: string;
  readonly remedy: string;
}

export interface RuleAnswer {
  readonly findings: readonly EvidenceFinding[];
  readonly unseen: readonly UnseenEvidence[];
}

/** A debt rule over the platform's own records. One file a rule, in the `rules/` of the capability that owns the evidence. */
export interface EvidenceRule {
  /** `TRK001`, `REG001`, `DAT001`, `SRV001`, `MON001`, ...: capability and number. */
  readonly code: string;
  /** Read aloud after "allow ...": names the bad pattern. */
  readonly slug: string;
  readonly family: string;
  readonly severity: Severity;
  readonly principal: PrincipalClass;
  /** One line: what it finds. */
  readonly summary: string;
  /** Why it costs, in words a junior can follow. */
  readonly why: string;
  /** How to pay it back. */
  readonly remedy: string;
  /** Published origin, or "own". */
  readonly origin: string;
  check(ctx: Ctx, project: string): Promise<RuleAnswer>;
}

/** Declares a rule. */
export function defineRule(rule: EvidenceRule): EvidenceRule {
  return Object.freeze(rule);
}
