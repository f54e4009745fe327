import type { NodeRef } from "@paydown/api/values";
import type { Reader, Tx } from "#base/db/db.js";
import { queries } from "#base/db/queries.js";
import { placeholders } from "#base/db/rows.js";
import { type EdgeRow, type LineageTables, type NodeRow, type NodeStateRow, standing } from "../tables.js";
import { experimentNames } from "./experiment-names.js";
import type { Seen } from "./graph-writer.js";

const q = queries<LineageTables>();

/** Edges of this relation into the node no longer hold, but for the one from a node that is kept. */
export async function endEdgesInto(tx: Tx, to: number, relation: string, at: number, kept = -1): Promise<void> {
  await tx.run(
    q
      .updateTable("lineage_edges")
      .set({ ended: at })
      .where("to_key", "=", to)
      .where("relation", "=", relation)
      .where("from_key", "<>", kept)
      .where("ended", "=", standing),
  );
}

/** Leaves of a node its id, and that it is gone; its edges end. A node nobody heard of stays unheard of. */
export async function forgetNode(tx: Tx, seen: Seen, ref: NodeRef): Promise<void> {
  const node = await findNode(tx, seen.project, ref);
  if (node === undefined) return;
  const facts = JSON.stringify({ purgedAt: seen.at });
  await tx.run({
    sql: "update lineage_nodes set name = id, search = lower(id), team = null, facts = ? where key = ?",
    parameters: [facts, node.key],
  });
  await tx.run({ sql: "delete from lineage_node_states where node_key = ?", parameters: [node.key] });
  await tx.run(
    q
      .updateTable("lineage_edges")
      .set({ ended: seen.at })
      .where((e) => e.or([e("from_key", "=", node.key), e("to_key", "=", node.key)]))
      .where("ended", "=", standing),
  );
}

/** The owner of a node, and of its members that have none of their own: versions of a dataset, of a model. */
export async function setTeam(tx: Tx, project: string, ref: NodeRef, team: string): Promise<void> {
  await tx.run(
    q
      .updateTable("lineage_nodes")
      .set({ team })
      .where("project", "=", project)
      .where("kind", "=", ref.kind)
      .where("id", "=", ref.id),
  );
  const member = members[ref.kind];
  if (member === undefined) return;
  const from = `${ref.id}${member.separator}`;
  await tx.run(
    q
      .updateTable("lineage_nodes")
      .set({ team })
      .where("project", "=", project)
      .where("kind", "=", member.kind)
      .where("id", ">=", from)
      .where("id", "<", after(from)),
  );
}

/** Kinds whose nodes contain others, told by the front of their id. */
const members: Readonly<Record<string, { readonly kind: string; readonly separator: string }>> = {
  dataset: { kind: "dataset-version", separator: "@" },
  model: { kind: "model-version", separator: "/" },
};

/** The least text greater than every text that begins with the prefix. */
function after(prefix: string): string {
  return prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
}

/** A version that has no owner takes its dataset's or model's. */
export async function inheritTeam(tx: Tx, project: string, key: number, container: NodeRef): Promise<void> {
  const owner = await findNode(tx, project, container);
  if (owner === undefined || owner.team === null) return;
  await tx.run(
    q.updateTable("lineage_nodes").set({ team: owner.team }).where("key", "=", key).where("team", "is", null),
  );
}

/**
 * The nodes as they were at the instant, in name and facts, runs with the name their experiment had; who owns them is
 * always who does today. Whatever is shown of a node went through here.
 */
export async function asThen(r: Reader, rows: readonly NodeRow[], asOf: number): Promise<NodeRow[]> {
  const states = await inChunks(
    rows.map((row) => row.key),
    (some) => {
      const keys = placeholders(some);
      return r.all<NodeStateRow>({
        sql: `select s.node_key, s.until, s.name, s.facts
              from lineage_nodes n join lineage_node_states s on s.node_key = n.key and s.until =
                (select min(t.until) from lineage_node_states t where t.node_key = n.key and t.until > ?)
              where n.key in (${keys.sql})`,
        parameters: [asOf, ...keys.parameters],
      });
    },
  );
  const then = new Map(states.map((state) => [state.node_key, state]));
  const were = rows.map((row) => {
    const state = then.get(row.key);
    return state === undefined ? row : { ...row, name: state.name, facts: state.facts };
  });
  return withExperiments(r, were, asOf);
}

