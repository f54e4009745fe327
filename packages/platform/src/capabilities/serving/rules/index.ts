import type { EvidenceRule } from "#base/rule.js";
import contractViolations from "./contract-violations.js";
import deploymentWithoutLimits from "./deployment-without-limits.js";
import endpointWithoutContract from "./endpoint-without-contract.js";
import undeclaredConsumer from "./undeclared-consumer.js";
import unusedDeployment from "./unused-deployment.js";

export const rules: readonly EvidenceRule[] = [
  undeclaredConsumer,
  deploymentWithoutLimits,
  endpointWithoutContract,
  unusedDeployment,
  contractViolations,
];
