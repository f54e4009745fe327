import { operations } from "@paydown/api";
import * as api from "@paydown/api/accounts";
import type { Operation, Permission } from "@paydown/api/operation";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Principal, Role } from "#base/auth/principal.js";
import type { Ctx } from "#base/context.js";
import { createPerformer } from "#base/perform.js";
import { openStage, type Stage } from "#base/testing/stage.js";
import { accounts } from "./index.js";

/** Written out by hand: what each role may do, not derived from the code under test. */
const matrix: Record<Role | "nobody", Record<Permission, boolean>> = {
  nobody: { any: true, call: false, read: false, write: false, approve: false, admin: false },
  caller: { any: true, call: true, read: false, write: false, approve: false, admin: false },
  viewer: { any: true, call: true, read: true, write: false, approve: false, admin: false },
  editor: { any: true, call: true, read: true, write: true, approve: false, admin: false },
  approver: { any: true, call: true, read: true, write: true, approve: true, admin: false },
  admin: { any: true, call: true, read: true, write: true, approve: true, admin: true },
};

describe("who may do what", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage([accounts]);
  });
  afterAll(() => stage.close());

  function as(role: Role | "nobody", project: string): Ctx {
    const principal: Principal = { kind: "token", name: role, roles: role === "nobody" ? {} : { [project]: role } };
    return { ...stage.ctx, principal };
  }

  const perform = createPerformer(operations.map((operation) => ({ operation, perform: async () => ({}) })));

  /** Whether the gate before the operation lets the principal through; what comes after it is not asked here. */
  async function passes(ctx: Ctx, operation: Operation, project: string): Promise<boolean> {
    const scoped = operation.path.startsWith("/projects/:project");
    try {
      await perform(ctx, operation, (scoped ? { project } : {}) as never);
      return true;
    } catch (error) {
      return (error as { code?: string }).code !== "AUTH_FORBIDDEN";
    }
  }

  test.each(Object.keys(matrix) as (Role | "nobody")[])(
    "a %s of a project passes exactly where the matrix says, for every operation",
    async (role) => {
      const wrong: string[] = [];
      for (const operation of operations) {
        const scoped = operation.path.startsWith("/projects/:project");
        const expected = scoped || operation.permission === "any" ? matrix[role][operation.permission] : false;
        if ((await passes(as(role, "flights"), operation, "flights")) !== expected) wrong.push(operation.name);
      }
      expect(wrong).toEqual([]);
      expect(operations.length).toBeGreaterThan(40);
    },
  );

  test.each(Object.keys(matrix) as (Role | "nobody")[])("a %s of one project is nobody in another", async (role) => {
    const leaking: string[] = [];
    for (const operation of operations) {
      if (operation.permission === "any") continue;
      if (await passes(as(role, "flights"), operation, "prices")) leaking.push(operation.name);
    }
    expect(leaking).toEqual([]);
  });

  test("a role for every project holds in each, and for what belongs to none", async () => {
    for (const operation of operations) {
      expect(await passes(as("admin", "*"), operation, "flights"), operation.name).toBe(true);
    }
  });

  test("the roles are shown as they are enforced", async () => {
    const { items } = await stage.call(api.listRoles, {});
    for (const { role, permissions } of items) {
      for (const permission of ["call", "read", "write", "approve", "admin"] as const) {
        expect(permissions.includes(permission), `${role} ${permission}`).toBe(matrix[role][permission]);
      }
    }
  });
});