async function withExperiments(r: Reader, rows: NodeRow[], asOf: number): Promise<NodeRow[]> {
  const runs = rows
    .filter((row) => row.kind === "run")
    .map((row) => ({ row, facts: JSON.parse(row.facts) as { experimentId?: string } }));
  const shown = new Map<number, string>();
  for (const [project, some] of Map.groupBy(runs, ({ row }) => row.project)) {
    const ids = [...new Set(some.map(({ facts }) => facts.experimentId))].filter((id) => id !== undefined);
    const names = await experimentNames(r, project, ids, asOf);
    for (const { row, facts } of some) {
      const experiment = names.get(facts.experimentId ?? "");
      if (experiment !== undefined) shown.set(row.key, JSON.stringify({ ...facts, experiment }));
    }
  }
  return rows.map((row) => ({ ...row, facts: shown.get(row.key) ?? row.facts }));
}

export function findNode(r: Reader, project: string, ref: NodeRef): Promise<NodeRow | undefined> {
  return r.get({
    sql: "select * from lineage_nodes where project = ? and kind = ? and id = ?",
    parameters: [project, ref.kind, ref.id],
  });
}

/** Files logged with a longer path that ends in this one: runs log where they ran, a diff says where in the repository. */
export function filesEndingWith(r: Reader, project: string, path: string): Promise<NodeRow[]> {
  return r.all({
    sql: "select * from lineage_nodes where project = ? and kind = 'file' and id like ? escape '\\'",
    parameters: [project, `%/${escapeLike(path)}`],
  });
}

function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, (sign) => `\\${sign}`);
}

/** Nodes that a dataset or model contains. */
export function findMembers(r: Reader, project: string, ref: NodeRef): Promise<NodeRow[]> {
  const member = members[ref.kind];
  if (member === undefined) return Promise.resolve([]);
  const from = `${ref.id}${member.separator}`;
  return r.all(
    q
      .selectFrom("lineage_nodes")
      .selectAll()
      .where("project", "=", project)
      .where("kind", "=", member.kind)
      .where("id", ">=", from)
      .where("id", "<", after(from)),
  );
}

const chunk = 500;

/** Runs a query over keys in pieces that every database takes. */
async function inChunks<T>(keys: readonly number[], run: (some: number[]) => Promise<T[]>): Promise<T[]> {
  const found: T[] = [];
  for (let i = 0; i < keys.length; i += chunk) found.push(...(await run(keys.slice(i, i + chunk))));
  return found;
}

/** Nodes by key, as they were at the instant. */
export async function nodesByKey(r: Reader, keys: readonly number[], asOf: number): Promise<NodeRow[]> {
  const rows = await inChunks(keys, (some) =>
    r.all<NodeRow>(q.selectFrom("lineage_nodes").selectAll().where("key", "in", some)),
  );
  return asThen(r, rows, asOf);
}

/** Edges that held at the instant and begin (`down`) or end (`up`) at one of the keys. */
export function edgesAt(
  r: Reader,
  keys: readonly number[],
  direction: "up" | "down",
  asOf: number,
): Promise<EdgeRow[]> {
  const column = direction === "down" ? "from_key" : "to_key";
  return inChunks(keys, (some) =>
    r.all(
      q
        .selectFrom("lineage_edges")
        .selectAll()
        .where(column, "in", some)
        .where("first_seen", "<=", asOf)
        .where("ended", ">", asOf),
    ),
  );
}

/** Every edge of the project that held at the instant, at most `limit`. */
export function allEdges(r: Reader, project: string, asOf: number, limit: number): Promise<EdgeRow[]> {
  return r.all(
    q
      .selectFrom("lineage_edges")
      .selectAll()
      .where("project", "=", project)
      .where("first_seen", "<=", asOf)
      .where("ended", ">", asOf)
      .limit(limit),
  );
}

