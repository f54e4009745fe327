import { type Static, Type } from "typebox";
import { defineEvent } from "./event.js";
import { defineOperation } from "./operation.js";
import { InProject, Instant, NodeRef, Paging, page } from "./values.js";

/** A node as people and URLs write it: `kind:id`, e.g. `model-version:delay/7` or `dataset:flights`. */
export const NodeName = Type.String({
  pattern: "^[a-z][a-z-]*:.{1,1000}$",
  description: "A node as `kind:id`, e.g. `model-version:delay/7`.",
});

const AsOf = Type.Optional(
  Type.Integer({ minimum: 0, description: "Show the graph as it was at this instant (ms, UTC); now when absent." }),
);
const Depth = Type.Optional(
  Type.Integer({ minimum: 1, maximum: 100, description: "Most hops from the node; 25 when absent." }),
);
const NodeLimit = Type.Optional(
  Type.Integer({ minimum: 1, maximum: 5000, description: "Most nodes in the reply, nearest first; 500 when absent." }),
);

/** Something in the graph: where data, code, models and decisions come from and go to. */
export const LineageNode = Type.Object({
  kind: Type.String({
    description:
      "source, dataset, dataset-version, feature-view, run, model-version, deployment, consumer, prediction, commit, config, environment, file, ...",
  }),
  id: Type.String({ description: "Identity inside its kind." }),
  name: Type.String({ description: "Name for people; the id when it has none." }),
  team: Type.Optional(Type.String({ description: "Team that owns it; absent when nobody does." })),
  firstSeen: Type.Integer({ description: "When the graph first heard of it (ms, UTC)." }),
  lastSeen: Type.Integer({ description: "When the graph last heard of it (ms, UTC)." }),
  door: Type.String({ description: "Through which door it was first seen: http, cli, mlflow, openlineage, job, ..." }),
  facts: Type.Record(Type.String(), Type.Unknown(), {
    description: "What its capability says about it, e.g. `state`, `declared`, `signature`.",
  }),
});
export type LineageNode = Static<typeof LineageNode>;

/** How the graph knows an edge. */
export const Evidence = Type.Union([Type.Literal("observed"), Type.Literal("declared"), Type.Literal("static")], {
  description: "observed: it happened; declared: somebody said so; static: read from code, never seen to happen.",
});
export type Evidence = Static<typeof Evidence>;

/** `from` feeds `to`: data and decisions flow along the edge. */
export const LineageEdge = Type.Object({
  from: NodeRef,
  to: NodeRef,
  relation: Type.String({
    description: "How they are related, read from -> to: produced, trained, registered, serves, read-by, ...",
  }),
  evidence: Evidence,
  firstSeen: Type.Integer({ description: "When it was first seen (ms, UTC)." }),
  lastSeen: Type.Integer({ description: "When it was last seen (ms, UTC)." }),
  endedAt: Type.Optional(
    Type.Integer({ description: "Since when it no longer holds (ms, UTC); absent while it does." }),
  ),
  door: Type.String({ description: "Through which door it was first seen." }),
  count: Type.Integer({ description: "How many events said so." }),
});
export type LineageEdge = Static<typeof LineageEdge>;

/** Something the graph should know and does not. Drawn hatched; never left out. */
export const LineageGap = Type.Object({
  at: NodeRef,
  missing: Type.String({ description: "Kind of the neighbour nobody has reported, e.g. `source`." }),
  side: Type.Union([Type.Literal("upstream"), Type.Literal("downstream")], {
    description: "On which side of the node it is missing.",
  }),
  remedy: Type.String({ description: "The cheapest way to make it known." }),
});
export type LineageGap = Static<typeof LineageGap>;

const PlacedNode = Type.Intersect([
  LineageNode,
  Type.Object({
    hops: Type.Integer({ description: "Fewest edges between it and the node asked for; 0 is the node itself." }),
  }),
]);

/** A part of the graph around one node. */
export const Subgraph = Type.Object({
  focus: LineageNode,
  asOf: Type.Integer({ description: "The instant the graph is shown at (ms, UTC)." }),
  nodes: Type.Array(PlacedNode, { description: "The node itself and what was reached, nearest first." }),
  edges: Type.Array(LineageEdge, { description: "Edges between the nodes shown." }),
  gaps: Type.Array(LineageGap, { description: "What is unknown about the nodes shown." }),
  truncated: Type.Boolean({ description: "True when more was reachable than depth or limit let through." }),
  hidden: Type.Optional(
    Type.String({ description: "In words, what was left out and how to see it; absent when nothing was." }),
  ),
});
export type Subgraph = Static<typeof Subgraph>;

