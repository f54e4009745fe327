import type { Listener } from "#base/capability.js";
import { accountsListeners } from "./events/accounts.js";
import { dataListeners } from "./events/data.js";
import { monitoringListeners } from "./events/monitoring.js";
import { registryListeners } from "./events/registry.js";
import { scansListeners } from "./events/scans.js";
import { servingListeners } from "./events/serving.js";
import { trackingListeners } from "./events/tracking.js";

/** What every capability's events say about the graph. */
export const listeners: readonly Listener[] = [
  ...accountsListeners,
  ...dataListeners,
  ...monitoringListeners,
  ...registryListeners,
  ...scansListeners,
  ...servingListeners,
  ...trackingListeners,
];