/** Every node of these kinds that the graph had heard of at the instant, as it was then. */
export async function nodesOfKinds(
  r: Reader,
  project: string,
  kinds: readonly string[],
  asOf: number,
): Promise<NodeRow[]> {
  const rows = await r.all<NodeRow>(
    q
      .selectFrom("lineage_nodes")
      .selectAll()
      .where("project", "=", project)
      .where("kind", "in", kinds)
      .where("first_seen", "<=", asOf),
  );
  return asThen(r, rows, asOf);
}

export interface NodeFilter {
  readonly project: string;
  readonly kind?: string | undefined;
  /** Owner; empty for nodes that nobody owns. */
  readonly team?: string | undefined;
  readonly asOf: number;
  /** Continue after this node. */
  readonly after?: { readonly lastSeen: number; readonly key: number } | undefined;
  readonly limit: number;
}

/** Nodes as they were at the instant, last seen first. */
export async function pageNodes(r: Reader, filter: NodeFilter): Promise<NodeRow[]> {
  let query = q
    .selectFrom("lineage_nodes")
    .selectAll()
    .where("project", "=", filter.project)
    .where("first_seen", "<=", filter.asOf);
  if (filter.kind !== undefined) query = query.where("kind", "=", filter.kind);
  if (filter.team === "") query = query.where("team", "is", null);
  else if (filter.team !== undefined) query = query.where("team", "=", filter.team);
  if (filter.after !== undefined) {
    const { lastSeen, key } = filter.after;
    query = query.where((e) =>
      e.or([e("last_seen", "<", lastSeen), e.and([e("last_seen", "=", lastSeen), e("key", "<", key)])]),
    );
  }
  const rows = await r.all<NodeRow>(query.orderBy("last_seen", "desc").orderBy("key", "desc").limit(filter.limit));
  return asThen(r, rows, filter.asOf);
}

/** Nodes whose name or id holds the text, last seen first. */
export function searchNodes(r: Reader, project: string, text: string, limit: number): Promise<NodeRow[]> {
  const pattern = `%${escapeLike(text)}%`;
  return r.all({
    sql: `select * from lineage_nodes where project = ? and search like lower(?) escape '\\'
          order by last_seen desc, key desc limit ?`,
    parameters: [project, pattern, limit],
  });
}

/** Nodes with exactly this id, of any kind. */
export function nodesWithId(r: Reader, project: string, id: string): Promise<NodeRow[]> {
  return r.all(q.selectFrom("lineage_nodes").selectAll().where("project", "=", project).where("id", "=", id).limit(10));
}

export interface GroupCounts {
  readonly kinds: { kind: string; count: number; unowned: number }[];
  readonly teams: { team: string; count: number }[];
  readonly flows: { from: string; to: string; count: number }[];
}

/** Exact counts by kind, by owner, and of edges between kinds. */
export async function countGraph(r: Reader, project: string, asOf: number): Promise<GroupCounts> {
  const kinds = await r.all<{ kind: string; count: number; unowned: number }>({
    sql: `select kind, count(*) as count, count(*) - count(team) as unowned from lineage_nodes
          where project = ? and first_seen <= ? group by kind order by kind`,
    parameters: [project, asOf],
  });
  const teams = await r.all<{ team: string; count: number }>({
    sql: `select team, count(*) as count from lineage_nodes
          where project = ? and first_seen <= ? and team is not null group by team order by count(*) desc, team`,
    parameters: [project, asOf],
  });
  const flows = await r.all<{ from_kind: string; to_kind: string; count: number }>({
    sql: `select a.kind as from_kind, b.kind as to_kind, count(*) as count
          from lineage_edges e join lineage_nodes a on a.key = e.from_key join lineage_nodes b on b.key = e.to_key
          where e.project = ? and e.first_seen <= ? and e.ended > ?
          group by a.kind, b.kind order by a.kind, b.kind`,
    parameters: [project, asOf, asOf],
  });
  return { kinds, teams, flows: flows.map((one) => ({ from: one.from_kind, to: one.to_kind, count: one.count })) };
}