const walkInput = Type.Object({ ...InProject, node: NodeName, depth: Depth, limit: NodeLimit, asOf: AsOf });

export const getNode = defineOperation({
  name: "lineage.getNode",
  method: "GET",
  path: "/projects/:project/lineage/nodes/:node",
  input: Type.Object({ ...InProject, node: NodeName, asOf: AsOf }),
  reply: Type.Object({
    node: LineageNode,
    upstream: Type.Integer({ description: "How many nodes feed it directly." }),
    downstream: Type.Integer({ description: "How many nodes it feeds directly." }),
    gaps: Type.Array(LineageGap, { description: "What is unknown about it." }),
  }),
  permission: "read",
  doc: "Show one node of the lineage graph, with how many neighbours it has and what is unknown about it.",
  cli: { command: "lineage show", positional: ["node"] },
});

export const upstream = defineOperation({
  name: "lineage.upstream",
  method: "GET",
  path: "/projects/:project/lineage/nodes/:node/upstream",
  input: Type.Object({
    ...walkInput.properties,
    only: Type.Optional(
      Type.String({ description: "A node (`kind:id`): keep only what lies on a path from it to the node asked for." }),
    ),
  }),
  reply: Subgraph,
  permission: "read",
  doc: "Show everything a node was made from: data, code, configuration, environment, models.",
  cli: { command: "lineage upstream", positional: ["node"] },
});

export const downstream = defineOperation({
  name: "lineage.downstream",
  method: "GET",
  path: "/projects/:project/lineage/nodes/:node/downstream",
  input: Type.Object({
    ...walkInput.properties,
    only: Type.Optional(
      Type.String({ description: "A node (`kind:id`): keep only what lies on a path from the node asked for to it." }),
    ),
  }),
  reply: Subgraph,
  permission: "read",
  doc: "Show everything that was made from a node or reads it.",
  cli: { command: "lineage downstream", positional: ["node"] },
});

/** Direct neighbours of one kind, counted, with the most recently seen of them. */
const Fan = Type.Object({
  kind: Type.String({ description: "Kind of these neighbours." }),
  count: Type.Integer({ description: "Exact number of them." }),
  nodes: Type.Array(LineageNode, { description: "The most recently seen of them." }),
});

export const neighbours = defineOperation({
  name: "lineage.neighbours",
  method: "GET",
  path: "/projects/:project/lineage/nodes/:node/neighbours",
  input: Type.Object({
    ...InProject,
    node: NodeName,
    each: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 1000, description: "Most nodes a kind and side; 8 when absent." }),
    ),
    asOf: AsOf,
  }),
  reply: Type.Object({
    focus: LineageNode,
    upstream: Type.Array(Fan, { description: "What feeds it, by kind." }),
    downstream: Type.Array(Fan, { description: "What it feeds, by kind." }),
    edges: Type.Array(LineageEdge, { description: "Edges to the nodes shown." }),
    gaps: Type.Array(LineageGap, { description: "What is unknown about it." }),
  }),
  permission: "read",
  doc: "Show one hop around a node, counted by kind, so that a large fan-out stays one line.",
  cli: { command: "lineage neighbours", positional: ["node"] },
});

/** A node a change or fault reaches. */
export const Reached = Type.Object({
  node: LineageNode,
  hops: Type.Integer({ description: "Fewest edges from the origin." }),
  path: Type.Array(Type.String(), {
    description: "A shortest path from the origin, as `kind:id`, both ends included.",
  }),
  evidence: Evidence,
  delayMs: Type.Optional(
    Type.Integer({
      description: "With `since`: the least time after it (ms) at which the fault can have arrived, by the edges seen.",
    }),
  ),
});
export type Reached = Static<typeof Reached>;

