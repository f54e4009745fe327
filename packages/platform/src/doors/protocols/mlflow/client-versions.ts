import { clientVersion, noteClient } from "#capabilities/tracking/index.js";
import type { Call } from "./endpoint.js";

const mostRuns = 10_000;

export interface ClientVersions {
  /** Notes which client logs to a run, once for each version; undefined when there is nothing new to note. */
  note(
    call: Call,
    input: unknown,
    headers: Readonly<Record<string, string | readonly string[] | undefined>>,
  ): Promise<void> | undefined;
}

/**
 * Remembers the client of the runs written to last, so that a call costs a look into a map and a run one small write, which
 * shares the call's own commit. What is forgotten is noted again, which changes nothing.
 */
export function rememberClients(): ClientVersions {
  const known = new Map<string, string>();
  return {
    note(call, input, headers) {
      const runId = (input as { run_id?: unknown }).run_id;
      if (typeof runId !== "string" || runId === "") return undefined;
      const version = clientVersion(headers["x-mlflow-client-version"], headers["user-agent"]);
      if (version === undefined) return undefined;
      const key = `${call.project}/${runId}`;
      if (known.get(key) === version) return undefined;
      if (known.size >= mostRuns) known.delete(known.keys().next().value as string);
      known.set(key, version);
      return noteClient(call.ctx, call.project, runId, version).catch((error: unknown) => {
        // Which client it was is evidence, not the call: the next call notes it.
        known.delete(key);
        call.ctx.log.warn({ run: runId, problem: String(error) }, "the version of a client was not noted");
      });
    },
  };
}
