import type { EvidenceRule } from "#base/rule.js";
import { runFailingByKnownCause } from "./run-failing-by-known-cause.js";
import { runWithUncommittedChanges } from "./run-with-uncommitted-changes.js";
import { runWithoutCommit } from "./run-without-commit.js";
import { runWithoutDatasetVersion } from "./run-without-dataset-version.js";
import { runWithoutSeed } from "./run-without-seed.js";

export const trackingRules: EvidenceRule[] = [
  runWithoutCommit,
  runWithUncommittedChanges,
  runWithoutSeed,
  runWithoutDatasetVersion,
  runFailingByKnownCause,
];
