export { type MlflowDoorOptions, mlflowDoor } from "./door.js";
export { mlflowErrors } from "./errors.js";
export { mlflowVersion } from "./version.js";
