import { shares } from "../math/bins.js";
import { type BinDetector, checkBins } from "./detector.js";

/** L-infinity distance: the largest difference of shares in any one bin; what TFDV uses for categories. */
export default {
  name: "l-infinity",
  kind: "bins",
  states: "share of rows, 0 to 1",
  range: [0, 1],
  symmetric: true,
  ordered: false,
  reference: "Breck et al., Data Validation for Machine Learning, MLSys 2019",
  example: { statistic: 0.045454545455 },
  compare(reference, current) {
    checkBins("l-infinity", reference, current);
    const p = shares(reference.counts);
    const q = shares(current.counts);
    let most = 0;
    for (let i = 0; i < p.length; i++) most = Math.max(most, Math.abs(p[i]! - q[i]!));
    return { statistic: most };
  },
} satisfies BinDetector;
