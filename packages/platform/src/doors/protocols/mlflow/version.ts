/**
 * What `GET /version` answers. Clients read it as a PEP 440 version; from 3.4 on they send spans to `/v1/traces`, so it
 * stays below until that path is served.
 */
export const mlflowVersion = "3.3.2";
