import { createDeployment } from "@paydown/api/serving";
import { openStage, type Stage, type StageOptions } from "#base/testing/stage.js";
import { type ServableVersion, type Serving, serving } from "../index.js";
import type { Tensor } from "../tensors/tensor.js";

export interface ServingStage extends Stage {
  readonly serving: Serving;
  /** Puts a model file into the registry that stands beside; answers its version. */
  addVersion(model: string, file: Uint8Array, options?: { path?: string; signatureInputs?: string }): Promise<number>;
  setAlias(model: string, alias: string, version: number): void;
  deploy(name: string, file: Uint8Array, more?: object): Promise<void>;
}

/** A stage with serving over a registry that holds what the test puts in. */
export async function openServingStage(options: StageOptions = {}): Promise<ServingStage> {
  const versions = new Map<string, ServableVersion[]>();
  const aliases = new Map<string, number>();
  const room = serving({
    async findModelVersion(_ctx, project, model, which) {
      if (project !== "default") return undefined;
      const version = "alias" in which ? aliases.get(`${model}@${which.alias}`) : which.version;
      return versions.get(model)?.find((one) => one.version === version);
    },
  });
  const stage = await openStage([room], options);
  const addVersion: ServingStage["addVersion"] = async (model, file, more = {}) => {
    const blob = await stage.ctx.blobs.put(file);
    const list = versions.get(model) ?? [];
    const version = list.length + 1;
    list.push({
      version,
      files: [{ path: more.path ?? "model.onnx", ...blob }],
      signatureInputs: more.signatureInputs,
    });
    versions.set(model, list);
    return version;
  };
  return {
    ...stage,
    serving: room,
    addVersion,
    setAlias: (model, alias, version) => void aliases.set(`${model}@${alias}`, version),
    async deploy(name, file, more = {}) {
      const version = await addVersion(name, file);
      await stage.call(createDeployment, { project: "default", name, model: name, version, ...more });
    },
    async close() {
      room.endpoint.close();
      await stage.close();
    },
  };
}

/** One column of 32-bit floats, one value a row. */
export function column(name: string, values: readonly number[]): Tensor {
  return { name, datatype: "FP32", shape: [values.length, 1], data: Float32Array.from(values) };
}
