import type { Implementation } from "#base/capability.js";
import type { Ctx } from "#base/context.js";
import { mayBeOuter } from "../model/experiment-id.js";
import { findByOuterId, outerIds } from "../store/imports.js";

/** Row numbers, as text, of those texts that are ids of imported experiments; other texts are not in it. */
export async function rowIds(ctx: Ctx, project: string, texts: readonly string[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const wanted = [...new Set(texts)].filter(mayBeOuter);
  if (wanted.length === 0) return found;
  await ctx.db.read(async (r) => {
    for (const text of wanted) {
      const row = await findByOuterId(r, project, text);
      if (row !== undefined) found.set(text, String(row.id));
    }
  });
  return found;
}

/** Ids that clients know, by row number as text. Only negative numbers have another. */
export async function clientIds(ctx: Ctx, texts: readonly string[]): Promise<Map<string, string>> {
  const numbers = [...new Set(texts)].filter((text) => /^-\d+$/.test(text)).map(Number);
  if (numbers.length === 0) return new Map();
  const known = await ctx.db.read((r) => outerIds(r, numbers));
  return new Map([...known].map(([id, outer]) => [String(id), outer]));
}

type Fields = Record<string, unknown>;

/** The operation as clients see it: imported experiments under the ids they had. */
export function withClientIds(implementation: Implementation): Implementation {
  return {
    operation: implementation.operation,
    async perform(ctx, input) {
      const given = await inward(ctx, input as Fields);
      const reply = await implementation.perform(ctx, given as never);
      const holders: Fields[] = [];
      collect(reply, holders);
      if (holders.length === 0) return reply;
      const ids = await clientIds(
        ctx,
        holders.map((holder) => holder.experimentId as string),
      );
      for (const holder of holders) holder.experimentId = ids.get(holder.experimentId as string) ?? holder.experimentId;
      return reply;
    },
  };
}

async function inward(ctx: Ctx, input: Fields): Promise<Fields> {
  const { experimentId: one, experimentIds: many } = input;
  // An import names its source's experiments; these are not ours.
  if (typeof input.importId === "string") return input;
  const texts = [one, ...(Array.isArray(many) ? many : [])].filter((text) => typeof text === "string");
  const ids = await rowIds(ctx, String(input.project), texts);
  if (ids.size === 0) return input;
  return {
    ...input,
    ...(typeof one === "string" ? { experimentId: ids.get(one) ?? one } : {}),
    ...(Array.isArray(many) ? { experimentIds: many.map((text: string) => ids.get(text) ?? text) } : {}),
  };
}

/** Maps of a run's own names are not looked through. */
const free = new Set(["metrics", "params", "tags"]);

function collect(value: unknown, holders: Fields[]): void {
  if (Array.isArray(value)) {
    for (const one of value) collect(one, holders);
    return;
  }
  if (typeof value !== "object" || value === null) return;
  const fields = value as Fields;
  if (typeof fields.experimentId === "string" && fields.experimentId.startsWith("-")) holders.push(fields);
  for (const [key, one] of Object.entries(fields)) if (!free.has(key) && typeof one === "object") collect(one, holders);
}
