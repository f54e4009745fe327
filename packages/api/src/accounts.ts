import { type Static, Type } from "typebox";
import { defineEvent } from "./event.js";
import { defineOperation } from "./operation.js";
import { InProject, Instant, NodeRef, Paging, ProjectName, page, Range } from "./values.js";

/** What somebody may do in a project; each role may do what the ones before it may. */
export const Role = Type.Union(
  [
    Type.Literal("caller"),
    Type.Literal("viewer"),
    Type.Literal("editor"),
    Type.Literal("approver"),
    Type.Literal("admin"),
  ],
  {
    description:
      "caller asks deployments for predictions; viewer also reads; editor also writes; approver also decides for others; admin also manages people.",
  },
);
export type Role = Static<typeof Role>;

const PermissionName = Type.Union(
  [Type.Literal("call"), Type.Literal("read"), Type.Literal("write"), Type.Literal("approve"), Type.Literal("admin")],
  {
    description:
      "call asks deployments for predictions, read sees, write changes records, approve decides for others, admin manages people and tokens.",
  },
);

const Name = Type.String({
  pattern: "^[A-Za-z0-9][A-Za-z0-9._@-]{0,127}$",
  description: "Letters, digits, `.`, `_`, `@`, `-`; 1 to 128 long.",
});

/** One ML system with its team. */
export const Project = Type.Object({
  name: ProjectName,
  title: Type.String({ description: "Name for people." }),
  team: Type.Optional(Type.String({ description: "Team that owns it; absent when nobody does." })),
  timeZone: Type.String({ description: "IANA time zone its statements are drawn in, e.g. `Europe/Berlin`." }),
  currency: Type.String({ description: "ISO 4217 code its money is shown in." }),
  hourlyRate: Type.Optional(Type.Number({ description: "Price of a working hour in that currency, when given." })),
  weeklyHours: Type.Optional(Type.Number({ description: "Working hours the team has in a week, when given." })),
  createdAt: Type.Integer({ description: "When it was made (ms, UTC)." }),
  createdBy: Type.String({ description: "Who made it." }),
  role: Type.Optional(Role),
});
export type Project = Static<typeof Project>;

const projectFields = {
  title: Type.Optional(Type.String({ maxLength: 200, description: "Name for people; the name itself when absent." })),
  team: Type.Optional(Name),
  timeZone: Type.Optional(Type.String({ maxLength: 60, description: "IANA time zone; `UTC` when absent." })),
  currency: Type.Optional(Type.String({ pattern: "^[A-Z]{3}$", description: "ISO 4217 code; `EUR` when absent." })),
  hourlyRate: Type.Optional(Type.Number({ minimum: 0, description: "Price of a working hour in that currency." })),
  weeklyHours: Type.Optional(Type.Number({ minimum: 0, maximum: 100000, description: "Working hours a week." })),
};

export const listProjects = defineOperation({
  name: "accounts.listProjects",
  method: "GET",
  path: "/projects",
  input: Type.Object({}),
  reply: Type.Object({ items: Type.Array(Project, { description: "Projects the caller may see, by name." }) }),
  permission: "any",
  doc: "List the projects the caller may see, with the caller's role in each.",
  cli: { command: "projects list" },
});

export const getProject = defineOperation({
  name: "accounts.getProject",
  method: "GET",
  path: "/projects/:project",
  input: Type.Object({ ...InProject }),
  reply: Project,
  permission: "read",
  doc: "Show a project.",
  cli: { command: "projects show", positional: ["project"] },
});

export const createProject = defineOperation({
  name: "accounts.createProject",
  method: "POST",
  path: "/projects",
  input: Type.Object({ name: ProjectName, ...projectFields }),
  reply: Project,
  permission: "admin",
  doc: "Make a project.",
  cli: { command: "projects create", positional: ["name"] },
});

export const updateProject = defineOperation({
  name: "accounts.updateProject",
  method: "PATCH",
  path: "/projects/:project",
  input: Type.Object({ ...InProject, ...projectFields }),
  reply: Project,
  permission: "admin",
  doc: "Change a project's title, team, time zone, currency, rate or capacity.",
  cli: { command: "projects update", positional: ["project"] },
});