export const Impact = Type.Object({
  origins: Type.Array(LineageNode, { description: "Where the change or fault begins." }),
  asOf: Type.Integer({ description: "The instant the graph is read at (ms, UTC)." }),
  reached: Type.Array(Reached, { description: "Every node reached, nearest first, without the origins." }),
  counts: Type.Object(
    {
      nodes: Type.Integer({ description: "Nodes reached." }),
      datasets: Type.Integer({ description: "Datasets with a version among them." }),
      models: Type.Integer({ description: "Models with a version among them." }),
      endpoints: Type.Integer({ description: "Deployments among them." }),
      consumers: Type.Integer({ description: "Consumers among them, declared or not." }),
      undeclared: Type.Integer({ description: "Consumers among them that nobody declared." }),
      teams: Type.Integer({ description: "Teams that own at least one of them." }),
      unowned: Type.Integer({ description: "Nodes among them that have no owner: nobody can be told." }),
    },
    { description: "Exact counts over what was reached." },
  ),
  teams: Type.Array(
    Type.Object({
      team: Type.String({ description: "Name of the team." }),
      nodes: Type.Integer({ description: "Reached nodes it owns." }),
    }),
    { description: "Who must know, most nodes first." },
  ),
  unknown: Type.Array(Type.String(), { description: "Nodes asked for that the graph has never seen, as `kind:id`." }),
  gaps: Type.Array(LineageGap, { description: "Where the answer may be too small because something is unknown." }),
  truncated: Type.Boolean({ description: "True when more was reachable than depth or limit let through." }),
});
export type Impact = Static<typeof Impact>;

export const impact = defineOperation({
  name: "lineage.impact",
  method: "GET",
  path: "/projects/:project/lineage/nodes/:node/impact",
  input: Type.Object({
    ...walkInput.properties,
    since: Type.Optional(
      Type.Integer({
        minimum: 0,
        description: "When the fault began (ms, UTC): only edges seen at or after it carry it on, with their delay.",
      }),
    ),
  }),
  reply: Impact,
  permission: "read",
  doc: "List what a change or fault of a node reaches, by hops, with a path, the teams to tell, and counts.",
  cli: { command: "lineage impact", positional: ["node"] },
});

export const previewChange = defineOperation({
  name: "lineage.previewChange",
  method: "POST",
  path: "/projects/:project/lineage/preview",
  input: Type.Object({
    ...InProject,
    files: Type.Optional(
      Type.Array(Type.String(), {
        maxItems: 10000,
        description: "Changed paths, as `git diff --name-only` prints them.",
      }),
    ),
    nodes: Type.Optional(Type.Array(NodeName, { maxItems: 1000, description: "Changed nodes, as `kind:id`." })),
    depth: Depth,
    limit: NodeLimit,
  }),
  reply: Impact,
  permission: "read",
  doc: "Before a merge: list what a diff reaches, from changed files or nodes to models, endpoints and teams.",
  cli: { command: "lineage preview" },
});

export const searchNodes = defineOperation({
  name: "lineage.searchNodes",
  method: "GET",
  path: "/projects/:project/lineage/search",
  input: Type.Object({
    ...InProject,
    q: Type.String({
      minLength: 1,
      maxLength: 200,
      description: "Any id, name, commit, hash prefix or part of a name.",
    }),
    each: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, description: "Most nodes a kind; 5 when absent." })),
  }),
  reply: Type.Object({
    exact: Type.Optional(NodeRef),
    groups: Type.Array(
      Type.Object({
        kind: Type.String({ description: "Kind of these nodes." }),
        total: Type.Integer({ description: "How many match; exact up to 1,000." }),
        nodes: Type.Array(LineageNode, { description: "Best matches: whole, then prefix, then inside; newest first." }),
      }),
      { description: "Matches by kind, best kind first." },
    ),
  }),
  permission: "read",
  doc: "Find nodes by any id, name, commit or hash prefix, grouped by kind; a whole id is answered as `exact`.",
  cli: { command: "lineage search", positional: ["q"] },
});

export const listNodes = defineOperation({
  name: "lineage.listNodes",
  method: "GET",
  path: "/projects/:project/lineage/nodes",
  input: Type.Object({
    ...InProject,
    ...Paging,
    kind: Type.Optional(Type.String({ description: "Only this kind." })),
    team: Type.Optional(Type.String({ description: "Only what this team owns; empty for what nobody owns." })),
    asOf: AsOf,
  }),
  reply: page(LineageNode),
  permission: "read",
  doc: "List nodes of the lineage graph, last seen first.",
  cli: { command: "lineage nodes" },
});

