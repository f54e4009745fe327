import { forbidden } from "#base/auth/grants.js";
import { may } from "#base/auth/principal.js";
import {
  addUser,
  deleteUser,
  type FullGrantSet,
  giveLevel,
  listOwnGrants,
  listSetsOfUser,
  mayManage,
  type NumberedUser,
  setAdmin,
  setPassword,
  viewEffectiveLevel,
  viewNumberedUser,
  viewRoster,
  withdrawLevel,
} from "#capabilities/accounts/index.js";
import { type Call, endpoint } from "../endpoint.js";
import { mlflowErrors } from "../errors.js";
import { bool, required, string } from "../fields.js";
import { enumLevel, enumType } from "../levels.js";
import { toRole } from "./roles.js";

const name = { username: required(string) };
const self = { needs: "self" } as const;
const isAdmin = ({ ctx }: Call): boolean => may(ctx.principal, "admin", "*");
const isSelf = ({ ctx }: Call, user: string): boolean => ctx.principal.kind === "user" && ctx.principal.name === user;

function demandAdmin(call: Call): void {
  if (!isAdmin(call)) throw forbidden(call.ctx.principal, "admin", "*");
}

/** Clients of 2.22 read lists of permissions that 3.x no longer sends; both find what they look for. */
async function toUser(call: Call, user: NumberedUser) {
  const own = await listOwnGrants(call.ctx, user.user);
  const of = (type: string) => own.filter((row) => row.type === type && row.project === call.project);
  return {
    id: user.id,
    username: user.user,
    is_admin: user.admin,
    experiment_permissions: of("experiment").map((row) => ({
      experiment_id: row.resource,
      user_id: user.id,
      permission: row.level,
    })),
    registered_model_permissions: of("registered_model").map((row) => ({
      workspace: row.project,
      name: row.resource,
      user_id: user.id,
      permission: row.level,
    })),
  };
}

/** Every grant of a user with the role it comes from; their own come from the one MLflow makes up for them. */
async function permissionsOf(call: Call, user: string) {
  const { id, admin } = await viewNumberedUser(call.ctx, user);
  const sets: readonly FullGrantSet[] = await listSetsOfUser(call.ctx, user);
  const own = await listOwnGrants(call.ctx, user);
  const row = (grant: (typeof own)[number], role: { id: number; name: string }) => ({
    role_id: role.id,
    role_name: role.name,
    workspace: grant.project,
    resource_type: grant.type,
    resource_pattern: grant.resource,
    permission: grant.level,
  });
  return {
    is_admin: admin,
    permissions: [
      ...own.map((grant) => row(grant, { id: 0, name: `__user_${id}__` })),
      ...sets.flatMap((set) => set.grants.map((grant) => row(grant, set.row))),
    ],
  };
}

const resource = { ...name, resource_type: required(string), resource_id: required(string) };
const describe = (input: { username: string; resource_type: string; resource_id: string }) =>
  `Permission for user=${input.username} on resource_type=${input.resource_type}, resource_id=${input.resource_id}`;

/** Whether the request itself came with the password, from a client of the line that has no field for the old one. */
function hasProven(call: Call): boolean {
  const version = call.request.headers["x-mlflow-client-version"] ?? call.request.headers["user-agent"] ?? "";
  return call.ctx.principal.byPassword === true && /^(mlflow-python-client\/)?2\./.test(String(version));
}