/** Who has which role in a project. */
export const Member = Type.Object({
  user: Type.String({ description: "Name of the user." }),
  role: Role,
  since: Type.Integer({ description: "When the role was given (ms, UTC)." }),
  by: Type.String({ description: "Who gave it." }),
});
export type Member = Static<typeof Member>;

export const listMembers = defineOperation({
  name: "accounts.listMembers",
  method: "GET",
  path: "/projects/:project/members",
  input: Type.Object({ ...InProject }),
  reply: Type.Object({ items: Type.Array(Member, { description: "Members by name." }) }),
  permission: "read",
  doc: "List who has which role in a project.",
  cli: { command: "members list" },
});

export const grantRole = defineOperation({
  name: "accounts.grantRole",
  method: "PUT",
  path: "/projects/:project/members/:user",
  input: Type.Object({ ...InProject, user: Name, role: Role }),
  reply: Member,
  permission: "admin",
  doc: "Give a user a role in a project, or change it.",
  cli: { command: "members grant", positional: ["user", "role"] },
});

export const withdrawRole = defineOperation({
  name: "accounts.withdrawRole",
  method: "DELETE",
  path: "/projects/:project/members/:user",
  input: Type.Object({ ...InProject, user: Name }),
  reply: Type.Object({ withdrawn: Type.Boolean({ description: "False when the user had no role." }) }),
  permission: "admin",
  doc: "Take a user's role in a project away.",
  cli: { command: "members withdraw", positional: ["user"] },
});

export const listRoles = defineOperation({
  name: "accounts.listRoles",
  method: "GET",
  path: "/roles",
  input: Type.Object({}),
  reply: Type.Object({
    items: Type.Array(
      Type.Object({
        role: Role,
        permissions: Type.Array(PermissionName, { description: "What it may do." }),
        doc: Type.String({ description: "In words." }),
      }),
      { description: "Roles, least first." },
    ),
  }),
  permission: "any",
  doc: "Show the roles as a matrix: what each may do.",
  cli: { command: "roles list" },
});

/** A token without its secret. */
export const Token = Type.Object({
  id: Type.String({ description: "Identity of the token; not the secret." }),
  name: Type.String({ description: "What it is for." }),
  kind: Type.Union([Type.Literal("token"), Type.Literal("consumer")], {
    description: "token: calls the platform for a user or machine; consumer: calls deployments as a named consumer.",
  }),
  user: Type.Optional(Type.String({ description: "User in whose name it acts." })),
  consumer: Type.Optional(Type.String({ description: "For a consumer key: the consumer it stands for." })),
  project: Type.String({ description: "Project it is good for; `*` for all." }),
  role: Role,
  scope: Type.String({ description: "In words, what it may do." }),
  prefix: Type.String({ description: "The first characters of the secret, to recognise it by." }),
  createdAt: Type.Integer({ description: "When it was made (ms, UTC)." }),
  createdBy: Type.String({ description: "Who made it." }),
  lastUsedAt: Type.Optional(Type.Integer({ description: "When it was last used, to the minute (ms, UTC)." })),
  expiresAt: Type.Optional(Type.Integer({ description: "When it stops working (ms, UTC); absent: never." })),
  revokedAt: Type.Optional(Type.Integer({ description: "When it was revoked (ms, UTC)." })),
});
export type Token = Static<typeof Token>;

const IssuedToken = Type.Object({
  token: Token,
  secret: Type.String({ description: "The secret. Shown this once and stored nowhere; only its hash is kept." }),
});

export const createToken = defineOperation({
  name: "accounts.createToken",
  method: "POST",
  path: "/projects/:project/tokens",
  input: Type.Object({
    ...InProject,
    name: Type.String({ minLength: 1, maxLength: 200, description: "What it is for." }),
    role: Role,
    user: Type.Optional(Name),
    allProjects: Type.Optional(
      Type.Boolean({ description: "Good for every project; only an admin of all projects may ask for it." }),
    ),
    expiresAt: Type.Optional(Type.Integer({ minimum: 0, description: "When it stops working (ms, UTC)." })),
  }),
  reply: IssuedToken,
  permission: "admin",
  secret: true,
  doc: "Make a token; its secret is shown once.",
  cli: { command: "tokens create", positional: ["name"] },
});

