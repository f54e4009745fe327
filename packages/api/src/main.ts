export * from "./client.js";
export * from "./errors.js";
export * from "./event.js";
export { events } from "./events.generated.js";
export * from "./operation.js";
export { operations } from "./operations.generated.js";
export * from "./values.js";
