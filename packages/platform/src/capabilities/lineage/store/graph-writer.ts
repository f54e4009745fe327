import type { NodeRef } from "@paydown/api/values";
import type { Tx } from "#base/db/db.js";
import { insertRows, tuples } from "#base/db/rows.js";
import { type EdgeRow, type NodeRow, standing } from "../tables.js";

/** Where, when and through which door something was seen. */
export interface Seen {
  readonly project: string;
  readonly at: number;
  readonly door: string;
}

export interface SeenNode {
  readonly name?: string | undefined;
  readonly team?: string | undefined;
  /** Null for what is known no more. */
  readonly facts?: Readonly<Record<string, unknown>>;
}

export interface SeenEdge {
  /** A node, seen with the edge, or the key of one that is not. */
  readonly from: NodeRef | number;
  readonly to: NodeRef | number;
  readonly relation: string;
  readonly evidence: EdgeRow["evidence"];
}

/**
 * Collects what a transaction sees of the graph and writes it together: a few statements for a whole batch of events, not a few
 * for each. Whoever reads the graph, or changes it in another way, within that transaction has it written first.
 */
export interface GraphWriter {
  /** A node was seen; what is already known stays unless it is said anew, and what it was before is kept. */
  node(seen: Seen, ref: NodeRef, node?: SeenNode): void;
  /** An edge was seen once more, and both its ends with it. */
  edge(seen: Seen, edge: SeenEdge): void;
  /** What an experiment is called, where nobody has said yet: only renaming changes a name, whatever comes in late. */
  experiment(project: string, id: string, name: string): void;
  write(): Promise<void>;
  /** Writes what there is and answers the key of a node, which is seen by that. */
  keyOf(seen: Seen, ref: NodeRef): Promise<number>;
}

type Stored = Pick<
  NodeRow,
  "project" | "kind" | "id" | "name" | "team" | "first_seen" | "last_seen" | "door" | "facts"
>;

interface PendingNode {
  readonly project: string;
  readonly ref: NodeRef;
  readonly sightings: { readonly seen: Seen; readonly node: SeenNode }[];
}

interface PendingEdge extends SeenEdge {
  readonly project: string;
  readonly door: string;
  first: number;
  last: number;
  count: number;
}

/** What a node was like until an instant. */
interface Past {
  readonly until: number;
  readonly name: string;
  readonly facts: string;
}

export function createGraphWriter(tx: Tx): GraphWriter {
  const nodes = new Map<string, PendingNode>();
  const edges = new Map<string, PendingEdge>();
  const experiments = new Map<string, readonly [string, string, number, string]>();
  /** Keys of the nodes this transaction has written. */
  const keys = new Map<string, number>();

  function node(seen: Seen, ref: NodeRef, said: SeenNode = {}): void {
    const name = nameOf(seen.project, ref);
    const pending = nodes.get(name) ?? { project: seen.project, ref, sightings: [] };
    nodes.set(name, pending);
    pending.sightings.push({ seen, node: said });
  }

  /** Nodes before edges, which refer to them by their keys. */
  async function write(): Promise<void> {
    while (nodes.size > 0) await writeNodes();
    const rows = [...edges.values()].map((edge) => {
      const keyOf = (end: NodeRef | number) =>
        typeof end === "number" ? end : (keys.get(nameOf(edge.project, end)) as number);
      const { project, relation, evidence, first, last, door, count } = edge;
      return [project, keyOf(edge.from), keyOf(edge.to), relation, evidence, first, last, standing, door, count];
    });
    edges.clear();
    const names = [...experiments.values()];
    experiments.clear();
    await Promise.all(
      [
        ...insertRows(edgeInsert, rows, edgeAgain),
        ...insertRows(
          "insert into lineage_experiment_names (project, id, until, name)",
          names,
          "on conflict (project, id, until) do nothing",
        ),
      ].map((statement) => tx.run(statement)),
    );
  }

  async function writeNodes(): Promise<void> {
    const taken = [...nodes.entries()];
    nodes.clear();
    const stored = await lockNodes(
      tx,
      taken.map(([, { project, ref }]) => [project, ref.kind, ref.id]),
    );
    const born: [string, Stored, Past[]][] = [];
    const changed: [string, Stored, Past[]][] = [];
    for (const [name, pending] of taken) {
      const before = stored.get(name);
      if (before !== undefined) keys.set(name, before.key);
      const { row, past } = foldSightings(pending, before);
      (before === undefined ? born : changed).push([name, row, past]);
    }
    const made = await Promise.all(
      insertRows<Pick<NodeRow, "key" | "project" | "kind" | "id">>(
        nodeInsert,
        born.map(([, row]) => toValues(row)),
        "on conflict (project, kind, id) do nothing returning key, project, kind, id",
        nodeShape,
      ).map((statement) => tx.all(statement)),
    );
    for (const row of made.flat()) keys.set(nameOf(row.project, row), row.key);
    // Somebody else made it in this very moment: now it is there to be read.
    for (const [name, pending] of taken) if (!keys.has(name)) nodes.set(name, pending);
    const past = [...born, ...changed].flatMap(([name, , states]) => {
      const key = keys.get(name);
      return key === undefined ? [] : states.map((state) => [key, state.until, state.name, state.facts]);
    });
    await Promise.all(
      [
        ...insertRows(
          nodeInsert,
          changed.map(([, row]) => toValues(row)),
          nodeAgain,
          nodeShape,
        ),
        // Of several changes at one instant the first is kept: what was between them never held.
        ...insertRows(
          "insert into lineage_node_states (node_key, until, name, facts)",
          past,
          "on conflict (node_key, until) do nothing",
        ),
      ].map((statement) => tx.run(statement)),
    );
  }

  return {
    node,
    edge(seen, edge) {
      for (const end of [edge.from, edge.to]) if (typeof end !== "number") node(seen, end);
      const ends = [edge.from, edge.to].map((end) => (typeof end === "number" ? end : nameOf(seen.project, end)));
      const name = JSON.stringify([...ends, edge.relation]);
      const known = edges.get(name);
      if (known === undefined) {
        edges.set(name, { ...edge, project: seen.project, door: seen.door, first: seen.at, last: seen.at, count: 1 });
        return;
      }
      edges.set(name, {
        ...known,
        evidence: edge.evidence === "observed" ? edge.evidence : known.evidence,
        first: Math.min(known.first, seen.at),
        last: Math.max(known.last, seen.at),
        count: known.count + 1,
      });
    },
    experiment(project, id, name) {
      const key = JSON.stringify([project, id]);
      if (!experiments.has(key)) experiments.set(key, [project, id, standing, name]);
    },
    write,
    async keyOf(seen, ref) {
      const name = nameOf(seen.project, ref);
      node(seen, ref);
      await write();
      return keys.get(name) as number;
    },
  };
}

