import {
  createDeployment,
  getDeployment,
  getPrediction,
  listConsumers,
  listDeployments,
  listPredictions,
  recordOutcomes,
  retireDeployment,
  updateDeployment,
} from "@paydown/api/serving";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openPostgres } from "#base/db/postgres.js";
import { silentLog } from "#base/log.js";
import { type PostgresServer, postgresMissing, startPostgres } from "#base/testing/postgres.js";
import { iterateRows } from "./index.js";
import { rules } from "./rules/index.js";
import { sigmoidModel } from "./testing/onnx-model.js";
import { column, openServingStage, type ServingStage } from "./testing/stage.js";

const missing = postgresMissing();
const project = "default";

describe.skipIf(missing !== undefined)(
  `serving on PostgreSQL${missing === undefined ? "" : ` (skipped: ${missing})`}`,
  () => {
    let server: PostgresServer | undefined;
    let stage: ServingStage;

    beforeAll(async () => {
      server = await startPostgres();
      const url = server.createDatabase();
      stage = await openServingStage({ openDb: (clock) => openPostgres({ url, clock, log: silentLog }) });
    }, 60_000);

    afterAll(async () => {
      await stage?.close();
      server?.stop();
    });

    test("deploys, answers, logs, counts, labels and switches as on SQLite", async () => {
      const contract = { columns: [{ column: "a", max: 10 }] };
      await stage.deploy("delay", sigmoidModel(), { contract, retentionDays: 5 });
      const t = Date.UTC(2001, 0, 1);
      const answers = await Promise.all(
        Array.from({ length: 40 }, (_, i) =>
          stage.serving.endpoint.infer(stage.ctx, {
            project,
            deployment: "delay",
            consumer: `c${i % 3}`,
            eventTime: t + i * 1000,
            inputs: [column("a", [i, i]), column("b", [0, 0])],
          }),
        ),
      );
      const outcomes = answers.map((answer) => ({ requestId: answer.requestId, row: 1, value: 1, at: t }));
      expect(await stage.call(recordOutcomes, { project, outcomes })).toMatchObject({ recorded: 40, repeated: 0 });
      expect(await stage.call(recordOutcomes, { project, outcomes })).toMatchObject({ recorded: 0, repeated: 40 });
      const second = await stage.addVersion("delay", sigmoidModel(2));
      await stage.call(updateDeployment, { project, name: "delay", version: second });
      const page = await stage.call(getDeployment, { project, name: "delay", window: "hour" });
      expect(page.traffic).toMatchObject({ requests: 40, rows: 80, errors: 0, violations: 58 });
      expect(page.traffic.latency[0]?.requests).toBe(40);
      expect(page.consumers.map((one) => one.requests)).toEqual([14, 13, 13]);
      const list = await stage.call(listPredictions, { project, name: "delay", limit: 30 });
      const rest = await stage.call(listPredictions, { project, name: "delay", cursor: list.cursor as string });
      expect([...list.items, ...rest.items].map((one) => one.eventTime)).toEqual(
        answers.map((_, i) => t + (39 - i) * 1000),
      );
      const requestId = answers[3]?.requestId as string;
      expect(await stage.call(getPrediction, { project, requestId, row: 1 })).toMatchObject({ outcome: { value: 1 } });
      let rows = 0;
      for await (const chunk of iterateRows(stage.ctx, { project, deployment: "delay", from: t, to: t + 20_000 })) {
        rows += chunk.rows;
        expect(chunk.outcomes[1]).toBe(1);
      }
      expect(rows).toBe(40);
      expect((await stage.call(listConsumers, { project, limit: 2 })).items.length).toBe(2);
      expect((await stage.call(listDeployments, { project })).items).toMatchObject([{ requests: 40, undeclared: 3 }]);
      for (const rule of rules) await rule.check(stage.ctx, project);
      stage.clock.advance(6 * 86_400_000);
      await stage.work();
      expect((await stage.call(listPredictions, { project, name: "delay" })).items).toEqual([]);
      await stage.call(retireDeployment, { project, name: "delay" });
      await expect(
        stage.call(createDeployment, { project, name: "delay", model: "delay", version: 1 }),
      ).rejects.toMatchObject({ code: "SERVING_DEPLOYMENT_EXISTS" });
    });
  },
);
