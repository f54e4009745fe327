import * as api from "@paydown/api/lineage";
import { type Capability, defineCapability, implement } from "#base/capability.js";
import { announce, answer, override, withdraw } from "./actions/notices.js";
import { recordReportedLinks } from "./actions/record-links.js";
import { errors } from "./errors.js";
import { writeGraph } from "./events/recorder.js";
import { listeners } from "./events.js";
import type { LineageNeeds } from "./needs.js";
import { correctionCascade } from "./rules/correction-cascade.js";
import { feedbackLoop } from "./rules/feedback-loop.js";
import { unownedAsset } from "./rules/unowned-asset.js";
import { untracedLiveModel } from "./rules/untraced-live-model.js";
import { migrations } from "./tables.js";
import { previewChange, viewImpact } from "./views/impact.js";
import { viewCoverage, viewLoops } from "./views/loops.js";
import { searchGraph, viewNeighbours, viewNode, viewNodes, viewOverview } from "./views/nodes.js";
import { viewNotice, viewNotices } from "./views/notices.js";
import { viewPath } from "./views/path.js";
import { viewSubgraph } from "./views/subgraph.js";

export { type ReportedGraph, recordGraph, reportGraph } from "./actions/record-links.js";
export type { FoundPrediction, LineageNeeds } from "./needs.js";
export { type Downstream, viewDownstream } from "./views/impact.js";

export function lineage(needs: LineageNeeds): Capability {
  return defineCapability({
    name: "lineage",
    migrations,
    errors: errors.catalogue,
    listeners,
    settle: writeGraph,
    rules: [feedbackLoop, correctionCascade, untracedLiveModel, unownedAsset],
    operations: [
      implement(api.getNode, (ctx, input) => viewNode(ctx, needs, input)),
      implement(api.upstream, (ctx, input) => viewSubgraph(ctx, needs, input, "up")),
      implement(api.downstream, (ctx, input) => viewSubgraph(ctx, needs, input, "down")),
      implement(api.neighbours, (ctx, input) => viewNeighbours(ctx, needs, input)),
      implement(api.impact, (ctx, input) => viewImpact(ctx, needs, input)),
      implement(api.previewChange, previewChange),
      implement(api.searchNodes, searchGraph),
      implement(api.listNodes, viewNodes),
      implement(api.overview, viewOverview),
      implement(api.path, (ctx, input) => viewPath(ctx, needs, input)),
      implement(api.listLoops, viewLoops),
      implement(api.coverage, viewCoverage),
      implement(api.recordLinks, recordReportedLinks),
      implement(api.announceChange, (ctx, input) => announce(ctx, needs, input)),
      implement(api.listNotices, viewNotices),
      implement(api.getNotice, (ctx, input) => viewNotice(ctx, input.project, input.notice)),
      implement(api.answerNotice, answer),
      implement(api.overrideNotice, override),
      implement(api.withdrawNotice, withdraw),
    ],
  });
}
