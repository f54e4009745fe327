import * as api from "@paydown/api/debt";
import type { Ctx } from "#base/context.js";
import type { DebtNeeds } from "../needs.js";
import * as store from "../store.js";
import { type PlanRequest, viewPlan } from "../views/plan.js";

/** Makes a plan and commits to it: its items are planned, what it had no room for counts one more deferral. */
export async function adoptPlan(ctx: Ctx, needs: DebtNeeds, input: PlanRequest): Promise<api.Plan> {
  const plan = await viewPlan(ctx, needs, input);
  const now = ctx.clock.now();
  const chosen = new Set(plan.items.map((item) => item.id));
  await ctx.db.write(async (tx) => {
    const id = ctx.ids.ulid();
    await store.replacePlan(tx, {
      project: input.project,
      id,
      adopted_at: now,
      adopted_by: ctx.principal.name,
      items: JSON.stringify(plan.items.map((item) => item.id)),
      hours: plan.plannedHours,
      promised: JSON.stringify(plan.frees),
      replaced_at: null,
    });
    for (const row of await store.standingItems(tx, input.project)) {
      if (chosen.has(row.id)) {
        if (row.state === "open") await store.updateItem(tx, input.project, row.id, { state: "planned" });
        await store.appendEntry(tx, input.project, {
          item: row.id,
          at: now,
          kind: "note",
          minutes: 0,
          principal: row.minutes,
          by: ctx.principal.name,
          note: "planned",
        });
      } else if (row.state === "planned") {
        await store.updateItem(tx, input.project, row.id, { state: "open" });
      }
    }
    for (const item of plan.out.filter((one) => one.reason === "budget" || one.reason === "cap")) {
      const row = await store.findItem(tx, input.project, item.id);
      if (row !== undefined) await store.updateItem(tx, input.project, item.id, { deferrals: row.deferrals + 1 });
    }
    await tx.emit(api.PlanAdopted, input.project, { plan: id, items: [...chosen], hours: plan.plannedHours });
  });
  return plan;
}
