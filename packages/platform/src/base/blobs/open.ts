import { baseErrors } from "../errors.js";
import type { Ids } from "../ids.js";
import type { Blobs } from "./blobs.js";

export interface OpenBlobsOptions {
  /** `file:<folder>`; the scheme chooses the adapter, imported only then. */
  readonly url: string;
  readonly ids: Ids;
  /** True beside a running server: what that one is just receiving is left alone. */
  readonly shared?: boolean;
}

export async function openBlobs(options: OpenBlobsOptions): Promise<Blobs> {
  if (options.url.startsWith("file:")) {
    const { openDisk } = await import("./disk.js");
    return openDisk({ root: options.url.slice("file:".length), ids: options.ids, shared: options.shared ?? false });
  }
  throw baseErrors.CONFIG_INVALID({
    key: "artifacts",
    origin: "configuration",
    problem: `unknown scheme in ${options.url}; file: is known`,
  });
}
