import { argumentOf, argumentsOf, stringOf } from "#facts/file.js";
import { kindOf, textOf } from "#facts/tree.js";
import { defineRule, type FileRule } from "#rule.js";

const loaders =
  /^(transformers\.\w+\.from_pretrained|diffusers\.\w+\.from_pretrained|sentence_transformers\.SentenceTransformer|datasets\.load_dataset|huggingface_hub\.(hf_hub_download|snapshot_download)|transformers\.pipeline)$/;

/** A model or dataset of a hub by its name alone: whatever its owner pushed last. */
const rule: FileRule = defineRule({
  code: "MLD707",
  slug: "hub-revision-unpinned",
  family: "dep",
  tier: "on",
  origin: "no model version pinning (NMVP); Hugging Face hub documentation",
  evidence: ["A"],
  confidence: "high",
  principalClass: "lint",
  effort: 5,
  fix: "suggestion",
  summary: "A model or dataset is loaded from a hub without a revision.",
  why: "Its owner can change it at any time: the same code then gives other results, or runs other code.",
  remedy: "Pass revision= with a commit hash, and record it with the run.",
  examples: {
    bad: [
      "from transformers import AutoModel\nmodel = AutoModel.from_pretrained('bert-base-uncased')  # finding\n",
      "from datasets import load_dataset\ndata = load_dataset('imdb', revision='main')  # finding\n",
    ],
    good: [
      "from transformers import AutoModel\nmodel = AutoModel.from_pretrained('bert-base-uncased', revision='a1b2c3d')\n",
      "from transformers import AutoModel\nmodel = AutoModel.from_pretrained('./models/mine')\nother = AutoModel.from_pretrained(args.path)\n",
      "from datasets import load_dataset\ndata = load_dataset('csv', data_files='a.csv')\n",
      "from transformers import AutoModel\nmodel = AutoModel.from_pretrained('bert', **options)\n",
    ],
  },
  check(facts, report) {
    if (facts.isTest) return;
    for (const call of facts.calls) {
      if (!loaders.test(call.name ?? "")) continue;
      const { keywords, hasSplat } = argumentsOf(facts, call);
      const isPipeline = call.name === "transformers.pipeline";
      const name = stringOf(
        facts,
        isPipeline
          ? (keywords.get("model") ?? -1)
          : argumentOf(facts, call, 0, call.name?.includes("huggingface_hub") ? "repo_id" : "path"),
      );
      if (
        name === undefined ||
        hasSplat ||
        keywords.has("data_files") ||
        !/^[A-Za-z0-9][\w.-]*(\/[\w.-]+)?$/.test(name)
      )
        continue;
      // Builders of local files, and folders that training scripts write.
      if (
        /^(csv|json|parquet|text|arrow|imagefolder|audiofolder|pandas)$|^(outputs?|models?|checkpoints?|results?|runs|saved|data)\//.test(
          name,
        )
      )
        continue;
      const revision = keywords.get("revision");
      const isPinned =
        revision !== undefined &&
        kindOf(facts.tree, revision) !== "none" &&
        !/^['"](main|master)['"]$/.test(textOf(facts.tree, revision));
      if (!isPinned)
        report({ at: { node: call.node }, message: `${name} is loaded from a hub at whatever revision is newest.` });
    }
  },
});

export default rule;
