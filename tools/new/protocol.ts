import type { NewFile } from "../new.ts";
import { camel, title } from "./words.ts";

/** A protocol door: a child of the server with its own routes and its own error envelope. */
export function protocolFiles(name: string): NewFile[] {
  const folder = `packages/platform/src/doors/protocols/${name}`;
  const door = `${camel(name)}Door`;
  return [
    { path: `${folder}/index.ts`, text: `export { ${door} } from "./door.js";\n` },
    {
      path: `${folder}/door.ts`,
      text: `import type { FastifyInstance, FastifyPluginAsync } from "fastify";
import { CodedError } from "#base/errors.js";

/** ${title(name)}, in a scope of its own: its parsers, hooks and errors stay inside. */
export function ${door}(): FastifyPluginAsync {
  return async (parent) => {
    await parent.register(async (server) => routes(server), { prefix: "/${name}" });
  };
}

async function routes(server: FastifyInstance): Promise<void> {
  server.setErrorHandler((error, _request, reply) => {
    const coded = error instanceof CodedError ? error : undefined;
    void reply.status(coded?.status ?? 500).send({ error: coded?.message ?? "internal error" });
  });
  server.get("/", async () => ({ name: "paydown" }));
}
`,
    },
    {
      path: `${folder}/door.test.ts`,
      text: `import Fastify from "fastify";
import { expect, test } from "vitest";
import { ${door} } from "./index.js";

test("the door says who answers", async () => {
  const server = Fastify();
  await server.register(${door}());
  const reply = await server.inject({ method: "GET", url: "/${name}/" });
  expect(reply.json()).toEqual({ name: "paydown" });
  await server.close();
});
`,
    },
  ];
}