export const overview = defineOperation({
  name: "lineage.overview",
  method: "GET",
  path: "/projects/:project/lineage",
  input: Type.Object({ ...InProject, asOf: AsOf }),
  reply: Type.Object({
    nodes: Type.Integer({ description: "Exact number of nodes." }),
    edges: Type.Integer({ description: "Exact number of edges that hold." }),
    kinds: Type.Array(
      Type.Object({
        kind: Type.String({ description: "Kind of node." }),
        count: Type.Integer({ description: "How many there are." }),
        unowned: Type.Integer({ description: "How many of them have no owner." }),
      }),
      { description: "Nodes by kind." },
    ),
    teams: Type.Array(
      Type.Object({
        team: Type.String({ description: "Name of the team." }),
        count: Type.Integer({ description: "How many nodes it owns." }),
      }),
      { description: "Nodes by owner, most first." },
    ),
    flows: Type.Array(
      Type.Object({
        from: Type.String({ description: "Kind the edges begin at." }),
        to: Type.String({ description: "Kind the edges end at." }),
        count: Type.Integer({ description: "How many edges." }),
      }),
      { description: "Edges between kinds: the graph collapsed to its kinds." },
    ),
  }),
  permission: "read",
  doc: "Show the lineage graph collapsed: how many nodes by kind and team, and the flows between kinds.",
  cli: { command: "lineage overview" },
});

/** One place on the one-line way from source to consumer. */
export const PathStep = Type.Object({
  kind: Type.String({ description: "Kind that belongs here." }),
  node: Type.Optional(LineageNode),
  current: Type.Boolean({ description: "True for the node asked about." }),
  siblings: Type.Integer({ description: "How many other nodes of this kind stand at this place." }),
  unknown: Type.Boolean({ description: "True when a node must be here and nobody has reported it." }),
  remedy: Type.Optional(Type.String({ description: "For an unknown one: the cheapest way to make it known." })),
});
export type PathStep = Static<typeof PathStep>;

export const path = defineOperation({
  name: "lineage.path",
  method: "GET",
  path: "/projects/:project/lineage/nodes/:node/path",
  input: Type.Object({ ...InProject, node: NodeName, asOf: AsOf }),
  reply: Type.Object({
    steps: Type.Array(PathStep, {
      description: "source > dataset > dataset-version > feature-view > run > model-version > deployment > consumer.",
    }),
  }),
  permission: "read",
  doc: "Show the one-line way from source to consumer that leads through a node.",
  cli: { command: "lineage path", positional: ["node"] },
});

/** A way on which a model's output comes back as a model's input. */
export const LineageLoop = Type.Object({
  kind: Type.Union([Type.Literal("feedback-loop"), Type.Literal("correction-cascade")], {
    description:
      "feedback-loop: a model's output returns to its own training data; correction-cascade: it feeds another model.",
  }),
  nodes: Type.Array(LineageNode, { description: "The way, from model to model, in the order data flows." }),
  evidence: Evidence,
});
export type LineageLoop = Static<typeof LineageLoop>;

export const listLoops = defineOperation({
  name: "lineage.listLoops",
  method: "GET",
  path: "/projects/:project/lineage/loops",
  input: Type.Object({ ...InProject, asOf: AsOf }),
  reply: Type.Object({
    items: Type.Array(LineageLoop, { description: "A shortest way for each pair of models, feedback loops first." }),
    truncated: Type.Boolean({ description: "True when the search stopped at its bound of 200 ways." }),
  }),
  permission: "read",
  doc: "Report feedback loops through predictions, and models that live on another model's raw output.",
  cli: { command: "lineage loops" },
});

export const coverage = defineOperation({
  name: "lineage.coverage",
  method: "GET",
  path: "/projects/:project/lineage/coverage",
  input: Type.Object({ ...InProject, asOf: AsOf }),
  reply: Type.Object({
    live: Type.Integer({ description: "Model versions that a deployment serves." }),
    complete: Type.Integer({ description: "Of them, those with a whole way from source to endpoint." }),
    items: Type.Array(
      Type.Object({
        model: LineageNode,
        deployments: Type.Array(Type.String(), { description: "Deployments that serve it." }),
        known: Type.Array(Type.String(), { description: "Kinds found on its way." }),
        gaps: Type.Array(LineageGap, { description: "Kinds that are unknown, each with its remedy." }),
      }),
      { description: "Every live model version, incomplete ones first." },
    ),
  }),
  permission: "read",
  doc: "For every live model: is the way source, dataset, run, model, endpoint known, and what is not.",
  cli: { command: "lineage coverage" },
});

