import type { Ctx } from "#base/context.js";
import type { Reader } from "#base/db/db.js";
import { placeholders } from "#base/db/rows.js";

/** The first request a deployment answered. */
export interface FirstPrediction {
  /** Event time in milliseconds; when the log no longer reaches back so far, the minute it was counted in. */
  readonly at: number;
  /** Absent when the log no longer holds it. */
  readonly requestId: string | undefined;
  readonly version: number | undefined;
}

/** Undefined when the deployment never answered. Counts outlive the log, so that retention does not move the answer. */
export async function findFirstPrediction(
  ctx: Ctx,
  project: string,
  name: string,
): Promise<FirstPrediction | undefined> {
  return ctx.db.read(async (r) => {
    const counted = await r.get<{ minute: number | null }>({
      sql: `select min(t.minute) as minute from deployment_traffic t join deployments d on d.id = t.deployment_id
            where d.project = ? and d.name = ? and t.requests > t.errors`,
      parameters: [project, name],
    });
    const logged = await r.get<{ request_id: string; event_time: number; version: number }>({
      sql: `select p.request_id, p.event_time, m.version from predictions p
            join deployments d on d.id = p.deployment_id join served_models m on m.id = p.served_id
            where d.project = ? and d.name = ? order by p.event_time, p.id limit 1`,
      parameters: [project, name],
    });
    const minute = counted?.minute === null || counted?.minute === undefined ? undefined : Number(counted.minute);
    if (logged !== undefined && (minute === undefined || logged.event_time < minute + 60_000)) {
      return { at: Number(logged.event_time), requestId: logged.request_id, version: logged.version };
    }
    return minute === undefined ? undefined : { at: minute, requestId: undefined, version: undefined };
  });
}

/** Which of these objects are model files that a deployment served: its log is explained by them. */
export async function objectsNamedByServing(r: Reader, hashes: readonly string[]): Promise<string[]> {
  if (hashes.length === 0) return [];
  const list = placeholders(hashes);
  const rows = await r.all<{ hash: string }>({
    sql: `select distinct hash from served_models where hash in (${list.sql})`,
    parameters: list.parameters,
  });
  return rows.map((row) => row.hash);
}
