/**
 * Which metrics a run table shows when nobody chose: plain rules, in this order.
 *
 * 1. What at least half as many runs have as the most shared metric has, before what fewer have.
 * 2. By name: how well it does on held-out data (`val`, `valid`, `validation`, `test`, `eval`, `holdout`, `dev`), then other
 *    measures of quality (`auc`, `f1`, `accuracy`, `loss`, `rmse`, ...), then other plain names, then members of a family
 *    (a dot or slash inside, such as `importance.age`), then what describes the machine (`system/...`).
 * 3. More runs first, then by name.
 *
 * Families and the machine's metrics are shown by default only where there is nothing else.
 */
export function compareMetrics(most: number): (a: Ranked, b: Ranked) => number {
  return (a, b) =>
    Number(a.runs * 2 < most) - Number(b.runs * 2 < most) ||
    nameClass(a.key) - nameClass(b.key) ||
    b.runs - a.runs ||
    (a.key < b.key ? -1 : 1);
}

interface Ranked {
  readonly key: string;
  readonly runs: number;
}

const heldOut = new Set(["val", "valid", "validation", "test", "eval", "holdout", "dev"]);
const quality = new Set(
  "auc roc auroc prauc ap map f1 fbeta acc accuracy precision recall loss logloss rmse mse mae mape smape r2 error err bleu rouge perplexity ndcg brier iou dice wer cer mcc kappa".split(
    " ",
  ),
);
const quiet = new Set([
  "system",
  "importance",
  "importances",
  "grad",
  "gradient",
  "gradients",
  "weights",
  "time",
  "lr",
]);

/** 0 held-out quality, 1 quality, 2 plain, 3 member of a family, 4 about the machine. */
export function nameClass(key: string): 0 | 1 | 2 | 3 | 4 {
  const words = key.toLowerCase().split(/[^a-z0-9]+/);
  if (words[0] === "system") return 4;
  const family = /[./]/.test(key);
  if (quiet.has(words[0] ?? "")) return 3;
  if (words.some((word) => heldOut.has(word))) return 0;
  if (words.some((word) => quality.has(word))) return family && words.length > 2 ? 3 : 1;
  return family ? 3 : 2;
}
