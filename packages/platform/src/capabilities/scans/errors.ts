import { defineErrors } from "#base/errors.js";

export const errors = defineErrors({
  SCANS_SCAN_NOT_FOUND: {
    status: 404,
    message: "Project {project} has no scan {scan}.",
    next: "List them with `paydown scans list`; `latest` names the newest.",
  },
  SCANS_REPORT_OLD: {
    status: 409,
    message: "Repository {repository} has a newer scan, of {newest}; this one is of {scannedAt}.",
    next: "Scan again and send that report; findings only move forward in time.",
  },
  SCANS_REPORT_AHEAD: {
    status: 400,
    message: "The report says it was made at {scannedAt}, which is more than a day ahead of this server's clock.",
    next: "Set the clock of the machine that scanned, and scan again.",
  },
  SCANS_CURSOR_INVALID: {
    status: 400,
    message: "The cursor {cursor} does not belong to this list.",
    next: "Start again without a cursor.",
  },
});
