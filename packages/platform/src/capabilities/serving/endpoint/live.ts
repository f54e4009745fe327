import type { EndpointContract, EndpointLimits, ScoreColumn, TensorSpec } from "@paydown/api/serving";
import type { Reader } from "#base/db/db.js";
import { type ContractCheck, contractCheck, defaultLimits } from "../model.js";
import { findDeployment, findServed, findSpanOfVersion } from "../store.js";
import type { DeploymentRow, ServedModelRow } from "../tables.js";
import type { Column } from "../tensors/columns.js";

/** A deployment as the request path needs it: everything parsed, once. */
export interface Live {
  readonly id: number;
  readonly project: string;
  readonly name: string;
  readonly retired: boolean;
  readonly model: string;
  readonly version: number;
  readonly servedId: number;
  readonly hash: string;
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly columns: readonly Column[];
  readonly score: ScoreColumn | undefined;
  readonly limits: Required<EndpointLimits>;
  readonly check: ContractCheck;
  /** Inputs of unknown width. */
  readonly wide: readonly string[];
  readonly batching: boolean;
}

export async function readLive(
  r: Reader,
  project: string,
  name: string,
  version: number | undefined,
): Promise<Live | "no-deployment" | "no-version"> {
  const row = await findDeployment(r, project, name);
  if (row === undefined) return "no-deployment";
  let servedId = row.served_id;
  if (version !== undefined && version !== row.version) {
    const span = await findSpanOfVersion(r, row.id, version);
    if (span === undefined) return "no-version";
    servedId = span.served_id;
  }
  const served = await findServed(r, servedId);
  return served === undefined ? "no-version" : toLive(row, served);
}

function toLive(row: DeploymentRow, served: ServedModelRow): Live {
  const inputs = JSON.parse(served.inputs) as TensorSpec[];
  const outputs = JSON.parse(served.outputs) as TensorSpec[];
  const columns = JSON.parse(served.columns) as Column[];
  const contract = row.contract === null ? undefined : (JSON.parse(row.contract) as EndpointContract);
  return {
    id: row.id,
    project: row.project,
    name: row.name,
    retired: row.state === "retired",
    model: served.model,
    version: served.version,
    servedId: served.id,
    hash: served.hash,
    inputs,
    outputs,
    inputNames: inputs.map((input) => input.name),
    outputNames: outputs.map((output) => output.name),
    columns,
    score: row.score === null ? undefined : (JSON.parse(row.score) as ScoreColumn),
    limits: { ...defaultLimits, ...(row.limits === null ? {} : (JSON.parse(row.limits) as EndpointLimits)) },
    check: contractCheck(columns, inputs, contract),
    wide: inputs.filter((input) => !columns.some((column) => column.input === input.name)).map((input) => input.name),
    batching: row.batching === 1,
  };
}
