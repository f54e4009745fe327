import { type Connection, openConnection } from "./connection.ts";

/** MLflow's calls as its Python client sends them. */
export interface MlflowCalls {
  post<T = Record<string, unknown>>(path: string, body: object): Promise<T>;
  get<T = Record<string, unknown>>(path: string): Promise<T>;
  /** The bytes of an answer, not read any further. */
  raw(path: string): Promise<number>;
  close(): void;
}

export async function openMlflow(url: string): Promise<MlflowCalls> {
  const connection: Connection = await openConnection(url);
  async function call(method: string, path: string, body?: object): Promise<Buffer> {
    const answer = await connection.call(method, path, body);
    if (answer.status === 200) return answer.body;
    throw new RangeError(`${method} ${path} answered ${answer.status}: ${answer.body.toString().slice(0, 300)}`);
  }
  return {
    post: async <T>(path: string, body: object) =>
      JSON.parse((await call("POST", `/api/2.0/mlflow${path}`, body)).toString()) as T,
    get: async <T>(path: string) => JSON.parse((await call("GET", path)).toString()) as T,
    raw: async (path) => (await call("GET", path)).length,
    close: () => connection.close(),
  };
}

export async function createExperiment(calls: MlflowCalls, name: string): Promise<string> {
  return (await calls.post<{ experiment_id: string }>("/experiments/create", { name })).experiment_id;
}

export async function createRun(calls: MlflowCalls, experiment: string, startTime = Date.now()): Promise<string> {
  const body = { experiment_id: experiment, start_time: startTime, user_id: "bench" };
  return (await calls.post<{ run: { info: { run_id: string } } }>("/runs/create", body)).run.info.run_id;
}
