import { defineErrors } from "../errors.js";

export const outgoingErrors = defineErrors({
  OUTGOING_REFUSED: {
    status: 400,
    message: "{problem}",
    next: "Give an https URL of a host on the public internet; an administrator may allow others by `webhookSchemes` and `webhookPrivateIps`.",
  },
  OUTGOING_UNRESOLVED: {
    status: 400,
    message: "{problem}",
    next: "Check the host name, and that this machine can resolve it.",
  },
  OUTGOING_FAILED: {
    status: 502,
    message: "{problem}",
    next: "See whether the receiver is up and answers within 30 seconds.",
  },
});
