import * as api from "@paydown/api/flows";
import { getVersion } from "@paydown/api/registry";
import { type Capability, defineCapability, implement, job } from "#base/capability.js";
import type { Ctx } from "#base/context.js";
import { enqueue, viewJob } from "#base/jobs/queue.js";
import { flowErrors } from "./errors.js";
import { type ReplayVersions, replayVersions } from "./replay-versions.js";
import { type RetrainDeps, retrainModel } from "./retrain-model.js";
import { modelBehindItsData } from "./rules/model-behind-its-data.js";
import { promotedPrototype } from "./rules/promoted-prototype.js";
import { uselessInput } from "./rules/useless-input.js";
import { viewLeadTime } from "./view-lead-time.js";

interface RetrainJob {
  readonly model: string;
  readonly reason: string;
  readonly seed: number;
}

const retrainKind = "flows.retrain-model";
const replayKind = "flows.replay-versions";

/** Flows that people start by themselves; they have operations and jobs, and no table. */
export function flows(deps: RetrainDeps): Capability {
  return defineCapability({
    name: "flows",
    errors: flowErrors.catalogue,
    rules: [modelBehindItsData(deps), uselessInput(deps), promotedPrototype(deps)],
    operations: [
      implement(api.retrainModel, async (ctx, { project, model, reason, seed = 1 }) => {
        if (deps.recipes[model] === undefined) throw flowErrors.FLOW_RECIPE_MISSING({ model });
        const payload: RetrainJob = { model, reason, seed };
        const id = await ctx.db.write((tx) =>
          enqueue(tx, ctx, { kind: retrainKind, project, payload, dedupe: `${retrainKind} ${project} ${model}` }),
        );
        return showJob(ctx, project, id);
      }),
      implement(api.viewLeadTime, (ctx, input) => viewLeadTime(ctx, deps.perform, input)),
      implement(api.replayVersions, async (ctx, input) => {
        if (input.deployment !== undefined && input.dataset !== undefined) throw flowErrors.FLOW_REPLAY_INPUTS();
        const payload: ReplayVersions = { ...input, by: ctx.principal.name };
        const { project, model, from, to } = input;
        for (const version of [from, to]) await deps.perform(ctx, getVersion, { project, model, version });
        const id = await ctx.db.write((tx) => enqueue(tx, ctx, { kind: replayKind, project, payload }));
        return showJob(ctx, project, id);
      }),
      implement(api.getJob, (ctx, input) => showJob(ctx, input.project, input.job)),
    ],
    jobs: [
      job<RetrainJob>(
        retrainKind,
        (ctx, payload, handle) => retrainModel(ctx, deps, { ...payload, project: handle.project, id: handle.id }),
        { attempts: 2 },
      ),
      job<ReplayVersions>(
        replayKind,
        (ctx, payload, handle) => replayVersions(ctx, deps, { ...payload, id: handle.id }),
        { attempts: 2 },
      ),
    ],
  });
}

async function showJob(ctx: Ctx, project: string, id: string): Promise<api.Job> {
  const found = await ctx.db.read((r) => viewJob(r, id));
  if (found === undefined || found.project !== project) throw flowErrors.FLOW_JOB_NOT_FOUND({ project, job: id });
  const { project: _project, result, problem, ...shown } = found;
  return {
    ...shown,
    ...(result === undefined || result === null ? {} : { result }),
    ...(problem === undefined ? {} : { problem }),
  };
}
