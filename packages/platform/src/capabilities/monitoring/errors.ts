import { defineErrors } from "#base/errors.js";

export const errors = defineErrors({
  MONITORING_MONITOR_NOT_FOUND: {
    status: 404,
    message: "Project {project} has no monitor {name}.",
    next: "List them with `paydown monitors list`, or make it with `paydown monitors create`.",
  },
  MONITORING_MONITOR_EXISTS: {
    status: 409,
    message: "Project {project} already has a monitor {name}.",
    next: "Choose another name, or retire the old one with `paydown monitors retire {name}`.",
  },
  MONITORING_MONITOR_RETIRED: {
    status: 409,
    message: "Monitor {name} is retired; its windows are kept but no new ones are evaluated.",
    next: "Make a new monitor with `paydown monitors create`.",
  },
  MONITORING_REFERENCE_NOT_FOUND: {
    status: 404,
    message: "Dataset version {dataset}@{version} has no profile to compare with.",
    next: "Profile the version first, or give reference counts yourself.",
  },
  MONITORING_REFERENCE_INVALID: {
    status: 400,
    message: "The reference of {feature} is not usable: {problem}.",
    next: "Give strictly increasing inner edges and one count for each bin: edges + 1, or categories + 1.",
  },
  MONITORING_FEATURE_NOT_IN_REFERENCE: {
    status: 400,
    message: "Input {feature} is not in the reference; it has {known}.",
    next: "Watch an input the reference describes, or add its counts.",
  },
  MONITORING_NO_COMMON_INPUT: {
    status: 400,
    message:
      "The reference describes none of the inputs of {deployment}: it has {known}, the deployment takes {inputs}.",
    next: "Give a reference whose columns are named as the deployment's inputs, or name the inputs to watch.",
  },
  MONITORING_DEPLOYMENT_NOT_FOUND: {
    status: 404,
    message: "Project {project} has no deployment {deployment}.",
    next: "List them with `paydown deployments list`.",
  },
  MONITORING_RANGE_INVALID: {
    status: 400,
    message: "The range from {from} to {to} is empty or turned round.",
    next: "Give `from` before `to`, both in milliseconds since 1970 UTC.",
  },
  MONITORING_INCIDENT_NOT_FOUND: {
    status: 404,
    message: "Project {project} has no incident {incident}.",
    next: "List them with `paydown incidents list`.",
  },
  MONITORING_INCIDENT_CLOSED: {
    status: 409,
    message: "Incident {incident} is closed.",
    next: "A new alarm opens a new incident; nothing needs to be done for this one.",
  },
  MONITORING_SNOOZE_PAST: {
    status: 400,
    message: "The snooze would end at {until}, which is not in the future.",
    next: "Give an end after now.",
  },
  MONITORING_DETECTOR_UNKNOWN: {
    status: 400,
    message: "No detector is called {name}; there are {known}.",
    next: "Use one of these names.",
  },
  MONITORING_SAMPLE_TOO_SMALL: {
    status: 400,
    message: "{detector} needs at least {needed} rows on each side and got {rows}.",
    next: "Wait for more rows, or use a longer window.",
  },
  MONITORING_BINS_DIFFER: {
    status: 400,
    message: "{detector} compares histograms over the same bins and got {left} and {right} of them.",
    next: "Count both sides over the reference's bins.",
  },
});