export const createConsumerKey = defineOperation({
  name: "accounts.createConsumerKey",
  method: "POST",
  path: "/projects/:project/consumers/:consumer/keys",
  input: Type.Object({
    ...InProject,
    consumer: Name,
    expiresAt: Type.Optional(Type.Integer({ minimum: 0, description: "When it stops working (ms, UTC)." })),
  }),
  reply: IssuedToken,
  permission: "admin",
  secret: true,
  doc: "Make a key with which a named consumer calls deployments; its secret is shown once.",
  cli: { command: "consumers key", positional: ["consumer"] },
});

export const listTokens = defineOperation({
  name: "accounts.listTokens",
  method: "GET",
  path: "/projects/:project/tokens",
  input: Type.Object({ ...InProject, ...Paging }),
  reply: page(Token),
  permission: "admin",
  doc: "List the tokens and consumer keys good for a project, newest first, without their secrets.",
  cli: { command: "tokens list" },
});

export const revokeToken = defineOperation({
  name: "accounts.revokeToken",
  method: "DELETE",
  path: "/projects/:project/tokens/:token",
  input: Type.Object({ ...InProject, token: Type.String({ description: "Identity of the token." }) }),
  reply: Token,
  permission: "admin",
  doc: "Revoke a token; it stops working at once.",
  cli: { command: "tokens revoke", positional: ["token"] },
});

export const whoAmI = defineOperation({
  name: "accounts.whoAmI",
  method: "GET",
  path: "/me",
  input: Type.Object({}),
  reply: Type.Object({
    kind: Type.String({ description: "local, user, token, consumer or system." }),
    name: Type.String({ description: "Name the caller's acts are recorded under." }),
    roles: Type.Array(Type.Object({ project: Type.String({ description: "Project, or `*` for all." }), role: Role }), {
      description: "Roles the caller has.",
    }),
  }),
  permission: "any",
  doc: "Show who the server takes the caller for, and with which roles.",
  cli: { command: "whoami" },
});

export const testPermission = defineOperation({
  name: "accounts.testPermission",
  method: "GET",
  path: "/projects/:project/permissions",
  input: Type.Object({
    ...InProject,
    permission: PermissionName,
    token: Type.Optional(Type.String({ description: "Identity of a token; the caller itself when absent." })),
    user: Type.Optional(Name),
  }),
  reply: Type.Object({
    allowed: Type.Boolean({ description: "The answer." }),
    because: Type.String({ description: "Why, in words." }),
  }),
  permission: "read",
  doc: "Answer whether the caller, a user or a token may do something in a project, and why.",
  cli: { command: "permissions test", positional: ["permission"] },
});

/** A group that owns assets. Records name teams; no report ranks people. */
export const Team = Type.Object({
  name: Type.String({ description: "Name of the team." }),
  contact: Type.Optional(Type.String({ description: "Channel, mailbox or URL where it is reached." })),
  assets: Type.Integer({ description: "How many assets it owns in this project." }),
});
export type Team = Static<typeof Team>;

export const listTeams = defineOperation({
  name: "accounts.listTeams",
  method: "GET",
  path: "/projects/:project/teams",
  input: Type.Object({ ...InProject }),
  reply: Type.Object({ items: Type.Array(Team, { description: "Teams by name." }) }),
  permission: "read",
  doc: "List the teams that own assets of a project.",
  cli: { command: "teams list" },
});

export const defineTeam = defineOperation({
  name: "accounts.defineTeam",
  method: "PUT",
  path: "/projects/:project/teams/:team",
  input: Type.Object({
    ...InProject,
    team: Name,
    contact: Type.Optional(Type.String({ maxLength: 500, description: "Where it is reached." })),
  }),
  reply: Team,
  permission: "write",
  doc: "Name a team and where it is reached.",
  cli: { command: "teams define", positional: ["team"] },
});

