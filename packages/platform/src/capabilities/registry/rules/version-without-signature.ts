import { defineRule, type EvidenceRule } from "#base/rule.js";
import type { ModelSources } from "../needs.js";
import { answerFor } from "../views/sweep.js";

export function versionWithoutSignatureRule(sources: ModelSources): EvidenceRule {
  return defineRule({
    code: "REG002",
    slug: "version-without-signature",
    family: "registry",
    severity: "SEV2",
    principal: "schema",
    summary: "A live or newest model version has no signature.",
    why: "Nothing states which columns and types it takes, so a renamed or missing column reaches the model and gives a wrong answer instead of an error.",
    remedy: "Log the model with a signature: infer_signature(inputs, predictions).",
    origin: "Sculley 2015, undeclared interfaces; own",
    check: (ctx, project) =>
      answerFor(
        ctx,
        sources,
        project,
        "signature",
        "has no signature",
        "Store the model's files on this server, or register from a run that does.",
      ),
  });
}
