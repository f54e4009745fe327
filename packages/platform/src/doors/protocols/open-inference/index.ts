export { openInferenceDoor } from "./open-inference.js";
