export { type OpenInferenceOptions, openInferenceDoor } from "./open-inference.js";
