import type { Input, Reply } from "@paydown/api/operation";
import { OutcomesRecorded, type recordOutcomes as operation } from "@paydown/api/serving";
import type { Ctx } from "#base/context.js";
import { findPredictionKey, type PredictionKey, putOutcome } from "../store.js";
import { deploymentNames } from "../views.js";

const namedUnknown = 100;

export async function recordOutcomes(ctx: Ctx, input: Input<typeof operation>): Promise<Reply<typeof operation>> {
  const at = ctx.clock.now();
  return ctx.db.write(async (tx) => {
    const concerned = new Map<number, { recorded: number; from: number; to: number }>();
    const unknown: string[] = [];
    let unknownCount = 0;
    let recorded = 0;
    let found: PredictionKey | undefined;
    // Outcomes of one request stand together, as senders write them: then it is looked up once.
    for (const outcome of input.outcomes) {
      if (found?.request_id !== outcome.requestId)
        found = await findPredictionKey(tx, input.project, outcome.requestId);
      if (found === undefined || outcome.row >= found.row_count) {
        if (unknownCount++ < namedUnknown) unknown.push(`${outcome.requestId}/${outcome.row}`);
        continue;
      }
      const row = {
        prediction_id: found.id,
        row_index: outcome.row,
        value: outcome.value,
        at: outcome.at,
        recorded_at: at,
      };
      if (!(await putOutcome(tx, row))) continue;
      recorded++;
      const span = concerned.get(found.deployment_id) ?? { recorded: 0, from: found.event_time, to: found.event_time };
      span.recorded++;
      span.from = Math.min(span.from, found.event_time);
      span.to = Math.max(span.to, found.event_time);
      concerned.set(found.deployment_id, span);
    }
    const names = await deploymentNames(tx, [...concerned.keys()]);
    for (const [id, span] of concerned) {
      await tx.emit(OutcomesRecorded, input.project, { deployment: names.get(id) ?? String(id), ...span, at });
    }
    return { recorded, repeated: input.outcomes.length - recorded - unknownCount, unknown, unknownCount };
  });
}
