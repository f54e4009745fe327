import { defineErrors } from "#base/errors.js";

export const errors = defineErrors({
  LINEAGE_NODE_NOT_FOUND: {
    status: 404,
    message: "The graph of project {project} has no node {node}{when}.",
    next: "Look it up with `paydown lineage search`, or report it with `paydown lineage link`.",
  },
  LINEAGE_NODE_INVALID: {
    status: 400,
    message: "{node} is not a node: it must be written `kind:id`, e.g. `dataset:flights`.",
    next: "Write the node as `kind:id`; `paydown lineage search` prints it so.",
  },
  LINEAGE_PREVIEW_EMPTY: {
    status: 400,
    message: "There is nothing to preview: neither files nor nodes were named.",
    next: "Name changed files, e.g. `paydown lineage preview --files train.py`, or nodes.",
  },
  LINEAGE_NOTICE_NOT_FOUND: {
    status: 404,
    message: "Project {project} has no notice {notice}.",
    next: "List them with `paydown notices list`.",
  },
  LINEAGE_NOTICE_SETTLED: {
    status: 409,
    message: "Notice {notice} is {state}; it takes no more answers.",
    next: "Announce the change again if it is still meant to happen.",
  },
  LINEAGE_NOTICE_TEAM_NOT_ASKED: {
    status: 404,
    message: "Notice {notice} does not ask team {team}.",
    next: "See whom it asks with `paydown notices show`.",
  },
  LINEAGE_REASON_MISSING: {
    status: 400,
    message: "An objection to notice {notice} needs a reason.",
    next: "Say what breaks, with --reason.",
  },
});
