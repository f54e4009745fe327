import * as api from "@paydown/api/serving";
import { type Capability, defineCapability, implement } from "#base/capability.js";
import { createDeployment } from "./actions/create-deployment.js";
import { declareConsumer } from "./actions/declare-consumer.js";
import { recordOutcomes } from "./actions/record-outcomes.js";
import { retireDeployment, updateDeployment } from "./actions/update-deployment.js";
import { type Endpoint, type EndpointOptions, openEndpoint } from "./endpoint/endpoint.js";
import { servingErrors } from "./errors.js";
import { purgePredictions } from "./jobs.js";
import type { ServingNeeds } from "./needs.js";
import { rules } from "./rules/index.js";
import { servingMigrations } from "./tables.js";
import { getDeployment, getPrediction, listConsumers, listDeployments, listPredictions } from "./views.js";

export type { Endpoint, EndpointMetadata, InferAnswer, InferRequest, ScoreRows } from "./endpoint/endpoint.js";
export { servingErrors } from "./errors.js";
export type { ServableVersion, ServingNeeds } from "./needs.js";
export { columnOf } from "./tensors/columns.js";
export {
  allocate,
  countOf,
  type Datatype,
  datatypes,
  fromBytes,
  isDatatype,
  numberAt,
  type Tensor,
  toBytes,
  type Values,
} from "./tensors/tensor.js";
export { type FirstPrediction, findFirstPrediction, objectsNamedByServing } from "./views.first-prediction.js";
export { getDeployment, getPrediction, listDeployments } from "./views.js";
export { type IterateRows, iterateRows, type RowChunk } from "./views.rows.js";

/** The capability with the running endpoints, which doors call and `platform.ts` closes. */
export interface Serving extends Capability {
  readonly endpoint: Endpoint;
}

export function serving(needs: ServingNeeds, options: EndpointOptions = {}): Serving {
  const endpoint = openEndpoint(needs, options);
  const capability = defineCapability({
    name: "serving",
    migrations: servingMigrations,
    errors: servingErrors.catalogue,
    operations: [
      implement(api.createDeployment, (ctx, input) => createDeployment(ctx, needs, endpoint, input)),
      implement(api.updateDeployment, (ctx, input) => updateDeployment(ctx, needs, endpoint, input)),
      implement(api.retireDeployment, (ctx, input) => retireDeployment(ctx, endpoint, input)),
      implement(api.listDeployments, listDeployments),
      implement(api.getDeployment, getDeployment),
      implement(api.declareConsumer, declareConsumer),
      implement(api.listConsumers, listConsumers),
      implement(api.listPredictions, listPredictions),
      implement(api.getPrediction, getPrediction),
      implement(api.recordOutcomes, recordOutcomes),
    ],
    jobs: [purgePredictions],
    rules,
  });
  return { ...capability, endpoint };
}
