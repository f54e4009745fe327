import * as api from "@paydown/api/accounts";
import type { Input, Operation, Reply } from "@paydown/api/operation";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Principal } from "#base/auth/principal.js";
import { createPerformer } from "#base/perform.js";
import { openStage, type Stage } from "#base/testing/stage.js";
import { authenticate } from "./actions/authenticate.js";
import { accounts, ensureProject, makeFirstAdminToken } from "./index.js";

const project = "flights";
const minute = 60_000;

describe("tokens", () => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await openStage([accounts]);
    await ensureProject(stage.ctx, project);
  });
  afterEach(() => stage.close());

  const perform = createPerformer(accounts.operations, { checkReplies: true });
  function callAs<T extends Operation>(
    principal: Principal | undefined,
    operation: T,
    input: Input<T>,
  ): Promise<Reply<T>> {
    expect(principal).toBeDefined();
    return perform({ ...stage.ctx, principal: principal as Principal }, operation, input);
  }

  test("the first admin token is made once, and opens everything", async () => {
    const secret = await makeFirstAdminToken(stage.ctx);
    expect(secret).toMatch(/^pdt_[0-9a-f]{64}$/);
    expect(await makeFirstAdminToken(stage.ctx)).toBeUndefined();
    const principal = await authenticate(stage.base, secret as string);
    expect(principal).toMatchObject({ kind: "token", name: "first admin", roles: { "*": "admin" } });
    expect((await callAs(principal, api.listProjects, {})).items.map((one) => one.name)).toContain(project);
  });

  test("a secret is shown once and stored nowhere", async () => {
    const { token, secret } = await stage.call(api.createToken, { project, name: "ci", role: "editor" });
    const rows = await stage.base.db.read((r) => r.all({ sql: "select * from accounts_tokens", parameters: [] }));
    const events = await stage.base.db.read((r) => r.all({ sql: "select * from outbox", parameters: [] }));
    expect(JSON.stringify([rows, events])).not.toContain(secret.slice(8));
    const { items } = await stage.call(api.listTokens, { project });
    expect(items).toEqual([token]);
    expect(token).toMatchObject({ prefix: secret.slice(0, 8), scope: "May call, read, write in project flights." });
  });

  test("an unknown, malformed, expired or revoked secret is nobody", async () => {
    expect(await authenticate(stage.base, `pdt_${"0".repeat(64)}`)).toBeUndefined();
    expect(await authenticate(stage.base, "' or 1=1 --")).toBeUndefined();
    const expiresAt = stage.clock.now() + minute;
    const short = await stage.call(api.createToken, { project, name: "short", role: "viewer", expiresAt });
    expect(await authenticate(stage.base, short.secret)).toBeDefined();
    stage.clock.advance(minute);
    expect(await authenticate(stage.base, short.secret)).toBeUndefined();
    const revoked = await stage.call(api.createToken, { project, name: "gone", role: "viewer" });
    await stage.call(api.revokeToken, { project, token: revoked.token.id });
    expect(await authenticate(stage.base, revoked.secret)).toBeUndefined();
    await expect(
      stage.call(api.createToken, { project, name: "late", role: "viewer", expiresAt: 1 }),
    ).rejects.toMatchObject({
      code: "ACCOUNTS_EXPIRY_PAST",
    });
  });

  test("the last use is known to the minute", async () => {
    const { secret } = await stage.call(api.createToken, { project, name: "ci", role: "viewer" });
    const first = stage.clock.now();
    await authenticate(stage.base, secret);
    stage.clock.advance(minute - 1);
    await authenticate(stage.base, secret);
    expect((await stage.call(api.listTokens, { project })).items[0]?.lastUsedAt).toBe(first);
    stage.clock.advance(1);
    await authenticate(stage.base, secret);
    expect((await stage.call(api.listTokens, { project })).items[0]?.lastUsedAt).toBe(first + minute);
  });

  test("nobody gives more than they have", async () => {
    const admin: Principal = { kind: "token", name: "flights admin", roles: { [project]: "admin" } };
    await expect(
      callAs(admin, api.createToken, { project, name: "all", role: "viewer", allProjects: true }),
    ).rejects.toMatchObject({ code: "ACCOUNTS_ROLE_TOO_HIGH" });
    const everywhere = await stage.call(api.createToken, { project, name: "all", role: "admin", allProjects: true });
    await expect(callAs(admin, api.revokeToken, { project, token: everywhere.token.id })).rejects.toMatchObject({
      code: "ACCOUNTS_ROLE_TOO_HIGH",
    });
  });

  test("a token that acts for a user is never stronger than the user is now", async () => {
    await expect(
      stage.call(api.createToken, { project, name: "ada's", role: "editor", user: "ada" }),
    ).rejects.toMatchObject({
      code: "ACCOUNTS_ROLE_TOO_HIGH",
    });
    await stage.call(api.grantRole, { project, user: "ada", role: "approver" });
    const { secret, token } = await stage.call(api.createToken, {
      project,
      name: "ada's",
      role: "editor",
      user: "ada",
    });
    expect(await authenticate(stage.base, secret)).toMatchObject({
      kind: "user",
      name: "ada",
      roles: { [project]: "editor" },
    });
    expect((await stage.call(api.testPermission, { project, permission: "write", token: token.id })).allowed).toBe(
      true,
    );
    await stage.call(api.grantRole, { project, user: "ada", role: "viewer" });
    expect((await authenticate(stage.base, secret))?.roles).toEqual({ [project]: "viewer" });
    await stage.call(api.withdrawRole, { project, user: "ada" });
    expect((await authenticate(stage.base, secret))?.roles).toEqual({});
    expect(await stage.call(api.withdrawRole, { project, user: "ada" })).toEqual({ withdrawn: false });
  });

  test("a consumer key names its consumer and opens nothing else", async () => {
    const { secret, token } = await stage.call(api.createConsumerKey, { project, consumer: "ops-board" });
    expect(token).toMatchObject({ kind: "consumer", consumer: "ops-board" });
    const principal = await authenticate(stage.base, secret);
    expect(principal).toMatchObject({ kind: "consumer", name: "ops-board", roles: { [project]: "caller" } });
    await expect(callAs(principal, api.getProject, { project })).rejects.toMatchObject({ code: "AUTH_FORBIDDEN" });
    expect((await callAs(principal, api.listProjects, {})).items).toEqual([]);
    expect(await callAs(principal, api.whoAmI, {})).toEqual({
      kind: "consumer",
      name: "ops-board",
      roles: [{ project, role: "caller" }],
    });
    expect((await stage.call(api.testPermission, { project, permission: "call", token: token.id })).allowed).toBe(true);
  });

  test("may this token promote? is answered with the reason", async () => {
    const { token } = await stage.call(api.createToken, { project, name: "ci", role: "editor" });
    expect(await stage.call(api.testPermission, { project, permission: "approve", token: token.id })).toEqual({
      allowed: false,
      because: "ci is editor of flights; editor does not include approve.",
    });
    await stage.call(api.revokeToken, { project, token: token.id });
    expect(await stage.call(api.testPermission, { project, permission: "read", token: token.id })).toEqual({
      allowed: false,
      because: "Token ci was revoked.",
    });
    expect(await stage.call(api.testPermission, { project, permission: "read", user: "ada" })).toEqual({
      allowed: false,
      because: "ada has no role in flights.",
    });
    expect((await stage.call(api.testPermission, { project, permission: "admin" })).allowed).toBe(true);
    await expect(stage.call(api.testPermission, { project, permission: "read", token: "none" })).rejects.toMatchObject({
      code: "ACCOUNTS_TOKEN_NOT_FOUND",
    });
  });

  test("tokens are listed newest first, page by page", async () => {
    for (const name of ["a", "b", "c"]) {
      await stage.call(api.createToken, { project, name, role: "viewer" });
      stage.clock.advance(1);
    }
    const first = await stage.call(api.listTokens, { project, limit: 2 });
    expect(first.items.map((one) => one.name)).toEqual(["c", "b"]);
    const second = await stage.call(api.listTokens, { project, limit: 2, cursor: first.cursor as string });
    expect(second).toMatchObject({ items: [{ name: "a" }] });
    expect(second.cursor).toBeUndefined();
  });
});

