import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Input, Operation, Reply } from "@paydown/api/operation";
import { localPrincipal } from "../auth/principal.js";
import { openDisk } from "../blobs/disk.js";
import { inNameOf } from "../caller.js";
import type { Capability } from "../capability.js";
import { openLocal } from "../compute/local.js";
import type { Base, Ctx } from "../context.js";
import type { Db } from "../db/db.js";
import { openSqlite } from "../db/sqlite.js";
import { openEngine } from "../engine/open.js";
import { createDispatcher } from "../events/dispatcher.js";
import { createIds } from "../ids.js";
import { createWorker } from "../jobs/worker.js";
import { silentLog } from "../log.js";
import { baseMigrations } from "../migrations.js";
import { createPerformer } from "../perform.js";
import { type FakeClock, fakeClock } from "./clock.js";
import { seededBytes } from "./random.js";

export interface Stage {
  readonly base: Base;
  readonly ctx: Ctx;
  readonly clock: FakeClock;
  /** Validates the input, performs the operation as local admin, validates the reply. */
  call<T extends Operation>(operation: T, input: Input<T>): Promise<Reply<T>>;
  /** Delivers all events to all listeners until nothing is left. */
  deliver(): Promise<void>;
  /** Runs due jobs until none is left. */
  work(): Promise<void>;
  close(): Promise<void>;
}

export interface StageOptions {
  readonly seed?: number;
  /** Replaces the in-memory SQLite; the stage closes it. */
  readonly openDb?: (clock: FakeClock) => Promise<Db>;
}

/** A platform of just these capabilities: real SQLite in memory, real files in a temporary folder, a clock that stands still. */
export async function openStage(capabilities: readonly Capability[], options: StageOptions = {}): Promise<Stage> {
  const clock = fakeClock();
  const ids = createIds(clock, seededBytes(options.seed ?? 1));
  const folder = await mkdtemp(join(tmpdir(), "paydown-stage-"));
  const db = (await options.openDb?.(clock)) ?? openSqlite({ path: ":memory:", clock });
  await db.migrate([...baseMigrations, ...capabilities.flatMap((capability) => capability.migrations)]);
  const base: Base = {
    db,
    clock,
    ids,
    log: silentLog,
    blobs: await openDisk({ root: join(folder, "blobs"), ids }),
    engine: await openEngine({ url: "duckdb:", folder: join(folder, "engine"), readable: [join(folder, "blobs")] }),
    compute: openLocal({ environment: process.env }),
  };
  const ctx: Ctx = { ...base, principal: localPrincipal, door: "test", signal: new AbortController().signal };
  const dispatcher = createDispatcher(base, capabilities);
  const worker = createWorker(base, capabilities);
  const perform = createPerformer(
    capabilities.flatMap((capability) => capability.operations),
    { checkReplies: true },
  );
  return {
    base,
    ctx,
    clock,
    call: (operation, input) => inNameOf({ by: "local", door: "test" }, () => perform(ctx, operation, input)),
    deliver: () => dispatcher.drain(),
    work: () => worker.drain(),
    async close() {
      await dispatcher.stop();
      await worker.stop();
      await base.compute.close();
      await base.engine.close();
      await db.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