/** A link somebody reports: an orchestrator, a script, a person. */
export const Link = Type.Object({
  from: NodeName,
  to: NodeName,
  relation: Type.Optional(Type.String({ maxLength: 60, description: "How they are related; `feeds` when absent." })),
  evidence: Type.Optional(Evidence),
});

export const recordLinks = defineOperation({
  name: "lineage.recordLinks",
  method: "POST",
  path: "/projects/:project/lineage/links",
  input: Type.Object({
    ...InProject,
    links: Type.Array(Link, { minItems: 1, maxItems: 1000, description: "Links to record; all or none." }),
  }),
  reply: Type.Object({ recorded: Type.Integer({ description: "How many links were recorded." }) }),
  permission: "write",
  doc: "Record links that no other door reports, e.g. a dashboard that reads an endpoint.",
  cli: { command: "lineage link" },
});

/** One team's answer to a notice. */
export const NoticeAnswer = Type.Object({
  team: Type.String({ description: "The team that was asked." }),
  reached: Type.Integer({ description: "How many of its nodes the change reaches." }),
  example: Type.Array(Type.String(), { description: "A path from the change to one of them, as `kind:id`." }),
  state: Type.Union([Type.Literal("waiting"), Type.Literal("acknowledged"), Type.Literal("objected")], {
    description: "What the team has said so far.",
  }),
  reason: Type.Optional(Type.String({ description: "Its words; always given with an objection." })),
  at: Type.Optional(Type.Integer({ description: "When it answered (ms, UTC)." })),
});

/** An announced change of a definition that other teams depend on. */
export const Notice = Type.Object({
  id: Type.String({ description: "Identity of the notice." }),
  node: NodeRef,
  what: Type.String({ description: "What will change, in words." }),
  announcedBy: Type.String({ description: "Who announced it." }),
  announcedAt: Type.Integer({ description: "When (ms, UTC)." }),
  takesEffectAt: Type.Integer({ description: "Not before this instant (ms, UTC)." }),
  state: Type.Union(
    [
      Type.Literal("waiting"),
      Type.Literal("cleared"),
      Type.Literal("blocked"),
      Type.Literal("overridden"),
      Type.Literal("withdrawn"),
    ],
    { description: "cleared: everybody acknowledged; blocked: somebody objected; overridden: an approver went ahead." },
  ),
  mayProceed: Type.Boolean({ description: "True when the change may be merged: cleared or overridden." }),
  answers: Type.Array(NoticeAnswer, { description: "Every team that was asked." }),
  unowned: Type.Array(Type.String(), { description: "Reached nodes without an owner, who could not be asked." }),
  override: Type.Optional(
    Type.Object(
      {
        by: Type.String({ description: "Who went ahead." }),
        at: Type.Integer({ description: "When (ms, UTC)." }),
        reason: Type.String({ description: "Why." }),
      },
      { description: "Present when an approver went ahead without every acknowledgement." },
    ),
  ),
});
export type Notice = Static<typeof Notice>;

export const announceChange = defineOperation({
  name: "lineage.announceChange",
  method: "POST",
  path: "/projects/:project/notices",
  input: Type.Object({
    ...InProject,
    node: NodeName,
    what: Type.String({ minLength: 1, maxLength: 4000, description: "What will change, in words." }),
    takesEffectAt: Type.Integer({ minimum: 0, description: "When it is meant to take effect (ms, UTC)." }),
  }),
  reply: Notice,
  permission: "write",
  doc: "Announce a change of a definition: every team it reaches is asked before it takes effect.",
  cli: { command: "notices announce", positional: ["node"] },
});

