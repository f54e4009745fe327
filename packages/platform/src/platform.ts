import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createProject, createToken, listProjects, updateProject } from "@paydown/api/accounts";
import type { Operation } from "@paydown/api/operation";
import type { FastifyInstance } from "fastify";
import { localPrincipal, systemPrincipal } from "#base/auth/principal.js";
import { openBlobs } from "#base/blobs/open.js";
import { inNameOf } from "#base/caller.js";
import { systemClock } from "#base/clock.js";
import { openCompute } from "#base/compute/open.js";
import { environmentForOthers, isLoopback, type LoadedConfig } from "#base/config/config.js";
import type { Base, Ctx } from "#base/context.js";
import { openDb } from "#base/db/open.js";
import { openEngine } from "#base/engine/open.js";
import { createDispatcher } from "#base/events/dispatcher.js";
import { createIds } from "#base/ids.js";
import { createWorker } from "#base/jobs/worker.js";
import { silentLog } from "#base/log.js";
import { releaseIdleMemory } from "#base/memory.js";
import { baseMigrations } from "#base/migrations.js";
import { createPerformer, type Perform } from "#base/perform.js";
import { pinoLog } from "#base/pino.js";
import {
  createAuthenticator,
  ensureFirstAdmin,
  ensureProject,
  makeFirstAdminToken,
} from "#capabilities/accounts/index.js";
import { planTraceSweep } from "#capabilities/tracking/index.js";
import { errors as cliErrors } from "#doors/cli/errors.js";
import { createHttpServer, ctxFor } from "#doors/http/server.js";
import { mlflowDoor, mlflowVersion } from "#doors/protocols/mlflow/index.js";
import { openInferenceDoor } from "#doors/protocols/open-inference/index.js";
import { experimentsOf, furnish } from "./capabilities.js";

export interface Platform {
  readonly base: Base;
  readonly operations: readonly Operation[];
  readonly perform: Perform;
  /** Performs as the local admin. */
  call(operation: Operation, input: unknown): Promise<unknown>;
  /** Starts events, jobs and the HTTP server; answers its URL. */
  listen(): Promise<string>;
  close(): Promise<void>;
}

export interface OpenOptions {
  /** Logs nothing: for a command that answers and ends. */
  readonly quiet?: boolean;
  /** Tells the person who started the server, e.g. the first admin token. */
  readonly say?: (text: string) => void;
}

