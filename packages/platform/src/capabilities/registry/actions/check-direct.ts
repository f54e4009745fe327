import { registryErrors } from "../errors.js";
import { type EffectivePolicy, isGuarded, type Target } from "../model/policy.js";

/**
 * Whether a change without a request goes past the policy; then it is written down as such.
 * Throws REGISTRY_GUARDED where the policy refuses it.
 */
export function checkDirect(policy: EffectivePolicy, model: { readonly name: string }, target: Target): boolean {
  if (!isGuarded(policy, target) || policy.direct === "allow") return false;
  if (policy.direct === "finding") return true;
  const what = target.kind === "alias" ? "Alias" : "Stage";
  throw registryErrors.REGISTRY_GUARDED({ what, flag: target.kind, name: target.name, model: model.name });
}
