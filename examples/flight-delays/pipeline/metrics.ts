/** How well probabilities `scores` of label 1 do on 0/1 `labels`. */
export interface Quality {
  readonly auc: number;
  readonly logLoss: number;
  readonly brier: number;
  readonly accuracy: number;
  readonly calibrationError: number;
}

/** AUC as the Mann-Whitney statistic with ties at half; calibration error over ten equally filled groups; accuracy at `threshold`. */
export function quality(scores: Float64Array, labels: Uint8Array, threshold: number): Quality {
  const order = Uint32Array.from(scores.keys()).sort((a, b) => (scores[a] as number) - (scores[b] as number));
  let logLoss = 0;
  let brier = 0;
  let right = 0;
  for (let i = 0; i < scores.length; i++) {
    const p = Math.min(Math.max(scores[i] as number, 1e-15), 1 - 1e-15);
    const y = labels[i] as number;
    logLoss -= y === 1 ? Math.log(p) : Math.log1p(-p);
    brier += (p - y) ** 2;
    if (p >= threshold === (y === 1)) right++;
  }
  return {
    auc: auc(scores, labels, order),
    logLoss: logLoss / scores.length,
    brier: brier / scores.length,
    accuracy: right / scores.length,
    calibrationError: calibrationError(scores, labels, order),
  };
}

function auc(scores: Float64Array, labels: Uint8Array, order: Uint32Array): number {
  let rankSum = 0;
  let positives = 0;
  for (let i = 0; i < order.length; ) {
    let j = i;
    while (j < order.length && scores[order[j] as number] === scores[order[i] as number]) j++;
    const rank = (i + j + 1) / 2;
    for (let k = i; k < j; k++) {
      if (labels[order[k] as number] === 1) {
        rankSum += rank;
        positives++;
      }
    }
    i = j;
  }
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * (order.length - positives));
}

function calibrationError(scores: Float64Array, labels: Uint8Array, order: Uint32Array): number {
  let error = 0;
  for (let g = 0; g < 10; g++) {
    const rows = order.subarray(Math.floor((g * order.length) / 10), Math.floor(((g + 1) * order.length) / 10));
    let p = 0;
    let y = 0;
    for (const row of rows) {
      p += scores[row] as number;
      y += labels[row] as number;
    }
    error += Math.abs(p - y) / order.length;
  }
  return error;
}
