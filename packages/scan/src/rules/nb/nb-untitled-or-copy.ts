import { defineRule, type FileRule } from "#rule.js";

const untitled =
  /^(Untitled\d*|.*[-_ ]Copy\d*|Copy[ _-]of[ _-].*|.* \(\d+\)|.*[-_ ](old|final[-_ ]?final|final\d+|bak))\.ipynb$/i;

/** Names that Jupyter or a copy gave. */
const rule: FileRule = defineRule({
  code: "MLD507",
  slug: "nb-untitled-or-copy",
  family: "nb",
  tier: "on",
  origin: "Julynter t2, t3",
  evidence: ["R"],
  confidence: "high",
  principalClass: "lint",
  effort: 5,
  fix: "advice",
  summary: "The notebook has the name of an untitled file or of a copy.",
  why: "Nobody can tell which of the copies made the result.",
  remedy: "Name it after its question, or delete it: version control keeps the old one.",
  examples: {
    bad: [
      { "Untitled3.ipynb": { cells: [{ source: "a = 1" }] } },
      { "nb/train-Copy1.ipynb": { cells: [{ source: "a = 1" }] } },
      { "Copy of a.ipynb": { cells: [{ source: "a = 1" }] } },
    ],
    good: [
      { "01-delays-by-airline.ipynb": { cells: [{ source: "a = 1" }] } },
      { "copying-data.ipynb": { cells: [{ source: "a = 1" }] } },
    ],
  },
  check(facts, report) {
    const name = facts.path.slice(facts.path.lastIndexOf("/") + 1);
    if (facts.kind === "notebook" && untitled.test(name))
      report({ at: { line: 1 }, message: `${name} names neither its question nor its version.`, identity: "name" });
  },
});

export default rule;
