import type { Clock } from "../clock.js";
import { baseErrors } from "../errors.js";
import type { Ids } from "../ids.js";
import type { Blobs } from "./blobs.js";

export interface Here {
  /** Where uploads wait until they are checked, and copies for engines that read files. */
  readonly folder: string;
  /** Bytes of such copies that are kept. */
  readonly cacheLimit: number;
  readonly clock: Clock;
}

export interface OpenBlobsOptions {
  /** `file:<folder>` or `s3://<bucket>/<prefix>`; the scheme chooses the adapter, imported only then. */
  readonly url: string;
  readonly ids: Ids;
  /** What a store that is elsewhere needs here; a folder needs nothing. */
  readonly here?: Here;
  /** True beside a running server: what that one is just receiving is left alone. */
  readonly shared?: boolean;
}

export async function openBlobs(options: OpenBlobsOptions): Promise<Blobs> {
  if (options.url.startsWith("file:")) {
    const { openDisk } = await import("./disk.js");
    return openDisk({ root: options.url.slice("file:".length), ids: options.ids, shared: options.shared ?? false });
  }
  if (options.url.startsWith("s3:")) {
    const { openS3 } = await import("./s3.js");
    if (options.here === undefined) throw new TypeError(`${options.url} needs a folder here`);
    return openS3({ url: options.url, ids: options.ids, ...options.here });
  }
  throw baseErrors.CONFIG_INVALID({
    key: "artifacts",
    origin: "configuration",
    problem: `unknown scheme in ${options.url}; file: and s3: are known`,
  });
}
