import * as api from "@paydown/api/scans";
import { defineCapability, implement } from "#base/capability.js";
import { ingestScan } from "./actions.js";
import { errors } from "./errors.js";
import { migrations } from "./tables.js";
import { viewFindings, viewScan, viewScans } from "./views.js";

/** Reports of repository scans: findings by fingerprint with first and last sight, and counts a scan. */
export const scans = defineCapability({
  name: "scans",
  migrations,
  errors: errors.catalogue,
  operations: [
    implement(api.ingestScan, ingestScan),
    implement(api.listScans, viewScans),
    implement(api.getScan, viewScan),
    implement(api.listFindings, viewFindings),
  ],
});

export { ingestScan } from "./actions.js";
export { objectsNamedByScans, viewEvidence } from "./views.js";
