import { endOf, startOf, textOf } from "#facts/tree.js";
import { defineRule, type FileRule } from "#rule.js";

const tag =
  /#[\s:>*-]*(?:.{0,60}?[\s(:,.-])?\b(TODO|FIXME|XXX|HACK|KLUDGE|BUG|WORKAROUND)\b(?!\s*[=([]|\.\w|-\d|_)[\s:()\-–]*(.*)$|#\s*(todo|fixme|hack)\s*:\s*(.*)$|#.{0,80}\b(?:quick and dirty|temporary (?:fix|hack|solution|workaround)|this is (?:a hack|ugly|broken|wrong)|don'?t know why|no idea why|should be (?:removed|refactored|fixed)|remove (?:this|me) (?:when|once|after)|needs? (?:to be )?(?:refactored|cleaned|fixed))\b(.*)$/;

/** Types after O'Brien 2022, told apart by words; the first that matches counts. */
const types: readonly (readonly [string, RegExp])[] = [
  [
    "hyperparameter",
    /\b(hyper-?param\w*|learning rate|\blr\b|batch[ _]?size|epochs?|threshold|tune|tuning|magic number|dropout|seed)\b/i,
  ],
  [
    "data",
    /\b(data(set|frame|base)?s?|label\w*|column\w*|feature\w*|pre-?process\w*|impute|nan|missing values?|csv|parquet|split|leak\w*|schema|rows?|samples?)\b/i,
  ],
  [
    "model",
    /\b(model\w*|layers?|weights?|loss|network|architecture|embedding\w*|encoder|checkpoint|train\w*|inference|predict\w*|gradient\w*)\b/i,
  ],
  [
    "dependency",
    /\b(version|upgrade|deprecat\w*|install|package|import|torch|tensorflow|keras|sklearn|pandas|numpy|python ?[23]|compat\w*|upstream)\b/i,
  ],
  ["configuration", /\b(config\w*|hard-?cod\w*|path|parameter|argument|flag|env(ironment)?|yaml)\b/i],
  ["test", /\b(tests?|assert|coverage|mock)\b/i],
  ["performance", /\b(slow|speed|fast(er)?|optimi[sz]e|memory|vectori[sz]e|parallel|cache|gpu|performance)\b/i],
  ["documentation", /\b(docs?|document\w*|docstring|readme|comment)\b/i],
  ["defect", /\b(bug|broken|wrong|crash\w*|fails?|fix|error|incorrect)\b/i],
  ["design", /\b(refactor\w*|clean\w*|hack|ugly|duplicat\w*|move|split|simplif\w*|remove|rename|rewrite)\b/i],
];

/** Debt that its author wrote down, with its type. */
const rule: FileRule = defineRule({
  code: "MLD215",
  slug: "satd-comment",
  family: "code",
  tier: "on",
  origin: "O'Brien 2022; Bhatia 2023; MAT tags",
  evidence: ["T"],
  confidence: "high",
  principalClass: "config",
  effort: 30,
  fix: "advice",
  summary: "A comment admits a debt: TODO, FIXME, HACK, XXX and the like.",
  why: "The author knew that something was missing. Half of such notes live longer than half a year, and many go only because the file goes.",
  remedy: "Repair it, or move it into the ledger with an owner and a date; delete what no longer holds.",
  examples: {
    bad: [
      "x = 1  # TODO: tune the learning rate # finding\n",
      "# FIXME the labels are wrong for 2019 # finding\ny = 2\n",
      "# this is a hack until the loader is fixed # finding\nz = 3\n",
    ],
    good: [
      "# todo_list holds the user's open tasks\ntodo_list = []\n",
      "text = 'TODO: not a comment'\n",
      "# phone numbers look like XXX-1234\npattern = 1\n",
      "# the bugs table has one row a bug\nx = 1\n",
    ],
  },
  check(facts, report) {
    for (const node of facts.comments) {
      const text = textOf(facts.tree, node);
      const found = tag.exec(text);
      if (!found) continue;
      const mark = (found[1] ?? found[3] ?? "note").toUpperCase();
      const following = facts.text.slice(endOf(facts.tree, node), endOf(facts.tree, node) + 200);
      const words = `${found[2] ?? found[4] ?? text} ${/^\n\s*#([^\n]*)/.exec(following)?.[1] ?? ""}`;
      const type = types.find(([, pattern]) => pattern.test(words))?.[0] ?? "requirement";
      report({
        at: { offset: startOf(facts.tree, node) },
        message: `${mark} (${type}): ${text.replace(/^#+\s*/, "").slice(0, 120)}`,
        evidence: [`type: ${type}`, `tag: ${mark}`],
        confidence: mark === "NOTE" ? "medium" : "high",
        identity: text.replace(/\s+/g, " ").trim(),
      });
    }
  },
});

export default rule;
