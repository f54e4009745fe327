import type { EvidenceRule } from "#base/rule.js";
import type { DataNeeds } from "../needs.js";
import { copiedDataset } from "./copied-dataset.js";
import { lateDataset } from "./late-dataset.js";
import { sourceWithoutContract } from "./source-without-contract.js";
import { unboundedFreshness } from "./unbounded-freshness.js";
import { unownedDataset } from "./unowned-dataset.js";
import { unprofiledVersion } from "./unprofiled-version.js";
import { unusedColumn } from "./unused-column.js";

export function dataRules(needs: DataNeeds): EvidenceRule[] {
  return [
    unownedDataset,
    unprofiledVersion,
    unusedColumn(needs),
    unboundedFreshness,
    lateDataset,
    sourceWithoutContract(needs),
    copiedDataset,
  ];
}