/** The composition root: config, base, capabilities, flows, doors, by plain calls. */
export async function openPlatform(config: LoadedConfig, options: OpenOptions = {}): Promise<Platform> {
  const { values } = config;

  const clock = systemClock;
  const ids = createIds(clock);
  const objectsHere = join(values.data, "objects");
  const log = options.quiet ? silentLog : pinoLog(values.logLevel);
  // The database comes last: its connections, left open by what fails after it, would keep a process alive that cannot start.
  const blobs = await openBlobs({
    url: values.artifacts,
    ids,
    // Servers that share a database may share a folder of objects.
    shared: !values.database.startsWith("sqlite:"),
    here: { folder: objectsHere, cacheLimit: values.artifactsCache, clock },
  });
  const engine = await openEngine({
    url: values.engine,
    folder: join(values.data, "engine"),
    readable: [values.artifacts.startsWith("file:") ? values.artifacts.slice("file:".length) : objectsHere],
  });
  const compute = await openCompute({ url: values.compute, environment: environmentForOthers() });
  const db = await openDb({
    url: values.database,
    ...(values.databaseListen === "" ? {} : { listenUrl: values.databaseListen }),
    clock,
    log,
  });
  const base: Base = { clock, ids, log, db, blobs, engine, compute };

  let url: string | undefined;
  const house = furnish(config, {
    mlflowVersion,
    perform: () => perform,
    async tracking() {
      if (url === undefined)
        throw cliErrors.CLI_SERVER_UNREACHABLE({ url: "(none)", problem: "this process is no server" });
      const open = values.accounts === "auto" && isLoopback(values.host);
      return { url, token: open ? undefined : await makeTrainingToken(systemCtx()) };
    },
  });
  const capabilities = house.all;

  await base.db.migrate([...baseMigrations, ...capabilities.flatMap((capability) => capability.migrations)]);
  const implementations = capabilities.flatMap((capability) => capability.operations);
  const operations = implementations.map((one) => one.operation);
  const perform: Perform = createPerformer(implementations, { experimentsOf });
  const dispatcher = createDispatcher(base, capabilities);
  const worker = createWorker(base, capabilities);
  let server: FastifyInstance | undefined;
  let keepMemory: (() => void) | undefined;

  function systemCtx(): Ctx {
    return { ...base, principal: systemPrincipal, door: "system", signal: new AbortController().signal };
  }

  /** A retraining reaches this server like any client; its token ends by itself. */
  async function makeTrainingToken(ctx: Ctx): Promise<string> {
    const expiresAt = clock.now() + 7 * 86_400_000;
    const { secret } = await perform(ctx, createToken, {
      project: values.project,
      name: "retraining",
      role: "editor",
      expiresAt,
    });
    return secret;
  }

  /** The project calls without a name belong to; and, where accounts are demanded, a way in for the first admin. */
  async function prepare(ctx: Ctx, open: boolean): Promise<void> {
    await ensureProject(ctx, values.project);
    if (values.traceDays > 0) await planTraceSweep(ctx, values.project);
    const { adminUser, adminPassword } = values;
    if (open) {
      if (adminPassword !== "") {
        options.say?.("adminPassword is set, but this server asks nobody who they are: start it with --basic-auth\n");
      }
      return;
    }
    if (values.accounts === "basic-auth" || adminPassword !== "") {
      const made = await ensureFirstAdmin(ctx, { user: adminUser, password: adminPassword });
      if (made) options.say?.(`first admin: ${adminUser}, with the configured password\n`);
      return;
    }
    const token = await makeFirstAdminToken(ctx);
    if (token !== undefined) options.say?.(`first admin token, shown once: ${token}\n`);
  }

  return {
    base,
    operations,
    perform,
    call(operation, input) {
      const ctx: Ctx = { ...base, principal: localPrincipal, door: "cli", signal: new AbortController().signal };
      return inNameOf({ by: localPrincipal.name, door: "cli" }, () => perform(ctx, operation, input as never));
    },
    async listen() {
      const open = values.accounts === "auto" && isLoopback(values.host);
      await prepare(systemCtx(), open);
      dispatcher.start();
      worker.start();
      server = await createHttpServer({
        base,
        perform,
        operations,
        open,
        authenticate: createAuthenticator(base),
        protocols: [
          mlflowDoor({
            ctxFor: (request, reply, door) => ctxFor(base, request, reply, door),
            project: values.project,
            projects: {
              list: async (ctx) => (await perform(ctx, listProjects, {})).items,
              create: (ctx, name, title) => perform(ctx, createProject, { name, title }),
              retitle: (ctx, project, title) => perform(ctx, updateProject, { project, title }),
            },
            artifactRoot: values.artifactRoot,
            uploadLimit: values.uploadLimit,
            defaultPermission: values.defaultPermission,
            webhooks: house.webhooks,
          }),
          openInferenceDoor({
            base,
            endpoint: house.serving.endpoint,
            project: values.project,
            version: mlflowVersion,
            principalOf: (request) => request.principal,
          }),
        ],
        version: mlflowVersion,
        uploadLimit: values.uploadLimit,
        webRoot: webRoot(),
      });
      try {
        await server.listen({ host: values.host, port: values.port });
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code === "EADDRINUSE") {
          throw cliErrors.CLI_PORT_TAKEN({ port: values.port, host: values.host }, { cause });
        }
        throw cause;
      }
      keepMemory = releaseIdleMemory();
      const address = server.server.address();
      const port = typeof address === "object" && address !== null ? address.port : values.port;
      url = `http://${values.host.includes(":") ? `[${values.host}]` : values.host}:${port}`;
      return url;
    },
    async close() {
      keepMemory?.();
      await server?.close();
      await worker.stop();
      await dispatcher.stop();
      house.serving.endpoint.close();
      await base.compute.close();
      await base.engine.close();
      await base.db.close();
    },
  };
}

/** The interface, where the build puts it; from source it is the web package's own build, if there is one. */
function webRoot(): string | undefined {
  const candidates = ["./web", "../../web/dist"].map((path) => fileURLToPath(new URL(path, import.meta.url)));
  return candidates.find((path) => existsSync(join(path, "index.html")));
}
