import type { Capability } from "#base/capability.js";
import type { LoadedConfig } from "#base/config/config.js";
import { data } from "#capabilities/data/index.js";
import { lineage } from "#capabilities/lineage/index.js";
import { findVersionFiles, registry } from "#capabilities/registry/index.js";
import { getPrediction, type Serving, serving } from "#capabilities/serving/index.js";
import { modelSources, tracking } from "#capabilities/tracking/index.js";

export interface House {
  readonly all: readonly Capability[];
  readonly serving: Serving;
}

/** The rooms of the house, and what each asks of its neighbours. */
export function furnish(_config: LoadedConfig): House {
  const servingRoom = serving({
    async findModelVersion(ctx, project, model, which) {
      const found = await findVersionFiles(
        ctx,
        modelSources,
        project,
        model,
        "version" in which ? which.version : which,
      );
      if (found?.files === undefined) return undefined;
      return { version: found.version, files: found.files, signatureInputs: found.signature?.inputs };
    },
  });
  const lineageRoom = lineage({
    async findPrediction(ctx, project, id) {
      const at = id.lastIndexOf("/");
      const [requestId, row] = at < 0 ? [id, 0] : [id.slice(0, at), Number(id.slice(at + 1))];
      const found = await getPrediction(ctx, { project, requestId, row }).catch((error: { code?: string }) => {
        if (error.code === "SERVING_PREDICTION_NOT_FOUND") return undefined;
        throw error;
      });
      return found === undefined
        ? undefined
        : {
            deployment: found.deployment,
            model: found.model,
            version: found.version,
            at: found.at,
            consumer: found.consumer,
          };
    },
  });
  return { serving: servingRoom, all: [tracking, registry(modelSources), data({}), servingRoom, lineageRoom] };
}
