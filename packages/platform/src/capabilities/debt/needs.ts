import type { Exposure } from "@paydown/api/debt";
import type { NodeRef } from "@paydown/api/values";
import type { Ctx } from "#base/context.js";
import type { EvidenceRule, UnseenEvidence } from "#base/rule.js";
import type { Downstream } from "./model/reach.js";
import type { EvidenceRef, TestEvidence } from "./model/score.js";

/** A finding of a repository scan as the ledger takes it. */
export interface ScanEvidenceFinding {
  readonly repository: string;
  readonly fingerprint: string;
  readonly rule: string;
  readonly slug: string;
  readonly path: string;
  readonly line: number;
  readonly cell?: number | undefined;
  readonly confidence: "high" | "medium" | "low";
  readonly message: string;
  readonly evidence: readonly string[];
  /** Median hours of a repair, before any repayment was seen. */
  readonly principalHours: number;
  /** What git says about the file, hours a week; null without readable history. */
  readonly interest: { readonly measured: number; readonly forecast: number; readonly events: number } | null;
  readonly firstSeenAt: number;
}

/** What scans saw of one repository. */
export interface ScanEvidence {
  readonly repository: string;
  readonly scannedAt: number;
  readonly findings: readonly ScanEvidenceFinding[];
  /** Fingerprints of findings whose file could not be looked at this time: neither there nor gone. */
  readonly hidden: readonly string[];
  readonly unseen: readonly UnseenEvidence[];
}

/** What a rule is about, for people. */
export interface RuleText {
  readonly why: string;
  readonly remedy: string;
  readonly origin: string;
}

export interface PayableItem {
  readonly id: string;
  readonly rule: string;
  readonly asset: NodeRef;
  readonly key: string;
  readonly message: string;
  readonly evidence: Readonly<Record<string, unknown>>;
  /** Id of the payment: the same when a crashed job runs again, so that a payer can notice. */
  readonly payment: string;
}

export interface PaidWork {
  /** What was done, one sentence. */
  readonly what: string;
  readonly evidence: readonly EvidenceRef[];
  /** Hours people spent on it, when they were measured. */
  readonly hours?: number;
}

/** Repairs items of one rule. Idempotent by `payment`. Whether it worked is decided by the re-check, not by the payer. */
export type Payer = (ctx: Ctx, project: string, item: PayableItem) => Promise<PaidWork>;

/**
 * What debt asks of the rest of the house. Everything but the rules may be missing or answer undefined: then it is
 * unknown and stays unknown.
 */
export interface DebtNeeds {
  /** All evidence rules of all capabilities. */
  readonly rules: () => readonly EvidenceRule[];
  /** Last scan of every repository of the project. */
  readonly scanFindings?: (ctx: Ctx, project: string) => Promise<readonly ScanEvidence[]>;
  /** Texts of a scan rule by its code. */
  readonly describeRule?: (code: string) => Promise<RuleText | undefined>;
  /** Everything downstream of a node with weights and containment; undefined when the graph does not know the node. */
  readonly downstream?: (ctx: Ctx, project: string, node: NodeRef) => Promise<Downstream | undefined>;
  /** Predictions a week and the like; undefined when no logs say. */
  readonly exposure?: (ctx: Ctx, project: string, node: NodeRef) => Promise<Exposure | undefined>;
  /** Since when the asset exists (ms); undefined when unknown. */
  readonly firstSeen?: (ctx: Ctx, project: string, node: NodeRef) => Promise<number | undefined>;
  /** Team that owns a node. */
  readonly owner?: (ctx: Ctx, project: string, node: NodeRef) => Promise<string | undefined>;
  /** Working hours a week of the project's team. */
  readonly capacity?: (ctx: Ctx, project: string) => Promise<number | undefined>;
  /** Facts for the ML Test Score. */
  readonly testEvidence?: (ctx: Ctx, project: string) => Promise<TestEvidence>;
  /** Rule code -> who can repair its items without people. */
  readonly payers?: Readonly<Record<string, Payer>>;
  /** Rule code -> rule codes that have to be paid first on the same asset. */
  readonly prerequisites?: Readonly<Record<string, readonly string[]>>;
}
