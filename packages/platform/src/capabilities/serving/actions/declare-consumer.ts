import type { Input, Reply } from "@paydown/api/operation";
import { ConsumerDeclared, type declareConsumer as operation } from "@paydown/api/serving";
import type { Ctx } from "#base/context.js";
import { servingErrors } from "../errors.js";
import { consumerName } from "../model.js";
import { ensureConsumer, findConsumer, findDeployment, updateConsumer } from "../store.js";
import type { ConsumerRow } from "../tables.js";
import { toConsumer } from "../views.js";

export async function declareConsumer(ctx: Ctx, input: Input<typeof operation>): Promise<Reply<typeof operation>> {
  const at = ctx.clock.now();
  const name = consumerName(input.consumer);
  return ctx.db.write(async (tx) => {
    const deployment = await findDeployment(tx, input.project, input.name);
    if (deployment === undefined) throw servingErrors.SERVING_DEPLOYMENT_NOT_FOUND({ name: input.name });
    const id = await ensureConsumer(tx, deployment.id, input.project, name);
    const before = (await findConsumer(tx, deployment.id, name)) as ConsumerRow;
    await updateConsumer(tx, id, {
      declared_at: before.declared_at ?? at,
      declared_by: before.declared_by ?? ctx.principal.name,
      ...(input.team === undefined ? {} : { team: input.team }),
      ...(input.purpose === undefined ? {} : { purpose: input.purpose }),
    });
    await tx.emit(ConsumerDeclared, input.project, {
      deployment: input.name,
      consumer: name,
      ...(input.team === undefined ? {} : { team: input.team }),
      ...(input.purpose === undefined ? {} : { purpose: input.purpose }),
      seenBefore: before.first_seen !== null,
      at,
    });
    return toConsumer(input.name, (await findConsumer(tx, deployment.id, name)) as ConsumerRow);
  });
}
