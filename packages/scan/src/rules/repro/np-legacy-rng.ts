import { defineRule, type FileRule } from "#rule.js";

const legacy =
  /^numpy\.random\.(rand|randn|randint|random|random_sample|ranf|sample|normal|uniform|choice|permutation|shuffle|binomial|poisson|exponential|beta|gamma|standard_normal|multivariate_normal|RandomState)$/;

/** Draws from numpy's global generator. */
const rule: FileRule = defineRule({
  code: "MLD404",
  slug: "np-legacy-rng",
  family: "repro",
  tier: "counted",
  origin: "NPY002",
  evidence: ["A"],
  confidence: "high",
  principalClass: "lint",
  effort: 5,
  fix: "auto",
  summary: "Numbers are drawn from numpy's global, legacy generator.",
  why: "Every module shares its state: an extra draw anywhere changes all later results.",
  remedy: "Make one rng = numpy.random.default_rng(seed) and pass it on.",
  examples: {
    bad: ["import numpy as np\nx = np.random.normal(size=3)  # finding\n"],
    good: [
      "import numpy as np\nrng = np.random.default_rng(1)\nx = rng.normal(size=3)\n",
      "import numpy as np\nnp.random.seed(1)\n",
    ],
  },
  check(facts, report) {
    for (const call of facts.calls)
      if (legacy.test(call.name ?? ""))
        report({ at: { node: call.node }, message: `${call.name} draws from the global generator.` });
  },
});

export default rule;
