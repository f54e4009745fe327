import * as api from "@paydown/api/accounts";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  foldLevels,
  type Level,
  levels,
  mayByRole,
  mayOn,
  mayWith,
  type Need,
  ownNew,
  readable,
} from "#base/auth/grants.js";
import type { Principal, Role } from "#base/auth/principal.js";
import { openStage, type Stage } from "#base/testing/stage.js";
import { addToSet, assign, createSet, deleteSet, unassign } from "./actions/grant-sets.js";
import { dropModelGrants, giveLevel, moveModelGrants } from "./actions/grants.js";
import { accounts, ensureProject } from "./index.js";
import { insertUser } from "./store/users.js";
import { viewEffectiveLevel, viewUserPrincipal } from "./views/grants.js";

const project = "flights";
const needs: readonly Need[] = ["read", "call", "write", "delete", "manage", "approve", "admin"];
const roles: readonly (Role | undefined)[] = [undefined, "caller", "viewer", "editor", "approver", "admin"];
const withRole = (role: Role | undefined): Principal => ({
  kind: "user",
  name: "ada",
  roles: role === undefined ? {} : { [project]: role },
});

describe("how a grant and a role combine", () => {
  test.each([
    ["NO_PERMISSIONS", []],
    ["READ", ["read"]],
    ["USE", ["read", "call"]],
    ["EDIT", ["read", "call", "write"]],
    ["MANAGE", ["read", "call", "write", "delete", "manage"]],
  ] as const)("%s decides instead of any role but admin's", (level, allowed) => {
    for (const role of roles.filter((one) => one !== "admin")) {
      const found = needs.filter((need) => mayWith(withRole(role), need, project, level));
      const approves = role === "approver" && (level === "EDIT" || level === "MANAGE");
      expect(found).toEqual([...allowed, ...(approves ? ["approve"] : [])]);
    }
  });

  test("nothing takes anything from an admin, and without a grant the role decides", () => {
    for (const need of needs) {
      for (const level of levels) expect(mayWith(withRole("admin"), need, project, level)).toBe(true);
      for (const role of roles) {
        expect(mayWith(withRole(role), need, project, undefined)).toBe(mayByRole(withRole(role), need, project));
      }
    }
  });

  test("of several grants one that takes all away decides, else the strongest, in any order", () => {
    const some = fc.array(fc.constantFrom<Level>(...levels));
    fc.assert(
      fc.property(some, fc.integer(), (list, seed) => {
        const folded = foldLevels(list);
        const turned = list.map((_, i) => list[(i + Math.abs(seed)) % list.length] as Level);
        expect(foldLevels(turned)).toBe(folded);
        if (list.length === 0) expect(folded).toBeUndefined();
        else if (list.includes("NO_PERMISSIONS")) expect(folded).toBe("NO_PERMISSIONS");
        else expect(list.every((one) => levels.indexOf(one) <= levels.indexOf(folded as Level))).toBe(true);
      }),
      { seed: 3 },
    );
  });
});

