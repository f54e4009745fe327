export { type MlflowDoorOptions, mlflowDoor } from "./door.js";

export { mlflowVersion } from "./version.js";
