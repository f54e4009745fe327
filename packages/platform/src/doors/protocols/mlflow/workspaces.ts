import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Ctx } from "#base/context.js";
import { mlflowErrors } from "./errors.js";
import { present } from "./json.js";

/** The projects a caller may see. */
export type Projects = (ctx: Ctx) => Promise<readonly { readonly name: string; readonly title: string }[]>;

/** MLflow's workspaces are our projects: shown here, made and changed through Paydown's own API, which knows roles. */
export function workspaces(
  server: FastifyInstance,
  ctxFor: (request: FastifyRequest, reply: FastifyReply) => Ctx | Promise<Ctx>,
  projects: Projects,
): void {
  const list = async (request: FastifyRequest, reply: FastifyReply) => projects(await ctxFor(request, reply));
  server.get("/workspaces", async (request, reply) => ({ workspaces: (await list(request, reply)).map(toWorkspace) }));
  server.get<{ Params: { name: string } }>("/workspaces/:name", async (request, reply) => {
    const found = (await list(request, reply)).find((one) => one.name === request.params.name);
    if (found === undefined) throw mlflowErrors.MLFLOW_WORKSPACE_NOT_FOUND({ workspace: request.params.name });
    return { workspace: toWorkspace(found) };
  });
}

function toWorkspace({ name, title }: { readonly name: string; readonly title: string }) {
  return present({ name, description: title === name ? undefined : title });
}
