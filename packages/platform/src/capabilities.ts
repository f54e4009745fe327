import type { Capability } from "#base/capability.js";
import { accounts } from "#capabilities/accounts/index.js";
import { data, viewBinnedFeatures } from "#capabilities/data/index.js";
import { lineage } from "#capabilities/lineage/index.js";
import { monitoring } from "#capabilities/monitoring/index.js";
import { findVersionFiles, registry } from "#capabilities/registry/index.js";
import { getPrediction, iterateRows, listDeployments, type Serving, serving } from "#capabilities/serving/index.js";
import { modelSources, tracking } from "#capabilities/tracking/index.js";

export interface House {
  readonly all: readonly Capability[];
  readonly serving: Serving;
}

/** The rooms of the house, and what each asks of its neighbours. */
export function furnish(): House {
  const servingRoom = serving({
    async findModelVersion(ctx, project, model, which) {
      const number = "version" in which ? which.version : which;
      const found = await findVersionFiles(ctx, modelSources, project, model, number);
      if (found?.files === undefined) return undefined;
      return { version: found.version, files: found.files, signatureInputs: found.signature?.inputs };
    },
  });

  const lineageRoom = lineage({
    async findPrediction(ctx, project, id) {
      const at = id.lastIndexOf("/");
      const requestId = at < 0 ? id : id.slice(0, at);
      const row = at < 0 ? 0 : Number(id.slice(at + 1));
      return getPrediction(ctx, { project, requestId, row }).catch((error: { code?: string }) => {
        if (error.code === "SERVING_PREDICTION_NOT_FOUND") return undefined;
        throw error;
      });
    },
  });

  const monitoringRoom = monitoring({
    referenceProfile: (ctx, project, dataset, version) => viewBinnedFeatures(ctx, { project, dataset, version }),
    predictionRows: (ctx, asked) => iterateRows(ctx, asked),
    async liveDeployments(ctx, project, name) {
      const { items } = await listDeployments(ctx, { project, limit: 1000 });
      return items
        .filter((one) => one.state === "live" && (name === undefined || one.name === name))
        .map((one) => ({
          name: one.name,
          model: one.model,
          version: one.version,
          since: one.switchedAt,
          inputs: one.columns,
        }));
    },
  });

  return {
    serving: servingRoom,
    all: [accounts, tracking, registry(modelSources), data({}), servingRoom, monitoringRoom, lineageRoom],
  };
}