const AssetName = Type.String({
  pattern: "^[a-z][a-z-]*:.{1,1000}$",
  description: "An asset as `kind:id`, e.g. `dataset:flights`.",
});

/** Which team answers for an asset, and as what. */
export const Ownership = Type.Object({
  asset: NodeRef,
  team: Type.String({ description: "The team." }),
  role: Type.String({ description: "As what: owner, data engineering, operations, ..." }),
  since: Type.Integer({ description: "Since when (ms, UTC)." }),
  by: Type.String({ description: "Who recorded it." }),
});
export type Ownership = Static<typeof Ownership>;

export const assignOwner = defineOperation({
  name: "accounts.assignOwner",
  method: "PUT",
  path: "/projects/:project/owners/:asset",
  input: Type.Object({
    ...InProject,
    asset: AssetName,
    team: Name,
    role: Type.Optional(Type.String({ maxLength: 60, description: "As what the team answers; `owner` when absent." })),
  }),
  reply: Ownership,
  permission: "write",
  doc: "Record which team answers for an asset.",
  cli: { command: "owners assign", positional: ["asset", "team"] },
});

export const listOwners = defineOperation({
  name: "accounts.listOwners",
  method: "GET",
  path: "/projects/:project/owners",
  input: Type.Object({
    ...InProject,
    ...Paging,
    team: Type.Optional(Type.String({ description: "Only what this team owns." })),
  }),
  reply: page(Ownership),
  permission: "read",
  doc: "List assets with the team that answers for each.",
  cli: { command: "owners list" },
});

/** An asset passed from one team to another: it waits until it is accepted. */
export const HandOver = Type.Object({
  id: Type.String({ description: "Identity of the hand-over." }),
  asset: NodeRef,
  from: Type.String({ description: "Team that gives." }),
  to: Type.Optional(Type.String({ description: "Team that takes; absent when nobody was named." })),
  note: Type.String({ description: "What the taker must know." }),
  state: Type.Union([Type.Literal("waiting"), Type.Literal("accepted"), Type.Literal("returned")], {
    description: "waiting: not taken yet; returned: sent back for rework.",
  }),
  offeredAt: Type.Integer({ description: "When it was offered (ms, UTC)." }),
  settledAt: Type.Optional(Type.Integer({ description: "When it was accepted or returned (ms, UTC)." })),
  waitMs: Type.Integer({ description: "How long it waited, or waits so far (ms)." }),
  reason: Type.Optional(Type.String({ description: "Why it was returned." })),
});
export type HandOver = Static<typeof HandOver>;

export const offerHandOver = defineOperation({
  name: "accounts.offerHandOver",
  method: "POST",
  path: "/projects/:project/hand-overs",
  input: Type.Object({
    ...InProject,
    asset: AssetName,
    from: Name,
    to: Type.Optional(Name),
    note: Type.Optional(Type.String({ maxLength: 4000, description: "What the taker must know." })),
  }),
  reply: HandOver,
  permission: "write",
  doc: "Offer an asset to another team; the clock of the hand-over starts.",
  cli: { command: "hand-overs offer", positional: ["asset"] },
});

export const settleHandOver = defineOperation({
  name: "accounts.settleHandOver",
  method: "POST",
  path: "/projects/:project/hand-overs/:handOver/settle",
  input: Type.Object({
    ...InProject,
    handOver: Type.String({ description: "Identity of the hand-over." }),
    answer: Type.Union([Type.Literal("accept"), Type.Literal("return")], {
      description: "accept: the taker owns it now; return: it goes back for rework.",
    }),
    team: Type.Optional(Name),
    reason: Type.Optional(Type.String({ maxLength: 4000, description: "Why; demanded with a return." })),
  }),
  reply: HandOver,
  permission: "write",
  doc: "Accept a hand-over, which makes the taker the owner, or return it with a reason.",
  cli: { command: "hand-overs settle", positional: ["handOver", "answer"] },
});