function nameOf(project: string, ref: NodeRef): string {
  return JSON.stringify([project, ref.kind, ref.id]);
}

const nodeInsert =
  "insert into lineage_nodes (project, kind, id, name, team, first_seen, last_seen, door, facts, search)";
const nodeShape = "(?, ?, ?, ?, ?, ?, ?, ?, ?, lower(?))";
/** The row was read, locked and worked out anew. */
const nodeAgain = `on conflict (project, kind, id) do update set name = excluded.name, team = excluded.team,
  first_seen = excluded.first_seen, last_seen = excluded.last_seen, facts = excluded.facts, search = excluded.search`;

const edgeInsert = `insert into lineage_edges
  (project, from_key, to_key, relation, evidence, first_seen, last_seen, ended, door, count)`;
const edgeAgain = `on conflict (from_key, to_key, relation, ended) do update set
  evidence = case when excluded.evidence = 'observed' then excluded.evidence else lineage_edges.evidence end,
  first_seen = case when excluded.first_seen < lineage_edges.first_seen
    then excluded.first_seen else lineage_edges.first_seen end,
  last_seen = case when excluded.last_seen > lineage_edges.last_seen
    then excluded.last_seen else lineage_edges.last_seen end,
  count = lineage_edges.count + excluded.count`;

function toValues(row: Stored): unknown[] {
  const { project, kind, id, name, team, first_seen, last_seen, door, facts } = row;
  return [project, kind, id, name, team, first_seen, last_seen, door, facts, `${name} ${id}`];
}

/** The nodes there are of these, by name; until the commit nobody else changes them. */
async function lockNodes(
  tx: Tx,
  refs: readonly (readonly [string, string, string])[],
): Promise<Map<string, Stored & Pick<NodeRow, "key">>> {
  const found = new Map<string, Stored & Pick<NodeRow, "key">>();
  for (const some of tuples(refs)) {
    const rows = await tx.all<Stored & Pick<NodeRow, "key">>({
      sql: `with w (project, kind, id) as (values ${some.sql})
            select n.key, n.project, n.kind, n.id, n.name, n.team, n.first_seen, n.last_seen, n.door, n.facts
            from w cross join lineage_nodes n where n.project = w.project and n.kind = w.kind and n.id = w.id
            order by n.key${tx.dialect === "postgres" ? " for update of n" : ""}`,
      parameters: some.parameters,
    });
    for (const row of rows) found.set(nameOf(row.project, row), row);
  }
  return found;
}

/** The node after all that was seen of it, and what it was in between. */
function foldSightings(
  { project, ref, sightings }: PendingNode,
  before: Stored | undefined,
): { row: Stored; past: Past[] } {
  const past: Past[] = [];
  let row = before;
  for (const { seen, node } of sightings) {
    if (row === undefined) {
      row = {
        project,
        kind: ref.kind,
        id: ref.id,
        name: node.name ?? ref.id,
        team: node.team ?? null,
        first_seen: seen.at,
        last_seen: seen.at,
        door: seen.door,
        facts: mergeFacts("{}", node.facts),
      };
      continue;
    }
    const next: Stored = {
      ...row,
      team: node.team ?? row.team,
      first_seen: Math.min(row.first_seen, seen.at),
      last_seen: Math.max(row.last_seen, seen.at),
      name: node.name ?? row.name,
      facts: mergeFacts(row.facts, node.facts),
    };
    if (next.name !== row.name || next.facts !== row.facts) {
      past.push({ until: next.last_seen, name: row.name, facts: row.facts });
    }
    row = next;
  }
  return { row: row as Stored, past };
}

/** The facts with what was said of them anew; what is null is known no more. */
function mergeFacts(facts: string, said: SeenNode["facts"] = {}): string {
  const known = { ...(JSON.parse(facts) as Record<string, unknown>) };
  for (const [name, value] of Object.entries(said)) {
    if (value === null) delete known[name];
    else if (value !== undefined) known[name] = value;
  }
  return JSON.stringify(known);
}
