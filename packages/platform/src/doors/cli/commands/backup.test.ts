import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openBlobs } from "#base/blobs/open.js";
import { secretKeyIn } from "#base/config/secret-key.js";
import { openDb } from "#base/db/open.js";
import { createIds } from "#base/ids.js";
import { silentLog } from "#base/log.js";
import { fakeClock } from "#base/testing/clock.js";
import { type Cli, runCli } from "../run.js";

describe("backup and restore", () => {
  let folder: string;
  let printed: string;
  const cli = (): Cli => ({
    version: "0",
    openPlatform: () => Promise.reject(new RangeError("not needed")),
    io: {
      out: (text) => {
        printed += text;
      },
      err: (text) => {
        printed += text;
      },
      terminal: false,
      columns: 80,
      cwd: folder,
      environment: {},
      signal: new AbortController().signal,
    },
  });
  const clock = fakeClock();
  const ids = createIds(clock);
  const url = (data: string): string => `sqlite:${join(folder, data, "paydown.db")}`;

  beforeEach(async () => {
    printed = "";
    folder = mkdtempSync(join(tmpdir(), "paydown-backup-"));
    const db = await openDb({ url: url("first"), clock, log: silentLog });
    await db.migrate([{ id: "a", up: ["create table t (n {int})", "insert into t values (7)"] }]);
    await db.close();
    const blobs = await openBlobs({ url: `file:${join(folder, "first", "objects")}`, ids });
    await blobs.put(Buffer.from("one"));
    await blobs.put(Buffer.from("two"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test("a backup that is restored holds the same rows and objects", async () => {
    expect(await runCli(cli(), ["backup", "copy", "--data", "first"])).toBe(0);
    expect(await runCli(cli(), ["restore", "copy", "--data", "second"])).toBe(0);
    const db = await openDb({ url: url("second"), clock, log: silentLog });
    expect(await db.read((r) => r.all({ sql: "select n from t", parameters: [] }))).toEqual([{ n: 7 }]);
    await db.close();
    const blobs = await openBlobs({ url: `file:${join(folder, "second", "objects")}`, ids });
    const sizes = [];
    for await (const blob of blobs.list()) sizes.push(blob.size);
    expect(sizes).toEqual([3, 3]);
  });

  test("a backup carries the key that secrets are sealed with, for its owner alone", async () => {
    const key = secretKeyIn(join(folder, "first"));
    expect(await runCli(cli(), ["backup", "copy", "--data", "first"])).toBe(0);
    expect(await runCli(cli(), ["restore", "copy", "--data", "second"])).toBe(0);
    expect(secretKeyIn(join(folder, "second"))).toBe(key);
    const modes = ["first", "copy", "second"].map((name) => statSync(join(folder, name, "secrets.key")).mode & 0o777);
    expect(modes).toEqual([0o600, 0o600, 0o600]);
  });

  test("a damaged backup is refused and nothing is restored", async () => {
    await runCli(cli(), ["backup", "copy", "--data", "first"]);
    const hash = "3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3";
    writeFileSync(join(folder, "copy", "objects", hash), "not two");
    expect(await runCli(cli(), ["restore", "copy", "--data", "second"])).toBe(1);
    expect(printed).toContain("BACKUP_DAMAGED");
    expect(existsSync(join(folder, "second"))).toBe(false);
  });

  test("a folder that holds something is never overwritten", async () => {
    expect(await runCli(cli(), ["backup", "first", "--data", "first"])).toBe(1);
    await runCli(cli(), ["backup", "copy", "--data", "first"]);
    expect(await runCli(cli(), ["restore", "copy", "--data", "first"])).toBe(1);
    expect(printed).toContain("BACKUP_TARGET_EXISTS");
  });

  test("no folder named is usage", async () => {
    expect(await runCli(cli(), ["backup"])).toBe(2);
  });
});
