import type { Inspection } from "@paydown/api/registry";
import type { InspectionRow } from "../tables.js";

/** The part of an inspection that is kept as JSON. */
export type InspectionReport = Pick<
  Inspection,
  "files" | "filesLeftOut" | "environment" | "licence" | "baseModel" | "onnx"
>;

const nothing: InspectionReport = { files: [], filesLeftOut: 0, onnx: [] };

export function toInspection(row: Omit<InspectionRow, "model_id" | "version">): Inspection {
  const report = row.report === null ? nothing : (JSON.parse(row.report) as InspectionReport);
  return {
    state: row.state,
    ...(row.job === null ? {} : { job: row.job }),
    ...(row.at === null ? {} : { at: row.at }),
    verdict: row.verdict as Inspection["verdict"],
    ...(row.problem === null ? {} : { problem: row.problem }),
    ...report,
  };
}
