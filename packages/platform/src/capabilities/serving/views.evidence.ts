import type { Ctx } from "#base/context.js";
import { queries } from "#base/db/queries.js";
import type { RuleAnswer } from "#base/rule.js";
import { findServed } from "./store.js";
import type { ConsumerRow, DeploymentRow, ServingTables } from "./tables.js";

const q = queries<ServingTables>();

/** What the debt rules see of one live deployment. */
export interface DeploymentEvidence {
  readonly deployment: DeploymentRow;
  readonly consumers: readonly ConsumerRow[];
  readonly requests: number;
  readonly lastSeen: number | undefined;
  /** How many input columns it has. */
  readonly columns: number;
}

/** Without deployments the rules cannot say that everything is fine. */
export const noDeployments: RuleAnswer = {
  findings: [],
  unseen: [
    {
      what: "who calls the models of this project and how: nothing is deployed here",
      remedy:
        "Deploy a model with `paydown deployments create`, or send its predictions through `/v2/models/<name>/infer`.",
    },
  ],
};

export async function readEvidence(ctx: Pick<Ctx, "db">, project: string): Promise<DeploymentEvidence[]> {
  return ctx.db.read(async (r) => {
    const deployments = await r.all<DeploymentRow>(
      q
        .selectFrom("deployments")
        .selectAll()
        .where("project", "=", project)
        .where("state", "=", "live")
        .orderBy("name"),
    );
    const evidence: DeploymentEvidence[] = [];
    for (const deployment of deployments) {
      const consumers = await r.all<ConsumerRow>(
        q
          .selectFrom("deployment_consumers")
          .selectAll()
          .where("deployment_id", "=", deployment.id)
          .orderBy("requests", "desc"),
      );
      const seen = consumers.map((one) => one.last_seen).filter((one) => one !== null);
      const served = await findServed(r, deployment.served_id);
      evidence.push({
        deployment,
        consumers,
        requests: consumers.reduce((sum, one) => sum + one.requests, 0),
        lastSeen: seen.length === 0 ? undefined : Math.max(...seen),
        columns: served === undefined ? 0 : (JSON.parse(served.columns) as unknown[]).length,
      });
    }
    return evidence;
  });
}
