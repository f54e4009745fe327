import type { Inspection } from "@paydown/api/registry";
import { hashOfFiles } from "../model.js";
import type { StoredFile } from "../needs.js";
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

const unread = { verdict: "unknown", files: [], filesLeftOut: 0, onnx: [] } satisfies Partial<Inspection>;

/**
 * What is known of the files as they are: they can be written over after they were read, and then nothing is. `registered`: the
 * hash they had when they became a version, for readings of before the hash was kept.
 */
export function asOfNow(
  row: Omit<InspectionRow, "model_id" | "version">,
  files: readonly StoredFile[] | undefined,
  registered?: string | null,
): Inspection {
  const said = toInspection(row);
  const now = files === undefined || files.length === 0 ? undefined : hashOfFiles(files);
  if (said.state !== "done" || (row.artifact_hash ?? registered ?? undefined) === now) return said;
  const problem = "Its files were changed after they were read: have them read again.";
  return { state: "done", ...(said.at === undefined ? {} : { at: said.at }), ...unread, problem };
}
