import { baseErrors } from "../errors.js";
import type { Compute } from "./compute.js";

export interface OpenComputeOptions {
  /** `local:`; `ray:` comes with the pipelines capability. */
  readonly url: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export async function openCompute(options: OpenComputeOptions): Promise<Compute> {
  if (options.url.startsWith("local:")) {
    const { openLocal } = await import("./local.js");
    return openLocal({ environment: options.environment });
  }
  throw baseErrors.CONFIG_INVALID({
    key: "compute",
    origin: "configuration",
    problem: `unknown scheme in ${options.url}; local: is known`,
  });
}