export const listNotices = defineOperation({
  name: "lineage.listNotices",
  method: "GET",
  path: "/projects/:project/notices",
  input: Type.Object({
    ...InProject,
    ...Paging,
    team: Type.Optional(Type.String({ description: "Only notices that ask this team." })),
    state: Type.Optional(Type.String({ description: "Only notices in this state." })),
  }),
  reply: page(Notice),
  permission: "read",
  doc: "List change notices, newest first: what changes, whom it reaches, who has not answered.",
  cli: { command: "notices list" },
});

export const getNotice = defineOperation({
  name: "lineage.getNotice",
  method: "GET",
  path: "/projects/:project/notices/:notice",
  input: Type.Object({ ...InProject, notice: Type.String({ description: "Identity of the notice." }) }),
  reply: Notice,
  permission: "read",
  doc: "Show a change notice; a merge gate reads `mayProceed`.",
  cli: { command: "notices show", positional: ["notice"] },
});

export const answerNotice = defineOperation({
  name: "lineage.answerNotice",
  method: "POST",
  path: "/projects/:project/notices/:notice/answers",
  input: Type.Object({
    ...InProject,
    notice: Type.String({ description: "Identity of the notice." }),
    team: Type.String({ description: "The team that answers." }),
    answer: Type.Union([Type.Literal("acknowledge"), Type.Literal("object")], { description: "What it says." }),
    reason: Type.Optional(Type.String({ maxLength: 4000, description: "Its words; demanded with an objection." })),
  }),
  reply: Notice,
  permission: "write",
  doc: "Answer a change notice for a team: acknowledge it, or object with a reason.",
  cli: { command: "notices answer", positional: ["notice", "team", "answer"] },
});

export const overrideNotice = defineOperation({
  name: "lineage.overrideNotice",
  method: "POST",
  path: "/projects/:project/notices/:notice/override",
  input: Type.Object({
    ...InProject,
    notice: Type.String({ description: "Identity of the notice." }),
    reason: Type.String({
      minLength: 1,
      maxLength: 4000,
      description: "Why it goes ahead all the same; stays on record.",
    }),
  }),
  reply: Notice,
  permission: "approve",
  doc: "Let a change go ahead without every acknowledgement; the reason stays on record.",
  cli: { command: "notices override", positional: ["notice"] },
});

export const withdrawNotice = defineOperation({
  name: "lineage.withdrawNotice",
  method: "DELETE",
  path: "/projects/:project/notices/:notice",
  input: Type.Object({ ...InProject, notice: Type.String({ description: "Identity of the notice." }) }),
  reply: Notice,
  permission: "write",
  doc: "Withdraw an announced change; the notice stays on record.",
  cli: { command: "notices withdraw", positional: ["notice"] },
});

export const LinksRecorded = defineEvent({
  name: "lineage.links-recorded",
  payload: Type.Object({
    links: Type.Array(
      Type.Object({
        from: NodeRef,
        to: NodeRef,
        relation: Type.String({ description: "How they are related." }),
        evidence: Evidence,
      }),
      { description: "The links." },
    ),
  }),
  doc: "Somebody reported links by hand or from a tool without a door of its own.",
});

export const ChangeAnnounced = defineEvent({
  name: "lineage.change-announced",
  payload: Type.Object({
    notice: Type.String({ description: "Identity of the notice." }),
    node: NodeRef,
    what: Type.String({ description: "What will change." }),
    takesEffectAt: Instant,
    teams: Type.Array(Type.String(), { description: "Teams that are asked." }),
  }),
  doc: "A change of a definition was announced to the teams it reaches.",
});

export const NoticeAnswered = defineEvent({
  name: "lineage.notice-answered",
  payload: Type.Object({
    notice: Type.String({ description: "Identity of the notice." }),
    team: Type.String({ description: "The team that answered." }),
    answer: Type.Union([Type.Literal("acknowledge"), Type.Literal("object")], { description: "What it said." }),
    reason: Type.Optional(Type.String({ description: "Its words." })),
  }),
  doc: "A team acknowledged a change or objected to it.",
});

export const NoticeSettled = defineEvent({
  name: "lineage.notice-settled",
  payload: Type.Object({
    notice: Type.String({ description: "Identity of the notice." }),
    state: Type.String({ description: "cleared, blocked, overridden or withdrawn." }),
    reason: Type.Optional(Type.String({ description: "Why, for an override." })),
  }),
  doc: "A change notice came to its end: cleared, blocked, overridden or withdrawn.",
});
