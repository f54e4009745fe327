import type { Input, Reply } from "@paydown/api/operation";
import type * as api from "@paydown/api/registry";
import type { Ctx } from "#base/context.js";
import { toOffset, toToken } from "../model/page-token.js";
import { standingsAt } from "../model.js";
import { changesOfProject } from "../store.js";

/** What stood where at a moment, from the history alone, of every model, also one that is gone; by model, kind, name. */
export async function viewStandings(
  ctx: Ctx,
  input: Input<typeof api.listStandings>,
): Promise<Reply<typeof api.listStandings>> {
  const { project, at, model, alias, stage } = input;
  const rows = await ctx.db.read((r) => changesOfProject(r, project));
  const byModel = Map.groupBy(rows, (row) => row.model_id);
  const all: api.Standing[] = [];
  for (const changes of byModel.values()) {
    const name = changes[0]?.name;
    // Gone before names were kept: nobody can say any more what it was called.
    if (name === undefined || name === null || (model !== undefined && name !== model)) continue;
    for (const one of standingsAt(changes, at)) {
      const { kind, subject, version, from, to, by } = one;
      if (alias !== undefined && !(kind === "alias" && subject === alias)) continue;
      if (stage !== undefined && !(kind === "stage" && subject.toLowerCase() === stage.toLowerCase())) continue;
      all.push({
        model: name,
        kind,
        name: subject,
        version,
        from,
        ...(to === undefined ? {} : { to }),
        by: by.caused_by,
        reason: by.reason,
        ...(by.promotion === null ? {} : { promotion: by.promotion }),
        ...(by.approvers === null ? {} : { approvers: JSON.parse(by.approvers) as string[] }),
      });
    }
  }
  const key = (one: api.Standing): string => [one.model, one.kind, one.name, one.version].join("\u0000");
  all.sort((a, b) => (key(a) < key(b) ? -1 : 1));
  const offset = toOffset(input.cursor);
  const limit = input.limit ?? 100;
  return {
    items: all.slice(offset, offset + limit),
    total: all.length,
    ...(all.length > offset + limit ? { cursor: toToken(offset + limit) } : {}),
  };
}
