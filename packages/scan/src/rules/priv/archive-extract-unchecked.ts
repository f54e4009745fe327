import { argumentsOf, type FileFacts, reachingDefinition } from "#facts/file.js";
import { kindOf } from "#facts/tree.js";
import { defineRule, type FileRule } from "#rule.js";

/** tar archives unpacked without a filter; zipfile already strips what escapes. */
const rule: FileRule = defineRule({
  code: "MLD905",
  slug: "archive-extract-unchecked",
  family: "priv",
  tier: "on",
  origin: "Trail of Bits; audit of real repositories",
  evidence: ["A", "D"],
  confidence: "high",
  principalClass: "lint",
  effort: 5,
  fix: "auto",
  securitySeverity: 7.0,
  summary: "A tar archive is unpacked without a filter on its members.",
  why: "Names with .. or links in a data archive can overwrite any file of the user.",
  remedy: 'Pass filter="data" (Python 3.12, and the security releases of 3.8 to 3.11).',
  examples: {
    bad: [
      "import tarfile\nwith tarfile.open('a.tgz') as archive:\n    archive.extractall('data')  # finding\n",
      "import tarfile\ntarfile.open('a.tar').extractall()  # finding\n",
      "from tarfile import TarFile\narchive = TarFile('a.tar')\narchive.extract('x')  # finding\n",
    ],
    good: [
      "import tarfile\nwith tarfile.open('a.tgz') as archive:\n    archive.extractall('data', filter='data')\n",
      "import zipfile\nzipfile.ZipFile('a.zip').extractall()\n",
      "import tarfile\nwith tarfile.open('a.tgz') as archive:\n    archive.extractall('data', members=safe(archive))\n",
      "import tarfile\nwith tarfile.open('a.tgz') as archive:\n    archive.extraction_filter = tarfile.data_filter\n    archive.extractall('data')\n",
    ],
  },
  check(facts, report) {
    if (facts.text.includes("extraction_filter")) return;
    for (const call of facts.calls) {
      if (!/^extract(all)?$/.test(call.method) || call.receiver < 0 || !isTar(facts, call.receiver, 0)) continue;
      const { keywords, hasSplat } = argumentsOf(facts, call);
      const filter = keywords.get("filter");
      const isFiltered =
        filter !== undefined &&
        !/fully_trusted/.test(facts.text.slice(facts.tree.starts[filter], facts.tree.ends[filter]));
      if (hasSplat || isFiltered || keywords.has("members")) continue;
      report({ at: { node: call.node }, message: `${call.method}() writes wherever the archive says.` });
    }
  },
});

export default rule;

function isTar(facts: FileFacts, node: number, depth: number): boolean {
  if (depth > 4) return false;
  const call = facts.callByNode.get(node);
  if (call) return /^tarfile\.(open|TarFile(\.open)?)$/.test(call.name ?? "");
  if (kindOf(facts.tree, node) !== "identifier") return false;
  const definition = reachingDefinition(facts, node)?.definition;
  return (
    definition !== undefined &&
    definition.value >= 0 &&
    definition.item === undefined &&
    isTar(facts, definition.value, depth + 1)
  );
}
