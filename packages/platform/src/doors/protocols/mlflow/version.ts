/**
 * What `GET /version` answers. Clients read it as a PEP 440 version and ask it one thing: from 3.4 on they send spans to
 * `/v1/traces`, which is served here, as are the trace, assessment and logged-model endpoints of that line. Nothing later
 * is claimed: what newer lines added (evaluation datasets, scorers, gateway) is answered with ENDPOINT_NOT_FOUND, on which
 * clients fall back or say so.
 */
export const mlflowVersion = "3.4.0";
