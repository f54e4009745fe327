import * as api from "@paydown/api/monitoring";
import { OutcomesRecorded } from "@paydown/api/serving";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openPostgres } from "#base/db/postgres.js";
import { silentLog } from "#base/log.js";
import { type PostgresServer, postgresMissing, startPostgres } from "#base/testing/postgres.js";
import { openStage, type StageOptions } from "#base/testing/stage.js";
import { monitoring } from "./index.js";
import { traffic, world, zero } from "./testing/traffic.js";
import { dayMs } from "./thresholds/season.js";

const project = "default";

/** Runs a month of daily windows, a shift, late labels and a closing; answers everything the views show. */
async function story(options: StageOptions) {
  const begin = zero + 3 * dayMs;
  const needs = world(traffic(-28, 8, ({ at, age }) => (at >= begin ? { age: age + 20 } : {})));
  needs.labelsUntil = zero - 5 * dayMs;
  const stage = await openStage([monitoring(needs)], options);
  try {
    const name = "credit-days";
    await stage.call(api.createMonitor, {
      project,
      name,
      deployment: "credit",
      window: "day",
      reference: { kind: "dataset-version", dataset: "loans", version: "abc" },
      calibration: { from: zero - 28 * dayMs, to: zero },
      quality: { metric: "auc" },
      naiveRules: ["evidently", "nannyml", "tfdv", "ks-005", "psi-01", "three-sigma"],
    });
    stage.clock.advance(8 * dayMs);
    await stage.work();
    needs.labelsUntil = Number.POSITIVE_INFINITY;
    await stage.ctx.db.write((tx) =>
      tx.emit(OutcomesRecorded, project, {
        deployment: "credit",
        recorded: 9,
        from: zero - 5 * dayMs,
        to: zero + 8 * dayMs,
        at: 1,
      }),
    );
    await stage.deliver();
    const late = await stage.call(api.evaluateMonitor, { project, name });
    const again = await stage.call(api.evaluateMonitor, { project, name, from: 0 });
    const [incident] = (await stage.call(api.listIncidents, { project })).items;
    await stage.call(api.acknowledgeIncident, { project, incident: incident!.id, note: "seen" });
    await stage.call(api.closeIncident, { project, incident: incident!.id, outcome: "real", hours: 2 });
    return {
      late,
      again,
      list: await stage.call(api.listMonitors, { project }),
      monitor: await stage.call(api.getMonitor, { project, name }),
      series: await stage.call(api.getSeries, { project, name }),
      incident: await stage.call(api.getIncident, { project, incident: incident!.id }),
      retired: await stage.call(api.retireMonitor, { project, name }),
    };
  } finally {
    await stage.close();
  }
}

describe("monitoring on PostgreSQL", () => {
  const missing = postgresMissing();
  let server: PostgresServer;
  beforeAll(async () => {
    if (missing === undefined) server = await startPostgres();
  }, 60_000);
  afterAll(() => server?.stop());

  test.skipIf(missing !== undefined)(
    "shows the same as on SQLite",
    async () => {
      const here = await story({});
      const there = await story({
        openDb: async (clock) => openPostgres({ url: server.createDatabase(), clock, log: silentLog }),
      });
      expect(there).toEqual(here);
      expect(here.late.relabelled).toBe(13);
      expect(here.monitor.alarms.real).toBe(1);
    },
    60_000,
  );
});