export const listHandOvers = defineOperation({
  name: "accounts.listHandOvers",
  method: "GET",
  path: "/projects/:project/hand-overs",
  input: Type.Object({
    ...InProject,
    ...Paging,
    state: Type.Optional(Type.String({ description: "Only hand-overs in this state." })),
  }),
  reply: page(HandOver),
  permission: "read",
  doc: "List hand-overs, newest first.",
  cli: { command: "hand-overs list" },
});

export const reportHandOvers = defineOperation({
  name: "accounts.reportHandOvers",
  method: "GET",
  path: "/projects/:project/hand-overs-report",
  input: Type.Object({ ...InProject }),
  reply: Type.Object({
    pairs: Type.Array(
      Type.Object({
        from: Type.String({ description: "Team that gives." }),
        to: Type.Optional(Type.String({ description: "Team that takes; absent when nobody was named." })),
        waiting: Type.Integer({ description: "Hand-overs that wait now." }),
        accepted: Type.Integer({ description: "Hand-overs that were taken." }),
        returned: Type.Integer({ description: "Hand-overs that went back for rework." }),
        waitHours: Type.Optional(Range),
        reworkHours: Type.Optional(Range),
      }),
      { description: "By pair of teams, longest median wait first." },
    ),
  }),
  permission: "read",
  doc: "Report how long hand-overs wait between teams, how many come back, and how long rework takes.",
  cli: { command: "hand-overs report" },
});

export const ProjectCreated = defineEvent({
  name: "accounts.project-created",
  payload: Type.Object({ name: ProjectName, title: Type.String({ description: "Name for people." }) }),
  doc: "A project was made.",
});

export const ProjectUpdated = defineEvent({
  name: "accounts.project-updated",
  payload: Type.Object({
    name: ProjectName,
    fields: Type.Array(Type.String(), { description: "Names of the fields that changed." }),
  }),
  doc: "A project's settings were changed.",
});

export const RoleGranted = defineEvent({
  name: "accounts.role-granted",
  payload: Type.Object({ user: Type.String({ description: "The user." }), role: Role }),
  doc: "A user was given a role in a project.",
});

export const RoleWithdrawn = defineEvent({
  name: "accounts.role-withdrawn",
  payload: Type.Object({ user: Type.String({ description: "The user." }) }),
  doc: "A user's role in a project was taken away.",
});

export const TokenCreated = defineEvent({
  name: "accounts.token-created",
  payload: Type.Object({
    token: Type.String({ description: "Identity of the token; never the secret." }),
    name: Type.String({ description: "What it is for." }),
    role: Role,
    project: Type.String({ description: "Project it is good for; `*` for all." }),
    consumer: Type.Optional(Type.String({ description: "For a consumer key: the consumer." })),
  }),
  doc: "A token or consumer key was made.",
});

export const TokenRevoked = defineEvent({
  name: "accounts.token-revoked",
  payload: Type.Object({ token: Type.String({ description: "Identity of the token." }) }),
  doc: "A token was revoked.",
});

export const OwnerAssigned = defineEvent({
  name: "accounts.owner-assigned",
  payload: Type.Object({
    asset: NodeRef,
    team: Type.String({ description: "The team that answers for it." }),
    role: Type.String({ description: "As what." }),
  }),
  doc: "A team was recorded as answering for an asset.",
});

export const HandOverOffered = defineEvent({
  name: "accounts.hand-over-offered",
  payload: Type.Object({
    handOver: Type.String({ description: "Identity of the hand-over." }),
    asset: NodeRef,
    from: Type.String({ description: "Team that gives." }),
    to: Type.Optional(Type.String({ description: "Team that takes, when named." })),
  }),
  doc: "An asset was offered to another team.",
});

export const HandOverSettled = defineEvent({
  name: "accounts.hand-over-settled",
  payload: Type.Object({
    handOver: Type.String({ description: "Identity of the hand-over." }),
    asset: NodeRef,
    state: Type.String({ description: "accepted or returned." }),
    at: Instant,
  }),
  doc: "A hand-over was accepted or returned.",
});

