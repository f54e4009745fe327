import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { fakeClock } from "../testing/clock.js";
import { dbContract } from "./db.contract.js";
import { openSqlite } from "./sqlite.js";

const folder = mkdtempSync(join(tmpdir(), "paydown-sqlite-"));
let n = 0;
afterAll(() => rmSync(folder, { recursive: true, force: true }));

dbContract("SQLite in memory", async () => openSqlite({ path: ":memory:", clock: fakeClock() }));
dbContract("SQLite in a file", async () => openSqlite({ path: join(folder, `${n++}.db`), clock: fakeClock() }));
