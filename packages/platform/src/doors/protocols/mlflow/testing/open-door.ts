import Fastify, { type FastifyInstance, type InjectOptions } from "fastify";
import { openStage, type Stage } from "#base/testing/stage.js";
import { registry } from "#capabilities/registry/index.js";
import { modelSources, tracking } from "#capabilities/tracking/index.js";
import { type MlflowDoorOptions, mlflowDoor } from "../door.js";

const root = "/api/2.0/mlflow";

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: replies are looked into field by field
  readonly json: any;
}

/** For doors that only the default project is asked of. */
export const noOtherProjects: MlflowDoorOptions["projects"] = {
  list: async () => [],
  create: async (_ctx, name, title) => ({ name, title }),
  retitle: async (_ctx, name, title) => ({ name, title }),
};

/** The door over real storage in memory, for tests. */
export interface TestDoor {
  readonly stage: Stage;
  readonly server: FastifyInstance;
  post(path: string, body: unknown, method?: "POST" | "PATCH" | "DELETE"): Promise<Answer>;
  get(path: string, query?: Record<string, string | string[]>): Promise<Answer>;
  put(path: string, content: string | Buffer): Promise<Answer>;
  /** Starts a run in the default experiment; answers its id. */
  startRun(fields?: object): Promise<string>;
  close(): Promise<void>;
}

export async function openDoor(over: Partial<MlflowDoorOptions> = {}): Promise<TestDoor> {
  const stage = await openStage([tracking, registry(modelSources)]);
  const server = Fastify({ routerOptions: { ignoreDuplicateSlashes: true, maxParamLength: 5000 } });
  const titles = new Map([
    ["default", "default"],
    ["other", "The other one"],
  ]);
  const name = async (_ctx: unknown, project: string, title: string) => {
    titles.set(project, title);
    return { name: project, title };
  };
  await server.register(
    mlflowDoor({
      ctxFor: (_request, _reply, door) => ({ ...stage.ctx, door }),
      project: "default",
      projects: {
        list: async () => [...titles].map(([project, title]) => ({ name: project, title })),
        create: name,
        retitle: name,
      },
      artifactRoot: "",
      uploadLimit: 1e9,
      ...over,
    }),
  );
  const send = async (options: InjectOptions): Promise<Answer> => {
    const response = await server.inject(options);
    return { status: response.statusCode, json: response.json() };
  };
  const door: TestDoor = {
    stage,
    server,
    post: (path, body, method = "POST") =>
      send({
        method,
        url: path.startsWith("/api") || path.startsWith("/ajax") ? path : root + path,
        headers: { "content-type": "application/json" },
        payload: typeof body === "string" ? body : JSON.stringify(body),
      }),
    get(path, query = {}) {
      const params = new URLSearchParams();
      for (const [key, value] of Object.entries(query)) for (const one of [value].flat()) params.append(key, one);
      return send({ url: `${path.startsWith("/api") || path.startsWith("/ajax") ? "" : root}${path}?${params}` });
    },
    put: (path, content) => send({ method: "PUT", url: path, payload: content }),
    async startRun(fields = {}) {
      const { json } = await door.post("/runs/create", { experiment_id: "0", start_time: 1000, ...fields });
      return json.run.info.run_id;
    },
    async close() {
      await server.close();
      await stage.close();
    },
  };
  return door;
}
