import type { Tx } from "#base/db/db.js";
import { placeholders } from "#base/db/rows.js";

const inside = ["trace_tags", "trace_metadata", "trace_runs", "trace_spans", "trace_assessments"];

/** Removes at most so many traces of an experiment that is gone, with all that is in them; answers how many went. */
export async function removeSomeTraces(tx: Tx, experimentId: number, most: number): Promise<number> {
  const traces = await tx.all<{ id: number }>({
    sql: "select id from traces where experiment_id = ? order by id limit ?",
    parameters: [experimentId, most],
  });
  if (traces.length === 0) return 0;
  const list = placeholders(traces.map((trace) => trace.id));
  for (const table of inside) {
    await tx.run({ sql: `delete from ${table} where trace in (${list.sql})`, parameters: list.parameters });
  }
  await tx.run({ sql: `delete from traces where id in (${list.sql})`, parameters: list.parameters });
  return traces.length;
}
