import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Ctx } from "#base/context.js";
import { toObject } from "./body.js";
import { mlflowErrors } from "./errors.js";
import { readFields, required, string } from "./fields.js";
import { present } from "./json.js";

interface NamedProject {
  readonly name: string;
  readonly title: string;
}

/** The projects of this server, as far as MLflow's workspaces are concerned. */
export interface Projects {
  /** Those a caller may see. */
  readonly list: (ctx: Ctx) => Promise<readonly NamedProject[]>;
  /** Throws when the caller may not, or when there is one of that name. */
  readonly create: (ctx: Ctx, name: string, title: string) => Promise<NamedProject>;
  readonly retitle: (ctx: Ctx, name: string, title: string) => Promise<NamedProject>;
}

type CtxFor = (request: FastifyRequest, reply: FastifyReply) => Ctx | Promise<Ctx>;
interface Named {
  Params: { name: string };
}

const bodyLimit = 64 * 1024;

/** MLflow's workspaces are our projects. Everything of a project hangs on it, so none is deleted from here. */
export function workspaces(server: FastifyInstance, ctxFor: CtxFor, projects: Projects): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("*", { parseAs: "buffer", bodyLimit }, (_request, body, done) => done(null, body));
  const find = async (ctx: Ctx, name: string): Promise<NamedProject> => {
    const found = (await projects.list(ctx)).find((one) => one.name === name);
    if (found === undefined) throw mlflowErrors.MLFLOW_WORKSPACE_NOT_FOUND({ workspace: name });
    return found;
  };
  server.get("/workspaces", async (request, reply) =>
    present({ workspaces: (await projects.list(await ctxFor(request, reply))).map(toWorkspace) }),
  );
  server.post("/workspaces", async (request, reply) => {
    const input = readFields({ name: required(string), description: string }, toObject(request.body as Buffer));
    const made = await projects.create(await ctxFor(request, reply), input.name, input.description || input.name);
    return reply.status(201).send({ workspace: toWorkspace(made) });
  });
  server.get<Named>("/workspaces/:name", async (request, reply) => ({
    workspace: toWorkspace(await find(await ctxFor(request, reply), request.params.name)),
  }));
  server.patch<Named>("/workspaces/:name", async (request, reply) => {
    const ctx = await ctxFor(request, reply);
    const { name } = await find(ctx, request.params.name);
    const { description } = readFields({ description: string }, toObject(request.body as Buffer));
    return { workspace: toWorkspace(await projects.retitle(ctx, name, description || name)) };
  });
}

function toWorkspace({ name, title }: NamedProject) {
  return present({ name, description: title === name ? undefined : title });
}
