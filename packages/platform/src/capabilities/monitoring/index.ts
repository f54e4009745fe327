import * as api from "@paydown/api/monitoring";
import { type Capability, defineCapability, implement } from "#base/capability.js";
import { acknowledgeIncident, closeIncident } from "./actions/change-incident.js";
import { createMonitor, retireMonitor } from "./actions/change-monitor.js";
import { evaluateMonitor } from "./actions/evaluate-monitor.js";
import { errors } from "./errors.js";
import { listeners } from "./events.js";
import { evaluateJob } from "./jobs.js";
import type { MonitoringNeeds } from "./needs.js";
import { monitoringRules } from "./rules/index.js";
import { monitoringMigrations } from "./tables.js";
import { viewIncident, viewIncidents } from "./views.incidents.js";
import { viewMonitor, viewMonitors } from "./views.js";
import { viewReplay } from "./views.replay.js";
import { viewSeries } from "./views.series.js";

export function monitoring(needs: MonitoringNeeds): Capability {
  return defineCapability({
    name: "monitoring",
    migrations: monitoringMigrations,
    errors: errors.catalogue,
    operations: [
      implement(api.createMonitor, (ctx, input) => createMonitor(ctx, needs, input)),
      implement(api.listMonitors, viewMonitors),
      implement(api.getMonitor, viewMonitor),
      implement(api.getSeries, viewSeries),
      implement(api.evaluateMonitor, (ctx, input) => evaluateMonitor(ctx, needs, input)),
      implement(api.replayMonitor, viewReplay),
      implement(api.retireMonitor, retireMonitor),
      implement(api.listIncidents, viewIncidents),
      implement(api.getIncident, viewIncident),
      implement(api.acknowledgeIncident, acknowledgeIncident),
      implement(api.closeIncident, closeIncident),
    ],
    listeners,
    jobs: [evaluateJob(needs)],
    rules: monitoringRules(needs),
  });
}

export { type DetectorName, detectors, loadDetector } from "./detectors/catalogue.js";
export type { BinDetector, Detector, Reading, SampleDetector, StreamDetector } from "./detectors/detector.js";
export { errors as monitoringErrors } from "./errors.js";
export { auc, binnedAuc, compareAuc } from "./metrics/auc.js";
export { type AgedQuality, type Band, type Decay, decay } from "./metrics/decay.js";
export type { Difference, Estimate } from "./metrics/estimate.js";
export { compareQuality, largerIsBetter, quality, type Scored } from "./metrics/quality.js";
export type { MonitoringNeeds, PredictionChunk, WatchedDeployment } from "./needs.js";
