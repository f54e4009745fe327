import type { EvidenceRule } from "#base/rule.js";
import type { TrackingNeeds } from "../needs.js";
import { dataChangedInPlace } from "./data-changed-in-place.js";
import { deletedButStoredRule } from "./deleted-but-stored.js";
import { liveModelLeftByEnvironmentRule } from "./live-model-left-by-environment.js";
import { mixedClientVersions } from "./mixed-client-versions.js";
import { runFailingByKnownCause } from "./run-failing-by-known-cause.js";
import { runOutsideConfigSchema } from "./run-outside-config-schema.js";
import { runWithUncommittedChanges } from "./run-with-uncommitted-changes.js";
import { runWithoutCommit } from "./run-without-commit.js";
import { runWithoutDatasetVersion } from "./run-without-dataset-version.js";
import { runWithoutSeed } from "./run-without-seed.js";
import { trainingOutsideRunsRule } from "./training-outside-runs.js";

/** Rules that a run alone can break. */
export const runRules: EvidenceRule[] = [
  runWithoutCommit,
  runWithUncommittedChanges,
  runWithoutSeed,
  runWithoutDatasetVersion,
  runFailingByKnownCause,
];

export function trackingRules(needs: TrackingNeeds): EvidenceRule[] {
  return [
    ...runRules,
    trainingOutsideRunsRule(needs),
    liveModelLeftByEnvironmentRule(needs),
    mixedClientVersions,
    runOutsideConfigSchema,
    dataChangedInPlace,
    deletedButStoredRule(needs),
  ];
}
