import * as api from "@paydown/api/accounts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openPostgres } from "#base/db/postgres.js";
import { silentLog } from "#base/log.js";
import { type PostgresServer, postgresMissing, startPostgres } from "#base/testing/postgres.js";
import { openStage, type Stage } from "#base/testing/stage.js";
import { authenticate } from "./actions/authenticate.js";
import { addToSet, assign, createSet, listSetsOfUser } from "./actions/grant-sets.js";
import { accounts, createAuthenticator, ensureProject } from "./index.js";

const missing = postgresMissing();
const project = "flights";

describe.skipIf(missing !== undefined)("accounts on PostgreSQL", () => {
  let server: PostgresServer;
  let stage: Stage;

  beforeAll(async () => {
    server = await startPostgres();
    stage = await openStage([accounts], {
      openDb: (clock) => openPostgres({ url: server.createDatabase(), clock, log: silentLog, connections: 5 }),
    });
  });
  afterAll(async () => {
    await stage?.close();
    server?.stop();
  });

  test("projects, members, tokens, owners and hand-overs answer as on SQLite", async () => {
    await ensureProject(stage.ctx, project);
    await ensureProject(stage.ctx, project);
    await stage.call(api.grantRole, { project, user: "ada", role: "editor" });
    await stage.call(api.grantRole, { project, user: "ada", role: "approver" });
    const { secret } = await stage.call(api.createToken, { project, name: "ci", role: "editor", user: "ada" });
    expect(await authenticate(stage.base, secret)).toMatchObject({ kind: "user", roles: { [project]: "editor" } });
    expect((await stage.call(api.listTokens, { project })).items).toMatchObject([{ lastUsedAt: stage.clock.now() }]);
    await stage.call(api.defineTeam, { project, team: "platform" });
    await stage.call(api.assignOwner, { project, asset: "dataset:a", team: "research" });
    const { id } = await stage.call(api.offerHandOver, {
      project,
      asset: "dataset:a",
      from: "research",
      to: "platform",
    });
    stage.clock.advance(3_600_000);
    await stage.call(api.settleHandOver, { project, handOver: id, answer: "accept" });
    expect((await stage.call(api.listTeams, { project })).items).toEqual([{ name: "platform", assets: 1 }]);
    expect((await stage.call(api.listOwners, { project, team: "platform" })).items).toHaveLength(1);
    expect((await stage.call(api.reportHandOvers, { project })).pairs).toMatchObject([
      { accepted: 1, waitHours: { p50: 1, n: 1 } },
    ]);
    expect((await stage.call(api.listProjects, {})).items.map((one) => one.name)).toEqual([project]);
  });

  test("users, grants and their sets answer as on SQLite", async () => {
    const password = "a long password";
    const authenticate = createAuthenticator(stage.base);
    const credentials = { user: "bob", secret: password, address: "192.0.2.1" };
    await stage.call(api.createUser, { user: "bob", password, project, role: "editor" });
    expect(await authenticate(credentials)).toMatchObject({ roles: { [project]: "editor" }, grants: { any: false } });
    await stage.call(api.giveGrant, { project, kind: "experiment", resource: "7", user: "bob", level: "READ" });
    await stage.call(api.giveGrant, { project, kind: "experiment", resource: "7", user: "bob", level: "EDIT" });
    const set = (await createSet(stage.ctx, { project, name: "trainers", description: "who trains" })).row.id;
    await addToSet(stage.ctx, set, { type: "registered_model", resource: "*", level: "MANAGE" });
    await assign(stage.ctx, set, "bob");
    expect((await listSetsOfUser(stage.ctx, "bob")).map((one) => one.row.name)).toEqual(["trainers"]);
    const bob = await authenticate(credentials);
    expect(await bob?.grants?.levels(project, "experiment", ["7", "8"])).toEqual(new Map([["7", "EDIT"]]));
    expect(await bob?.grants?.all(project, "model")).toMatchObject({ every: "MANAGE" });
    expect((await stage.call(api.listGrants, { project, user: "bob" })).items).toHaveLength(1);
    expect((await stage.call(api.listUsers, {})).items.map((one) => one.user)).toEqual(["bob"]);
    await stage.call(api.changeUserAdmin, { user: "bob", admin: true });
    expect((await authenticate(credentials))?.roles).toMatchObject({ "*": "admin" });
    await stage.call(api.deleteUser, { user: "bob" });
    expect(await authenticate(credentials)).toBeUndefined();
  });
});
