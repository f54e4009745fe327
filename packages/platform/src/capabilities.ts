import type { ExperimentsOf } from "#base/auth/named.js";
import { systemPrincipal } from "#base/auth/principal.js";
import type { Capability } from "#base/capability.js";
import type { LoadedConfig } from "#base/config/config.js";
import { secretKeyIn } from "#base/config/secret-key.js";
import type { Ctx } from "#base/context.js";
import { baseErrors } from "#base/errors.js";
import { openOutgoing } from "#base/outgoing/outgoing.js";
import { allPages } from "#base/pages.js";
import type { Perform } from "#base/perform.js";
import { openSealing, type Sealing } from "#base/sealing.js";
import { accounts, findOwnerTeam } from "#capabilities/accounts/index.js";
import { data, objectsNamedByData, viewBinnedFeatures } from "#capabilities/data/index.js";
import { debt, type Payer } from "#capabilities/debt/index.js";
import { lineage, viewDownstream } from "#capabilities/lineage/index.js";
import { monitoring } from "#capabilities/monitoring/index.js";
import { findVersionFiles, registry, versionOrigins, type WebhookMeans } from "#capabilities/registry/index.js";
import { objectsNamedByScans, scans, viewEvidence } from "#capabilities/scans/index.js";
import {
  getDeployment,
  getPrediction,
  iterateRows,
  listDeployments,
  objectsNamedByServing,
  type Serving,
  serving,
} from "#capabilities/serving/index.js";
import { columnsUsed, findExperimentsOf, modelSources, trackingIn } from "#capabilities/tracking/index.js";
import { flows } from "#flows/flows.js";
import { gatherTestEvidence } from "#flows/gather-test-evidence.js";
import { type RetrainDeps, retrainModel } from "#flows/retrain-model.js";
import { writeModelCard } from "#flows/write-model-card.js";

export interface House {
  readonly all: readonly Capability[];
  readonly serving: Serving;
  readonly webhooks: WebhookMeans;
}

/** What exists only once the house stands. */
export interface Later {
  perform(): Perform;
  /** Where a process started by this server reaches it. */
  tracking: RetrainDeps["tracking"];
  /** What the MLflow door answers to clients that ask its version. */
  mlflowVersion: string;
}

const weekMs = 7 * 86_400_000;
/** Earlier traffic than ten years is not looked for. */
const longAgo = 3650 * 86_400_000;

/** Runs and logged models are judged by the grants on their experiment. */
export const experimentsOf: ExperimentsOf = findExperimentsOf;

