import type { InferAnswer, Tensor } from "#capabilities/serving/index.js";
import { toBinary } from "./binary.js";
import { toJson } from "./json-values.js";
import type { WireRequest } from "./request.js";

export interface WireAnswer {
  readonly body: Buffer;
  /** Length of the JSON when tensors follow it. */
  readonly headerLength: number | undefined;
}

/** The answer as JSON, with the tensors that were asked for as bytes behind it. FP16 has no JSON form and always goes as bytes. */
export function writeAnswer(answer: InferAnswer, request: WireRequest): WireAnswer {
  const parts: Uint8Array[] = [];
  const ordered = request.outputs === undefined ? answer.outputs : inOrder(answer.outputs, request.outputs);
  const outputs = ordered.map((tensor) => {
    const head = `{"name":${JSON.stringify(tensor.name)},"shape":[${tensor.shape}],"datatype":"${tensor.datatype}",`;
    if (!request.binary(tensor.name) && tensor.datatype !== "FP16") return `${head}"data":${toJson(tensor)}}`;
    const bytes = toBinary(tensor);
    parts.push(bytes);
    return `${head}"parameters":{"binary_data_size":${bytes.length}}}`;
  });
  const id = request.id === undefined ? "" : `"id":${JSON.stringify(request.id)},`;
  const violations = answer.violations === 0 ? "" : `,"contract_violations":${answer.violations}`;
  const text = `{"model_name":${JSON.stringify(answer.deployment)},"model_version":"${answer.version}",${id}"parameters":{"prediction_id":"${answer.requestId}"${violations}},"outputs":[${outputs.join(",")}]}`;
  const json = Buffer.from(text);
  if (parts.length === 0) return { body: json, headerLength: undefined };
  return { body: Buffer.concat([json, ...parts]), headerLength: json.length };
}

function inOrder(outputs: readonly Tensor[], names: readonly string[]): Tensor[] {
  return names.flatMap((name) => outputs.filter((output) => output.name === name));
}
