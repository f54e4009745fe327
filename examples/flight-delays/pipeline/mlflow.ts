import { createHash } from "node:crypto";

/** One run at an MLflow tracking server, over its REST protocol. */
export interface Run {
  readonly id: string;
  readonly experimentId: string;
  readonly artifactUri: string;
  params(values: Readonly<Record<string, string | number | boolean>>): Promise<void>;
  metrics(values: readonly { key: string; value: number; step: number }[]): Promise<void>;
  tags(values: Readonly<Record<string, string>>): Promise<void>;
  dataset(
    dataset: { name: string; digest: string; source: string; schema: object; profile: object },
    context: string,
  ): Promise<void>;
  artifact(path: string, content: Uint8Array | string): Promise<void>;
  finish(status: "FINISHED" | "FAILED"): Promise<void>;
}

export interface Mlflow {
  startRun(experiment: string, name: string, tags: Readonly<Record<string, string>>): Promise<Run>;
  /** Registers the artifact folder `path` of the run and answers the version. */
  register(model: string, run: Run, path: string): Promise<number>;
}

/** Speaks to `MLFLOW_TRACKING_URI`, with `MLFLOW_TRACKING_TOKEN` when there is one. */
export function connect(uri: string, token: string | undefined): Mlflow {
  const headers: Record<string, string> = {
    "content-type": "application/json",
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };

  async function call(method: "GET" | "POST", path: string, body?: object): Promise<Record<string, never>> {
    const query =
      method === "GET" && body !== undefined ? `?${new URLSearchParams(body as Record<string, string>)}` : "";
    const response = await fetch(`${uri}/api/2.0/mlflow/${path}${query}`, {
      method,
      headers,
      ...(method === "POST" ? { body: JSON.stringify(body ?? {}) } : {}),
    });
    const text = await response.text();
    if (!response.ok) throw new MlflowError(path, response.status, text);
    return JSON.parse(text) as Record<string, never>;
  }

  async function experimentId(name: string): Promise<string> {
    try {
      const { experiment } = (await call("GET", "experiments/get-by-name", { experiment_name: name })) as {
        experiment: { experiment_id: string };
      };
      return experiment.experiment_id;
    } catch (error) {
      if (!(error instanceof MlflowError) || error.status !== 404) throw error;
      const made = (await call("POST", "experiments/create", { name })) as { experiment_id: string };
      return made.experiment_id;
    }
  }

  return {
    async startRun(experiment, name, tags) {
      const experiment_id = await experimentId(experiment);
      const { run } = (await call("POST", "runs/create", {
        experiment_id,
        run_name: name,
        start_time: Date.now(),
        tags: toPairs(tags),
      })) as { run: { info: { run_id: string; artifact_uri: string } } };
      const { run_id, artifact_uri } = run.info;
      return {
        id: run_id,
        experimentId: experiment_id,
        artifactUri: artifact_uri,
        async params(values) {
          await call("POST", "runs/log-batch", { run_id, params: toPairs(values) });
        },
        async metrics(values) {
          const timestamp = Date.now();
          for (let i = 0; i < values.length; i += 1000) {
            await call("POST", "runs/log-batch", {
              run_id,
              metrics: values.slice(i, i + 1000).map((one) => ({ ...one, timestamp })),
            });
          }
        },
        async tags(values) {
          await call("POST", "runs/log-batch", { run_id, tags: toPairs(values) });
        },
        async dataset(dataset, context) {
          const tags = [{ key: "mlflow.data.context", value: context }];
          const { name: dataset_name, digest, source, schema, profile } = dataset;
          const logged = {
            name: dataset_name,
            digest,
            source_type: "local",
            source,
            schema: JSON.stringify(schema),
            profile: JSON.stringify(profile),
          };
          await call("POST", "runs/log-inputs", { run_id, datasets: [{ tags, dataset: logged }] });
        },
        async artifact(path, content) {
          const root = artifact_uri.replace(/^mlflow-artifacts:\/+/, "");
          const url = `${uri}/api/2.0/mlflow-artifacts/artifacts/${root}/${path}`;
          const response = await fetch(url, {
            method: "PUT",
            headers: { ...headers, "content-type": "application/octet-stream" },
            body: typeof content === "string" ? content : Buffer.from(content),
          });
          if (!response.ok) throw new MlflowError(`artifact ${path}`, response.status, await response.text());
        },
        async finish(status) {
          await call("POST", "runs/update", { run_id, status, end_time: Date.now() });
        },
      };
    },
    async register(model, run, path) {
      await call("POST", "registered-models/create", { name: model }).catch((error: unknown) => {
        if (!(error instanceof MlflowError) || !error.message.includes("RESOURCE_ALREADY_EXISTS")) throw error;
      });
      const { model_version } = (await call("POST", "model-versions/create", {
        name: model,
        source: `${run.artifactUri}/${path}`,
        run_id: run.id,
      })) as { model_version: { version: string } };
      return Number(model_version.version);
    },
  };
}

export class MlflowError extends Error {
  readonly status: number;

  constructor(what: string, status: number, text: string) {
    super(`${what} was answered with ${status}: ${text.slice(0, 500)}`);
    this.name = "MlflowError";
    this.status = status;
  }
}

export function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

function toPairs(values: Readonly<Record<string, string | number | boolean>>): { key: string; value: string }[] {
  return Object.entries(values).map(([key, value]) => ({ key, value: String(value) }));
}
