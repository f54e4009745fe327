/** Columns of numbers, one array a feature, all as float32 so that training and the ONNX runtime compare the same values. */
export type Columns = readonly Float32Array[];

export interface BoostingOptions {
  readonly trees: number;
  readonly depth: number;
  readonly learningRate: number;
  readonly bins: number;
  /** Least rows in a leaf. */
  readonly minRows: number;
  /** L2 penalty on leaf values. */
  readonly lambda: number;
}

/** Node of a tree: a split `x[feature] <= threshold` to the left, or a leaf with a value. */
export type TreeNode =
  | { readonly feature: number; readonly threshold: number; readonly left: TreeNode; readonly right: TreeNode }
  | { readonly value: number };

/** Scores are `base + sum of leaves`, in log-odds. */
export interface BoostedTrees {
  readonly base: number;
  readonly trees: readonly TreeNode[];
}

/**
 * Gradient-boosted trees for a binary label: second-order gains on histograms of quantile bins (Chen and Guestrin 2016,
 * "XGBoost", equations 6 and 7). Deterministic.
 * @param onTree called after each tree with the mean log loss of the training rows.
 */
export function train(
  columns: Columns,
  labels: Uint8Array,
  options: BoostingOptions,
  onTree: (tree: number, logLoss: number) => void = () => undefined,
): BoostedTrees {
  const n = labels.length;
  const cuts = columns.map((column) => quantileCuts(column, options.bins));
  const binned = columns.map((column, f) => toBins(column, cuts[f] as Float32Array));
  const positives = labels.reduce((sum, label) => sum + label, 0);
  const base = Math.log((positives + 1) / (n - positives + 1));
  const margin = new Float64Array(n).fill(base);
  const gradient = new Float64Array(n);
  const hessian = new Float64Array(n);
  const trees: TreeNode[] = [];
  for (let t = 0; t < options.trees; t++) {
    for (let i = 0; i < n; i++) {
      const p = 1 / (1 + Math.exp(-(margin[i] as number)));
      gradient[i] = p - (labels[i] as number);
      hessian[i] = p * (1 - p);
    }
    const rows = Uint32Array.from({ length: n }, (_, i) => i);
    trees.push(grow({ binned, cuts, gradient, hessian, margin, options }, rows, 0));
    onTree(t, logLossOfMargin(margin, labels));
  }
  return { base, trees };
}

/** Log-odds of each row. */
export function score(model: BoostedTrees, columns: Columns): Float64Array {
  const n = columns[0]?.length ?? 0;
  const margin = new Float64Array(n).fill(model.base);
  for (const tree of model.trees) {
    for (let i = 0; i < n; i++) {
      let node = tree;
      while ("feature" in node)
        node = ((columns[node.feature] as Float32Array)[i] as number) <= node.threshold ? node.left : node.right;
      margin[i] = (margin[i] as number) + node.value;
    }
  }
  return margin.map((value) => 1 / (1 + Math.exp(-value)));
}

interface Growing {
  readonly binned: readonly Uint8Array[];
  readonly cuts: readonly Float32Array[];
  readonly gradient: Float64Array;
  readonly hessian: Float64Array;
  readonly margin: Float64Array;
  readonly options: BoostingOptions;
}

function grow(g: Growing, rows: Uint32Array, depth: number): TreeNode {
  let sumG = 0;
  let sumH = 0;
  for (const row of rows) {
    sumG += g.gradient[row] as number;
    sumH += g.hessian[row] as number;
  }
  const split = depth < g.options.depth ? bestSplit(g, rows, sumG, sumH) : undefined;
  if (split === undefined) {
    const value = Math.fround((-g.options.learningRate * sumG) / (sumH + g.options.lambda));
    for (const row of rows) g.margin[row] = (g.margin[row] as number) + value;
    return { value };
  }
  const bins = g.binned[split.feature] as Uint8Array;
  const left = rows.filter((row) => (bins[row] as number) <= split.bin);
  const right = rows.filter((row) => (bins[row] as number) > split.bin);
  return {
    feature: split.feature,
    threshold: (g.cuts[split.feature] as Float32Array)[split.bin] as number,
    left: grow(g, left, depth + 1),
    right: grow(g, right, depth + 1),
  };
}

function bestSplit(
  g: Growing,
  rows: Uint32Array,
  sumG: number,
  sumH: number,
): { feature: number; bin: number } | undefined {
  const { lambda, minRows, bins } = g.options;
  const parent = (sumG * sumG) / (sumH + lambda);
  let best: { feature: number; bin: number } | undefined;
  let bestGain = 1e-6;
  const histG = new Float64Array(bins + 1);
  const histH = new Float64Array(bins + 1);
  const histN = new Uint32Array(bins + 1);
  g.binned.forEach((binOf, feature) => {
    histG.fill(0);
    histH.fill(0);
    histN.fill(0);
    for (const row of rows) {
      const bin = binOf[row] as number;
      histG[bin] = (histG[bin] as number) + (g.gradient[row] as number);
      histH[bin] = (histH[bin] as number) + (g.hessian[row] as number);
      histN[bin] = (histN[bin] as number) + 1;
    }
    let leftG = 0;
    let leftH = 0;
    let leftN = 0;
    for (let bin = 0; bin < (g.cuts[feature] as Float32Array).length; bin++) {
      leftG += histG[bin] as number;
      leftH += histH[bin] as number;
      leftN += histN[bin] as number;
      if (leftN < minRows || rows.length - leftN < minRows) continue;
      const rightG = sumG - leftG;
      const gain = (leftG * leftG) / (leftH + lambda) + (rightG * rightG) / (sumH - leftH + lambda) - parent;
      if (gain > bestGain) {
        bestGain = gain;
        best = { feature, bin };
      }
    }
  });
  return best;
}

/** Strictly increasing values; a row is in bin b when it is above `cuts[b - 1]` and at most `cuts[b]`. */
function quantileCuts(column: Float32Array, bins: number): Float32Array {
  const sorted = Float32Array.from(column).sort();
  const cuts: number[] = [];
  for (let b = 1; b < bins; b++) {
    const value = sorted[Math.floor((b * sorted.length) / bins)] as number;
    if (value < (sorted.at(-1) as number) && (cuts.length === 0 || value > (cuts.at(-1) as number))) cuts.push(value);
  }
  return Float32Array.from(cuts);
}

function toBins(column: Float32Array, cuts: Float32Array): Uint8Array {
  return Uint8Array.from(column, (value) => {
    let low = 0;
    let high = cuts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (value <= (cuts[middle] as number)) high = middle;
      else low = middle + 1;
    }
    return low;
  });
}

function logLossOfMargin(margin: Float64Array, labels: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < labels.length; i++) {
    const m = labels[i] === 1 ? (margin[i] as number) : -(margin[i] as number);
    sum += m > 0 ? Math.log1p(Math.exp(-m)) : -m + Math.log1p(Math.exp(m));
  }
  return sum / labels.length;
}
