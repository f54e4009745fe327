import * as api from "@paydown/api/debt";
import { type Capability, defineCapability, implement } from "#base/capability.js";
import { adoptPlan } from "./actions/adopt-plan.js";
import { borrow } from "./actions/borrow.js";
import { payItem, proveItem } from "./actions/pay-item.js";
import { refreshLedger } from "./actions/refresh-ledger.js";
import { changeMatching, dispute, reopen, writeOff } from "./actions/settle-item.js";
import { errors } from "./errors.js";
import { debtListeners } from "./events.js";
import { debtJobs } from "./jobs.js";
import type { DebtNeeds } from "./needs.js";
import { migrations } from "./tables.js";
import { viewExplanation } from "./views/explanation.js";
import { viewItem } from "./views/item.js";
import { viewLedger, viewPrudent } from "./views/ledger.js";
import { viewFrontier, viewPlan } from "./views/plan.js";
import { viewScore } from "./views/score.js";
import { viewStatement } from "./views/statement.js";

/** The ledger: every finding with principal, interest, evidence and owner, ranked, planned, repaid and proved. */
export function debt(needs: DebtNeeds): Capability {
  return defineCapability({
    name: "debt",
    migrations,
    errors: errors.catalogue,
    listeners: debtListeners,
    jobs: debtJobs(needs),
    operations: [
      implement(api.listItems, viewLedger),
      implement(api.getItem, (ctx, input) => viewItem(ctx, needs, input)),
      implement(api.explainPrice, viewExplanation),
      implement(api.getStatement, (ctx, input) => viewStatement(ctx, needs, input)),
      implement(api.makePlan, (ctx, input) => viewPlan(ctx, needs, input)),
      implement(api.adoptPlan, (ctx, input) => adoptPlan(ctx, needs, input)),
      implement(api.getFrontier, (ctx, input) => viewFrontier(ctx, needs, input)),
      implement(api.borrow, borrow),
      implement(api.listPrudent, viewPrudent),
      implement(api.payItem, (ctx, input) => payItem(ctx, needs, input)),
      implement(api.proveItem, (ctx, input) => proveItem(ctx, needs, input)),
      implement(api.writeOff, writeOff),
      implement(api.dispute, dispute),
      implement(api.reopen, reopen),
      implement(api.changeMatching, changeMatching),
      implement(api.getScore, (ctx, { project }) => viewScore(ctx, needs, project)),
      implement(api.refreshLedger, (ctx, { project }) => refreshLedger(ctx, needs, project)),
    ],
  });
}

export type { Happening } from "./actions/check-covenants.js";
export { requestRefresh } from "./jobs.js";
export type { Downstream } from "./model/reach.js";
export type { EvidenceRef, TestEvidence } from "./model/score.js";
export type { DebtNeeds, PaidWork, PayableItem, Payer, RuleText, ScanEvidence, ScanEvidenceFinding } from "./needs.js";
