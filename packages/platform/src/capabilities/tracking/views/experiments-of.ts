import type { Ctx } from "#base/context.js";
import { chunksOf, placeholders } from "#base/db/rows.js";
import { artifactScheme } from "../model/artifact-path.js";

const deepest = 40;

/**
 * Ids of the experiments whose artifact root a path of the store lies in, and with `below` also of those whose root lies
 * under the path, which deleting it would take away.
 */
export async function findExperimentsAt(ctx: Ctx, project: string, path: string, below: boolean): Promise<string[]> {
  const parts = path.split("/").filter((part) => part !== "");
  const heads = parts.slice(0, deepest).map((_, i) => `${artifactScheme}${parts.slice(0, i + 1).join("/")}`);
  const list = placeholders([...heads, ...heads.map((head) => `${head}/`)]);
  const under = `${artifactScheme}${parts.length === 0 ? "" : `${parts.join("/")}/`}`;
  const rows = await ctx.db.read((r) =>
    r.all<{ id: number }>({
      sql: `select id from experiments where project = ?
            and (artifact_location in (${list.sql}) or (? = 1 and substr(artifact_location, 1, ?) = ?))`,
      parameters: [project, ...list.parameters, below ? 1 : 0, under.length, under],
    }),
  );
  return rows.map((row) => String(row.id));
}

/** Ids of the experiments that runs, logged models and traces belong to; what is not in the project has none. */
export async function findExperimentsOf(
  ctx: Ctx,
  project: string,
  what: {
    readonly runs: readonly string[];
    readonly loggedModels: readonly string[];
    readonly traces: readonly string[];
  },
): Promise<string[]> {
  const found = new Set<string>();
  await ctx.db.read(async (r) => {
    const ask = async (table: string, column: string, ids: readonly string[]): Promise<void> => {
      for (const chunk of chunksOf(ids)) {
        const list = placeholders(chunk);
        const rows = await r.all<{ experiment_id: number }>({
          sql: `select distinct experiment_id from ${table} where project || '' = ? and ${column} in (${list.sql})`,
          parameters: [project, ...list.parameters],
        });
        for (const row of rows) found.add(String(row.experiment_id));
      }
    };
    await ask("runs", "run_id", what.runs);
    await ask("logged_models", "model_id", what.loggedModels);
    await ask("traces", "trace_id", what.traces);
  });
  return [...found];
}