describe("grants", () => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await openStage([accounts]);
    await ensureProject(stage.ctx, project);
    await known("ada");
  });
  afterEach(() => stage.close());

  /** A user whom no password opens; hashing one takes long. */
  const known = (name: string) =>
    stage.base.db.write((tx) =>
      insertUser(tx, { name, password: "none", created_at: 0, created_by: "test", changed_at: 0 }),
    );
  const give = (kind: "experiment" | "model" | "project", resource: string, level: Level, user = "ada") =>
    stage.call(api.giveGrant, { project, kind, resource, user, level });
  const ada = (within?: { project: string; role: Role }) =>
    stage.base.db.read((r) => viewUserPrincipal(stage.base, r, "ada", within));
  const may = async (need: Need, kind: "experiment" | "model", id: string, who?: Principal) =>
    mayOn(who ?? (await ada()), need, project, [{ kind, id }]);

  test("lift who has no role, and lower who has one, for that thing only", async () => {
    await give("experiment", "7", "EDIT");
    expect(await may("write", "experiment", "7")).toBe(true);
    expect(await may("read", "experiment", "8")).toBe(false);
    await stage.call(api.grantRole, { project, user: "ada", role: "editor" });
    await give("experiment", "7", "READ");
    expect(await may("write", "experiment", "7")).toBe(false);
    expect(await may("write", "experiment", "8")).toBe(true);
    await stage.call(api.withdrawGrant, { project, kind: "experiment", resource: "7", user: "ada" });
    expect(await may("write", "experiment", "7")).toBe(true);
  });

  test("on `*` hold for all, folded with those on the one", async () => {
    await give("model", "*", "READ");
    await give("model", "delay", "MANAGE");
    await give("model", "secret", "NO_PERMISSIONS");
    expect(await may("manage", "model", "delay")).toBe(true);
    expect(await may("write", "model", "eta")).toBe(false);
    const sees = await readable(await ada(), project, "model");
    expect(["delay", "eta", "secret"].map((id) => sees !== "all" && sees(id))).toEqual([true, true, false]);
  });

  test("come from the sets a user is in, and go with them", async () => {
    const set = (await createSet(stage.ctx, { project, name: "trainers", description: undefined })).row.id;
    await addToSet(stage.ctx, set, { type: "experiment", resource: "7", level: "EDIT" });
    expect(await may("read", "experiment", "7")).toBe(false);
    await assign(stage.ctx, set, "ada");
    expect(await may("write", "experiment", "7")).toBe(true);
    await give("experiment", "7", "NO_PERMISSIONS");
    expect(await may("read", "experiment", "7")).toBe(false);
    expect((await stage.call(api.listGrants, { project })).items).toMatchObject([
      { set: "trainers", kind: "experiment", resource: "7", level: "EDIT" },
      { user: "ada", kind: "experiment", resource: "7", level: "NO_PERMISSIONS" },
    ]);
    await stage.call(api.withdrawGrant, { project, kind: "experiment", resource: "7", user: "ada" });
    await unassign(stage.ctx, set, "ada");
    expect(await may("read", "experiment", "7")).toBe(false);
    await assign(stage.ctx, set, "ada");
    await deleteSet(stage.ctx, set);
    expect(await ada()).toMatchObject({ grants: { any: false } });
  });

  test("on the project let make one's own, or make an admin", async () => {
    await give("project", "*", "USE");
    expect(await ada()).toMatchObject({ roles: { [project]: "viewer" }, founds: [project] });
    await give("project", "*", "MANAGE");
    expect(await ada()).toMatchObject({ roles: { [project]: "admin" } });
    await expect(give("project", "*", "READ")).rejects.toMatchObject({ code: "ACCOUNTS_GRANT_RESOURCE" });
  });

  test("of a user are weakened in a token to its role and project", async () => {
    await give("experiment", "7", "MANAGE");
    const viewer = await ada({ project, role: "viewer" });
    expect(await may("read", "experiment", "7", viewer)).toBe(true);
    expect(await may("write", "experiment", "7", viewer)).toBe(false);
    const elsewhere = await ada({ project: "other", role: "admin" });
    expect(await may("read", "experiment", "7", elsewhere)).toBe(false);
  });

  test("are given by who has MANAGE on the thing, and never for all of a project by them", async () => {
    await known("bob");
    await give("experiment", "7", "MANAGE");
    const ctx = { ...stage.ctx, principal: await ada() };
    const grant = { project, type: "experiment", user: "bob" } as const;
    await giveLevel(ctx, { ...grant, resource: "7" }, "READ");
    for (const resource of ["8", "*"]) {
      await expect(giveLevel(ctx, { ...grant, resource }, "READ")).rejects.toMatchObject({ code: "AUTH_FORBIDDEN" });
    }
    await expect(give("experiment", "7", "READ", "nobody")).rejects.toMatchObject({ code: "ACCOUNTS_USER_NOT_FOUND" });
  });

  test("are had on what one makes, in the same transaction", async () => {
    const principal = await ada();
    await stage.base.db.write((tx) => ownNew(tx, principal, project, { kind: "experiment", id: "9" }));
    expect(await may("manage", "experiment", "9")).toBe(true);
    const undone = stage.base.db.write(async (tx) => {
      await ownNew(tx, principal, project, { kind: "experiment", id: "10" });
      throw new RangeError("no");
    });
    await expect(undone).rejects.toThrow(RangeError);
    expect(await may("read", "experiment", "10")).toBe(false);
  });

  test("follow a model to its new name and end with it", async () => {
    await give("model", "delay", "MANAGE");
    await moveModelGrants(stage.ctx, project, "delay", "eta");
    expect(await may("manage", "model", "eta")).toBe(true);
    expect(await may("read", "model", "delay")).toBe(false);
    await dropModelGrants(stage.ctx, project, "eta");
    expect(await may("read", "model", "eta")).toBe(false);
  });

  test("spell an experiment one way", async () => {
    await give("experiment", "007", "READ");
    expect(await may("read", "experiment", "7")).toBe(true);
    await expect(give("experiment", "seven", "READ")).rejects.toMatchObject({ code: "ACCOUNTS_GRANT_RESOURCE" });
  });

  test("and roles together are told as one level", async () => {
    const level = () => viewEffectiveLevel(stage.base, "ada", project, "experiment", "7");
    expect(await level()).toBe("NO_PERMISSIONS");
    await stage.call(api.grantRole, { project, user: "ada", role: "viewer" });
    expect(await level()).toBe("READ");
    await stage.call(api.grantRole, { project, user: "ada", role: "editor" });
    expect(await level()).toBe("EDIT");
    await give("experiment", "7", "USE");
    expect(await level()).toBe("USE");
    await stage.call(api.grantRole, { project, user: "ada", role: "admin" });
    expect(await level()).toBe("MANAGE");
  });

  test("cost who has none no question more", async () => {
    let reads = 0;
    const count: typeof stage.base.db.read = (work) => {
      reads++;
      return stage.base.db.read(work);
    };
    const base = {
      clock: stage.base.clock,
      db: { ...stage.base.db, read: count },
    };
    await stage.call(api.grantRole, { project, user: "ada", role: "editor" });
    const principal = await stage.base.db.read((r) => viewUserPrincipal(base, r, "ada"));
    expect(await mayOn(principal, "write", project, [{ kind: "experiment", id: "7" }])).toBe(true);
    expect(await readable(principal, project, "experiment")).toBe("all");
    expect(reads).toBe(0);
  });
});
