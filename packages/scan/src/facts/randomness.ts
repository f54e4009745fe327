import { placeOf } from "#place.js";
import { argumentsOf, type FileFacts } from "./file.js";
import type { RandomnessFacts } from "./project.js";
import { kindOf } from "./tree.js";

const numpyDraw =
  /^numpy\.random\.(rand|randn|randint|random|random_sample|normal|uniform|choice|permutation|shuffle|binomial|poisson|exponential|multivariate_normal|standard_normal|beta|gamma)$/;
const pythonDraw = /^random\.(random|randint|choice|choices|sample|shuffle|uniform|gauss|normalvariate|randrange)$/;
const torchDraw =
  /^torch\.(rand|randn|randint|randperm|normal|bernoulli|multinomial|rand_like|randn_like)$|^torch\.utils\.data\.random_split$/;
const tensorDraw = /^tensorflow\.(random\.(uniform|normal|shuffle|truncated_normal))$/;
/** These take random_state, and without one draw from numpy's global generator. */
const sklearnDraw =
  /^sklearn\.(model_selection\.(train_test_split|ShuffleSplit|StratifiedShuffleSplit|RandomizedSearchCV)|ensemble\.(RandomForest|ExtraTrees|GradientBoosting|Bagging|AdaBoost|IsolationForest)\w*|cluster\.(KMeans|MiniBatchKMeans)|neural_network\.MLP\w+|manifold\.TSNE|utils\.(shuffle|resample)|linear_model\.SGD\w+)$/;

const seedCalls: readonly (readonly [RegExp, string])[] = [
  [/^numpy\.random\.seed$/, "numpy"],
  [/^random\.seed$/, "python"],
  [/^torch\.(manual_seed|cuda\.manual_seed(_all)?|seed)$/, "torch"],
  [/^tensorflow\.(random\.set_seed|set_random_seed|compat\.v1\.set_random_seed)$/, "tensorflow"],
  [
    /(^|\.)(seed_everything|set_seed|set_random_seed|fix_seed|init_seeds|seed_all|set_seeds|setup_seed|set_all_seeds|fix_random_seeds?)$/,
    "*",
  ],
];

/** Which global generators a file draws from, and which it seeds. Draws with an own seeded generator do not count. */
export function readRandomness(facts: FileFacts): RandomnessFacts {
  const draws = new Map<string, { name: string; place: ReturnType<typeof placeOf> }>();
  const seeds = new Set<string>();
  for (const call of facts.calls) {
    const name = call.name ?? call.method;
    for (const [pattern, library] of seedCalls) if (pattern.test(name)) seeds.add(library);
    if (call.name === undefined) continue;
    const library = libraryOf(facts, call.name, call.node);
    if (library !== undefined && !draws.has(library))
      draws.set(library, { name: call.name, place: placeOf(facts, { node: call.node }) });
  }
  return { draws, seeds };
}

function libraryOf(facts: FileFacts, name: string, node: number): string | undefined {
  if (numpyDraw.test(name)) return "numpy";
  if (pythonDraw.test(name)) return "python";
  if (tensorDraw.test(name)) return "tensorflow";
  const call = facts.callByNode.get(node);
  if (!call) return undefined;
  const { keywords, hasSplat } = argumentsOf(facts, call);
  if (torchDraw.test(name)) return keywords.has("generator") || hasSplat ? undefined : "torch";
  if (!sklearnDraw.test(name) || hasSplat) return undefined;
  const shuffle = keywords.get("shuffle");
  if (shuffle !== undefined && kindOf(facts.tree, shuffle) === "false") return undefined;
  // An explicit random_state, None included, is a decision.
  return keywords.has("random_state") ? undefined : "numpy";
}