export const userEndpoints = [
  endpoint(
    "POST /users/create",
    { ...name, password: required(string) },
    async (call, input) => {
      if (!may(call.ctx.principal, "admin", call.project)) throw forbidden(call.ctx.principal, "admin", call.project);
      const { project, defaultPermission } = call;
      const joins = {
        READ: { project, level: "USE" },
        EDIT: { project, level: "USE", role: "editor" },
        NO_PERMISSIONS: undefined,
      } as const;
      const start = joins[defaultPermission];
      const { row, admin } = await addUser(call.ctx, {
        user: input.username,
        password: input.password,
        ...(start === undefined ? {} : { joins: start }),
      });
      return { user: await toUser(call, { id: row.id, user: row.name, admin }) };
    },
    self,
  ),
  endpoint(
    "GET /users/get",
    name,
    async (call, input) => {
      if (!isSelf(call, input.username)) demandAdmin(call);
      return { user: await toUser(call, await viewNumberedUser(call.ctx, input.username)) };
    },
    self,
  ),
  endpoint(
    "GET /users/list",
    {},
    async (call) => {
      if (!may(call.ctx.principal, "read", call.project)) throw forbidden(call.ctx.principal, "read", call.project);
      const users = [];
      for (const user of await viewRoster(call.ctx)) {
        const sets = await listSetsOfUser(call.ctx, user.user);
        users.push({ id: user.id, username: user.user, is_admin: user.admin, roles: sets.map(toRole) });
      }
      return { users };
    },
    self,
  ),
  endpoint(
    "GET /users/current",
    {},
    async (call) => {
      const { principal } = call.ctx;
      const known = principal.kind === "user" ? await viewNumberedUser(call.ctx, principal.name) : undefined;
      const user = { id: known?.id ?? 0, username: principal.name, is_admin: isAdmin(call) };
      return { user, is_basic_auth: principal.byPassword === true };
    },
    self,
  ),
  endpoint("GET /users/current/permissions", {}, (call) => permissionsOf(call, call.ctx.principal.name), self),
  endpoint(
    "GET /users/permissions/list",
    name,
    async (call, input) => {
      if (!isSelf(call, input.username) && !may(call.ctx.principal, "admin", call.project)) {
        throw forbidden(call.ctx.principal, "admin", call.project);
      }
      return permissionsOf(call, input.username);
    },
    self,
  ),
  endpoint(
    "PATCH /users/update-password",
    { ...name, password: required(string), current_password: string },
    async (call, input) => {
      if (!isSelf(call, input.username)) demandAdmin(call);
      await setPassword(call.ctx, {
        user: input.username,
        password: input.password,
        ...(input.current_password === undefined ? {} : { current: input.current_password }),
        proven: input.current_password === undefined && hasProven(call),
      });
      return {};
    },
    self,
  ),
  endpoint(
    "PATCH /users/update-admin",
    { ...name, is_admin: required(bool) },
    async (call, input) => {
      demandAdmin(call);
      await setAdmin(call.ctx, { user: input.username, admin: input.is_admin });
      return {};
    },
    self,
  ),
  endpoint(
    "DELETE /users/delete",
    name,
    async (call, input) => {
      demandAdmin(call);
      await deleteUser(call.ctx, { user: input.username });
      return {};
    },
    self,
  ),
  endpoint(
    "POST /users/permissions/grant",
    { ...resource, permission: required(string) },
    async (call, input) => {
      const type = enumType(input.resource_type);
      const grant = { project: call.project, type, resource: input.resource_id, user: input.username };
      await giveLevel(call.ctx, grant, enumLevel(input.permission), { be: "new", what: describe(input) });
      return {};
    },
    self,
  ),
  endpoint(
    "POST /users/permissions/revoke",
    resource,
    async (call, input) => {
      const type = enumType(input.resource_type);
      const grant = { project: call.project, type, resource: input.resource_id, user: input.username };
      const kind = type === "experiment" ? "experiment" : "model";
      if (!(await mayManage(call.ctx, call.project, kind, input.resource_id))) {
        throw forbidden(call.ctx.principal, "manage", call.project);
      }
      await viewNumberedUser(call.ctx, input.username);
      if (await withdrawLevel(call.ctx, grant)) return {};
      throw mlflowErrors.MLFLOW_NOT_FOUND({ what: describe(input) });
    },
    self,
  ),
  endpoint(
    "GET /users/permissions/get",
    resource,
    async (call, input) => {
      const type = enumType(input.resource_type);
      if (!isSelf(call, input.username) && !may(call.ctx.principal, "admin", call.project)) {
        throw forbidden(call.ctx.principal, "admin", call.project);
      }
      await viewNumberedUser(call.ctx, input.username);
      const kind = type === "experiment" ? "experiment" : "model";
      const permission = await viewEffectiveLevel(call.ctx, input.username, call.project, kind, input.resource_id);
      return { allowed: ["USE", "EDIT", "MANAGE"].includes(permission), permission };
    },
    self,
  ),
];
