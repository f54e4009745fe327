import { getModel, getVersion, listModels } from "@paydown/api/registry";
import { listScans } from "@paydown/api/scans";
import { allPages } from "#base/pages.js";
import type { Perform } from "#base/perform.js";
import { defineRule, type EvidenceFinding, type EvidenceRule, type UnseenEvidence } from "#base/rule.js";

/** Rules of the repository scan whose findings are left by people trying things out. */
const marks: ReadonlySet<string> = new Set([
  "nb-execution-gaps",
  "nb-hidden-state",
  "nb-late-import",
  "nb-out-of-order",
  "nb-unexecuted-or-error-output",
  "nb-untitled-or-copy",
  "absolute-path",
  "hard-coded-threshold",
  "satd-comment",
]);
/** Fewer marks than this are found in any repository. */
const least = 3;

/** A model in use whose training commit still looks like somebody's experiment. */
export function promotedPrototype(deps: { readonly perform: Perform }): EvidenceRule {
  return defineRule({
    code: "FLW003",
    slug: "promoted-prototype",
    family: "registry",
    severity: "SEV2",
    principal: "untested-transform",
    summary: `The code that trained a live version bears ${least} or more marks of a prototype.`,
    why: "What was written to try something out now decides in production: run out of order, tied to one machine, with numbers nobody chose. It cannot be changed safely, and it will have to be.",
    remedy:
      "Clean up what the scan lists, train from that commit and promote the new version; `paydown findings list` shows the places.",
    origin: "Requirement 127; Sculley 2015, prototype smell",
    async check(ctx, project) {
      const findings: EvidenceFinding[] = [];
      const unseen: UnseenEvidence[] = [];
      const models = await allPages((at) => deps.perform(ctx, listModels, { project, ...at }));
      const scans = await allPages((at) => deps.perform(ctx, listScans, { project, ...at }));
      for (const { model } of models) {
        const { items } = await deps.perform(ctx, getModel, { project, model });
        for (const { version, aliases, stage } of items) {
          if (aliases.length === 0 && stage !== "Production" && stage !== "Staging") continue;
          const { provenance, external } = await deps.perform(ctx, getVersion, { project, model, version });
          if (external !== undefined) continue;
          const commit = provenance.code.values[0];
          const scan = commit === undefined ? undefined : scans.find((one) => isSame(one.commit, commit));
          if (scan === undefined) {
            unseen.push({
              what: `whether ${model}/${version} was trained by a prototype: ${commit === undefined ? "its commit is unknown" : `no scan of commit ${commit.slice(0, 12)} was sent`}`,
              remedy: "Scan the repository at the commit that trains, and send it: `paydown scan --send`.",
            });
            continue;
          }
          const found = scan.byRule.filter((one) => marks.has(one.slug));
          const count = found.reduce((sum, one) => sum + one.count, 0);
          if (count < least) continue;
          const named = found.map((one) => `${one.count} ${one.slug}`).join(", ");
          findings.push({
            asset: { kind: "model-version", id: `${model}/${version}` },
            key: "",
            message: `${model}/${version} is in use and was trained at commit ${scan.commit?.slice(0, 12)}, whose code bears ${count} marks of a prototype: ${named}.`,
            evidence: { scan: scan.id, commit: scan.commit, marks: found },
            size: count,
            events: [],
          });
        }
      }
      return { findings, unseen };
    },
  });
}

/** Either may be shortened. */
function isSame(scanned: string | undefined, trained: string): boolean {
  return scanned !== undefined && (scanned.startsWith(trained) || trained.startsWith(scanned));
}
