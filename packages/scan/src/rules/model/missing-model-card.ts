import { defineProjectRule, type ProjectRule } from "#rule.js";

const card =
  /(^|\/)(model[-_]?cards?([-_.][^/]*)?|.*[-_]model[-_]?card[^/]*)(\.(md|ya?ml|json|rst|html|qmd))?$|(^|\/)model[-_]?cards?\//i;
const fixture = /(^|\/)(tests?|fixtures?|examples?|docs?|test[-_]data)\//i;

/** A repository that holds or saves models and describes none: one finding. */
const rule: ProjectRule = defineProjectRule({
  code: "MLD258",
  slug: "missing-model-card",
  family: "model",
  tier: "on",
  origin: "model cards (Mitchell 2019)",
  evidence: ["R", "A"],
  confidence: "medium",
  principalClass: "schema",
  effort: 60,
  fix: "generate",
  summary: "A model is made here and no model card describes it.",
  why: "Nobody can tell what the model is for, on which data and for whom it was tested, and who answers for it.",
  remedy: "Write MODEL_CARD.md: purpose, data, metrics by group, limits, owner.",
  examples: {
    bad: [
      { "models/net.pt": Uint8Array.from([0x80, 0x02, 0x7d, 0x2e]), "README.md": "# A\n" },
      { "train.py": "import joblib\njoblib.dump(model, 'model.pkl')  # finding\n" },
    ],
    good: [
      { "models/net.pt": Uint8Array.from([0x80, 0x02, 0x7d, 0x2e]), "MODEL_CARD.md": "# Model\n" },
      { "models/net.pt": Uint8Array.from([0x80, 0x02, 0x7d, 0x2e]), "README.md": "# A\n## Model card\nFor x.\n" },
      { "analysis.py": "import pandas\npandas.read_csv('a.csv').to_csv('b.csv')\n" },
      { "tests/fixtures/tiny.pt": Uint8Array.from([0x80, 0x02, 0x7d, 0x2e]) },
    ],
  },
  check(project, report) {
    const stored = project.inventory.models.filter((model) => !fixture.test(model.path))[0];
    const saving = project.summaries.find((file) => file.savesModel && !file.isTest && !fixture.test(file.path));
    if (!stored && !saving) return;
    if (project.files.some((file) => card.test(file.path))) return;
    for (const file of project.files) {
      if (
        /(^|\/)readme(\.\w+)?$/i.test(file.path) &&
        /model[ -]card|^#+\s*(intended use|model details)/im.test(project.readText(file.path, 200_000) ?? "")
      )
        return;
    }
    const count = project.inventory.models.length;
    const evidence = project.inventory.models.slice(0, 10).map((model) => model.path);
    if (saving?.savesModel)
      report(saving.path, {
        at: { place: saving.savesModel },
        message: "The code saves a model; the repository has no model card.",
        evidence,
        identity: "card",
      });
    else if (stored)
      report(stored.path, {
        at: { line: 1 },
        message: `The repository holds ${count} model ${count === 1 ? "file" : "files"} and no model card.`,
        evidence,
        identity: "card",
      });
  },
});

export default rule;
