import { getVersion } from "@paydown/api/registry";
import { listDeployments } from "@paydown/api/serving";
import { getRun } from "@paydown/api/tracking";
import { allPages } from "#base/pages.js";
import type { Perform } from "#base/perform.js";
import { defineRule, type EvidenceFinding, type EvidenceRule, type UnseenEvidence } from "#base/rule.js";

/** Metrics under this prefix say how much quality is lost on held-out rows when the input is shuffled. */
const prefix = "importance.";
/** Loss of quality below which an input counts as useless: smaller than any held-out set of usual size can tell from 0. */
const least = 1e-4;

/** An input that callers must deliver and that the model in use gains nothing from. */
export function uselessInput(deps: { readonly perform: Perform }): EvidenceRule {
  return defineRule({
    code: "FLW002",
    slug: "useless-input",
    family: "features",
    severity: "SEV3",
    principal: "schema",
    summary: "A live model takes an input whose shuffling costs no quality on held-out rows.",
    why: "Every input is computed, sent, checked and watched for each prediction, can break, and can leak what should not be known. One that adds nothing is cost and risk for nothing.",
    remedy: "Train without it and compare on the same rows; leave it out when nothing is lost.",
    origin: "Sculley et al. 2015, underutilized data dependencies; Breck et al. 2017, Data 2",
    async check(ctx, project) {
      const findings: EvidenceFinding[] = [];
      const unseen: UnseenEvidence[] = [];
      const items = await allPages((at) => deps.perform(ctx, listDeployments, { project, ...at }));
      for (const deployment of items.filter((one) => one.state === "live")) {
        const { model, version } = deployment;
        const { runId } = await deps.perform(ctx, getVersion, { project, model, version });
        const metrics = runId === undefined ? [] : (await deps.perform(ctx, getRun, { project, runId })).metrics;
        const importance = metrics.flatMap(({ key, value }) =>
          key.startsWith(prefix) && typeof value === "number" ? [{ input: key.slice(prefix.length), loss: value }] : [],
        );
        if (importance.length === 0) {
          unseen.push({
            what: `which inputs of ${model}/${version} earn their keep: its run logs no importance`,
            remedy: `Log the loss of quality when each input is shuffled, as metrics \`${prefix}<input>\`.`,
          });
        }
        for (const { input, loss } of importance.filter((one) => one.loss < least)) {
          findings.push({
            asset: { kind: "model-version", id: `${model}/${version}` },
            key: `${deployment.name} ${input}`,
            message: `${deployment.name} takes ${input}, and ${model}/${version} loses no quality when it is shuffled.`,
            evidence: { input, loss, run: runId, requests: deployment.requests },
            size: 1,
            events: [],
          });
        }
      }
      return { findings, unseen };
    },
  });
}
