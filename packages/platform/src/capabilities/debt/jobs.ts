import { type JobKind, job } from "#base/capability.js";
import type { Ctx } from "#base/context.js";
import type { Tx } from "#base/db/db.js";
import { enqueue } from "#base/jobs/queue.js";
import type { Happening } from "./actions/check-covenants.js";
import { type PayPayload, payJob, performPayment } from "./actions/pay-item.js";
import { refreshLedger } from "./actions/refresh-ledger.js";
import type { DebtNeeds } from "./needs.js";

const refreshJob = "debt.refresh-ledger";
const day = 86_400_000;

interface RefreshPayload {
  readonly happening?: Happening;
}

/** Asks for a refresh; asking again while one waits is the same refresh, unless something happened that only it knows. */
export function requestRefresh(
  tx: Tx,
  base: Pick<Ctx, "clock" | "ids">,
  project: string,
  payload: RefreshPayload = {},
): Promise<string> {
  const { happening } = payload;
  return enqueue(tx, base, {
    kind: refreshJob,
    project,
    payload,
    dedupe:
      happening === undefined
        ? `${refreshJob}/${project}`
        : `${refreshJob}/${project}/${happening.kind}/${happening.node}`,
  });
}

export function debtJobs(needs: DebtNeeds): JobKind[] {
  return [
    job<RefreshPayload>(
      refreshJob,
      async (ctx, payload, handle) => {
        const reply = await refreshLedger(ctx, needs, handle.project, {
          happening: payload.happening,
          progress: handle.progress,
        });
        // Time alone moves prices, due dates and months: the ledger looks again at least once a day.
        const tomorrow = (Math.floor(ctx.clock.now() / day) + 1) * day;
        await ctx.db.write((tx) =>
          enqueue(tx, ctx, {
            kind: refreshJob,
            project: handle.project,
            payload: {},
            dedupe: `${refreshJob}/${handle.project}/${tomorrow}`,
            runAt: tomorrow,
          }),
        );
        const { opened, paid, vanished, open } = reply;
        return { opened, paid, vanished, open };
      },
      { lease: 120_000 },
    ),
    job<PayPayload>(payJob, (ctx, payload, handle) => performPayment(ctx, needs, handle.project, payload.payment), {
      lease: 120_000,
    }),
  ];
}
