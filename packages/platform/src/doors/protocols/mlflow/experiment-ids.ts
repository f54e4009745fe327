import { clientIds, rowIds } from "#capabilities/tracking/index.js";
import type { Call } from "./endpoint.js";

/**
 * MLflow's file store numbers experiments with 18 random digits. An imported one keeps that id towards clients, while its
 * row has a small number: the two are exchanged here, on the way in and on the way out.
 */

type Fields = Record<string, unknown>;

/** A request with row numbers in place of such ids. */
export async function withRowIds({ ctx, project }: Pick<Call, "ctx" | "project">, given: Fields): Promise<Fields> {
  const one = given.experiment_id;
  const many = given.experiment_ids;
  if (one === undefined && many === undefined) return given;
  const list = Array.isArray(many) ? many : [];
  const texts = [one, ...list].filter((text) => typeof text === "string");
  const ids = await rowIds(ctx, project, texts);
  if (ids.size === 0) return given;
  const exchange = (text: unknown) => (typeof text === "string" ? (ids.get(text) ?? text) : text);
  return {
    ...given,
    ...(one === undefined ? {} : { experiment_id: exchange(one) }),
    ...(Array.isArray(many) ? { experiment_ids: many.map(exchange) } : {}),
  };
}

/** An answer with the ids that clients know. */
export async function withClientIds({ ctx }: Call, reply: object): Promise<object> {
  const holders = holdersOf(reply as Fields);
  if (holders.length === 0) return reply;
  const ids = await clientIds(
    ctx,
    holders.map((holder) => holder.experiment_id as string),
  );
  for (const holder of holders) holder.experiment_id = ids.get(holder.experiment_id as string) ?? holder.experiment_id;
  return reply;
}

/** Where the answers of this protocol name experiments, as far as the number is below zero. */
function holdersOf(reply: Fields): Fields[] {
  const single = [reply, reply.experiment, reply.run_info, infoOf(reply.run), infoOf(reply.model)];
  const lists = [
    listOf(reply.experiments),
    listOf(reply.runs).map(infoOf),
    listOf(reply.models).map(infoOf),
    listOf(reply.dataset_summaries),
  ];
  return [...single, ...lists.flat()].filter(
    (one): one is Fields =>
      typeof one === "object" &&
      one !== null &&
      typeof (one as Fields).experiment_id === "string" &&
      ((one as Fields).experiment_id as string).startsWith("-"),
  );
}

function infoOf(value: unknown): unknown {
  return typeof value === "object" && value !== null ? (value as Fields).info : undefined;
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