/** A password of a person; shorter ones are guessed. */
const Password = Type.String({
  minLength: 12,
  maxLength: 1024,
  description: "At least 12 characters.",
});

/** A person who may come in with a password. */
export const User = Type.Object({
  user: Type.String({ description: "Name of the user." }),
  admin: Type.Boolean({ description: "Admin of every project." }),
  createdAt: Type.Integer({ description: "When they were made (ms, UTC)." }),
  createdBy: Type.String({ description: "Who made them." }),
  passwordChangedAt: Type.Integer({ description: "When the password was last changed (ms, UTC)." }),
});
export type User = Static<typeof User>;

export const createUser = defineOperation({
  name: "accounts.createUser",
  method: "POST",
  path: "/projects/:project/users",
  input: Type.Object({
    ...InProject,
    user: Name,
    role: Type.Optional(Role),
    password: Type.Optional(Password),
    admin: Type.Optional(
      Type.Boolean({ description: "Admin of every project; only such an admin may make another one." }),
    ),
  }),
  reply: Type.Object({
    user: User,
    password: Type.Optional(
      Type.String({ description: "The password that was made because none was given. Shown this once." }),
    ),
  }),
  permission: "admin",
  secret: true,
  doc: "Make a user who comes in with a password, and give them a role in the project when one is named.",
  cli: { command: "users create", positional: ["user"] },
});

export const listUsers = defineOperation({
  name: "accounts.listUsers",
  method: "GET",
  path: "/users",
  input: Type.Object({ ...Paging }),
  reply: page(User),
  permission: "admin",
  doc: "List the users who come in with a password, by name.",
  cli: { command: "users list" },
});

export const changePassword = defineOperation({
  name: "accounts.changePassword",
  method: "PUT",
  path: "/users/:user/password",
  input: Type.Object({
    user: Name,
    password: Password,
    current: Type.Optional(
      Type.String({ maxLength: 1024, description: "The password so far; needed to change one's own." }),
    ),
  }),
  reply: User,
  permission: "any",
  doc: "Change one's own password, or as admin of every project anybody's; the old one stops working at once.",
  cli: { command: "users password", positional: ["user"] },
});

export const changeUserAdmin = defineOperation({
  name: "accounts.changeUserAdmin",
  method: "PUT",
  path: "/users/:user/admin",
  input: Type.Object({ user: Name, admin: Type.Boolean({ description: "Whether they are admin of every project." }) }),
  reply: User,
  permission: "admin",
  doc: "Make a user admin of every project, or no longer.",
  cli: { command: "users admin", positional: ["user"] },
});

export const deleteUser = defineOperation({
  name: "accounts.deleteUser",
  method: "DELETE",
  path: "/users/:user",
  input: Type.Object({ user: Name }),
  reply: Type.Object({
    user: Type.String({ description: "Name of the user." }),
    tokensRevoked: Type.Integer({ description: "Tokens that acted for them and were revoked." }),
  }),
  permission: "admin",
  doc: "Delete a user with password, roles and grants, and revoke the tokens that act for them.",
  cli: { command: "users delete", positional: ["user"] },
});

/** What a grant allows on one experiment or model; each level includes the ones before it, NO_PERMISSIONS takes all away. */
export const Level = Type.Union(
  [
    Type.Literal("NO_PERMISSIONS"),
    Type.Literal("READ"),
    Type.Literal("USE"),
    Type.Literal("EDIT"),
    Type.Literal("MANAGE"),
  ],
  {
    description:
      "READ sees, USE also calls, EDIT also changes, MANAGE also deletes and gives grants; NO_PERMISSIONS takes all away.",
  },
);
export type Level = Static<typeof Level>;

const GrantKind = Type.Union([Type.Literal("experiment"), Type.Literal("model"), Type.Literal("project")], {
  description: "experiment with its runs, registered model with its versions, or the project itself (resource `*`).",
});

