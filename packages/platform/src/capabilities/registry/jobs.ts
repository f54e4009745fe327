import { openInspector } from "@paydown/scan/artefacts";
import { type JobKind, job } from "#base/capability.js";
import { type InspectPayload, inspectionKind, inspectVersion } from "./actions/inspect-version.js";
import type { ModelSources } from "./needs.js";

/** Reads a version's files in a thread of its own; the result replaces an earlier one. */
export function inspectionJob(sources: ModelSources): JobKind {
  return job<InspectPayload>(
    inspectionKind,
    async (ctx, payload, handle) => {
      const inspector = openInspector();
      try {
        return await inspectVersion(ctx, sources, inspector, payload, handle);
      } finally {
        await inspector.close();
      }
    },
    { attempts: 3 },
  );
}
