import type { EvidenceRule } from "#base/rule.js";
import type { MonitoringNeeds } from "../needs.js";
import deploymentWithoutMonitor from "./deployment-without-monitor.js";
import labelsThatNeverArrive from "./labels-that-never-arrive.js";
import modelPastItsDecay from "./model-past-its-decay.js";
import monitorThatCriesWolf from "./monitor-that-cries-wolf.js";
import uncalibratedMonitor from "./uncalibrated-monitor.js";
import unmonitoredInput from "./unmonitored-input.js";

export function monitoringRules(needs: MonitoringNeeds): EvidenceRule[] {
  return [
    deploymentWithoutMonitor,
    unmonitoredInput,
    modelPastItsDecay,
    uncalibratedMonitor,
    labelsThatNeverArrive,
    monitorThatCriesWolf,
  ].map((rule) => rule(needs));
}
