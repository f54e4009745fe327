import * as api from "@paydown/api/accounts";
import type { Input, Operation, Reply } from "@paydown/api/operation";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Principal } from "#base/auth/principal.js";
import { createPerformer } from "#base/perform.js";
import { openStage, type Stage } from "#base/testing/stage.js";
import { type Authenticator, accounts, createAuthenticator, ensureFirstAdmin, ensureProject } from "./index.js";
import { passwordProblem } from "./model/password.js";
import { createTries } from "./model/tries.js";

const project = "flights";
const password = "a long password";
const address = "192.0.2.1";

describe("people with passwords", () => {
  let stage: Stage;
  let authenticate: Authenticator;
  beforeEach(async () => {
    stage = await openStage([accounts]);
    await ensureProject(stage.ctx, project);
    authenticate = createAuthenticator(stage.base);
  });
  afterEach(() => stage.close());

  const perform = createPerformer(accounts.operations, { checkReplies: true });
  function callAs<T extends Operation>(principal: Principal, operation: T, input: Input<T>): Promise<Reply<T>> {
    return perform({ ...stage.ctx, principal }, operation, input);
  }
  const comeIn = (user: string, secret = password, from = address) => authenticate({ user, secret, address: from });
  const make = (user: string, more: object = {}) => stage.call(api.createUser, { project, user, password, ...more });

  test("come in with their roles, and only with the right password", async () => {
    await make("ada", { role: "editor" });
    expect(await comeIn("ada")).toMatchObject({ kind: "user", name: "ada", roles: { [project]: "editor" } });
    expect(await comeIn("ada", "another password")).toBeUndefined();
    expect(await comeIn("bob")).toBeUndefined();
    expect(await authenticate({ secret: password, address })).toBeUndefined();
    // What the role is worth is asked each time.
    await stage.call(api.withdrawRole, { project, user: "ada" });
    expect((await comeIn("ada"))?.roles).toEqual({});
  });

  test("may come in with a token as password, whatever the name", async () => {
    const { secret } = await stage.call(api.createToken, { project, name: "ci", role: "viewer" });
    expect(await comeIn("anything", secret)).toMatchObject({ kind: "token", name: "ci" });
  });

  test("get a password made and shown once, which is stored only as a hash", async () => {
    const made = await stage.call(api.createUser, { project, user: "ada" });
    expect(made.password).toMatch(/^[0-9a-f]{32}$/);
    expect(await comeIn("ada", made.password)).toBeDefined();
    const rows = await stage.base.db.read((r) => r.all({ sql: "select * from accounts_users", parameters: [] }));
    const events = await stage.base.db.read((r) => r.all({ sql: "select * from outbox", parameters: [] }));
    expect(JSON.stringify([rows, events])).not.toContain(made.password);
    expect(JSON.stringify(rows)).toContain("scrypt$32768$8$3$");
  });

  test("are remembered after the first check, so that a training loop is not slowed", async () => {
    await make("ada");
    await comeIn("ada");
    const started = performance.now();
    for (let i = 0; i < 200; i++) expect(await comeIn("ada")).toBeDefined();
    expect((performance.now() - started) / 200).toBeLessThan(20);
  });

  test("are refused at the next request once the password changed or they were deleted, on every replica", async () => {
    await make("ada");
    const replica = createAuthenticator(stage.base);
    const old = { user: "ada", secret: password, address };
    expect(await replica(old)).toBeDefined();
    await stage.call(api.changePassword, { user: "ada", password: "the second password" });
    expect(await replica(old)).toBeUndefined();
    const now = { ...old, secret: "the second password" };
    expect(await replica(now)).toBeDefined();
    await stage.call(api.deleteUser, { user: "ada" });
    expect(await replica(now)).toBeUndefined();
  });

  test("must wait after wrong passwords, by name and address, without locking out who is known or elsewhere", async () => {
    await make("ada");
    const elsewhere = "198.51.100.7";
    await comeIn("ada", password, elsewhere);
    for (let i = 0; i < 5; i++) expect(await comeIn("ada", "wrong password")).toBeUndefined();
    await expect(comeIn("ada")).rejects.toMatchObject({
      code: "ACCOUNTS_TOO_MANY_TRIES",
      status: 429,
      details: { retryAfter: 1 },
    });
    expect(await comeIn("ada", password, elsewhere)).toBeDefined();
    stage.clock.advance(1000);
    expect(await comeIn("ada", "wrong password")).toBeUndefined();
    await expect(comeIn("ada")).rejects.toMatchObject({ details: { retryAfter: 2 } });
    stage.clock.advance(2000);
    expect(await comeIn("ada")).toBeDefined();
    expect(await comeIn("ada", "wrong password")).toBeUndefined();
  });

  test("change their own password with the one so far; an admin changes anybody's", async () => {
    await make("ada");
    const ada = (await comeIn("ada")) as Principal;
    const change = (more: object) =>
      callAs(ada, api.changePassword, { user: "ada", password: "the second password", ...more });
    await expect(change({})).rejects.toMatchObject({ code: "ACCOUNTS_PASSWORD_CURRENT" });
    await expect(change({ current: "not this one" })).rejects.toMatchObject({ code: "ACCOUNTS_PASSWORD_CURRENT" });
    await expect(callAs(ada, api.changePassword, { user: "ada", password, current: password })).rejects.toMatchObject({
      message: "New password must differ from the current password.",
    });
    expect(await change({ current: password })).toMatchObject({ user: "ada" });
    await make("bob");
    await expect(
      callAs(ada, api.changePassword, { user: "bob", password: "the second password", current: password }),
    ).rejects.toMatchObject({ code: "AUTH_FORBIDDEN" });
  });

  test("leave nothing behind when they are deleted", async () => {
    await make("ada", { admin: true });
    await stage.call(api.grantRole, { project, user: "ada", role: "editor" });
    const { secret } = await stage.call(api.createToken, { project, name: "hers", role: "editor", user: "ada" });
    await stage.call(api.giveGrant, { project, kind: "experiment", resource: "7", user: "ada", level: "MANAGE" });
    expect(await stage.call(api.deleteUser, { user: "ada" })).toEqual({ user: "ada", tokensRevoked: 1 });
    expect(await authenticate({ secret, address })).toBeUndefined();
    expect((await stage.call(api.listMembers, { project })).items).toEqual([]);
    await make("ada");
    expect(await comeIn("ada")).toMatchObject({ roles: {}, grants: { any: false } });
    expect((await stage.call(api.listGrants, { project })).items).toEqual([]);
  });

  test("do not delete themselves", async () => {
    await make("ada", { admin: true });
    const ada = (await comeIn("ada")) as Principal;
    await expect(callAs(ada, api.deleteUser, { user: "ada" })).rejects.toMatchObject({ code: "ACCOUNTS_USER_SELF" });
  });

  test("are made by a project's admin only where that gives nothing they do not have", async () => {
    const lead: Principal = { kind: "token", name: "lead", roles: { [project]: "admin" } };
    await callAs(lead, api.createUser, { user: "ada", password, project, role: "editor" });
    await expect(callAs(lead, api.createUser, { user: "eve", password, project, admin: true })).rejects.toMatchObject({
      code: "ACCOUNTS_ROLE_TOO_HIGH",
    });
    // A name with roles elsewhere: its password would be the key to them.
    await ensureProject(stage.ctx, "other");
    await stage.call(api.grantRole, { project: "other", user: "bob", role: "admin" });
    await expect(callAs(lead, api.createUser, { user: "bob", password, project })).rejects.toMatchObject({
      code: "ACCOUNTS_ROLE_TOO_HIGH",
    });
    await expect(callAs(lead, api.createUser, { project: "other", user: "cy", password })).rejects.toMatchObject({
      code: "AUTH_FORBIDDEN",
    });
  });

  test.each([
    ["eleven long", "has 11"],
    ["password1234", "everybody knows"],
  ])("are refused the password %s", async (weak, why) => {
    expect(passwordProblem(weak)).toContain(why);
    await expect(ensureFirstAdmin(stage.ctx, { user: "ada", password: weak })).rejects.toMatchObject({
      code: "ACCOUNTS_PASSWORD_WEAK",
    });
  });

  test("begin with a first admin, whose configured password counts once", async () => {
    await expect(ensureFirstAdmin(stage.ctx, { user: "admin", password: "" })).rejects.toMatchObject({
      code: "ACCOUNTS_ADMIN_MISSING",
      next: expect.stringContaining("PAYDOWN_ADMIN_PASSWORD"),
    });
    expect(await ensureFirstAdmin(stage.ctx, { user: "admin", password })).toBe(true);
    expect(await comeIn("admin")).toMatchObject({ roles: { "*": "admin" } });
    expect(await ensureFirstAdmin(stage.ctx, { user: "admin", password: "another password" })).toBe(false);
    expect(await comeIn("admin", "another password")).toBeUndefined();
    expect(await ensureFirstAdmin(stage.ctx, { user: "admin", password: "" })).toBe(false);
  });

  test("are listed by name, page by page", async () => {
    for (const user of ["cy", "ada", "bob"]) await make(user, { admin: user === "bob" });
    const first = await stage.call(api.listUsers, { limit: 2 });
    expect(first.items.map((one) => [one.user, one.admin])).toEqual([
      ["ada", false],
      ["bob", true],
    ]);
    const rest = await stage.call(api.listUsers, { limit: 2, cursor: first.cursor as string });
    expect(rest.items.map((one) => one.user)).toEqual(["cy"]);
    expect(rest.cursor).toBeUndefined();
    expect(await stage.call(api.changeUserAdmin, { user: "bob", admin: false })).toMatchObject({ admin: false });
  });
});

describe("wrong passwords", () => {
  test("wait twice as long each time, at most a quarter of an hour, and are forgotten after an hour", () => {
    const tries = createTries();
    const waits: number[] = [];
    for (let i = 0; i < 20; i++) {
      tries.failed("ada", "a", 0);
      waits.push(tries.wait("ada", "a", 0));
    }
    expect(waits.slice(0, 8)).toEqual([0, 0, 0, 0, 1000, 2000, 4000, 8000]);
    expect(Math.max(...waits)).toBe(15 * 60_000);
    tries.failed("ada", "a", 3_600_000);
    expect(tries.wait("ada", "a", 3_600_000)).toBe(0);
  });

  test("for many names from one address slow that address down", () => {
    const tries = createTries();
    for (let i = 0; i < 50; i++) tries.failed(`user${i}`, "a", 0);
    expect(tries.waitOf("a", 0)).toBe(1000);
    expect(tries.waitOf("b", 0)).toBe(0);
  });
});