/** The rooms of the house, and what each asks of its neighbours. */
export function furnish(config: LoadedConfig, later: Later): House {
  const servingRoom = serving({
    async findModelVersion(ctx, project, model, which) {
      const number = "version" in which ? which.version : which;
      const found = await findVersionFiles(ctx, modelSources, project, model, number);
      if (found?.files === undefined) return undefined;
      return { version: found.version, files: found.files, signatureInputs: found.signature?.inputs };
    },
  });

  const monitoringRoom = monitoring({
    referenceProfile: (ctx, project, dataset, version) => viewBinnedFeatures(ctx, { project, dataset, version }),
    predictionRows: (ctx, asked) => iterateRows(ctx, asked),
    async liveDeployments(ctx, project, name) {
      const items = await allPages((at) => listDeployments(ctx, { project, ...at }));
      const live = items.filter((one) => one.state === "live" && (name === undefined || one.name === name));
      return Promise.all(
        live.map(async (one) => ({
          name: one.name,
          model: one.model,
          version: one.version,
          since: await servedSince(ctx, project, one.name),
          inputs: one.columns,
        })),
      );
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

  const retraining: RetrainDeps = {
    get perform() {
      return later.perform();
    },
    serving: servingRoom,
    recipes: config.values.recipes,
    folder: config.folder,
    tracking: later.tracking,
  };
  const flowsRoom = flows(retraining);

  const trackingRoom = trackingIn({
    versions: versionOrigins,
    async liveVersions(ctx, project) {
      const items = await allPages((at) => listDeployments(ctx, { project, ...at }));
      return items
        .filter((one) => one.state === "live")
        .map((one) => ({ model: one.model, version: one.version, deployment: one.name }));
    },
    // Whoever puts objects must be asked here: what nobody names is removed once no artifact names it.
    async namedObjects(r, hashes) {
      const named = [objectsNamedByData, objectsNamedByScans, objectsNamedByServing].map((ask) => ask(r, hashes));
      return new Set((await Promise.all(named)).flat());
    },
    retentionDays: () => (config.values.retentionDays > 0 ? config.values.retentionDays : undefined),
    traceDays: () => (config.values.traceDays > 0 ? config.values.traceDays : undefined),
    mlflowVersion: () => later.mlflowVersion,
    artifactRoot: () => config.values.artifactRoot,
  });

  const webhooks = webhookMeans(config);

  const rooms = [
    accounts,
    trackingRoom,
    registry(modelSources, webhooks),
    data({ columnsUsed }),
    servingRoom,
    monitoringRoom,
    lineageRoom,
    scans,
    flowsRoom,
  ];
  const debtRoom = debt({
    rules: () => rooms.flatMap((room) => room.rules),
    scanFindings: viewEvidence,
    async describeRule(code) {
      const { loadRules } = await import("@paydown/scan");
      return (await loadRules()).find((rule) => rule.code === code);
    },
    downstream: (ctx, project, node) => viewDownstream(ctx, project, node),
    owner: findOwnerTeam,
    capacity: async () => (config.values.capacityHours > 0 ? config.values.capacityHours : undefined),
    testEvidence: (ctx, project) => gatherTestEvidence(ctx, later.perform(), project),
    async exposure(ctx, project, node) {
      if (node.kind !== "deployment") return undefined;
      const found = await getDeployment(ctx, { project, name: node.id });
      const last = found.traffic.points.at(-1)?.at;
      if (last === undefined) return undefined;
      const week = await getDeployment(ctx, {
        project,
        name: node.id,
        from: last - weekMs,
        to: last + 86_400_000,
        window: "day",
      });
      return { predictionsPerWeek: week.traffic.rows, highStakesPerWeek: null, dataSubjects: null };
    },
    payers: payers(retraining),
  });

  return { serving: servingRoom, webhooks, all: [...rooms, debtRoom] };
}

/** How webhooks leave, and what their secrets are sealed with. */
function webhookMeans({ values }: LoadedConfig): WebhookMeans {
  let sealing: Sealing | undefined;
  return {
    outgoing: openOutgoing({
      schemes: values.webhookSchemes.split(",").map((one) => one.trim()),
      privateAddresses: values.webhookPrivateIps === "allow",
    }),
    sealing() {
      if (values.secretsKey === "" && !values.database.startsWith("sqlite:")) {
        throw baseErrors.CONFIG_INVALID({
          key: "secretsKey",
          origin: "default",
          problem: "it is empty, and servers that share a database need one key for the secrets of webhooks",
        });
      }
      sealing ??= openSealing(values.secretsKey === "" ? secretKeyIn(values.data) : values.secretsKey);
      return sealing;
    },
  };
}

/** Items the platform can repair by itself, by rule. Whether it worked is decided by the rule, not here. */
function payers(deps: RetrainDeps): Record<string, Payer> {
  const system = (ctx: Ctx): Ctx => ({ ...ctx, principal: systemPrincipal, door: "flow" });
  const retrain: Payer = async (ctx, project, item) => {
    const { model } = splitVersion(item.asset.id);
    const done = await retrainModel(system(ctx), deps, {
      project,
      model,
      id: item.payment,
      seed: 1,
      reason: item.message,
    });
    return {
      what: `Version ${done.version} was trained on ${done.trainedOn.length} newer dataset versions and ${done.promoted ? "promoted" : "not promoted"}: ${done.comparison.reason}.`,
      evidence: [
        { kind: "run", id: done.runId },
        { kind: "model-version", id: `${model}/${done.version}` },
      ],
    };
  };
  return {
    MON003: retrain,
    FLW001: retrain,
    REG003: async (ctx, project, item) => {
      const { model, version } = splitVersion(item.asset.id);
      const card = await writeModelCard(system(ctx), deps, { project, model, version });
      return {
        what: `A model card was written from records; ${card.unknown} of its statements are marked unknown.`,
        evidence: [{ kind: "document", id: card.hash, note: "SHA-256 of the card" }],
      };
    },
  };
}

function splitVersion(id: string): { model: string; version: number } {
  const at = id.lastIndexOf("/");
  return { model: id.slice(0, at), version: Number(id.slice(at + 1)) };
}

/** When the version in use went live; for the first one, the event time of its first prediction when that is earlier (a replay). */
async function servedSince(ctx: Ctx, project: string, name: string): Promise<number> {
  const found = await getDeployment(ctx, {
    project,
    name,
    from: ctx.clock.now() - longAgo,
    to: ctx.clock.now(),
    window: "day",
  });
  const first = found.traffic.points[0]?.at;
  return found.history.length === 1 && first !== undefined ? Math.min(first, found.switchedAt) : found.switchedAt;
}
