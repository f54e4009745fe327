import { defineRule, type EvidenceFinding, type EvidenceRule, type UnseenEvidence } from "#base/rule.js";
import type { DataNeeds } from "../needs.js";
import { nothingKnown, sweepSources } from "../views/sweep.js";

export function sourceWithoutContract(needs: DataNeeds): EvidenceRule {
  return defineRule({
    code: "DAT006",
    slug: "source-without-contract",
    family: "data",
    severity: "SEV1",
    principal: "contract",
    summary: "A source delivers data and no contract says what it promises.",
    why: "Its columns, types and meaning can change on any day; the first to notice is whoever uses a model trained on it.",
    remedy: "Write down schema, quality, freshness, rights and owner as a contract, starting from the latest profile.",
    origin: "Sculley et al. 2015, unstable data dependencies",
    async check(ctx, project) {
      const sources = await sweepSources(ctx, project);
      const findings: EvidenceFinding[] = [];
      const unseen: UnseenEvidence[] = nothingKnown("source", sources.length);
      for (const source of sources) {
        const state = (await needs.contractOf?.(ctx, project, "source", source.name)) ?? "unknown";
        if (state === "unknown") {
          unseen.push({
            what: `Whether source ${source.name} has a contract is not recorded`,
            remedy: "Import its contract (ODCS), or have one drafted from its latest profile.",
          });
        } else if (state === "absent") {
          findings.push({
            asset: { kind: "source", id: source.name },
            key: "",
            message: `Source ${source.name} (${source.location}) has no contract${source.external === 1 ? " and is outside the team's control" : ""}.`,
            evidence: { location: source.location, external: source.external === 1, owner: source.owner },
            size: 1,
            events: [],
          });
        }
      }
      return { findings, unseen };
    },
  });
}
