/** What `@paydown/scan/artefacts` offers: reading model files without loading them. */

export { type Field, fieldsOf, integersOf, MalformedProtobuf } from "#sources/protobuf.js";
export { parseRequirementsText } from "#sources/requirements.js";
export { type ArtefactReport, inspectArtefact } from "./inspect.js";
export { type FileInspector, type FileToInspect, type InspectOptions, openInspector } from "./inspect-files.js";
export { type ArtefactVerdict, worse } from "./notes.js";
export type { ArtefactLimits, OnnxSummary } from "./reading.js";
