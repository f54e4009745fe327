import * as api from "@paydown/api/accounts";
import { type Capability, defineCapability, implement } from "#base/capability.js";
import { answer, assign, nameTeam, offer } from "./actions/owners.js";
import { change, create, grant, withdraw } from "./actions/projects.js";
import { issueConsumerKey, issueToken, revoke } from "./actions/tokens.js";
import { errors } from "./errors.js";
import { handOverWithoutTaker } from "./rules/hand-over-without-taker.js";
import { migrations } from "./tables.js";
import { viewHandOverReport, viewHandOvers, viewOwners, viewTeams } from "./views/owners.js";
import { viewMembers, viewProject, viewProjects } from "./views/projects.js";
import { viewPermission, viewRoles, viewSelf, viewTokens } from "./views/tokens.js";

export { authenticate } from "./actions/authenticate.js";
export { ensureProject } from "./actions/projects.js";
export { makeFirstAdminToken } from "./actions/tokens.js";
export { findOwnerTeam } from "./views/owners.js";

export const accounts: Capability = defineCapability({
  name: "accounts",
  migrations,
  errors: errors.catalogue,
  rules: [handOverWithoutTaker],
  operations: [
    implement(api.listProjects, viewProjects),
    implement(api.getProject, (ctx, input) => viewProject(ctx, input.project)),
    implement(api.createProject, create),
    implement(api.updateProject, change),
    implement(api.listMembers, (ctx, input) => viewMembers(ctx, input.project)),
    implement(api.grantRole, grant),
    implement(api.withdrawRole, withdraw),
    implement(api.listRoles, viewRoles),
    implement(api.createToken, issueToken),
    implement(api.createConsumerKey, issueConsumerKey),
    implement(api.listTokens, viewTokens),
    implement(api.revokeToken, revoke),
    implement(api.whoAmI, viewSelf),
    implement(api.testPermission, viewPermission),
    implement(api.listTeams, (ctx, input) => viewTeams(ctx, input.project)),
    implement(api.defineTeam, nameTeam),
    implement(api.assignOwner, assign),
    implement(api.listOwners, viewOwners),
    implement(api.offerHandOver, offer),
    implement(api.settleHandOver, answer),
    implement(api.listHandOvers, viewHandOvers),
    implement(api.reportHandOvers, (ctx, input) => viewHandOverReport(ctx, input.project)),
  ],
});
