/** Indices rejected by Benjamini and Hochberg's step-up at false discovery rate q; with nothing changed, any rejection at all has chance q. */
export function benjaminiHochberg(p: readonly number[], q: number): number[] {
  const order = p.map((_, i) => i).sort((a, b) => p[a]! - p[b]!);
  let last = -1;
  for (const [rank, i] of order.entries()) if (p[i]! <= (q * (rank + 1)) / p.length) last = rank;
  return order.slice(0, last + 1).sort((a, b) => a - b);
}

/** Indices rejected by e-BH at rate q: valid under any dependence between the signals. Wang and Ramdas, J. R. Stat. Soc. B 84, 2022. */
export function eBenjaminiHochberg(e: readonly number[], q: number): number[] {
  const order = e.map((_, i) => i).sort((a, b) => e[b]! - e[a]!);
  let last = -1;
  for (const [rank, i] of order.entries()) if (e[i]! >= e.length / (q * (rank + 1))) last = rank;
  return order.slice(0, last + 1).sort((a, b) => a - b);
}
