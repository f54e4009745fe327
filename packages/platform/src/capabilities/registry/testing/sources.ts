import type { Evidence } from "@paydown/api/tracking";
import type { Ctx } from "#base/context.js";
import type { LoggedModelSource, ModelSources, RunHashes, StoredFile } from "../needs.js";

export type RunOfVersion = NonNullable<Awaited<ReturnType<ModelSources["findRun"]>>>;

export const noHashes: RunHashes = { commit: undefined, datasets: [], config: undefined, environment: undefined };

const yes: Evidence = { state: "yes", evidence: "recorded." };

/** A run that names all it was made of. */
export const wholeRun: RunOfVersion = {
  artifactUri: "mlflow-artifacts:/0/r/artifacts",
  models: {},
  reproducibility: { code: yes, data: yes, config: yes, environment: yes, seed: yes },
  hashes: {
    commit: "0123456789abcdef0123456789abcdef01234567",
    datasets: [{ name: "flights", digest: "0123456789abcdef" }],
    config: "c".repeat(64),
    environment: "e".repeat(64),
  },
};

/** Where versions come from, as far as these tests need it: files kept in the stage's own blobs, runs in a map. */
export class FakeSources implements ModelSources {
  experimentsAt = async () => [];
  readonly loggedModels = new Map<string, LoggedModelSource>();
  readonly files = new Map<string, StoredFile[]>();
  readonly runs = new Map<string, NonNullable<Awaited<ReturnType<ModelSources["findRun"]>>>>();

  async findFiles(_ctx: unknown, _project: string, uri: string) {
    return this.files.get(uri);
  }
  async findLoggedModel(_ctx: unknown, _project: string, modelId: string) {
    return this.loggedModels.get(modelId);
  }
  async readyLoggedModels(_ctx: unknown, _project: string, after: number, limit: number) {
    const ready = [...this.loggedModels].map(([modelId, model], i) => ({ modelId, place: i + 1, ...model }));
    return ready
      .filter((one) => one.place > after && one.status === "READY" && !one.deleted)
      .slice(0, limit)
      .map((one) => ({ ...one, experimentName: `experiment ${one.experimentId}` }));
  }
  async findRun(_ctx: unknown, _project: string, runId: string) {
    return this.runs.get(runId);
  }

  /** Keeps files below a URI. */
  async store(ctx: Ctx, uri: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
    const stored: StoredFile[] = [];
    for (const [path, content] of Object.entries(files)) {
      const bytes = typeof content === "string" ? Buffer.from(content) : content;
      stored.push({ path, ...(await ctx.blobs.put(bytes)) });
    }
    this.files.set(uri, stored);
    return uri;
  }
}
