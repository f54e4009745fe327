import {
  type Assignment,
  addToSet,
  assign,
  changeInSet,
  changeSet,
  createSet,
  deleteSet,
  type FullGrantSet,
  type GrantRow,
  getSet,
  listMembers,
  listSets,
  listSetsOfUser,
  removeFromSet,
  unassign,
} from "#capabilities/accounts/index.js";
import { endpoint } from "../endpoint.js";
import { int, invalid, list, required, string } from "../fields.js";
import { enumLevel, enumType } from "../levels.js";

const self = { needs: "self" } as const;
const roleId = { role_id: required(int) };
const grantId = { role_permission_id: required(int) };
const projectName = /^[a-z0-9][a-z0-9-]{0,63}$/;

const toRolePermission = (row: GrantRow) => ({
  id: row.id,
  role_id: Number(row.holder.slice(1)),
  resource_type: row.type,
  resource_pattern: row.resource,
  permission: row.level,
});

/** A grant set in MLflow's words. */
export function toRole({ row, grants }: FullGrantSet) {
  const { id, name, project: workspace, description } = row;
  return { id, name, workspace, description, permissions: grants.map(toRolePermission) };
}

const toAssignment = (one: Assignment) => ({ id: one.id, user_id: one.userId, role_id: one.set });

/** A role's workspace is a project of ours. */
function toProject(workspace: string): string {
  if (projectName.test(workspace)) return workspace;
  throw invalid(
    workspace.trim() === ""
      ? "Workspace cannot be empty."
      : `Invalid workspace '${workspace}': a workspace is a project, named by lower-case letters, digits and '-'.`,
  );
}

function checkName(name: string | undefined): void {
  if (name !== undefined && name.trim() === "") throw invalid("Role name cannot be empty.");
  if (name?.startsWith("__user_") === true) {
    throw invalid(
      `Role name '${name}' uses the reserved '__user_' prefix, which is held for the per-user permission representation. Choose a different name.`,
    );
  }
}

export const roleEndpoints = [
  endpoint(
    "POST /roles/create",
    { name: required(string), workspace: required(string), description: string },
    async ({ ctx }, input) => {
      checkName(input.name);
      const project = toProject(input.workspace);
      return { role: toRole(await createSet(ctx, { project, name: input.name, description: input.description })) };
    },
    self,
  ),
  endpoint(
    "GET /roles/get",
    roleId,
    async ({ ctx }, { role_id }) => ({ role: toRole(await getSet(ctx, role_id)) }),
    self,
  ),
  endpoint(
    "GET /roles/list",
    { workspace: list(string) },
    async ({ ctx }, { workspace = [] }) => ({
      roles: (await listSets(ctx, workspace.map(toProject))).map(toRole),
    }),
    self,
  ),
  endpoint(
    "PATCH /roles/update",
    { ...roleId, name: string, description: string },
    async ({ ctx }, { role_id, name, description }) => {
      if (name === undefined && description === undefined) {
        throw invalid("At least one of 'name' or 'description' must be provided to update a role.");
      }
      checkName(name);
      return { role: toRole(await changeSet(ctx, role_id, { name, description })) };
    },
    self,
  ),
  endpoint(
    "DELETE /roles/delete",
    roleId,
    async ({ ctx }, { role_id }) => {
      await deleteSet(ctx, role_id);
      return {};
    },
    self,
  ),
  endpoint(
    "POST /roles/permissions/add",
    { ...roleId, resource_type: required(string), resource_pattern: required(string), permission: required(string) },
    async ({ ctx }, input) => {
      const type = enumType(input.resource_type, ["workspace"]);
      const grant = { type, resource: input.resource_pattern, level: enumLevel(input.permission) };
      return { role_permission: toRolePermission(await addToSet(ctx, input.role_id, grant)) };
    },
    self,
  ),
  endpoint(
    "DELETE /roles/permissions/remove",
    grantId,
    async ({ ctx }, input) => {
      await removeFromSet(ctx, input.role_permission_id);
      return {};
    },
    self,
  ),
  endpoint(
    "GET /roles/permissions/list",
    roleId,
    async ({ ctx }, { role_id }) => ({
      role_permissions: (await getSet(ctx, role_id)).grants.map(toRolePermission),
    }),
    self,
  ),
  endpoint(
    "PATCH /roles/permissions/update",
    { ...grantId, permission: required(string) },
    async ({ ctx }, input) => ({
      role_permission: toRolePermission(await changeInSet(ctx, input.role_permission_id, enumLevel(input.permission))),
    }),
    self,
  ),
  endpoint(
    "POST /roles/assign",
    { ...roleId, username: required(string) },
    async ({ ctx }, input) => ({ assignment: toAssignment(await assign(ctx, input.role_id, input.username)) }),
    self,
  ),
  endpoint(
    "DELETE /roles/unassign",
    { ...roleId, username: required(string) },
    async ({ ctx }, input) => {
      await unassign(ctx, input.role_id, input.username);
      return {};
    },
    self,
  ),
  endpoint(
    "GET /users/roles/list",
    { username: required(string) },
    async ({ ctx }, { username }) => ({ roles: (await listSetsOfUser(ctx, username)).map(toRole) }),
    self,
  ),
  endpoint(
    "GET /roles/users/list",
    roleId,
    async ({ ctx }, { role_id }) => ({ assignments: (await listMembers(ctx, role_id)).map(toAssignment) }),
    self,
  ),
];