/** A level given to a user on one experiment or model. */
export const Grant = Type.Object({
  kind: GrantKind,
  resource: Type.String({ description: "Experiment id or model name; `*` for all of the project." }),
  user: Type.Optional(Type.String({ description: "The user, for a grant of their own." })),
  set: Type.Optional(Type.String({ description: "The grant set (an MLflow role) it belongs to." })),
  level: Level,
  since: Type.Integer({ description: "When it was given (ms, UTC)." }),
  by: Type.String({ description: "Who gave it." }),
});
export type Grant = Static<typeof Grant>;

const grantFields = {
  ...InProject,
  kind: GrantKind,
  resource: Type.String({ minLength: 1, maxLength: 500, description: "Experiment id or model name; `*` for all." }),
  user: Name,
};

export const giveGrant = defineOperation({
  name: "accounts.giveGrant",
  method: "PUT",
  path: "/projects/:project/grants/:kind/:resource/:user",
  input: Type.Object({ ...grantFields, level: Level }),
  reply: Grant,
  permission: "any",
  doc: "Give a user a level on one experiment or model, or change it; for who has MANAGE on it or is admin of the project.",
  cli: { command: "grants give", positional: ["kind", "resource", "user", "level"] },
});

export const withdrawGrant = defineOperation({
  name: "accounts.withdrawGrant",
  method: "DELETE",
  path: "/projects/:project/grants/:kind/:resource/:user",
  input: Type.Object(grantFields),
  reply: Type.Object({ withdrawn: Type.Boolean({ description: "False when there was no such grant." }) }),
  permission: "any",
  doc: "Take a user's level on one experiment or model away; the role decides again.",
  cli: { command: "grants withdraw", positional: ["kind", "resource", "user"] },
});

export const listGrants = defineOperation({
  name: "accounts.listGrants",
  method: "GET",
  path: "/projects/:project/grants",
  input: Type.Object({
    ...InProject,
    ...Paging,
    user: Type.Optional(Name),
    kind: Type.Optional(GrantKind),
    resource: Type.Optional(Type.String({ maxLength: 500, description: "Only grants on this one." })),
  }),
  reply: page(Grant),
  permission: "admin",
  doc: "List who was given which level on which experiment or model, oldest first.",
  cli: { command: "grants list" },
});

export const UserCreated = defineEvent({
  name: "accounts.user-created",
  payload: Type.Object({
    user: Type.String({ description: "The user." }),
    admin: Type.Boolean({ description: "Admin of every project." }),
  }),
  doc: "A user with a password was made.",
});

export const UserDeleted = defineEvent({
  name: "accounts.user-deleted",
  payload: Type.Object({
    user: Type.String({ description: "The user." }),
    tokensRevoked: Type.Integer({ description: "Tokens that acted for them and were revoked." }),
  }),
  doc: "A user was deleted with password, roles and grants.",
});

export const PasswordChanged = defineEvent({
  name: "accounts.password-changed",
  payload: Type.Object({ user: Type.String({ description: "The user." }) }),
  doc: "A user's password was changed.",
});

const grantPayload = {
  holder: Type.String({ description: "User, or grant set as `#id`." }),
  kind: GrantKind,
  resource: Type.String({ description: "Experiment id or model name; `*` for all." }),
};

export const GrantGiven = defineEvent({
  name: "accounts.grant-given",
  payload: Type.Object({ ...grantPayload, level: Level }),
  doc: "A level on an experiment or model was given or changed.",
});

export const GrantWithdrawn = defineEvent({
  name: "accounts.grant-withdrawn",
  payload: Type.Object(grantPayload),
  doc: "A level on an experiment or model was taken away.",
});

export const GrantSetChanged = defineEvent({
  name: "accounts.grant-set-changed",
  payload: Type.Object({
    set: Type.String({ description: "Name of the grant set." }),
    change: Type.String({ description: "created, renamed, deleted, assigned or unassigned." }),
    user: Type.Optional(Type.String({ description: "The user assigned or unassigned." })),
  }),
  doc: "A grant set (an MLflow role) was made, renamed, deleted, or a user was put in or taken out.",
});
