import type { Load, LoadReport } from "./load.ts";
import { createRun, type MlflowCalls, openMlflow } from "./mlflow-calls.ts";

/** One process of a load: so many clients, each with a connection of its own and one call under way at a time. */
process.once("message", (load: Load) => {
  run(load).then(
    (report) => process.send?.(report, () => process.exit(0)),
    (problem: unknown) => {
      console.error(problem);
      process.exit(1);
    },
  );
});

async function run(load: Load): Promise<LoadReport> {
  const clients = await Promise.all(Array.from({ length: load.clients }, () => openMlflow(load.url)));
  const steps = await Promise.all(clients.map((calls, client) => stepOf(load, calls, client)));
  const times: number[] = [];
  const start = performance.now();
  const until = start + load.seconds * 1000;
  await Promise.all(
    steps.map(async (step) => {
      for (let i = 0; performance.now() < until; i++) {
        const before = performance.now();
        await step(i);
        times.push(performance.now() - before);
      }
    }),
  );
  const seconds = (performance.now() - start) / 1000;
  for (const calls of clients) calls.close();
  return { seconds, times };
}

async function stepOf(load: Load, calls: MlflowCalls, client: number): Promise<(i: number) => Promise<unknown>> {
  const from = 1_700_000_000_000 + load.offset * 1_000_000;
  if (load.kind === "cycle") {
    return async () => {
      const run = await createRun(calls, load.experiment);
      for (let j = 0; j < 10; j++) {
        await calls.post("/runs/log-metric", { run_id: run, key: `m${j}`, value: j, timestamp: from, step: 0 });
      }
      await calls.post("/runs/update", { run_id: run, status: "FINISHED", end_time: from + 1000 });
    };
  }
  const run = await createRun(calls, load.experiment);
  if (load.kind === "log-metric") {
    const key = `loss ${load.offset} ${client}`;
    return (i) =>
      calls.post("/runs/log-metric", { run_id: run, key, value: 1 / (i + 1), timestamp: from + i, step: i });
  }
  return (i) =>
    calls.post("/runs/log-batch", {
      run_id: run,
      metrics: Array.from({ length: 1000 }, (_, j) => ({
        key: `m${j % 20}`,
        value: Math.sin(i + j),
        timestamp: from + i * 1000 + j,
        step: i * 50 + Math.floor(j / 20),
      })),
    });
}