describe("projects", () => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await openStage([accounts]);
  });
  afterEach(() => stage.close());

  test("a project keeps what was said about it and can be changed", async () => {
    const made = await stage.call(api.createProject, { name: "flights", timeZone: "Europe/Berlin", weeklyHours: 120 });
    expect(made).toMatchObject({ title: "flights", currency: "EUR", timeZone: "Europe/Berlin", role: "admin" });
    await stage.call(api.updateProject, { project: "flights", title: "Flight delays", hourlyRate: 80 });
    const shown = await stage.call(api.getProject, { project: "flights" });
    expect(shown).toEqual({ ...made, title: "Flight delays", hourlyRate: 80 });
  });

  test("a name is taken once, a time zone must exist, an unknown project is said to be unknown", async () => {
    await stage.call(api.createProject, { name: "flights" });
    await expect(stage.call(api.createProject, { name: "flights" })).rejects.toMatchObject({
      code: "ACCOUNTS_PROJECT_EXISTS",
    });
    await expect(stage.call(api.createProject, { name: "x", timeZone: "Mars/Base" })).rejects.toMatchObject({
      code: "ACCOUNTS_TIME_ZONE_UNKNOWN",
    });
    await expect(stage.call(api.getProject, { project: "none" })).rejects.toMatchObject({
      code: "ACCOUNTS_PROJECT_NOT_FOUND",
    });
    await expect(stage.call(api.updateProject, { project: "none", title: "x" })).rejects.toMatchObject({
      code: "ACCOUNTS_PROJECT_NOT_FOUND",
    });
  });

  test("a project is made sure of without harm to one that is there", async () => {
    await stage.call(api.createProject, { name: "flights", title: "Flight delays" });
    await ensureProject(stage.ctx, "flights");
    expect((await stage.call(api.listProjects, {})).items.map((one) => one.title)).toEqual(["Flight delays"]);
  });
});
