import type { Principal } from "./auth/principal.js";
import type { Blobs } from "./blobs/blobs.js";
import type { Clock } from "./clock.js";
import type { Compute } from "./compute/compute.js";
import type { Db } from "./db/db.js";
import type { Engine } from "./engine/engine.js";
import type { Ids } from "./ids.js";
import type { Log } from "./log.js";

/** The ground everything stands on; made once in `platform.ts`. */
export interface Base {
  readonly db: Db;
  readonly blobs: Blobs;
  readonly engine: Engine;
  readonly compute: Compute;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
}

/** What an operation gets beside its input. */
export interface Ctx extends Base {
  readonly principal: Principal;
  /** Through which door the call came: `http`, `cli`, `mlflow`, `open-inference`, `job`, ...; lineage records it. */
  readonly door: string;
  readonly signal: AbortSignal;
}
